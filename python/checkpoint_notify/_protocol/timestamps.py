"""Timestamps on two clocks, and the Gap between two of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from checkpoint_notify._events import Gap, Reason


class Timestamp(NamedTuple):
    """One instant on both clocks."""

    monotonic: float
    """Seconds. All time limits use this clock: nobody can set it."""
    wall: datetime
    """Aware, UTC. For people, and to compare with the times that publishers noted."""


def _wall() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """The two clocks; tests bring their own."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], datetime] = _wall

    def now(self) -> Timestamp:
        """Return the current time on both clocks.

        The wall clock is read first. If the system suspends this thread between the two reads, the wall time is too
        early, and a Gap starts a little too soon. In the other order, a Gap could end after it is delivered.
        """
        wall = self.wall()
        return Timestamp(self.monotonic(), wall)


class Loss(NamedTuple):
    """What was published between these times may be missing; becomes a Gap."""

    since: Timestamp
    until: Timestamp
    reason: Reason

    def merged(self, other: Loss) -> Loss:
        """Return the loss that covers both."""
        reason = self.reason if self.reason == other.reason else "reconnected"
        earliest, latest = min(self.since, other.since), max(self.until, other.until)
        return Loss(earliest, latest, reason)

    def gap(self) -> Gap:
        """Return the Gap for the consumer.

        If the wall clock was set in between, it showed two ranges of time. A publisher may have noted a time in either
        range, so the Gap covers both. They are the same if nobody set the clock.
        """
        elapsed = timedelta(seconds=self.until.monotonic - self.since.monotonic)
        since = min(self.since.wall, self.until.wall - elapsed)
        until = max(self.until.wall, self.since.wall + elapsed)
        return Gap(since, until, self.reason)
