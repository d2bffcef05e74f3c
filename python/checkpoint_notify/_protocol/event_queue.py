"""What waits for the consumer: bounded, oldest messages dropped first, and never a loss without a trace.

Messages alone are dropped. What happened to the connection stays, in its place between the messages, and is summed up
once too much of it has piled up between two of them.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple, TypeAlias

from checkpoint_notify._events import Connected, Disconnected
from checkpoint_notify._protocol.timestamps import Loss, Timestamp

LONGEST_RUN: Final = 16
"""How many events may stand between two messages; a consumer that sleeps for hours may miss thousands of outages."""
PATIENCE: Final = 0.02
"""How long a reader waits, in seconds, for a consumer that does not keep up, before it goes on and drops messages. A
storm would drop some of every burst otherwise: reading is so much faster than decoding. It waits once, and not again
before the consumer has caught up."""


class Message(NamedTuple):
    """A payload that arrived."""

    raw: bytes
    received: Timestamp
    since: Timestamp
    """The moment a Gap starts from if this is the first message in it."""


Control: TypeAlias = Connected | Disconnected | Loss
Item: TypeAlias = Message | Control


class EventQueue:
    """A queue of items. Not for use by two threads at once."""

    def __init__(self, max_messages: int, max_bytes: int) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._entries: deque[tuple[list[Control], Message]] = deque()
        """Each message, behind what happened since the one before it."""
        self._tail: list[Control] = []
        """What happened since the newest message."""
        self._bytes = 0
        self._reserved = False
        """Whether the oldest message is out of reach: what stood in front of it was taken, so its turn is next. Else a
        consumer that is too slow would get one Gap after the other, and never a message."""
        self.dropped = 0
        """How many messages have been dropped, ever."""

    @property
    def crowded(self) -> bool:
        """Whether it is more than a quarter full: a consumer that keeps up leaves room for all that one read brings."""
        return len(self._entries) * 4 > self._max_messages or self._bytes * 4 > self._max_bytes

    def put(self, items: Iterable[Item]) -> None:
        """Append items; the newest message stays, however large it is."""
        for item in items:
            if not isinstance(item, Message):
                extend(self._tail, [item])
                continue
            self._entries.append((self._tail, item))
            self._tail = []
            self._bytes += len(item.raw)
            while self._overfull():
                self._drop_oldest()

    def take(self) -> Item | None:
        """Remove the oldest item; None when there is none. One that an interrupt keeps it from returning stays."""
        run = self._entries[0][0] if self._entries else self._tail
        if run:
            self._reserved = bool(self._entries)
            item = run[0]
            del run[0]
            return item
        if not self._entries:
            return None
        self._reserved = False
        return self._pop()[1]

    def _overfull(self) -> bool:
        droppable = len(self._entries) - self._reserved
        return droppable > self._max_messages or (self._bytes > self._max_bytes and droppable > 1)

    def _drop_oldest(self) -> None:
        oldest = int(self._reserved)
        run, message = self._pop(oldest)
        self.dropped += 1
        extend(run, [Loss(message.since, message.received, "overflow")])
        following, next_oldest = self._entries[oldest]
        extend(run, following)
        self._entries[oldest] = run, next_oldest

    def _pop(self, index: int = 0) -> tuple[list[Control], Message]:
        entry = self._entries[index]
        size = len(entry[1].raw)
        # No call from here on: Python lets a signal handler raise after each, and what was removed would be lost.
        del self._entries[index]
        self._bytes -= size
        return entry


def extend(run: list[Control], more: Iterable[Control]) -> None:
    """Append to what happened between two messages, and keep it short: the longer ago, the less detail."""
    for item in more:
        last = run[-1] if run else None
        if isinstance(item, Loss) and isinstance(last, Loss) and item.reason == last.reason:
            run[-1] = last.joined(item)
        else:
            run.append(item)
    if len(run) > LONGEST_RUN:
        old = _end_of_old(run)
        run[:old] = _summary(run[:old])


def _end_of_old(run: list[Control]) -> int:
    """Where the older half ends: in front of an outage, so that what is summed up ends connected."""
    return next(index for index in range(len(run) // 2, len(run)) if isinstance(run[index], Disconnected))


def _summary(run: list[Control]) -> list[Control]:
    """One outage for several, seen from outside: the last error, and one Gap that covers all the others.

    A Gap at the start belongs to what the consumer has taken already, and stays there.
    """
    first = next((index for index, item in enumerate(run) if not isinstance(item, Loss)), len(run))
    summary, rest = run[:first], run[first:]
    errors = [item for item in rest if isinstance(item, Disconnected)]
    losses = [item for item in rest if isinstance(item, Loss)]
    if rest and isinstance(rest[0], Disconnected):
        summary.append(errors[-1])
    if rest:
        summary.append(Connected())
    if losses:
        summary.append(functools.reduce(Loss.joined, losses))
    return summary
