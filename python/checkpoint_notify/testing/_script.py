"""The events of a fake listener, in place of those from a server. Their order is checked when the fake is made.

`_ORDER` says which event may follow which; it is a part of the listener's contract.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias

from checkpoint_notify._config import CheckpointListenerConfig
from checkpoint_notify._events import Connected, Disconnected, Event, Gap, Invalid, Received
from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify._protocol.event_decoder import EventDecoder
from checkpoint_notify._protocol.event_queue import EventQueue, Item, Message
from checkpoint_notify._protocol.subscription import Subscription
from checkpoint_notify._protocol.timestamps import Loss, Timestamp

Step: TypeAlias = Event | CheckpointNotification | bytes
"""An event, or a message that a publisher sends: a notification or a payload."""

_State: TypeAlias = Literal["never connected", "first outage", "connected", "overflow", "outage", "back"]
_Kind: TypeAlias = Literal["connected", "disconnected", "message", "reconnected", "overflow"]

_ORDER: Final[dict[_State, dict[_Kind, _State]]] = {
    "never connected": {"connected": "connected", "disconnected": "first outage"},
    "first outage": {"connected": "connected"},
    "connected": {"message": "connected", "overflow": "overflow", "disconnected": "outage"},
    "overflow": {"message": "connected", "disconnected": "outage"},
    "outage": {"connected": "back"},
    "back": {"reconnected": "connected"},
}
"""For each state, the events that may follow, and the state after each."""

_RULES: Final[dict[_Kind, str]] = {
    "connected": "Connected() comes first, or after a Disconnected",
    "disconnected": "there is one Disconnected for each outage, and after an outage a Gap comes before the next one",
    "message": "a message comes only while there is a subscription: put a Connected() before it",
    "reconnected": "Gap(…, 'reconnected') comes right after the Connected() that ends an outage, and nowhere else",
    "overflow": "Gap(…, 'overflow') comes while there is a subscription, and two never follow each other",
}
_GAP_MISSING: Final = "after the Connected() that ends an outage, Gap(…, 'reconnected') comes next"

_NEVER: Final = Timestamp(0.0, datetime.min.replace(tzinfo=UTC))
"""A placeholder for the arrival time of a message: only dropped messages need it, and a script drops none."""


class ScriptedSubscription(Subscription):
    """A subscription whose state follows the events that were taken."""

    connected = False

    def take(self, event: Connected | Disconnected) -> None:
        """The consumer takes this event; the log tells of it."""
        self.connected = isinstance(event, Connected)
        if isinstance(event, Connected):
            self._log.subscribed(time.monotonic())
        else:
            self._log.failed(event.error, self._config.backoff_initial, time.monotonic())

    def give_up(self, error: Exception) -> None:
        """The reconnects are used up."""
        self.error = error
        self._log.gave_up(error)


class Script(EventQueue):
    """Items that wait from the start; each happens when it is taken."""

    def __init__(
        self, steps: Iterable[Step], config: CheckpointListenerConfig, subscription: ScriptedSubscription
    ) -> None:
        super().__init__(config.max_queue, config.max_queue_bytes)
        self._items = deque(_checked(steps, config))
        self._config = config
        self._subscription = subscription
        self._was_connected = False
        self._outage: Exception | None = None
        """The error of the last Disconnected, until the next Connected."""

    def take(self) -> Item | None:
        """Remove and return the next item; None if there is none."""
        if not self._items:
            self._end()
            return None
        item = self._items.popleft()
        match item:
            case Connected():
                self._subscription.reconnects += self._was_connected
                self._was_connected = True
                self._outage = None
                self._subscription.take(item)
            case Disconnected(error):
                self._outage = error
                self._subscription.take(item)
            case Loss(reason="overflow"):
                self.dropped += 1
        return item

    def _end(self) -> None:
        """End the script: in an outage that uses up the reconnects, or as if the listener were closed."""
        if self._outage is not None and self._config.max_reconnects:
            self._subscription.give_up(self._outage)
        self._subscription.connected = False
        self._outage = None


def _checked(steps: Iterable[Step], config: CheckpointListenerConfig) -> list[Item]:
    """Return the items of a script; raises ValueError or TypeError if a real listener would never deliver it."""
    decoder = EventDecoder(config.max_payload)
    state: _State = "never connected"
    items = []
    for index, step in enumerate(steps):
        try:
            items.append(_item(step, decoder))
            state = _after(state, step)
        except (TypeError, ValueError) as error:
            raise type(error)(f"step {index}: {error}") from None
    return items


def _after(state: _State, step: Step) -> _State:
    kind = _kind(step)
    if kind in _ORDER[state]:
        return _ORDER[state][kind]
    raise ValueError(_GAP_MISSING if state == "back" else _RULES[kind])


def _kind(step: Step) -> _Kind:
    match step:
        case Connected():
            return "connected"
        case Disconnected():
            return "disconnected"
        case Gap():
            return step.reason
        case _:
            return "message"


def _item(step: Step, decoder: EventDecoder) -> Item:
    match step:
        case Connected() | Disconnected():
            return step
        case Gap():
            return _loss(step)
        case CheckpointNotification():
            return _message(step.to_json_bytes())
        case bytes():
            return _message(step)
        case Received() | Invalid():
            return _checked_message(step, decoder)
        case _:
            raise TypeError(f"a step is an event, a notification or a payload, not {step!r}")


def _message(raw: bytes) -> Message:
    return Message(raw, _NEVER, _NEVER)


def _checked_message(event: Received | Invalid, decoder: EventDecoder) -> Message:
    message = _message(event.raw)
    real = decoder.decode(message)
    if real != event and not (isinstance(event, Invalid) and repr(real) == repr(event)):  # errors have no equality
        raise ValueError(f"a listener hands this payload over as {real!r}, not as {event!r}")
    return message


def _loss(gap: Gap) -> Loss:
    for moment in (gap.since, gap.until):
        if moment.utcoffset() != timedelta(0):
            raise ValueError(f"the times of a Gap are aware and in UTC, not {moment!r}")
    if gap.since > gap.until:
        raise ValueError("a Gap ends before it begins")
    elapsed = (gap.until - gap.since).total_seconds()
    return Loss(Timestamp(0.0, gap.since), Timestamp(elapsed, gap.until), gap.reason)
