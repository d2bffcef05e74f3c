"""The subscription and its queue in a simulated world: they keep the promise, and weakened ones are detected."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from checkpoint_notify import CheckpointListenerConfig
from checkpoint_notify._protocol.event_queue import EventQueue

from ..support.listener_world import BUSY, EAGER, PONG, ROOMY, TIGHT, World
from ..support.weakened import WEAKNESSES, Weakness

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


DETECTED: Final = [weakness for weakness in WEAKNESSES if weakness.world]


@pytest.mark.parametrize("weakness", DETECTED, ids=lambda weakness: weakness.kind.__name__)
def test_simulated_world_detects_weakened_listener(weakness: Weakness) -> None:
    """A weakened subscription or queue breaks the promise within a few thousand examples."""
    pattern = weakness.world or "no pattern"
    part = "make_queue" if issubclass(weakness.kind, EventQueue) else "make_subscription"

    class Weakened(WorldMachine):
        def make_world(self, config: CheckpointListenerConfig) -> World:
            parts: dict[str, Any] = {part: weakness.kind}
            world = World(**parts, config=EAGER if weakness.busy else config)
            world.pong = BUSY if weakness.busy else world.pong
            return world

        def teardown(self) -> None:
            try:
                super().teardown()
            except AssertionError as error:
                if re.search(pattern, str(error)):
                    raise
                # Another consequence of the weakness: the search goes on for the one that is named.

    with pytest.raises(AssertionError, match=pattern):
        run_state_machine_as_test(
            Weakened,
            settings=settings(COMMON, max_examples=3000, derandomize=True, phases=[Phase.generate], **ONE_BUG),
        )
