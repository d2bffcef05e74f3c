"""Makes events of the items in the queue.

The consumer decodes, not the reader. So the reader keeps up with the server, dropped messages cost nothing, and an
error in the decoder itself reaches the consumer and does not end the reader. That message is consumed: the next call
returns the event after it.
"""

from __future__ import annotations

from checkpoint_notify._counters import CounterSet, ListenerCounters
from checkpoint_notify._events import Event, Gap, Invalid, Received
from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify._protocol.event_queue import Item, Message
from checkpoint_notify._protocol.timestamps import Loss
from checkpoint_notify.errors import DecodeError, PayloadTooLargeError


class EventDecoder:
    """Makes events of items, and counts them."""

    def __init__(self, max_payload: int) -> None:
        self._max_payload = max_payload
        self.counters = CounterSet(ListenerCounters)

    def decode(self, item: Item) -> Event:
        """Return the event for an item. A payload that cannot be decoded becomes an `Invalid`."""
        if isinstance(item, Loss):
            return self._gap(item)
        if not isinstance(item, Message):
            return item
        raw = item.raw
        if len(raw) > self._max_payload:
            error = PayloadTooLargeError(f"payload of {len(raw)} bytes, max_payload is {self._max_payload}")
            return self._invalid(raw, error)
        try:
            notification = CheckpointNotification.from_json(raw)
        except DecodeError as error:
            return self._invalid(raw, error)
        self.counters.add("received")
        return Received(notification, raw)

    def _invalid(self, raw: bytes, error: DecodeError | PayloadTooLargeError) -> Invalid:
        self.counters.add("invalid")
        error.__traceback__ = error.__context__ = None  # its frames would keep the listener alive as long as the event
        return Invalid(raw, error)

    def _gap(self, loss: Loss) -> Gap:
        gap = loss.gap()
        self.counters.add("gaps")
        self.counters.add("gap_seconds", (gap.until - gap.since).total_seconds())
        return gap


class VersionFilter:
    """Drops notifications whose version is not above the highest seen."""

    def __init__(self, counters: CounterSet[ListenerCounters]) -> None:
        self._counters = counters
        self._highest = -1

    def accepts(self, notification: CheckpointNotification) -> bool:
        """Return whether the version is above the highest seen; counts the notification as skipped if not."""
        if notification.version <= self._highest:
            self._counters.add("skipped")
            return False
        self._highest = notification.version
        return True
