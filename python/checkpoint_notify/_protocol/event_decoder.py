"""From an item that waited to the event that the consumer gets.

Payloads are decoded here, by whoever asks for the next event. So the consumer's thread pays for it and not the one that
has to keep up with the server, dropped messages cost nothing, and an exception that no decoder should raise reaches
somebody instead of ending the reader. Such a message is used up: the next event is the one behind it.
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
        self.tally = CounterSet(ListenerCounters)

    def event(self, item: Item) -> Event:
        """The event for an item; raises what decoding raises, except where the payload is to blame."""
        if isinstance(item, Message):
            return self._decode(item.raw)
        return self._gap(item) if isinstance(item, Loss) else item

    def _decode(self, raw: bytes) -> Received | Invalid:
        if len(raw) > self._max_payload:
            error = PayloadTooLargeError(f"payload of {len(raw)} bytes, max_payload is {self._max_payload}")
            return self._invalid(raw, error)
        try:
            notification = CheckpointNotification.from_json(raw)
        except DecodeError as error:
            return self._invalid(raw, error)
        self.tally.add("received")
        return Received(notification, raw)

    def _invalid(self, raw: bytes, error: DecodeError | PayloadTooLargeError) -> Invalid:
        self.tally.add("invalid")
        error.__traceback__ = error.__context__ = None  # its frames would keep the listener alive as long as the event
        return Invalid(raw, error)

    def _gap(self, loss: Loss) -> Gap:
        gap = loss.gap()
        self.tally.add("gaps")
        self.tally.add("gap_seconds", (gap.until - gap.since).total_seconds())
        return gap


class VersionFilter:
    """Tells notifications apart that are no news: their version is at or below the newest seen."""

    def __init__(self, tally: CounterSet[ListenerCounters]) -> None:
        self._tally = tally
        self._newest = -1

    def accepts(self, notification: CheckpointNotification) -> bool:
        """Whether this is news; counts it as skipped if not."""
        if notification.version <= self._newest:
            self._tally.add("skipped")
            return False
        self._newest = notification.version
        return True
