"""Listeners that keep less than they promise, each in one way, and the tests that must detect each.

A weakness is a subscription or an event queue. The simulated world runs it alone; a soak and a row of the fault table
run a real listener with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TypeAlias

from checkpoint_notify import CheckpointListenerConfig, Connected, Disconnected
from checkpoint_notify._protocol.event_queue import EventQueue, Item, Message
from checkpoint_notify._protocol.resp import Reply
from checkpoint_notify._protocol.subscription import Subscription, SubscriptionRefusedError
from checkpoint_notify._protocol.timestamps import Loss, Timestamp

from ..tools.soak.plan import Step
from .faults import rows_alive, rows_connection
from .faults.scene import Stage
from .flavours import Flavour
from .listeners import LISTENERS

Make: TypeAlias = Callable[[CheckpointListenerConfig], Any]
Kind: TypeAlias = type[Subscription] | type[EventQueue]


# What proves that the connection is alive.


class NoPongRequired(Subscription):
    """Takes a connection for alive as long as it does not break."""

    @property
    def wake_at(self) -> float:
        """Without a look at the PONGs."""
        return self._next_ping if self.connected else super().wake_at

    def _check_time(self, data: bytes | None, at: Timestamp) -> None:
        if not self.connected:
            super()._check_time(data, at)


class PingsTooSeldom(Subscription):
    """Sends one PING, and the next one a minute later."""

    def _ping(self, at: Timestamp) -> bytes:
        ping = super()._ping(at)
        self._next_ping += 60.0 if ping else 0.0
        return ping


class PingsWhenIdle(Subscription):
    """Sends no PING while there is traffic."""

    def receive(self, data: bytes | None, at: Timestamp) -> bytes:
        """Traffic delays the next PING."""
        if data is not None:
            self._next_ping = at.monotonic + self._config.ping_interval
        return super().receive(data, at)


class EndsOnError(Subscription):
    """Ends the connection if the reply to PING is an error."""

    def _answer(self, reply: Reply, at: Timestamp) -> None:
        if self._pings and isinstance(reply, list) and reply[0].startswith(b"-"):
            raise SubscriptionRefusedError("the server answered")
        super()._answer(reply, at)


class TrustsAnyError(Subscription):
    """Accepts any error as an answer to PING, even one of a proxy."""

    def _answer(self, reply: Reply, at: Timestamp) -> None:
        alive = self._pings and isinstance(reply, list) and reply[0].startswith(b"-")
        super()._answer([b"+PONG"] if alive else reply, at)


class ErrorAnswersNewest(Subscription):
    """Accepts an error as the answer to the newest PING, not to the oldest."""

    def _answer(self, reply: Reply, at: Timestamp) -> None:
        if isinstance(reply, list) and reply[0].startswith(b"-"):
            self._pings.rotate(1)
        super()._answer(reply, at)


class IgnoresErrors(Subscription):
    """Ignores an error: it neither ends the connection nor answers a PING."""

    def _answer(self, reply: Reply, at: Timestamp) -> None:
        if not (self.connected and isinstance(reply, list) and reply[0].startswith(b"-")):
            super()._answer(reply, at)


# When it connects.


class NeverReconnects(Subscription):
    """Ends with its first connection, as upstream's listener does."""

    def fail(self, error: Exception, at: Timestamp) -> float | None:
        """No pause: the end."""
        super().fail(error, at)
        return None


class ReconnectsLate(Subscription):
    """Waits for more than a second before it connects again."""

    def fail(self, error: Exception, at: Timestamp) -> float | None:
        """A pause of more than a second."""
        return super().fail(error, at) and 1.2


class GivesUpLate(Subscription):
    """Allows a try a second more than `connect_timeout`."""

    def begin(self, at: Timestamp) -> None:
        """A new try begins."""
        super().begin(at)
        self._connect_until += 1.0


# What it delivers.


class _OtherItems(Subscription):
    def __init__(self, config: CheckpointListenerConfig, channel: str, deliver: Any, *rest: Any) -> None:
        super().__init__(config, channel, lambda items: deliver(self.other(items)), *rest)

    def other(self, items: list[Item]) -> list[Item]:
        """What to deliver instead."""
        return [other for item in items for other in self.other_item(item)]

    def other_item(self, item: Item) -> Iterable[Item]:
        """What to deliver instead of one item."""
        return [item]


class SinceLastMessage(_OtherItems):
    """Starts a Gap at the last message, though older ones may still be lost."""

    def other_item(self, item: Item) -> Iterable[Item]:
        """The item, which moves the start of the next Gap."""
        if isinstance(item, Message):
            self._since = item.received
        return [item]


class SincePongRead(Subscription):
    """Starts a Gap when the PONG was read, not when the PING was sent."""

    def _answer(self, reply: Reply, at: Timestamp) -> None:
        pings = len(self._pings)
        super()._answer(reply, at)
        if len(self._pings) < pings:
            self._since = at


class SilentReconnect(_OtherItems):
    """Reconnects without an event, as redis-py does."""

    _said = False

    def other(self, items: list[Item]) -> list[Item]:
        """Messages, and the first `Connected`."""
        return [item for item in items if isinstance(item, Message) or self._first(item)]

    def _first(self, item: Item) -> bool:
        first = isinstance(item, Connected) and not self._said
        self._said = self._said or first
        return first


class NoGap(_OtherItems):
    """Reports the outage, and no Gap for what may have been lost in it."""

    def other_item(self, item: Item) -> Iterable[Item]:
        """No Gap."""
        return [] if isinstance(item, Loss) else [item]


class GapFromTheEpoch(_OtherItems):
    """Covers everything, so that a Gap says nothing."""

    def other_item(self, item: Item) -> Iterable[Item]:
        """A Gap since 1970."""
        epoch = Timestamp(-1e9, datetime(1970, 1, 1, tzinfo=UTC))
        return [item._replace(since=epoch)] if isinstance(item, Loss) else [item]


class GapUntilSubscribe(_OtherItems):
    """Ends a Gap when SUBSCRIBE was written, not when it was confirmed."""

    def other_item(self, item: Item) -> Iterable[Item]:
        """A Gap that ends when SUBSCRIBE was written."""
        if isinstance(item, Loss) and self._since is not None and self._since.monotonic >= item.since.monotonic:
            item = item._replace(until=self._since)
        return [item]


class GapBeforeConnected(_OtherItems):
    """Delivers the Gap before `Connected`."""

    def other(self, items: list[Item]) -> list[Item]:
        """The wrong order."""
        order = {Disconnected: 0, Loss: 1, Connected: 2}
        return sorted(items, key=lambda item: order.get(type(item), 3))


class DeliversTwice(_OtherItems):
    """Delivers the newest message again after a reconnect."""

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


class SilentOverflow(EventQueue):
    """Drops messages without a Gap."""

    def _drop_oldest(self) -> None:
        super()._drop_oldest()
        run, _ = self._entries[int(self._head_reserved)]
        run[:] = [item for item in run if not isinstance(item, Loss) or item.reason != "overflow"]


class GapFromNewest(EventQueue):
    """Starts a Gap at the last message that it dropped, not at the first."""

    def _drop_oldest(self) -> None:
        super()._drop_oldest()
        run, _ = self._entries[0]
        loss = run[-1]
        if isinstance(loss, Loss):
            run[-1] = loss._replace(since=loss.until)


RST: Final = Step(0.7, "rst", 0)
LATE_RST: Final = Step(3.5, "rst", 0)
SLOW_RST: Final = Step(0.7, "rst_on_a_slow_line", 0.7)
HALF_OPEN: Final = Step(0.7, "half_open_both", 0.0)
SLOW_CONSUMER: Final = Step(0.7, "slow_consumer", 1.0)

NEVER_HEARD: Final = "the last message, "
"""The soak's verdict on a listener that does not recover however long one waits."""


class Weakness(NamedTuple):
    """A weakness, and what each test that detects it says; None for a test that cannot detect it."""

    kind: Kind
    world: str | None = None
    """A pattern for the error of the simulated world."""
    soak: tuple[Step, str] | None = None
    """A fault, and a part of the verdict on a soak with that fault alone."""
    row: tuple[Callable[[Stage], None], str] | None = None
    """A row of the fault table, which demands more than the promise, and a pattern for its error."""
    busy: bool = False
    """Whether it shows only where the server answers several PINGs in flight with an error."""


WEAKNESSES: Final = (
    Weakness(NoPongRequired, "the last message was not delivered", (HALF_OPEN, NEVER_HEARD)),
    Weakness(PingsTooSeldom, soak=(LATE_RST, "s wide, and may be")),
    Weakness(PingsWhenIdle, "for an outage of"),
    Weakness(EndsOnError, "without a fault was given up", row=(rows_alive.misconf, "was given up")),
    Weakness(TrustsAnyError, "the last message was not delivered"),
    Weakness(ErrorAnswersNewest, "is uncovered|without a fault was given up", busy=True),
    Weakness(IgnoresErrors, "for an outage of|the last message was not delivered"),
    Weakness(NeverReconnects, soak=(RST, NEVER_HEARD)),
    Weakness(ReconnectsLate, row=(rows_connection.rst, "subscribed again after")),
    Weakness(GivesUpLate, row=(rows_connection.subscribe_never_answered, "given up after")),
    Weakness(SinceLastMessage, "is uncovered", (SLOW_RST, "lost in silence")),
    Weakness(SincePongRead, "is uncovered"),
    Weakness(SilentReconnect, soak=(SLOW_RST, "lost in silence")),
    Weakness(NoGap, "is uncovered|a Gap for each subscription", (RST, "where the Gap of a reconnect was due")),
    Weakness(GapFromTheEpoch, "for an outage of", (RST, "s wide, and may be")),
    Weakness(GapUntilSubscribe, "is uncovered"),
    Weakness(
        GapBeforeConnected,
        "the Gap comes|the Gap of a reconnect|no Gap between",
        (RST, "where the Gap of a reconnect was due"),
    ),
    Weakness(DeliversTwice, soak=(RST, "delivered twice")),
    Weakness(SilentOverflow, "is uncovered", (SLOW_CONSUMER, "lost in silence")),
    Weakness(GapFromNewest, "is uncovered"),
)


def weakened(kind: Kind, flavour: Flavour = "sync") -> Make:
    """Makes real listeners of that flavour with the weakness."""

    def make(config: CheckpointListenerConfig) -> Any:
        listener = LISTENERS[flavour](config)
        if issubclass(kind, EventQueue):
            listener._events = listener._queue._events = kind(config.max_queue, config.max_queue_bytes)
        else:
            listener._subscription = kind(config, listener.channel, listener._queue.put)
        return listener

    return make
