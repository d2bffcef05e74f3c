"""The fakes obey the contract of the real notifier and the real listener: the same test runs against both."""

from __future__ import annotations

import asyncio
import logging
import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import checkpoint_notify.asyncio
import checkpoint_notify.testing.asyncio
from checkpoint_notify import (
    CheckpointListener,
    CheckpointListenerConfig,
    CheckpointNotification,
    CheckpointNotifier,
    CheckpointNotifierConfig,
    Connected,
    DecodeError,
    Disconnected,
    EncodeError,
    Event,
    Gap,
    Invalid,
    NotSentError,
    OutcomeUnknownError,
    PayloadTooLargeError,
    PublishError,
    Received,
    RedisUrlError,
    RejectedError,
)
from checkpoint_notify._protocol.event_decoder import EventDecoder
from checkpoint_notify._protocol.event_queue import EventQueue
from checkpoint_notify._protocol.resp import command
from checkpoint_notify._protocol.subscription import Subscription
from checkpoint_notify._protocol.timestamps import Clock, Timestamp
from checkpoint_notify.testing import RecordingNotifier, ScriptedListener, Step

from ..support.flavours import Flavour
from ..support.server import Server
from ..support.testing_worlds import (
    Outage,
    Outcome,
    Published,
    RealOrFakeListener,
    RealOrFakeNotifier,
    Story,
    narrator,
    plainly,
    records,
    script,
)

SAVED: Final = CheckpointNotification.new("model.bin", "lstm").with_version(2).with_metadata("loss", "0.5")
OLDER: Final = SAVED.with_version(1)
NEWER: Final = SAVED.with_version(3)
START: Final = datetime(2026, 11, 25, 12, tzinfo=UTC)
GAP: Final = Gap(START, START + timedelta(seconds=1.000001), "reconnected")
OVERFLOW: Final = Gap(START, START, "overflow")
BROKEN: Final = Disconnected(ConnectionResetError("reset"))

PUBLISHED: Final = ("INFO", "Published model checkpoint notification")
FAILED: Final = ("WARNING", "Failed to publish model checkpoint notification: %s")
DISABLED: Final = ("DEBUG", "Checkpoint notification disabled — skipping publish")


@pytest.fixture(params=["real", "fake"])
def fake(request: pytest.FixtureRequest) -> bool:
    """Whether it is the fake's turn."""
    return bool(request.param == "fake")


@pytest.fixture
def publishing(fake: bool, flavour: Flavour) -> RealOrFakeNotifier:
    """Each test that takes this runs with four notifiers."""
    return RealOrFakeNotifier(fake=fake, flavour=flavour)


@pytest.fixture
def listening(fake: bool, flavour: Flavour) -> RealOrFakeListener:
    """Each test that takes this runs with four listeners."""
    return RealOrFakeListener(fake=fake, flavour=flavour)


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What is logged, all of it."""
    caplog.set_level(logging.DEBUG, "checkpoint_notify")
    return caplog


# Notifiers: real and fake.


@pytest.mark.parametrize(
    ("outcome", "counter"),
    [
        (0, "published"),
        (2, "published"),
        (NotSentError, "not_sent"),
        (RejectedError, "rejected"),
        pytest.param(OutcomeUnknownError, "unknown", marks=pytest.mark.time_limits("REPLY_SECONDS")),
    ],
)
def test_outcomes(
    publishing: RealOrFakeNotifier, server: Server, log: pytest.LogCaptureFixture, outcome: Outcome, counter: str
) -> None:
    """Each outcome of `publish` and of `try_publish`: result or exception, counters, log, and what was delivered."""
    taken = isinstance(outcome, int)
    delivered = [SAVED] if outcome == 2 or (outcome == 0 and publishing.fake) else []
    assert Published(outcome, {counter: 1}, delivered) == publishing.account("publish", SAVED, server, outcome=outcome)
    assert [PUBLISHED] * taken == [record[:2] for record in records(log.records)]
    log.clear()
    account = publishing.account("try_publish", SAVED, server, outcome=outcome)
    assert Published(taken, {counter: 1}, delivered) == account
    assert [PUBLISHED if taken else FAILED] == [record[:2] for record in records(log.records)]
    (record,) = [record for record in log.records if record.name == "checkpoint_notify"]
    assert ("model.bin", 2) == (record.__dict__["model_path"], record.__dict__["version"])
    assert record.__dict__["channel"].startswith("fks:testing-")


def test_disabled_comes_first(publishing: RealOrFakeNotifier, server: Server, log: pytest.LogCaptureFixture) -> None:
    """None, without a look at the notification or the URL."""
    for method, result in (("publish", None), ("try_publish", False)):
        account = publishing.account(method, broken_notification(), server, redis_url="no url", enabled=False)
        assert Published(result, {}, []) == account
    assert [DISABLED] * 2 == [record[:2] for record in records(log.records)]


def test_encoding_fails_before_the_url_and_the_url_before_the_outcome(
    publishing: RealOrFakeNotifier, server: Server
) -> None:
    """EncodeError from both methods; RedisUrlError from `publish` alone; nothing was sent."""
    for method, url_error in (("publish", RedisUrlError), ("try_publish", False)):
        for saved, url, result in ((broken_notification(), "no url", EncodeError), (SAVED, "redis://", url_error)):
            account = publishing.account(method, saved, server, redis_url=url)
            assert Published(result, {"not_sent": 1}, []) == account


def broken_notification() -> CheckpointNotification:
    """One that became invalid after it was made."""
    notification = CheckpointNotification.new("p", "n")
    notification.metadata["loss"] = 0.5  # type: ignore[assignment]
    return notification


def test_without_redis(publishing: RealOrFakeNotifier, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra both publish nothing, so that a program that forgot to install it fails its tests."""
    monkeypatch.setitem(sys.modules, "redis", None)
    assert Published(None, {"not_sent": 1}, []) == publishing.account("publish", SAVED, server)


# Notifiers: the fake alone.


def fake_notifiers(*arguments: Any, **options: Any) -> list[Any]:
    """Both fake notifiers."""
    kinds: tuple[Any, ...] = (RecordingNotifier, checkpoint_notify.testing.asyncio.RecordingNotifier)
    return [kind(*arguments, **options) for kind in kinds]


def published_by(notifier: Any, notification: CheckpointNotification = SAVED) -> Any:
    """The result of `publish`, of either flavour."""
    result = notifier.publish(notification)
    return result if isinstance(notifier, RecordingNotifier) else asyncio.run(result)


def test_fakes_stand_in_for_the_real_ones() -> None:
    """A fake is an instance of the real class, with its channel, and with a default configuration."""
    blocking, asynchronous = fake_notifiers()
    assert isinstance(blocking, CheckpointNotifier)
    assert isinstance(asynchronous, checkpoint_notify.asyncio.CheckpointNotifier)
    for notifier in fake_notifiers(CheckpointNotifierConfig(instance_id="x", redis_url="redis://:secret@h")):
        assert "fks:x:model_checkpoints" == notifier.channel
        assert repr(notifier).startswith("RecordingNotifier(CheckpointNotifierConfig(redis_url='redis://:***@h'")
    assert isinstance(ScriptedListener([]), CheckpointListener)
    listener = checkpoint_notify.testing.asyncio.ScriptedListener([], CheckpointListenerConfig(instance_id="x"))
    assert isinstance(listener, checkpoint_notify.asyncio.CheckpointListener)
    assert "fks:x:model_checkpoints" == listener.channel
    assert repr(listener).startswith("ScriptedListener(config=CheckpointListenerConfig(")


def test_outcomes_come_one_after_the_other() -> None:
    """The last one stays, until others are programmed; an error is raised as it is, each time."""
    down = NotSentError("down")
    for notifier in fake_notifiers(outcomes=[3, down]):
        assert 3 == published_by(notifier)
        for _ in range(2):
            with pytest.raises(NotSentError) as caught:
                published_by(notifier, NEWER)
            assert caught.value is down
        notifier.program(0)
        assert 0 == published_by(notifier, OLDER)
        assert [SAVED, OLDER] == notifier.published
        assert [SAVED, NEWER, NEWER, OLDER] == notifier.attempted
        assert (2, 2) == (notifier.counters.published, notifier.counters.not_sent)


def test_recorded_notifications_do_not_change() -> None:
    """Metadata that is changed later does not change the recorded notification."""
    (notifier, _) = fake_notifiers()
    saved = SAVED.with_metadata("loss", "1")
    published_by(notifier, saved)
    saved.metadata["loss"] = "2"
    assert ["1"] == [kept.metadata["loss"] for kept in notifier.published]


@pytest.mark.parametrize(
    ("outcomes", "error", "words"),
    [
        ([], ValueError, "needs an outcome"),
        ([-1], ValueError, "0 or more, not -1"),
        ([True], TypeError, "not True"),
        ([NotSentError], TypeError, "an instance of one of NotSentError, RejectedError, OutcomeUnknownError"),
        ([PublishError("which?")], TypeError, "an instance of one of"),
    ],
)
def test_impossible_outcomes_are_refused(outcomes: list[Any], error: type[Exception], words: str) -> None:
    """An outcome that no publish has is refused when it is programmed."""
    with pytest.raises(error, match=words):
        RecordingNotifier(outcomes=outcomes)


# Listeners: real and fake.

STORY: Final[Story] = [SAVED.to_json_bytes(), b'{"version":-1}', b" " * 1001, Outage(), NEWER.to_json_bytes(), Outage()]


def test_events(listening: RealOrFakeListener, server: Server, log: pytest.LogCaptureFixture) -> None:
    """The same events, counters and log, through messages, refused payloads and outages."""
    listener = listening.listener(script(STORY, GAP, BROKEN), redis_url=server.url)
    channel = listener.channel
    tell = (lambda number, event: None) if listening.fake else narrator(server, channel, STORY)
    told = listening.events(listener, 11, tell)
    outage = [("Disconnected",), ("Connected",), ("Gap", "reconnected")]
    assert [
        ("Connected",),
        ("Received", repr(SAVED.to_json_bytes()), repr(SAVED)),
        (
            "Invalid",
            repr(b'{"version":-1}'),
            "DecodeError('data', 'invalid value: integer `-1`, expected u64', 1, 13, 13)",
        ),
        (
            "Invalid",
            repr(b" " * 1001),
            "PayloadTooLargeError('payload of 1001 bytes, max_payload is 1000')",
        ),
        *outage,
        ("Received", repr(NEWER.to_json_bytes()), repr(NEWER)),
        *outage,
    ] == [plainly(event) for event in told]
    gap_seconds = sum((event.until - event.since).total_seconds() for event in told if isinstance(event, Gap))
    counters = listener.counters
    assert gap_seconds == counters.gap_seconds > 0
    assert (2, 2, 0, 0, 2, 2) == (
        *(counters.received, counters.invalid, counters.skipped),
        *(counters.dropped, counters.gaps, counters.reconnects),
    )
    subscribed = ("INFO", "Subscribed to model checkpoint notifications on %r%s", channel)
    lost = ("WARNING", "No subscription to model checkpoint notifications on %r%s%s: %s; %s", channel)
    tried = ("DEBUG", "No subscription to model checkpoint notifications on %r: %s; attempt %d in %.3g s", channel)
    assert [subscribed, lost, tried, subscribed, lost, tried, subscribed] == records(log.records)


def test_notifications(listening: RealOrFakeListener, server: Server) -> None:
    """Just the values, in order, and the callbacks in their turn."""
    story: Story = [SAVED.to_json_bytes(), OLDER.to_json_bytes(), b"junk", Outage(), NEWER.to_json_bytes()]
    listener = listening.listener(script(story, GAP, BROKEN), redis_url=server.url)
    turns: list[str] = []
    if not listening.fake:
        tell_to(listener, narrator(server, listener.channel, story))
    values = listening.values(
        listener,
        2,
        ordered=True,
        on_gap=lambda gap: turns.append(gap.reason),
        on_invalid=lambda invalid: turns.append(str(invalid.error)),
    )
    assert [SAVED, NEWER] == values
    assert ["expected value at line 1 column 1", "reconnected"] == turns
    assert (3, 1, 1) == (listener.counters.received, listener.counters.skipped, listener.counters.invalid)


def tell_to(listener: Any, tell: Any) -> None:
    """Let the story go on with each event that is handed over, seen or not."""
    handed_over = listener._decoder.decode

    def event(item: Any) -> Event:
        made: Event = handed_over(item)
        tell(0, made)
        return made

    listener._decoder.decode = event


def test_disabled_listeners(listening: RealOrFakeListener, log: pytest.LogCaptureFixture) -> None:
    """Iteration ends at once, whatever the URL."""
    listener = listening.listener([Connected(), SAVED], redis_url="no url", enabled=False)
    assert [] == listening.events(listener, 1, lambda number, event: None)
    assert [("DEBUG", "Checkpoint listener disabled", None)] == records(log.records)


def test_bad_urls_and_misuse_raise_the_same_errors(listening: RealOrFakeListener, server: Server) -> None:
    """They are raised on entering, on entering again, and on iterating before."""
    with pytest.raises(RedisUrlError, match="Redis client error: Missing hostname - InvalidClientConfig"):
        listening.events(listening.listener([], redis_url="redis://"), 1, lambda number, event: None)
    listener = listening.listener([Connected(), SAVED], redis_url=server.url)
    with pytest.raises(RuntimeError, match="was not entered"):
        asyncio.run(anext(listener)) if hasattr(listener, "aclose") else next(listener)
    assert [Connected()] == listening.events(listener, 1, lambda number, event: None)
    with pytest.raises(RuntimeError, match="was entered before"):
        listening.events(listener, 1, lambda number, event: None)


def test_listeners_without_redis(listening: RealOrFakeListener, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra neither can be entered, so that a program that forgot to install it fails its tests."""
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ImportError, match=r"pip install '\.\[redis\]'"):
        listening.events(listening.listener([Connected()]), 1, lambda number, event: None)


# Listeners: the fake alone.


def handed_over(steps: list[Step], **config: Any) -> list[Event]:
    """All events of a script, by both fakes, which are alike."""
    settings = CheckpointListenerConfig(**config)

    async def main() -> list[Event]:
        async with checkpoint_notify.testing.asyncio.ScriptedListener(steps, settings) as listener:
            return [event async for event in listener]

    with ScriptedListener(steps, settings) as listener:
        events = list(listener)
        assert [] == list(listener)
    assert [plainly(event) for event in events] == [plainly(event) for event in asyncio.run(main())]
    return events


def test_a_script_may_be_longer_than_the_queue() -> None:
    """No step of a script is dropped."""
    assert [Connected(), *[Received(SAVED, SAVED.to_json_bytes())] * 5] == handed_over(
        [Connected(), *[SAVED] * 5], max_queue=1, max_queue_bytes=1
    )


def test_scripted_events_are_delivered_unchanged() -> None:
    """Received and Invalid events may be written down in full; a Gap is the same to the microsecond."""
    refusal = DecodeError("eof", "EOF while parsing a value", 1, 0, 0)
    steps: list[Step] = [Connected(), Received(SAVED, SAVED.to_json_bytes()), OVERFLOW, BROKEN, Connected(), GAP]
    assert steps == handed_over(steps)
    (_, invalid) = handed_over([Connected(), Invalid(b"", refusal)])
    assert isinstance(invalid, Invalid)
    assert repr(refusal) == repr(invalid.error)
    too_large = PayloadTooLargeError("payload of 2 bytes, max_payload is 1")
    assert 2 == len(handed_over([Connected(), Invalid(b"{}", too_large)], max_payload=1))


def test_overflow_is_counted() -> None:
    """A Gap by overflow counts as one dropped message."""
    with ScriptedListener([Connected(), OVERFLOW, SAVED]) as listener:
        assert 3 == len(list(listener))
    assert (1, 1) == (listener.counters.dropped, listener.counters.gaps)


NAIVE: Final = GAP.since.replace(tzinfo=None)
ELSEWHERE: Final = GAP.since.astimezone(timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([SAVED], "step 0: a message comes only while there is a subscription"),
        ([b""], "step 0: a message comes only"),
        ([GAP], "step 0: .*right after the Connected"),
        ([OVERFLOW], "step 0: .*while there is a subscription"),
        ([Connected(), GAP], "step 1: .*right after the Connected"),
        ([Connected(), SAVED, GAP], "step 2: .*right after the Connected"),
        ([Connected(), Connected()], "step 1: .*comes first, or after a Disconnected"),
        ([Connected(), BROKEN, SAVED], "step 2: a message comes only"),
        ([Connected(), BROKEN, OVERFLOW], "step 2: .*while there is a subscription"),
        ([Connected(), BROKEN, GAP], "step 2: .*right after the Connected"),
        ([Connected(), BROKEN, BROKEN], "step 2: there is one Disconnected for each outage"),
        ([BROKEN, BROKEN], "step 1: there is one Disconnected"),
        ([BROKEN, Connected(), GAP], "step 2: .*right after the Connected"),
        ([Connected(), BROKEN, Connected(), SAVED], "step 3: .*'reconnected'\\) comes next"),
        ([Connected(), BROKEN, Connected(), OVERFLOW], "step 3: .*'reconnected'\\) comes next"),
        ([Connected(), BROKEN, Connected(), GAP, GAP], "step 4: .*right after the Connected"),
        ([Connected(), OVERFLOW, OVERFLOW], "step 2: .*two never follow each other"),
        ([Connected(), Received(SAVED, OLDER.to_json_bytes())], "step 1: a listener hands this payload over as"),
        ([Connected(), Received(SAVED, b"")], "step 1: a listener hands .* as Invalid"),
        ([Connected(), Invalid(b"", PayloadTooLargeError())], "step 1: a listener hands this payload over as"),
        ([Connected(), BROKEN, Connected(), Gap(START, NAIVE, "reconnected")], "step 3: .*in UTC"),
        ([Connected(), BROKEN, Connected(), Gap(ELSEWHERE, START, "reconnected")], "step 3: .*in UTC"),
        ([Connected(), BROKEN, Connected(), Gap(GAP.until, GAP.since, "reconnected")], "step 3: a Gap ends before"),
    ],
)
def test_impossible_scripts_are_refused(steps: list[Step], words: str) -> None:
    """The constructor's error names the step and the rule."""
    for kind in (ScriptedListener, checkpoint_notify.testing.asyncio.ScriptedListener):
        with pytest.raises(ValueError, match=words):
            kind(steps)


def test_a_step_of_a_wrong_type_is_refused() -> None:
    """Text is no payload."""
    with pytest.raises(TypeError, match="step 1: a step is an event, a notification or a payload, not 'text'"):
        ScriptedListener([Connected(), "text"])  # type: ignore[list-item]


class RealEvents:
    """The real listener's subscription and queue, without a connection: what they deliver is what may happen."""

    def __init__(self) -> None:
        config = CheckpointListenerConfig(max_queue=2)
        self._queue = EventQueue(config.max_queue, config.max_queue_bytes)
        self._subscription = Subscription(config, "c", self._queue.put)
        self._decoder = EventDecoder(config.max_payload)
        self._clock = Clock()
        self._last = self._clock.now()
        self.events: list[Event] = []
        self.up = False

    def do(self, step: str) -> None:
        """Let one thing happen; what cannot happen now does not."""
        if step == "take":
            self.take()
        elif not self.up and step == "connect":
            self._subscription.begin(self._now())
            self._subscription.subscribe(self._now())
            self._receive(b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")
            self.up = True
        elif step == "fail":
            self._subscription.fail(ConnectionError("reset"), self._now())
            self.up = False
        elif self.up and step in ("message", "junk"):
            raw = SAVED.to_json_bytes() if step == "message" else b"junk"
            self._receive(command(b"message", b"c", raw))

    def take(self) -> bool:
        """Hand over one item, if there is one."""
        item = self._queue.take()
        if item is not None:
            self.events.append(self._decoder.decode(item))
        return item is not None

    @property
    def counters(self) -> tuple[Any, ...]:
        """Those that a script has as well."""
        counted = self._decoder.counters.snapshot()
        return (counted.received, counted.invalid, counted.gaps, counted.gap_seconds, self._subscription.reconnects)

    def _receive(self, data: bytes) -> None:
        self._subscription.receive(data, self._now())

    def _now(self) -> Timestamp:
        self._last = Timestamp(self._last.monotonic + 0.25, self._last.wall + timedelta(seconds=0.25))
        return self._last


happenings = st.lists(st.sampled_from(["connect", "message", "take", "fail", "message", "junk"]), max_size=40)


@given(happenings)
def test_a_script_can_repeat_what_a_real_listener_delivers(steps: list[str]) -> None:
    """That includes overflows. The counters are the same."""
    real = RealEvents()
    outages = 0
    for step in steps:
        outages += step == "fail" and real.up
        if outages > 4:  # so much that waits would be summed up
            while real.take():
                pass
            outages = 0
        real.do(step)
    while real.take():
        pass
    with ScriptedListener(real.events) as listener:
        assert [plainly(event) for event in real.events] == [plainly(event) for event in listener]
    counted = listener.counters
    assert real.counters == (
        *(counted.received, counted.invalid, counted.gaps, counted.gap_seconds),
        counted.reconnects,
    )
