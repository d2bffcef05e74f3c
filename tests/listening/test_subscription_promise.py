"""The listener's core against a simulated world: the promise holds, and cores that break it are found out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from checkpoint_notify import CheckpointListenerConfig
from checkpoint_notify._protocol.event_queue import EventQueue, Item, Message
from checkpoint_notify._protocol.resp import Reply
from checkpoint_notify._protocol.subscription import RefusedError, Subscription
from checkpoint_notify._protocol.timestamps import Loss, Timestamp

from ..support.listener_world import BUSY, EAGER, PONG, ROOMY, TIGHT, World

SECONDS: Final = st.sampled_from([0.125, 0.25, 1.0, 1.875, 6.0])


class WorldMachine(RuleBasedStateMachine):
    """Everything that can happen, in any order; then all is well, and the promise is checked."""

    def make_world(self, config: CheckpointListenerConfig) -> World:
        """Weakened listeners replace this."""
        return World(config=config)

    @initialize(config=st.sampled_from([ROOMY, TIGHT, EAGER]))
    def begin(self, config: CheckpointListenerConfig) -> None:
        """With a queue that may overflow, or not, and with one PING or more on their way."""
        self.world = self.make_world(config)
        self.clock_was_set = False

    @rule(padding=st.sampled_from([0, 10, 30]))
    def publish(self, padding: int) -> None:
        """A message."""
        self.world.publish(padding)

    @rule()
    def work(self) -> None:
        """The server answers."""
        self.world.work()

    @rule(count=st.sampled_from([1, 2, None]), cut=st.integers(0, 70))
    def deliver(self, count: int | None, cut: int) -> None:
        """Bytes arrive, in pieces."""
        self.world.deliver(count, cut)

    @rule(seconds=SECONDS)
    def stall(self, seconds: float) -> None:
        """Nothing moves."""
        self.world.stall(seconds)

    @rule(seconds=SECONDS)
    def flow(self, seconds: float) -> None:
        """Everything moves."""
        self.world.flow(seconds)

    @rule(lose=st.booleans())
    def close(self, lose: bool) -> None:
        """The connection ends."""
        self.world.close(lose=lose)

    @rule(replies=st.booleans())
    def half_open(self, replies: bool) -> None:
        """Nothing gets through any more; or messages do, and PINGs do not."""
        if replies:
            self.world.lose_replies()
        else:
            self.world.lose_requests()

    @rule()
    def answer_in_its_place(self) -> None:
        """A proxy answers for a server that it has lost."""
        self.world.answer_in_its_place()

    @rule(pong=st.sampled_from([PONG, b"+PONG\r\n", BUSY]))
    def answer_with(self, pong: bytes) -> None:
        """The server answers PING otherwise."""
        self.world.pong = pong

    @rule(accepting=st.booleans(), answering=st.booleans())
    def server(self, accepting: bool, answering: bool) -> None:
        """The server goes down, or stops, or is well again."""
        self.world.accepting = accepting
        self.world.answering = answering

    @rule(count=st.sampled_from([1, 5, 1000]))
    def take(self, count: int) -> None:
        """The consumer works."""
        self.world.take(count)

    @precondition(lambda self: not self.clock_was_set)
    @rule(seconds=st.sampled_from([-86400.0, -30.0, -0.5, 0.5, 30.0, 86400.0]))
    def set_clock(self, seconds: float) -> None:
        """Somebody sets the wall clock, once."""
        self.clock_was_set = True
        self.world.wall_offset += seconds

    def teardown(self) -> None:
        """The promise."""
        self.world.finish()
        self.world.check()


ONE_BUG: Final[dict[str, Any]] = {"database": None, "report_multiple_bugs": False}
COMMON: Final = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], stateful_step_count=30)

TestPromise = WorldMachine.TestCase
TestPromise.settings = settings(COMMON, max_examples=100)


class NoPongRequired(Subscription):
    """Takes a connection for alive as long as it does not break."""

    @property
    def wake_at(self) -> float:
        """Without a look at the PONGs."""
        return self._next_ping if self.connected else super().wake_at

    def _check_time(self, data: bytes | None, at: Timestamp) -> None:
        if not self.connected:
            super()._check_time(data, at)


class SincePongRead(Subscription):
    """Starts a Gap when the PONG came instead of when the PING went."""

    def _answer(self, reply: Reply, at: Timestamp) -> None:
        pings = len(self._pings)
        super()._answer(reply, at)
        if len(self._pings) < pings:
            self._since = at


class PingsWhenIdle(Subscription):
    """Takes traffic for a sign of life, and does not ping then."""

    def receive(self, data: bytes | None, at: Timestamp) -> bytes:
        """Traffic delays the next PING."""
        if data is not None:
            self._next_ping = at.monotonic + self._config.ping_interval
        return super().receive(data, at)


class LeavesTheBusy(Subscription):
    """Takes an error in reply to PING for the end of the connection."""

    def _answer(self, reply: Reply, at: Timestamp) -> None:
        if self._pings and isinstance(reply, list) and reply[0].startswith(b"-"):
            raise RefusedError("the server answered")
        super()._answer(reply, at)


class TrustsAnyError(Subscription):
    """Takes every error in reply to PING for a sign of life."""

    def _answer(self, reply: Reply, at: Timestamp) -> None:
        alive = self._pings and isinstance(reply, list) and reply[0].startswith(b"-")
        super()._answer([b"+PONG"] if alive else reply, at)


class ErrorAnswersNewest(Subscription):
    """Takes an error for the answer to the newest PING."""

    def _answer(self, reply: Reply, at: Timestamp) -> None:
        if isinstance(reply, list) and reply[0].startswith(b"-"):
            self._pings.rotate(1)
        super()._answer(reply, at)


class IgnoresErrors(Subscription):
    """Does not end over an error, and does not take it for an answer."""

    def _answer(self, reply: Reply, at: Timestamp) -> None:
        if not (self.connected and isinstance(reply, list) and reply[0].startswith(b"-")):
            super()._answer(reply, at)


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
    """Takes a message for a proof that nothing before it can be lost any more."""

    def other_item(self, item: Item) -> Iterable[Item]:
        """The item, which moves the start of the next Gap."""
        if isinstance(item, Message):
            self._since = item.received
        return [item]


class SilentResubscribe(_OtherItems):
    """Connects again without a word."""

    def other_item(self, item: Item) -> Iterable[Item]:
        """No Gap."""
        return [] if isinstance(item, Loss) else [item]


class GapFromTheEpoch(_OtherItems):
    """Covers everything by saying nothing."""

    def other_item(self, item: Item) -> Iterable[Item]:
        """A Gap since 1970."""
        epoch = Timestamp(-1e9, datetime(1970, 1, 1, tzinfo=UTC))
        return [item._replace(since=epoch)] if isinstance(item, Loss) else [item]


class GapUntilSubscribe(_OtherItems):
    """Ends a Gap before the server has confirmed anything."""

    def other_item(self, item: Item) -> Iterable[Item]:
        """A Gap that ends when SUBSCRIBE was written."""
        if isinstance(item, Loss) and self._since is not None and self._since.monotonic >= item.since.monotonic:
            item = item._replace(until=self._since)
        return [item]


class GapBeforeConnected(_OtherItems):
    """Tells things in the wrong order."""

    def other(self, items: list[Item]) -> list[Item]:
        """Losses first."""
        return sorted(items, key=lambda item: not isinstance(item, Loss))


class SilentOverflow(EventQueue):
    """Drops without a word."""

    def _drop_oldest(self) -> None:
        run, message = self._entries.popleft()
        self._bytes -= len(message.raw)
        self.dropped += 1
        following, oldest = self._entries[0]
        self._entries[0] = [*run, *following], oldest


class GapFromNewest(EventQueue):
    """Starts a Gap at the last message that it dropped."""

    def _drop_oldest(self) -> None:
        super()._drop_oldest()
        run, _ = self._entries[0]
        loss = run[-1]
        if isinstance(loss, Loss):
            run[-1] = loss._replace(since=loss.until)


@pytest.mark.parametrize(
    ("weak", "fault"),
    [
        ({"make_subscription": NoPongRequired}, "the last message was not delivered"),
        ({"make_subscription": SinceLastMessage}, "is uncovered"),
        ({"make_subscription": SincePongRead}, "is uncovered"),
        ({"make_subscription": PingsWhenIdle}, "for an outage of"),
        ({"make_subscription": LeavesTheBusy}, "without a fault was given up"),
        ({"make_subscription": TrustsAnyError}, "the last message was not delivered"),
        ({"make_subscription": ErrorAnswersNewest}, "is uncovered"),
        ({"make_subscription": IgnoresErrors}, "for an outage of|the last message was not delivered"),
        ({"make_subscription": SilentResubscribe}, "is uncovered|a Gap for each subscription"),
        ({"make_subscription": GapFromTheEpoch}, "for an outage of"),
        ({"make_subscription": GapUntilSubscribe}, "is uncovered"),
        ({"make_subscription": GapBeforeConnected}, "the Gap comes|the Gap of a reconnect|no Gap between"),
        ({"make_queue": SilentOverflow}, "is uncovered"),
        ({"make_queue": GapFromNewest}, "is uncovered"),
    ],
    ids=lambda value: next(iter(value.values())).__name__ if isinstance(value, dict) else "",
)
def test_weakened_listeners_are_found_out(weak: dict[str, Any], fault: str) -> None:
    """A listener that promises the same and does less breaks the promise before long."""

    class Weakened(WorldMachine):
        def make_world(self, config: CheckpointListenerConfig) -> World:
            return World(**weak, config=config)

    with pytest.raises(AssertionError, match=fault):
        run_state_machine_as_test(
            Weakened,
            settings=settings(COMMON, max_examples=3000, derandomize=True, phases=[Phase.generate], **ONE_BUG),
        )
