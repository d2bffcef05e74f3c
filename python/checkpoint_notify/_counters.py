"""Counters of a notifier and of a listener: plain numbers, which `dataclasses.asdict` gives to any metrics library."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, fields
from typing import Any, Final, Generic, TypeVar


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierCounters:
    """What became of the publishes of one notifier, so far: each call that has ended counts once.

    Those of a disabled notifier do not count.
    """

    published: int = 0
    """The server took it."""
    not_sent: int = 0
    """It did not go out: NotSentError, EncodeError, RedisUrlError, no redis-py that can be used, or whatever else ended
    the call before PUBLISH was written, such as a cancellation."""
    rejected: int = 0
    """RejectedError."""
    unknown: int = 0
    """It may have gone out: OutcomeUnknownError, or whatever else ended the call before the reply was read, such as a
    cancellation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerCounters:
    """What one listener has handed over and gone through, so far."""

    received: int = 0
    """`Received` events handed over; `notifications()` counts those that it skips as well."""
    invalid: int = 0
    """`Invalid` events handed over."""
    skipped: int = 0
    """Notifications that `notifications(ordered=True)` held back."""
    dropped: int = 0
    """Messages that had arrived, and were dropped because the consumer was too slow; each lies within a Gap."""
    gaps: int = 0
    """`Gap` events handed over."""
    gap_seconds: float = 0.0
    """The width of those Gaps, added up; Gaps that overlap count twice."""
    reconnects: int = 0
    """Subscriptions confirmed after the first."""


C = TypeVar("C", NotifierCounters, ListenerCounters)


# One for all tallies, so that what has a tally can be copied. Reentrant: a signal handler must not wait for the very
# code that it has interrupted. A forked child finds it free, whatever the other threads were about to do.
_LOCK: Final = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release)


class CounterSet(Generic[C]):
    """Numbers that only grow. Threads may add to it, and a signal handler that interrupts an `add`."""

    def __init__(self, kind: type[C]) -> None:
        self._kind: type[C] = kind
        self._numbers: dict[str, Any] = {field.name: field.default for field in fields(kind)}
        self.ended: list[str] = []
        """Names of numbers that grow by one: the way to count that an interrupt cannot cut in two."""

    def add(self, name: str, amount: float = 1) -> None:
        """Add to one number; KeyError for a name that is no field."""
        with _LOCK:
            self._numbers[name] += amount

    def settle(self) -> None:
        """Take over what was appended to `ended`."""
        with _LOCK:
            while self.ended:
                self._numbers[self.ended[0]] += 1  # no call between these two, so no interrupt
                del self.ended[0]

    def snapshot(self) -> C:
        """The numbers as they are now."""
        self.settle()
        with _LOCK:
            counted: C = self._kind(**self._numbers)
        return counted
