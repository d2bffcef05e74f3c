"""Listeners that keep less than they promise, each in one way: the suite is worth something only if it notices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import checkpoint_notify.asyncio
from checkpoint_notify import CheckpointListener, CheckpointListenerConfig, Connected, Disconnected, Event, Gap
from checkpoint_notify._protocol.event_queue import Item, Message
from checkpoint_notify._protocol.resp import Reply
from checkpoint_notify._protocol.subscription import RefusedError, Subscription
from checkpoint_notify._protocol.timestamps import Loss, Timestamp

from ..flavours import Flavour

_EPOCH: Final = datetime.fromtimestamp(0, UTC)


class NoPongRequired(Subscription):
    """A PING that was sent is health enough."""

    @property
    def wake_at(self) -> float:
        """As if no PONG were awaited."""
        return self._next_ping if self.connected else self._connect_until

    def _check_time(self, data: bytes | None, at: Timestamp) -> None:
        if not self.connected:
            super()._check_time(data, at)


class LeavesTheBusy(Subscription):
    """An error in reply to PING ends the connection."""

    def _answer(self, reply: Reply, at: Timestamp) -> None:
        if isinstance(reply, list) and reply[0].startswith(b"-"):
            raise RefusedError("the server answered with an error")
        super()._answer(reply, at)


class PingsTooSeldom(Subscription):
    """Leaves it at the first ping for a long time."""

    def _ping(self, at: Timestamp) -> bytes:
        ping = super()._ping(at)
        self._next_ping += 60.0 if ping else 0.0
        return ping


class _OtherItems(Subscription):
    def __init__(self, config: CheckpointListenerConfig, channel: str, deliver: Any, *rest: Any) -> None:
        super().__init__(config, channel, lambda items: deliver(self.other(items)), *rest)

    def other(self, items: list[Item]) -> list[Item]:
        """What to deliver instead."""
        raise NotImplementedError


class SinceTheLastMessage(_OtherItems):
    """A message that came proves that nothing before it was lost."""

    def other(self, items: list[Item]) -> list[Item]:
        """The items, which move the start of the next Gap."""
        self._since = next((item.received for item in reversed(items) if isinstance(item, Message)), self._since)
        return items


class Silent(_OtherItems):
    """Reconnects and subscribes again without a word, as redis-py does."""

    _said = False

    def other(self, items: list[Item]) -> list[Item]:
        """Messages, and the first `Connected`."""
        return [item for item in items if isinstance(item, Message) or self._first(item)]

    def _first(self, item: Item) -> bool:
        first = isinstance(item, Connected) and not self._said
        self._said = self._said or first
        return first


class NoGap(_OtherItems):
    """Tells of the outage, and not of what it may have cost."""

    def other(self, items: list[Item]) -> list[Item]:
        """Everything but Gaps."""
        return [item for item in items if not isinstance(item, Loss)]


class SinceTheEpoch(_OtherItems):
    """Covers everything, always."""

    def other(self, items: list[Item]) -> list[Item]:
        """Gaps from 1970 on."""
        return [_widened(item) if isinstance(item, Loss) else item for item in items]


class NeverAgain(Subscription):
    """Ends with its first connection, as upstream's listener does."""

    def fail(self, error: Exception, at: Timestamp) -> float | None:
        """No pause: the end."""
        super().fail(error, at)
        return None


class SlowToReturn(Subscription):
    """Waits before it connects again, however short the outage was."""

    def fail(self, error: Exception, at: Timestamp) -> float | None:
        """A pause of more than a second."""
        return super().fail(error, at) and 1.2


class Patient(Subscription):
    """Gives a try twice the time."""

    def begin(self, at: Timestamp) -> None:
        """A new try begins."""
        super().begin(at)
        self._connect_until += 1.0


class Twice(_OtherItems):
    """Delivers again, after a reconnect, the newest message before it."""

    _newest: Message | None = None

    def other(self, items: list[Item]) -> list[Item]:
        """The newest message again, behind each Gap."""
        found: list[Item] = []
        for item in items:
            found.append(item)
            if isinstance(item, Loss) and self._newest is not None:
                found.append(self._newest)
            self._newest = item if isinstance(item, Message) else self._newest
        return found


class GapFirst(_OtherItems):
    """Tells of the Gap before it tells of the connection."""

    def other(self, items: list[Item]) -> list[Item]:
        """The order that a reader of the design does not expect."""
        order = {Disconnected: 0, Loss: 1, Connected: 2}
        return sorted(items, key=lambda item: order.get(type(item), 3))


class OverflowInSilence(CheckpointListener):
    """Drops what it has no room for, and says nothing."""

    def __next__(self) -> Event:
        while isinstance(event := super().__next__(), Gap) and event.reason == "overflow":
            pass
        return event


def with_core(core: type[Subscription], flavour: Flavour = "sync") -> Callable[[CheckpointListenerConfig], Any]:
    """Makes listeners of that flavour with this core."""

    def make(config: CheckpointListenerConfig) -> Any:
        kind: Any = CheckpointListener if flavour == "sync" else checkpoint_notify.asyncio.CheckpointListener
        listener = kind(config)
        listener._subscription = core(config, listener.channel, listener._queue.put)
        return listener

    return make


def _widened(loss: Loss) -> Loss:
    return loss._replace(since=loss.since._replace(wall=_EPOCH))
