"""The state machine of a subscription: what it sends, when, and how it handles answers."""

from __future__ import annotations

from typing import Any, Final

import pytest

from checkpoint_notify import (
    CheckpointListenerConfig,
    Connected,
    Disconnected,
    Invalid,
)
from checkpoint_notify._protocol.event_queue import Item, Message
from checkpoint_notify._protocol.resp import command
from checkpoint_notify._protocol.subscription import MAX_OVERDUE_BYTES, SubscriptionRefusedError
from checkpoint_notify._protocol.timestamps import Loss

from ..support.listener_world import CONFIRMATION, PONG, RecordedSubscription, World, message
from ..support.timestamps import at

pytestmark = pytest.mark.time_limits("ping_timeout")


SUBSCRIBE: Final = command(b"SUBSCRIBE", b"channel")


PING: Final = command(b"PING")


def core(**changes: Any) -> RecordedSubscription:
    """A core that was told at second 100 to begin, and at 101 that it may subscribe."""
    made = RecordedSubscription(CheckpointListenerConfig(**{"connect_timeout": 2, **changes}))
    made.begin(at(100))
    assert SUBSCRIBE == made.subscribe(at(101))
    return made


def connected(**changes: Any) -> RecordedSubscription:
    """A core whose SUBSCRIBE was confirmed at second 101.5."""
    made = core(**changes)
    assert b"" == made.receive(CONFIRMATION, at(101.5))
    assert [Connected()] == made.take_items()
    return made


def reconnected(made: RecordedSubscription, second: float) -> list[Item]:
    """What a core says when its connection breaks, and SUBSCRIBE is confirmed at this second."""
    assert made.fail(ConnectionError("broken"), at(second)) is not None
    made.begin(at(second))
    made.subscribe(at(second))
    made.receive(CONFIRMATION, at(second))
    return made.take_items()[-1:]


def test_pings_on_schedule() -> None:
    """The first PING is due an interval after SUBSCRIBE, the next an interval later, with or without a PONG."""
    made = connected(ping_interval=10, ping_timeout=15)
    assert 111 == made.wake_at
    assert b"" == made.receive(None, at(110.9))
    assert PING == made.receive(None, at(111))
    assert 121 == made.wake_at
    assert PING == made.receive(None, at(121))
    assert 126 == made.wake_at, "the first PONG is due"
    assert b"" == made.receive(PONG, at(122))
    assert 131 == made.wake_at


def test_traffic_does_not_replace_pings() -> None:
    """A PING is sent on time though messages arrive."""
    made = connected()
    for tenth in range(1015, 1110):
        assert b"" == made.receive(message(b"x"), at(tenth / 10))
    assert PING == made.receive(message(b"x"), at(111))


def test_gap_starts_at_subscribe_before_the_first_pong() -> None:
    """The confirmation of SUBSCRIBE counts as a PONG."""
    made = connected()
    made.receive(message(b"x"), at(105))
    assert [Loss(at(101), at(106), "reconnected")] == reconnected(made, 106)


def test_gap_starts_at_the_last_answered_ping() -> None:
    """Messages, unanswered PINGs and the time of the PONG do not move the start."""
    made = connected()
    assert PING == made.receive(None, at(111))
    made.receive(PONG + message(b"x"), at(112))
    assert PING == made.receive(message(b"y"), at(122))
    assert [Loss(at(111), at(123), "reconnected")] == reconnected(made, 123)


def test_pongs_answer_pings_in_order() -> None:
    """With two PINGs under way, the first PONG answers the first PING."""
    made = connected(ping_interval=1, ping_timeout=5)
    for second in (102, 103):
        assert PING == made.receive(None, at(second))
    made.receive(PONG, at(103.5))
    assert [Loss(at(102), at(104), "reconnected")] == reconnected(made, 104)


def test_pong_in_the_same_chunk_as_messages() -> None:
    """Only the messages after the PONG have the later start of a Gap."""
    made = connected()
    made.receive(None, at(111))
    made.receive(message(b"a") + PONG + message(b"b"), at(112))
    assert [Message(b"a", at(112), at(101)), Message(b"b", at(112), at(111))] == made.take_items()


def test_connection_is_given_up_without_a_pong() -> None:
    """It is given up when the PONG is due."""
    made = connected()
    made.receive(None, at(111))
    made.receive(message(b"x"), at(115.5))
    assert b"" == made.receive(None, at(115.9))
    with pytest.raises(TimeoutError, match="no answer to PING within 5 s"):
        made.receive(None, at(116))


def test_late_pong_behind_unread_data_is_accepted() -> None:
    """This process was suspended. As long as there is data to read, the PONG may be behind it."""
    made = connected()
    made.receive(None, at(111))
    made.receive(message(b"x"), at(200))
    made.receive(None, at(200))
    made.receive(message(b"y"), at(200))
    made.receive(PONG + PONG, at(200))
    made.receive(None, at(200))
    made.receive(None, at(200))
    assert 210 == made.wake_at


def test_connection_is_given_up_if_traffic_brings_no_pong() -> None:
    """More was read than can have been buffered, so the server does not answer, though it sends."""
    made = connected()
    made.receive(None, at(111))
    piece = message(bytes(64 * 1024))
    for _ in range(MAX_OVERDUE_BYTES // len(piece)):
        made.receive(piece, at(116))
    with pytest.raises(TimeoutError, match="no answer to PING"):
        made.receive(piece, at(116))


def test_connection_is_given_up_without_a_subscribe_confirmation() -> None:
    """It is given up when the whole try has taken too long."""
    made = core(connect_timeout=2)
    assert 102 == made.wake_at
    assert b"" == made.receive(None, at(101.9))
    with pytest.raises(TimeoutError, match="no answer within 2 s"):
        made.receive(None, at(102))


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (b"-NOAUTH Authentication required.\r\n", "the server answered: NOAUTH Authentication required."),
        (b"-NOPERM \xff\r\n", "the server answered: NOPERM \ufffd"),
        (b"+OK\r\n", "to a subscriber"),
        (message(b"x"), "to a subscriber"),
        (PONG, "to a subscriber"),
        (CONFIRMATION.replace(b"channel", b"another"), "to a subscriber"),
        (b"!\r\n", "where a reply was expected"),
    ],
)
def test_unexpected_answers_to_subscribe_end_the_try(reply: bytes, text: str) -> None:
    """The error has the server's words."""
    with pytest.raises(ConnectionError, match=text) as caught:
        core().receive(reply, at(101.5))
    assert reply.startswith(b"-") is isinstance(caught.value, SubscriptionRefusedError)


@pytest.mark.parametrize(
    "reply", [CONFIRMATION, PONG, CONFIRMATION.replace(b"$9\r\nsub", b"$11\r\nunsub"), b"-ERR gone\r\n"]
)
def test_unexpected_replies_end_a_subscription(reply: bytes) -> None:
    """Items before them are kept."""
    made = connected()
    with pytest.raises(ConnectionError):
        made.receive(message(b"x") + reply, at(102))
    assert [Message(b"x", at(102), at(101))] == made.take_items()


def test_an_outage_causes_one_disconnected() -> None:
    """It has the first error. Further failures are logged only."""
    made = connected()
    first, second = ConnectionError("first"), ConnectionError("second")
    made.fail(first, at(102))
    made.fail(second, at(103))
    assert [Disconnected(first)] == made.take_items()


def test_disconnected_without_a_gap_when_the_first_connection_fails() -> None:
    """Disconnected is the first event. No Gap follows the first Connected."""
    made = core()
    made.fail(ConnectionError("refused"), at(101))
    made.begin(at(102))
    made.subscribe(at(102))
    made.receive(CONFIRMATION, at(102))
    assert [Disconnected, Connected] == [type(item) for item in made.take_items()]


def pauses(made: RecordedSubscription, count: int, second: float = 101) -> list[float | None]:
    """The pauses after failures in a row."""
    return [made.fail(ConnectionError(), at(second)) for _ in range(count)]


def test_backoff_doubles_up_to_its_limit() -> None:
    """The pause is a random part, here half, of a longest pause that doubles."""
    made = core(backoff_initial=0.5, backoff_max=3)
    assert [0.25, 0.5, 1.0, 1.5, 1.5] == pauses(made, 5)
    assert [1.5] * 2000 == pauses(made, 2000), "no overflow, ever"


def test_backoff_starts_anew_after_a_stable_connection() -> None:
    """Stable is one that lasted a second."""
    for seconds, pause in ((0.9, 1.0), (1.0, 0.25)):
        made = core(backoff_initial=0.5)
        pauses(made, 2)
        made.begin(at(101))
        made.subscribe(at(101))
        made.receive(CONFIRMATION, at(101.5))
        assert [pause] == pauses(made, 1, second=101.5 + seconds)


def test_zero_backoff_still_pauses() -> None:
    """A refused connection must not be retried without a pause."""
    assert [0.001] * 3 == pauses(core(backoff_max=0), 3)


def test_max_reconnects() -> None:
    """So many tries after the first failure, all in a row."""
    assert [False, False, True] == [pause is None for pause in pauses(core(max_reconnects=2), 3)]
    made = connected(max_reconnects=1)
    assert [False, True] == [pause is None for pause in pauses(made, 2, second=200)]


def test_no_gap_in_an_hour_without_faults() -> None:
    """Everything is delivered."""
    world = World(config=CheckpointListenerConfig())
    for _ in range(60):
        world.flow(60)
        world.take(1000)
    world.finish()
    world.check()
    assert [Connected()] == [event for event in world.events if not isinstance(event, Invalid)]
    assert len(world.published) - 3 <= len(world.events)


def test_channel_of_any_bytes() -> None:
    """Each argument has its length, so no id can break the protocol."""
    made = RecordedSubscription(CheckpointListenerConfig(), "fks:a\r\nü:x")
    made.begin(at(0))
    assert b"*2\r\n$9\r\nSUBSCRIBE\r\n$11\r\nfks:a\r\n\xc3\xbc:x\r\n" == made.subscribe(at(0))
    made.receive(b"*3\r\n$9\r\nsubscribe\r\n$11\r\nfks:a\r\n\xc3\xbc:x\r\n:1\r\n", at(0))
    assert made.connected
