"""The events that wait for the consumer: a bounded queue that drops the oldest messages, and tells of it.

Only messages are dropped. What happened to the connection keeps its place between the messages. If more than
`MAX_CONTROLS` of it pile up between two messages, the older ones are summed up.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple, TypeAlias

from checkpoint_notify._events import Connected, Disconnected
from checkpoint_notify._protocol.timestamps import Loss, Timestamp

MAX_CONTROLS: Final = 16
"""How many connection events may stand between two messages. A consumer that sleeps for hours may miss thousands of
outages."""
BACKPRESSURE_SECONDS: Final = 0.02
"""How long the reader waits for a slow consumer before it reads on and drops messages. Reading is much faster than
decoding: without this, a burst would overflow the queue. It waits once, and not again before the consumer has caught
up."""


class Message(NamedTuple):
    """A payload that arrived."""

    raw: bytes
    received: Timestamp
    since: Timestamp
    """The start of the Gap if this is the first message in it."""


Control: TypeAlias = Connected | Disconnected | Loss
Item: TypeAlias = Message | Control


class EventQueue:
    """A queue of items. Not thread-safe."""

    def __init__(self, max_messages: int, max_bytes: int) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._entries: deque[tuple[list[Control], Message]] = deque()
        """Each message, with what happened between it and the message before."""
        self._tail: list[Control] = []
        """What happened since the newest message."""
        self._bytes = 0
        self._head_reserved = False
        """Whether the oldest message must not be dropped: the events before it were already consumed. Otherwise a slow
        consumer would get one Gap after another, and never a message."""
        self._consumer_late = False
        """Whether the consumer has not caught up after the reader waited for it."""
        self.closed = False
        """Whether the consumer takes no more."""
        self.dropped = 0
        """The number of messages dropped so far."""

    @property
    def above_high_water(self) -> bool:
        """Whether it is more than a quarter full. One read may bring more than the rest can hold."""
        return len(self._entries) * 4 > self._max_messages or self._bytes * 4 > self._max_bytes

    def put(self, items: Iterable[Item]) -> bool:
        """Append items. The newest message stays, however large it is.

        Returns whether the reader is to wait for the consumer, up to `BACKPRESSURE_SECONDS`.
        """
        for item in items:
            if not isinstance(item, Message):
                extend(self._tail, [item])
                continue
            self._entries.append((self._tail, item))
            self._tail = []
            self._bytes += len(item.raw)
            while self._overfull():
                self._drop_oldest()
        if not self.above_high_water:
            self._consumer_late = False
            return False
        return not self._consumer_late

    def waited_in_vain(self) -> None:
        """The reader waited, and the queue is still above high water."""
        self._consumer_late = True

    def take(self) -> Item | None:
        """Remove and return the oldest item; None if the queue is empty. If a signal handler raises, the item stays."""
        run = self._entries[0][0] if self._entries else self._tail
        if run:
            self._head_reserved = bool(self._entries)
            item = run[0]
            del run[0]
            return item
        if not self._entries:
            return None
        self._head_reserved = False
        message = self._entries[0][1]
        size = len(message.raw)
        # No call from here on: a signal handler may raise after each call, and the removed message would be lost.
        del self._entries[0]
        self._bytes -= size
        return message

    def _overfull(self) -> bool:
        droppable = len(self._entries) - self._head_reserved
        return droppable > self._max_messages or (self._bytes > self._max_bytes and droppable > 1)

    def _drop_oldest(self) -> None:
        oldest = int(self._head_reserved)
        run, message = self._entries[oldest]
        del self._entries[oldest]
        self._bytes -= len(message.raw)
        self.dropped += 1
        extend(run, [Loss(message.since, message.received, "overflow")])
        following, next_oldest = self._entries[oldest]
        extend(run, following)
        self._entries[oldest] = run, next_oldest


def extend(run: list[Control], more: Iterable[Control]) -> None:
    """Append to what happened between two messages; sums up the older half if it gets too long."""
    for item in more:
        last = run[-1] if run else None
        if isinstance(item, Loss) and isinstance(last, Loss) and item.reason == last.reason:
            run[-1] = last.merged(item)
        else:
            run.append(item)
    if len(run) > MAX_CONTROLS:
        old = _end_of_old(run)
        run[:old] = _summary(run[:old])


def _end_of_old(run: list[Control]) -> int:
    """The end of the older half: before a Disconnected, so that the summary ends connected."""
    return next(index for index in range(len(run) // 2, len(run)) if isinstance(run[index], Disconnected))


def _summary(run: list[Control]) -> list[Control]:
    """One outage in place of several: the last error, and one Gap that covers all of theirs.

    A Gap at the start belongs to events that were already consumed; it stays.
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
        summary.append(functools.reduce(Loss.merged, losses))
    return summary
