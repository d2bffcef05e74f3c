"""What was published, when, and what the listener said about it: every message is accounted for as the events come.

Times are the wall clock's, in seconds, since a Gap speaks of the wall clock. A message was taken by the server at some
instant between `before` and `after`, which nobody knows better; it counts as covered when a Gap holds any of that time.
To ask for all of it would be wrong: a PING may be sent, and be answered, in the middle.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from checkpoint_notify import Connected, Disconnected, Event, Gap, Invalid, Received

from .messages import number_in

_MOST_PROBLEMS: Final = 50
_ROUNDING: Final = 2e-6
"""Seconds; a datetime has microseconds."""


@dataclass(slots=True)
class Publish:
    """One PUBLISH."""

    number: int
    before: float
    after: float = float("inf")
    taken: bool | None = None
    """Whether the server took it; None when its reply got lost, and nothing can be demanded."""


@dataclass(slots=True)
class Fault:
    """One fault, from before it was injected until after it was over."""

    kind: str
    begin: float
    end: float = float("inf")
    deadly: bool = True
    """Whether it breaks connections, as opposed to a delay that a connection may outlive."""


@dataclass(slots=True)
class SeenGap:
    """A Gap event, and the messages that it excuses."""

    since: float
    until: float
    reason: str
    seen_at: float
    disconnected_at: float
    """When the last `Disconnected` before it was seen."""
    lost: int = 0
    first_lost: float | None = None
    """When the first of them began to be published."""

    def covers(self, publish: Publish) -> bool:
        """Whether the message may have been taken within the Gap."""
        return publish.before <= self.until + _ROUNDING and self.since <= publish.after + _ROUNDING


@dataclass(slots=True)
class Counts:
    """The sums of a record."""

    published: int = 0
    """Messages that the server took."""
    delivered: int = 0
    covered: int = 0
    """Taken, not delivered, within a Gap."""
    uncovered: int = 0
    """Taken, not delivered, within no Gap that was told before the next message."""
    duplicates: int = 0
    disordered: int = 0
    refused: int = 0
    """Not taken: the server was gone, or answered with an error."""
    unknown: int = 0
    """The reply got lost, and so did the message."""
    unpromised: int = 0
    """Lost before the first `Connected`."""


@dataclass
class Ledger:
    """The record of one listener's run; may be written to by a publisher and a listener's thread at once."""

    counts: Counts = field(default_factory=Counts)
    events: Counter[str] = field(default_factory=Counter)
    gaps: list[SeenGap] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What is wrong with the order or the coverage; no more than 50 of them."""
    first_connected: float | None = None
    connected_at: float | None = None
    """When the last `Connected` was seen; None after a `Disconnected`."""
    last_delivered: int = -1
    taken: bytearray = field(default_factory=bytearray)
    """For each number, 1 when the server took the message, else 0."""

    clock: Callable[[], float] = time.time
    """The wall clock that publishers look at."""

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._pending: deque[Publish] = deque()
        self._next = 0
        self._delivered = bytearray()
        self._special: dict[bytes, deque[int]] = {}
        self._gap_due = False
        self._disconnected_at = float("inf")

    # What the publisher tells.

    def begin(self, raw: bytes | None = None) -> Publish:
        """A message is about to be published; `raw` when its payload does not hold its number."""
        with self._lock:
            publish = Publish(self._next, self.clock())
            self._next += 1
            self._pending.append(publish)
            self._delivered.append(0)
            self.taken.append(0)
            if raw is not None:
                self._special.setdefault(raw, deque()).append(publish.number)
            publish.before = self.clock()
            return publish

    def end(self, publish: Publish, taken: bool | None) -> None:
        """Its outcome is known."""
        with self._lock:
            publish.after = self.clock()
            publish.taken = taken
            if taken:
                self.counts.published += 1
                self.taken[publish.number] = 1

    # What the injector tells.

    @contextmanager
    def fault(self, kind: str, *, deadly: bool = True) -> Iterator[Fault]:
        """A fault lasts as long as the block."""
        fault = Fault(kind, self.clock(), deadly=deadly)
        with self._lock:
            self.faults.append(fault)
        try:
            yield fault
        finally:
            fault.end = self.clock()

    # What the listener tells.

    def see(self, event: Event) -> None:
        """The next event that the listener handed over."""
        now = self.clock()
        with self._lock:
            self.events[type(event).__name__] += 1
            if self._gap_due and not isinstance(event, Gap):
                self._problem(f"{_shown(event)} where the Gap of a reconnect was due")
            match event:
                case Connected():
                    self._see_connected(now)
                case Disconnected():
                    if self.first_connected is not None and self.connected_at is None:
                        self._problem("Disconnected twice without Connected")
                    self.connected_at = None
                    self._disconnected_at = now
                case Gap():
                    self._see_gap(event, now)
                case Received() | Invalid():
                    if self.connected_at is None:
                        self._problem(f"{_shown(event)} without a connection")
                    self._see_message(event.raw)

    def _see_connected(self, now: float) -> None:
        if self.connected_at is not None:
            self._problem("Connected twice without Disconnected")
        self._gap_due = self.first_connected is not None
        self.connected_at = now
        if self.first_connected is None:
            self.first_connected = now

    def _see_gap(self, gap: Gap, now: float) -> None:
        self._gap_due = False
        if self.first_connected is None:
            self._problem("a Gap before the first Connected")
        if gap.since.utcoffset() != timedelta(0) or gap.until.utcoffset() != timedelta(0):
            self._problem(f"{gap} is not in UTC")
        early = self.clock is time.time and gap.until.timestamp() > now + _ROUNDING  # one that tests set tells nothing
        if gap.since > gap.until or early:
            self._problem(f"{gap} ends before it begins, or after it was told")
        since, until = gap.since.timestamp(), gap.until.timestamp()
        self.gaps.append(SeenGap(since, until, gap.reason, now, self._disconnected_at))

    def _see_message(self, raw: bytes) -> None:
        number = self._number(raw)
        if number is None or number >= self._next:
            self._problem(f"a message that nobody published: {raw[:60]!r}")
        elif self._delivered[number]:
            self.counts.duplicates += 1
            self._problem(f"message {number} delivered twice")
        elif number <= self.last_delivered:
            self.counts.disordered += 1
            self._problem(f"message {number} delivered after {self.last_delivered}")
        else:
            self._settle(number)
            self._delivered[number] = 1
            self.last_delivered = number
            self.counts.delivered += 1

    def _number(self, raw: bytes) -> int | None:
        if special := self._special.get(raw):
            number = special.popleft()
            if not special:
                del self._special[raw]
            return number
        return number_in(raw)

    def _settle(self, end: int) -> None:
        """Nothing below `end` can come any more."""
        while self._pending and self._pending[0].number < end:
            self._miss(self._pending.popleft())
        if self._pending and self._pending[0].number == end:
            self._pending.popleft()

    def _miss(self, publish: Publish) -> None:
        if publish.taken is None:
            self.counts.unknown += 1
        elif not publish.taken:
            self.counts.refused += 1
        elif self.first_connected is None or publish.before < self.first_connected:
            self.counts.unpromised += 1
        elif self._excuse(publish):
            self.counts.covered += 1
        else:
            self.counts.uncovered += 1
            self._problem(f"message {publish.number} of {publish.before:.6f} to {publish.after:.6f} lost in silence")

    def _excuse(self, publish: Publish) -> bool:
        """Whether a Gap was told that covers it; Gaps may overlap, and come in the order of their ends."""
        covered = False
        for gap in reversed(self.gaps):
            if gap.until + _ROUNDING < publish.before:
                break
            if gap.covers(publish):
                covered = True
                gap.lost += 1
                gap.first_lost = min(gap.first_lost or publish.before, publish.before)
        return covered

    def finish(self) -> None:
        """The publisher and the listener have ended: nothing comes any more. The last message must have come."""
        with self._lock:
            taken = [publish.number for publish in self._pending if publish.taken]
            if taken:
                self._problem(f"the last message, {taken[-1]}, was not delivered: {self.last_delivered} was")
            elif self.last_delivered < 0:
                self._problem("nothing was delivered")
            self._settle(self._next)

    @property
    def next_number(self) -> int:
        """The number of the next message."""
        with self._lock:
            return self._next

    def _problem(self, text: str) -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(text)


def _shown(event: Event) -> str:
    return f"{event!r:.120}"
