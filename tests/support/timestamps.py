"""Readings of the listener's clocks, for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from checkpoint_notify._protocol.timestamps import Timestamp

START: Final = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float, *, wall: float | None = None) -> Timestamp:
    """A moment; the wall clock shows the same seconds unless it is told otherwise."""
    return Timestamp(seconds, START + timedelta(seconds=seconds if wall is None else wall))
