"""Moments on two clocks, and the Gap between two of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from checkpoint_notify._events import Gap, Reason


class Timestamp(NamedTuple):
    """One instant, as both clocks show it."""

    monotonic: float
    """Seconds; decides when something is due, since nobody can set this clock."""
    wall: datetime
    """Aware, UTC; only for people and for comparing with what publishers noted down."""


def _wall() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """The two clocks; tests bring their own."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], datetime] = _wall

    def now(self) -> Timestamp:
        """This moment.

        The wall clock is read first. Should the system stop this thread between the two, the wall time is the early
        one, and a Gap starts a little too soon. The other way round it would end later than it is told.
        """
        wall = self.wall()
        return Timestamp(self.monotonic(), wall)


class Loss(NamedTuple):
    """A Gap in the making: what was published between these moments may be missing."""

    since: Timestamp
    until: Timestamp
    reason: Reason

    def joined(self, other: Loss) -> Loss:
        """The loss that covers both."""
        reason = self.reason if self.reason == other.reason else "reconnected"
        earliest, latest = min(self.since, other.since), max(self.until, other.until)
        return Loss(earliest, latest, reason)

    def gap(self) -> Gap:
        """The Gap to hand over.

        A wall clock that was set in between showed two ranges of time, one before and one after; a publisher may have
        noted down a time in either, so the Gap holds both. As long as nobody sets the clock they are the same.
        """
        elapsed = timedelta(seconds=self.until.monotonic - self.since.monotonic)
        since = min(self.since.wall, self.until.wall - elapsed)
        until = max(self.until.wall, self.since.wall + elapsed)
        return Gap(since, until, self.reason)
