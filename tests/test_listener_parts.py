"""The parts of the listener that need neither a server nor time: core, inbox, hand-over, settings."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkpoint_notify import (
    CheckpointListenerConfig,
    CheckpointNotification,
    Connected,
    DecodeError,
    Disconnected,
    Gap,
    Invalid,
    ListenerCounters,
    NotifierCounters,
    PayloadTooLargeError,
    Received,
)
from checkpoint_notify._listening.core import LATE_BYTES, Core, RefusedError
from checkpoint_notify._listening.handover import Handover
from checkpoint_notify._listening.inbox import LONGEST_RUN, Inbox, Item, Message, extend
from checkpoint_notify._listening.moments import Loss, Moment
from checkpoint_notify._listening.outage import presentable
from checkpoint_notify._listening.wire import command
from checkpoint_notify.counters import Tally

from .support.listener_world import CONFIRMATION, PONG, World, check_order, message

pytestmark = pytest.mark.time_limits("ping_timeout")

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
PAYLOAD: Final = CheckpointNotification.new("model.bin", "lstm").to_json_bytes()
SUBSCRIBE: Final = command(b"SUBSCRIBE", b"channel")
PING: Final = command(b"PING")


def at(seconds: float, *, wall: float | None = None) -> Moment:
    """A moment; the wall clock shows the same seconds unless it is told otherwise."""
    return Moment(seconds, START + timedelta(seconds=seconds if wall is None else wall))


# The core.


def core(**changes: Any) -> Core:
    """A core that was told at second 100 to begin, and at 101 that it may subscribe."""
    made = Core(CheckpointListenerConfig(**{"connect_timeout": 2, **changes}), "channel", lambda: 0.5)
    made.begin(at(100))
    assert SUBSCRIBE == made.subscribe(at(101))
    return made


def connected(**changes: Any) -> Core:
    """A core whose SUBSCRIBE was confirmed at second 101.5."""
    made = core(**changes)
    assert b"" == made.receive(CONFIRMATION, at(101.5))
    assert [Connected()] == made.take_items()
    return made


def reconnected(made: Core, second: float) -> list[Item]:
    """What a core says when its connection breaks, and SUBSCRIBE is confirmed at this second."""
    assert made.fail(ConnectionError("broken"), at(second)) is not None
    made.begin(at(second))
    made.subscribe(at(second))
    made.receive(CONFIRMATION, at(second))
    return made.take_items()[-1:]


def test_pings_on_schedule() -> None:
    """The first PING is due an interval after SUBSCRIBE, the next an interval later, PONG or not."""
    made = connected(ping_interval=10, ping_timeout=15)
    assert 111 == made.wake_at
    assert b"" == made.receive(None, at(110.9))
    assert PING == made.receive(None, at(111))
    assert 121 == made.wake_at
    assert PING == made.receive(None, at(121))
    assert 126 == made.wake_at, "the first PONG is due"
    assert b"" == made.receive(PONG, at(122))
    assert 131 == made.wake_at


def test_pings_under_traffic() -> None:
    """A message takes no PING's place."""
    made = connected()
    for tenth in range(1015, 1110):
        assert b"" == made.receive(message(b"x"), at(tenth / 10))
    assert PING == made.receive(message(b"x"), at(111))


def test_gap_starts_at_subscribe_before_the_first_pong() -> None:
    """The confirmation is as good as a PONG."""
    made = connected()
    made.receive(message(b"x"), at(105))
    assert [Loss(at(101), at(106), "reconnected")] == reconnected(made, 106)


def test_gap_starts_at_the_last_answered_ping() -> None:
    """Neither a message, nor an unanswered PING, nor the time of the PONG moves it."""
    made = connected()
    assert PING == made.receive(None, at(111))
    made.receive(PONG + message(b"x"), at(112))
    assert PING == made.receive(message(b"y"), at(122))
    assert [Loss(at(111), at(123), "reconnected")] == reconnected(made, 123)


def test_pongs_answer_pings_in_order() -> None:
    """With two PINGs under way, the first PONG is the first PING's."""
    made = connected(ping_interval=1, ping_timeout=5)
    for second in (102, 103):
        assert PING == made.receive(None, at(second))
    made.receive(PONG, at(103.5))
    assert [Loss(at(102), at(104), "reconnected")] == reconnected(made, 104)


def test_pong_in_the_same_piece_as_messages() -> None:
    """A message knows which PONG came before it."""
    made = connected()
    made.receive(None, at(111))
    made.receive(message(b"a") + PONG + message(b"b"), at(112))
    assert [Message(b"a", at(112), at(101)), Message(b"b", at(112), at(111))] == made.take_items()


def test_no_pong() -> None:
    """The connection is given up when the PONG is due."""
    made = connected()
    made.receive(None, at(111))
    made.receive(message(b"x"), at(115.5))
    assert b"" == made.receive(None, at(115.9))
    with pytest.raises(TimeoutError, match="no answer to PING within 5 s"):
        made.receive(None, at(116))


def test_late_pong_behind_what_was_not_read_in_time() -> None:
    """This process stood still; as long as there is something to read, the PONG may be behind it."""
    made = connected()
    made.receive(None, at(111))
    made.receive(message(b"x"), at(200))
    made.receive(None, at(200))
    made.receive(message(b"y"), at(200))
    made.receive(PONG + PONG, at(200))
    made.receive(None, at(200))
    made.receive(None, at(200))
    assert 210 == made.wake_at


def test_late_pong_that_never_comes_under_traffic() -> None:
    """More was read than can have been waiting: the server does not answer, though it sends."""
    made = connected()
    made.receive(None, at(111))
    piece = message(bytes(64 * 1024))
    for _ in range(LATE_BYTES // len(piece)):
        made.receive(piece, at(116))
    with pytest.raises(TimeoutError, match="no answer to PING"):
        made.receive(piece, at(116))


def test_unconfirmed_subscribe() -> None:
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
        (b"!\r\n", "where a reply was due"),
    ],
)
def test_other_answers_to_subscribe(reply: bytes, text: str) -> None:
    """They end the try, in the server's words."""
    with pytest.raises(ConnectionError, match=text) as caught:
        core().receive(reply, at(101.5))
    assert reply.startswith(b"-") is isinstance(caught.value, RefusedError)


@pytest.mark.parametrize(
    "reply", [CONFIRMATION, PONG, CONFIRMATION.replace(b"$9\r\nsub", b"$11\r\nunsub"), b"-ERR gone\r\n"]
)
def test_unexpected_replies_end_a_subscription(reply: bytes) -> None:
    """What came before them is kept."""
    made = connected()
    with pytest.raises(ConnectionError):
        made.receive(message(b"x") + reply, at(102))
    assert [Message(b"x", at(102), at(101))] == made.take_items()


def test_one_disconnected_for_an_outage() -> None:
    """The error that began it; further failures are told to nobody but the log."""
    made = connected()
    first, second = ConnectionError("first"), ConnectionError("second")
    made.fail(first, at(102))
    made.fail(second, at(103))
    assert [Disconnected(first)] == made.take_items()


def test_first_connection_fails() -> None:
    """Disconnected comes first then, and no Gap behind the first Connected."""
    made = core()
    made.fail(ConnectionError("refused"), at(101))
    made.begin(at(102))
    made.subscribe(at(102))
    made.receive(CONFIRMATION, at(102))
    assert [Disconnected, Connected] == [type(item) for item in made.take_items()]


def pauses(made: Core, count: int, second: float = 101) -> list[float | None]:
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


def test_backoff_of_nothing_still_pauses() -> None:
    """A refused connection must not be tried in a loop without a break."""
    assert [0.001] * 3 == pauses(core(backoff_max=0), 3)


def test_max_reconnects() -> None:
    """So many tries after the first failure, all in a row."""
    assert [False, False, True] == [pause is None for pause in pauses(core(max_reconnects=2), 3)]
    made = connected(max_reconnects=1)
    assert [False, True] == [pause is None for pause in pauses(made, 2, second=200)]


def test_nothing_goes_wrong() -> None:
    """An hour without a fault: no Gap, and everything delivered."""
    world = World(config=CheckpointListenerConfig())
    for _ in range(60):
        world.flow(60)
        world.take(1000)
    world.finish()
    world.check()
    assert [Connected()] == [event for event in world.events if not isinstance(event, Invalid)]
    assert len(world.published) - 3 <= len(world.events)


def test_channel_of_any_bytes() -> None:
    """Lengths go ahead of them, so no id can break the protocol."""
    made = Core(CheckpointListenerConfig(), "fks:a\r\nü:x", lambda: 0.5)
    made.begin(at(0))
    assert b"*2\r\n$9\r\nSUBSCRIBE\r\n$11\r\nfks:a\r\n\xc3\xbc:x\r\n" == made.subscribe(at(0))
    made.receive(b"*3\r\n$9\r\nsubscribe\r\n$11\r\nfks:a\r\n\xc3\xbc:x\r\n:1\r\n", at(0))
    assert made.connected


# The inbox.


def item(second: float, size: int = 1, since: float = 0) -> Message:
    """A message received at this second."""
    return Message(b"x" * size, at(second), at(since))


def drained(inbox: Inbox) -> list[Item]:
    """All items, in order."""
    return list(iter(inbox.take, None))


def test_inbox_drops_the_oldest() -> None:
    """One loss for neighbours: since the first knows of, until the last was received."""
    inbox = Inbox(2, 1000)
    inbox.put([item(1), item(2, since=1), item(3, since=1), item(4, since=2)])
    assert [Loss(at(0), at(2), "overflow"), item(3, since=1), item(4, since=2)] == drained(inbox)
    assert 2 == inbox.dropped


def test_inbox_counts_bytes() -> None:
    """A message alone is kept, however large; what is taken counts no more."""
    inbox = Inbox(100, 10)
    inbox.put([item(1, 10)])
    assert [item(1, 10)] == drained(inbox)
    inbox.put([item(1, 5), item(2, 5), item(3, 100)])
    assert [Loss(at(0), at(2), "overflow"), item(3, 100)] == drained(inbox)
    inbox.put([item(4, 10)])
    assert [item(4, 10)] == drained(inbox)


def test_inbox_keeps_what_happened_in_its_place() -> None:
    """Messages are dropped from between it."""
    outage: list[Item] = [Disconnected(ConnectionError()), Connected(), Loss(at(2), at(4), "reconnected")]
    inbox = Inbox(1, 1000)
    inbox.put([Connected(), item(1), *outage, item(5, since=4), item(6, since=4)])
    first, second = Loss(at(0), at(1), "overflow"), Loss(at(4), at(5), "overflow")
    assert [Connected(), first, *outage, second, item(6, since=4)] == drained(inbox)


def test_inbox_of_a_sleeper() -> None:
    """A million flaps later it holds a few events, in order, and the Gaps cover every one of them."""
    inbox = Inbox(4, 1000)
    outages = 20_000
    inbox.put([Connected(), item(0)])
    for number in range(outages):
        since, until = at(10 * number + 1), at(10 * number + 5)
        inbox.put([Disconnected(ConnectionError(str(number))), Connected(), Loss(since, until, "reconnected")])
        if number % 5000 == 0:
            inbox.put([item(10 * number + 6, since=10 * number + 5)])
    items = drained(inbox)
    assert len(items) <= 5 * (LONGEST_RUN + 1) + 4
    handover = Handover(100)
    events = [handover.event(each) for each in items]
    check_order(events)
    gaps = [event for event in events if isinstance(event, Gap)]
    for number in range(outages):
        assert any(gap.since <= at(10 * number + 1).wall and at(10 * number + 5).wall <= gap.until for gap in gaps)
    errors = [str(event.error) for event in events if isinstance(event, Disconnected)]
    assert str(outages - 1) == errors[-1]
    widths = [gap.until - gap.since for gap in gaps]
    assert timedelta(seconds=4) == widths[-1], "the newest are told one by one"


def test_inbox_of_one_who_sleeps_in_front_of_a_gap() -> None:
    """The Gap that follows the Connected which was taken comes next, however many outages follow."""
    inbox = Inbox(4, 1000)
    inbox.put([Connected()])
    for second in range(10, 10 * LONGEST_RUN, 10):
        loss = Loss(at(second), at(second + 5), "reconnected")
        inbox.put([Disconnected(ConnectionError()), Connected(), loss])
        if second == 10:
            events = [inbox.take() for _ in range(3)]
    events += drained(inbox)
    assert Loss(at(10), at(15), "reconnected") == events[3]
    check_order([Handover(100).event(each) for each in events if each is not None])


@given(st.lists(st.sampled_from(["outage", "overflow"]), max_size=60), st.booleans())
def test_summary_keeps_the_order(happenings: list[str], starts_connected: bool) -> None:
    """However much happens between two messages: few events, each loss covered, connections alternate."""
    run: list[Any] = []
    second = 0.0
    losses: list[Loss] = []
    if not starts_connected:
        extend(run, [Connected()])
    for happening in happenings:
        second += 10
        loss = Loss(at(second), at(second + 5), "reconnected" if happening == "outage" else "overflow")
        losses.append(loss)
        extend(run, [Disconnected(ConnectionError()), Connected(), loss] if happening == "outage" else [loss])
    assert len(run) <= LONGEST_RUN
    changes = [type(each) for each in run if not isinstance(each, Loss)]
    assert all(first is not second for first, second in itertools.pairwise(changes))
    assert not changes or changes[-1] is Connected
    assert not changes or (changes[0] is Disconnected) == starts_connected
    covers = [each for each in run if isinstance(each, Loss)]
    assert all(any(c.since <= loss.since and loss.until <= c.until for c in covers) for loss in losses)


# The hand-over.


def test_handover_counts() -> None:
    """Every event that was handed over, and the width of Gaps."""
    handover = Handover(1000)
    items: list[Item] = [
        Connected(),
        Message(PAYLOAD, at(0), at(0)),
        Message(b"\xff", at(0), at(0)),
        Loss(at(1), at(3), "overflow"),
        Loss(at(2), at(4.5), "reconnected"),
    ]
    kinds = [type(handover.event(each)) for each in items]
    assert [Connected, Received, Invalid, Gap, Gap] == kinds
    assert ListenerCounters(received=1, invalid=1, gaps=2, gap_seconds=4.5) == handover.tally.snapshot()
    assert isinstance(Handover(1000).tally.snapshot().gap_seconds, float)


def test_handover_of_a_payload() -> None:
    """The notification and the bytes; or the bytes and the error."""
    handover = Handover(len(PAYLOAD))
    assert Received(CheckpointNotification.from_json(PAYLOAD), PAYLOAD) == handover.event(
        Message(PAYLOAD, at(0), at(0))
    )
    invalid = handover.event(Message(b"", at(0), at(0)))
    assert isinstance(invalid, Invalid)
    assert b"" == invalid.raw
    assert isinstance(invalid.error, DecodeError)
    assert "EOF while parsing a value at line 1 column 0" == str(invalid.error)


def test_size_is_checked_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A payload over the limit is not looked at."""
    monkeypatch.setattr(CheckpointNotification, "from_json", None)
    event = Handover(10).event(Message(b"01234567890", at(0), at(0)))
    assert isinstance(event, Invalid)
    assert isinstance(event.error, PayloadTooLargeError)
    assert "payload of 11 bytes, max_payload is 10" == str(event.error)


def test_faults_of_the_decoder_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked for the event gets the exception; nothing is counted."""

    def broken(_: bytes) -> None:
        raise RecursionError("a fault")

    monkeypatch.setattr(CheckpointNotification, "from_json", broken)
    handover = Handover(1000)
    with pytest.raises(RecursionError, match="a fault"):
        handover.event(Message(PAYLOAD, at(0), at(0)))
    assert ListenerCounters() == handover.tally.snapshot()


def test_tally() -> None:
    """The same for the notifier's counters; a name that is no field is a mistake."""
    tally = Tally(NotifierCounters)
    tally.add("published")
    tally.add("unknown", 2)
    assert NotifierCounters(published=1, unknown=2) == tally.snapshot()
    with pytest.raises(KeyError):
        tally.add("publisched")


# Events and errors.


def test_events_are_small_values() -> None:
    """Frozen, without a dict, equal by value; a large payload is not shown whole."""
    invalid = Invalid(b"x" * 1000, PayloadTooLargeError("too large"))
    assert Invalid(invalid.raw, invalid.error) == invalid
    assert "… (1000 bytes)" in repr(invalid)
    assert len(repr(invalid)) < 200
    assert "raw=b'abc'" in repr(Received(CheckpointNotification.new("p", "n"), b"abc"))
    for event in (Connected(), Disconnected(ValueError()), Gap(START, START, "overflow"), invalid):
        assert not hasattr(event, "__dict__")
        with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
            event.error = None  # type: ignore[union-attr, misc]


def test_presentable_errors() -> None:
    """No password, no traceback, no errors behind it."""
    try:
        try:
            raise OSError("secret pw")
        except OSError as cause:
            raise ConnectionError("ERR unknown command 'AUTH', with args: 'pw'") from cause
    except ConnectionError as error:
        shown = presentable(error, "pw")
    assert "ERR unknown command 'AUTH', with args: '***'" == str(shown)
    assert [None, None, None] == [shown.__traceback__, shown.__cause__, shown.__context__]
    assert "plain" == str(presentable(OSError("plain"), None))
