"""Counters of a notifier and of a listener. `dataclasses.asdict` turns them into a dict for any metrics library."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, fields
from typing import Any, Final, Generic, TypeVar


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierCounters:
    """The outcomes of the publish calls of one notifier so far; each call counts once, when it ends.

    Calls of a disabled notifier do not count.
    """

    published: int = 0
    """Calls after which the server confirmed the message."""
    not_sent: int = 0
    """Calls that sent nothing: NotSentError, EncodeError, RedisUrlError, no usable redis-py, or any other end of the
    call before PUBLISH was written, such as a cancellation."""
    rejected: int = 0
    """Calls that raised RejectedError."""
    unknown: int = 0
    """Calls that may have sent the message: OutcomeUnknownError, or any other end of the call after PUBLISH was written
    and before the reply was read, such as a cancellation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerCounters:
    """The events and losses of one listener so far."""

    received: int = 0
    """`Received` events delivered, including those that `notifications(ordered=True)` skips."""
    invalid: int = 0
    """`Invalid` events delivered."""
    skipped: int = 0
    """Notifications that `notifications(ordered=True)` skipped."""
    dropped: int = 0
    """Messages that arrived and were dropped because the consumer was too slow; a Gap covers each of them."""
    gaps: int = 0
    """`Gap` events delivered."""
    gap_seconds: float = 0.0
    """The sum of the lengths of those Gaps; overlapping time counts for each of them."""
    reconnects: int = 0
    """Subscriptions confirmed after the first one."""


C = TypeVar("C", NotifierCounters, ListenerCounters)


# One lock for all counter sets, so that an object that holds a counter set can be copied.
# It is reentrant: a signal handler must not wait for the code that it has interrupted.
# The fork hooks release it in the child, even if another thread of the parent was about to take it.
_LOCK: Final = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release)


class CounterSet(Generic[C]):
    """Counters that only grow. Threads may add to it, and so may a signal handler that interrupts an `add`."""

    def __init__(self, kind: type[C]) -> None:
        self._kind: type[C] = kind
        self._numbers: dict[str, Any] = {field.name: field.default for field in fields(kind)}
        self.ended: list[str] = []
        """Names of counters to increment by one: a signal cannot interrupt an `append` halfway. `settle` adds them."""

    def add(self, name: str, amount: float = 1) -> None:
        """Add to one counter; raises KeyError for an unknown name."""
        with _LOCK:
            self._numbers[name] += amount

    def settle(self) -> None:
        """Add the increments that were appended to `ended`."""
        with _LOCK:
            while self.ended:
                self._numbers[self.ended[0]] += 1  # no call stands between these two lines, so no interrupt does either
                del self.ended[0]

    def snapshot(self) -> C:
        """Return the current values."""
        self.settle()
        with _LOCK:
            counted: C = self._kind(**self._numbers)
        return counted
