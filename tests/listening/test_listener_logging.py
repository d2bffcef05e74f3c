"""What a listener logs: each outage, with limited warnings, and each warning on one line."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import pytest

from checkpoint_notify import CheckpointListenerConfig, DecodeError, Gap, Invalid
from checkpoint_notify import _logging as log
from checkpoint_notify._logging import REMINDER_SECONDS, WARNED_IN_A_ROW, OutageLog
from checkpoint_notify._protocol.event_queue import Item
from checkpoint_notify._protocol.subscription import Subscription
from checkpoint_notify._protocol.timestamps import Timestamp

from ..support.listener_world import CHANNEL, CONFIRMATION
from ..support.server import Server

HEAD: Final = f"No subscription to model checkpoint notifications on {CHANNEL!r}"
ADVICE: Final = (
    "; the listener tries again: if this lasts, check the server that REDIS_URL names and the rights of its user"
)
REFUSED: Final = ConnectionRefusedError("refused.")


@pytest.fixture(autouse=True)
def everything(caplog: pytest.LogCaptureFixture) -> None:
    """Log all of it."""
    caplog.set_level(logging.DEBUG, "checkpoint_notify")


def lines(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    """What was logged at a level."""
    return [record.getMessage() for record in caplog.records if record.levelno == level]


class Driven:
    """A subscription to a server that is told what to do, on a clock that moves as told."""

    def __init__(self, **config: float) -> None:
        self.now = 1000.0
        self.events: list[Item] = []
        settings = CheckpointListenerConfig(backoff_initial=0.05, **config)  # type: ignore[arg-type]
        self.at_delivery: Callable[[], object] = lambda: None
        self.subscription = Subscription(settings, CHANNEL, self._deliver, lambda: 0.5)

    def _at(self) -> Timestamp:
        return Timestamp(self.now, datetime(2026, 1, 1, tzinfo=UTC))

    def _deliver(self, items: list[Item]) -> None:
        self.at_delivery()
        self.events += items

    def connect(self) -> None:
        """The server confirms."""
        self.subscription.begin(self._at())
        self.subscription.subscribe(self._at())
        self.subscription.receive(CONFIRMATION, self._at())

    def fail(self, error: Exception = REFUSED) -> float | None:
        """The connection breaks, or cannot be made."""
        return self.subscription.fail(error, self._at())

    def fail_for(self, seconds: float, errors: Iterator[Exception] | None = None) -> None:
        """Tries fail for so long, one after the other with the pauses that the listener makes."""
        end = self.now + seconds
        while self.now < end:
            pause = self.fail(next(errors) if errors else REFUSED)
            assert pause is not None
            self.now = min(end, self.now + pause)


def test_an_outage_is_logged_at_its_begin_and_end(caplog: pytest.LogCaptureFixture) -> None:
    """It begins with a warning and ends with its duration. Each failure is a debug record."""
    driven = Driven()
    driven.connect()
    driven.now += 100
    driven.fail(ConnectionError("reset"))
    driven.now += 2
    driven.fail()
    driven.now += 1.25
    driven.connect()
    assert [HEAD + ": reset" + ADVICE] == lines(caplog, logging.WARNING)
    assert [f"{HEAD}: reset; attempt 1 in 0.025 s", f"{HEAD}: refused; attempt 2 in 0.05 s"] == lines(
        caplog, logging.DEBUG
    )
    subscribed = f"Subscribed to model checkpoint notifications on {CHANNEL!r}"
    assert [subscribed, f"{subscribed} after 3.25 s without a subscription"] == lines(caplog, logging.INFO)
    assert {CHANNEL} == {record.__dict__["channel"] for record in caplog.records}


@pytest.mark.parametrize("connected", [True, False])
def test_a_long_outage_is_logged_once_a_minute(connected: bool, caplog: pytest.LogCaptureFixture) -> None:
    """That holds with or without an earlier connection, and whatever the errors say."""
    driven = Driven()
    if connected:
        driven.connect()
    errors = (ConnectionError(f"error {number}") for number in range(10_000))
    driven.fail_for(600, errors)
    warned = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert 10 == len(warned)
    assert len(lines(caplog, logging.DEBUG)) > 200
    assert HEAD + ": error 0" + ADVICE == warned[0].getMessage()
    for minute, record in enumerate(warned[1:], 1):
        words = record.getMessage().removeprefix(HEAD + " for ")
        seconds = float(words.split(" s, ")[0])
        assert minute * REMINDER_SECONDS <= seconds < minute * REMINDER_SECONDS + minute * 2.5
        assert " failures: error " in words


def test_an_outage_is_not_logged_again_within_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """The next warning needs a full minute and another try."""
    driven = Driven()
    driven.fail()
    for later, count in ((59.9, 1), (60.0, 2), (119.9, 2), (500.0, 3)):
        driven.now = 1000 + later
        driven.fail()
        assert count == len(lines(caplog, logging.WARNING))


def test_outages_far_apart_are_all_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Each has its warning, however many there are."""
    driven = Driven()
    for _ in range(20):
        driven.connect()
        driven.now += REMINDER_SECONDS
        driven.fail()
        driven.now += 1
    assert [HEAD + ": refused" + ADVICE] * 20 == lines(caplog, logging.WARNING)


@pytest.mark.parametrize("up", [0.01, 0.9, 1.5, 30.0])
def test_frequent_outages_limit_the_warnings(up: float, caplog: pytest.LogCaptureFixture) -> None:
    """There are some warnings at first, then one a minute. The warnings count every outage."""
    driven = Driven()
    begun, outages = driven.now, 0
    while driven.now < begun + 1200:
        driven.connect()
        driven.now += up
        driven.fail(ConnectionError("reset"))
        outages += 1
        driven.now += 0.5
    warned = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert WARNED_IN_A_ROW < len(warned) <= WARNED_IN_A_ROW + 1200 / REMINDER_SECONDS
    begins = [text for text in lines(caplog, logging.INFO) if text.startswith(HEAD)]
    assert outages == len(begins) + len(warned)
    in_a_row = [int(record.getMessage().split("(outage ")[1].split()[0]) for record in warned[1:]]
    assert list(range(2, WARNED_IN_A_ROW + 1)) == in_a_row[: WARNED_IN_A_ROW - 1]
    assert outages - in_a_row[-1] <= REMINDER_SECONDS / (up + 0.5) + 1


def test_a_minute_without_outage_resets_the_limit(caplog: pytest.LogCaptureFixture) -> None:
    """The next outage is logged as the first one was."""
    driven = Driven()
    for _ in range(WARNED_IN_A_ROW + 2):
        driven.connect()
        driven.fail()
    assert WARNED_IN_A_ROW == len(lines(caplog, logging.WARNING))
    driven.connect()
    driven.now += REMINDER_SECONDS
    driven.fail()
    assert HEAD + ": refused" + ADVICE == lines(caplog, logging.WARNING)[-1]


def test_an_outage_begun_without_a_warning_is_logged_after_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """The limit delays the warning, and does not suppress it."""
    driven = Driven()
    for _ in range(WARNED_IN_A_ROW + 1):
        driven.connect()
        driven.fail()
    driven.now += REMINDER_SECONDS
    driven.fail()
    expected = f"{HEAD} for 60.00 s, 2 failures (outage 4 in a row): refused{ADVICE}"
    assert expected == lines(caplog, logging.WARNING)[-1]


def test_the_end_of_the_listener_is_logged_as_an_error(caplog: pytest.LogCaptureFixture) -> None:
    """The error says that the listener has ended, and what to do. The status says why."""
    driven = Driven(max_reconnects=1)
    assert driven.fail() is not None
    last = ConnectionError("gone.")
    assert driven.fail(last) is None
    (error,) = lines(caplog, logging.ERROR)
    assert error.startswith(HEAD + ": gone; max_reconnects is used up, the listener has ended: make a new one ")
    assert 1 == len(lines(caplog, logging.WARNING))
    assert driven.subscription.error is last


def test_state_and_log_change_before_the_event_is_delivered(caplog: pytest.LogCaptureFixture) -> None:
    """Code that handles an event finds both up to date."""
    driven = Driven()
    seen: list[tuple[bool, int]] = []
    driven.at_delivery = lambda: seen.append((driven.subscription.connected, caplog.records[-1].levelno))
    driven.connect()
    driven.fail()
    driven.connect()
    assert [(True, logging.INFO), (False, logging.DEBUG), (True, logging.INFO)] == seen


# One line.

ODD: Final = "a\r\nERROR b\x1b[31m\u2028\u202e\x85\u200b c.\n"
SHOWN: Final = r"a\r\nERROR b\x1b[31m\u2028\u202e\x85\u200b c"


def test_text_of_others_is_logged_on_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """Text of servers, resolvers and instance ids cannot look like a line of the log."""
    outage = OutageLog("fks:x\ny:z")
    outage.failed(ConnectionError(ODD), 1, 0)
    outage.gave_up(ConnectionError(ODD))
    outage.subscribed(1)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    log.gap("fks:x\ny:z", Gap(moment, moment, "overflow"))
    log.invalid("fks:x\ny:z", Invalid(b"", DecodeError("data", ODD, 1, 1, 1)))
    assert 6 == len(caplog.records)
    for record in caplog.records:
        text = record.getMessage()
        assert text.isprintable()
        assert r"'fks:x\ny:z'" in text
        assert (SHOWN in text) == (record.funcName not in ("subscribed", "gap"))


def test_an_error_without_text_is_logged_by_its_class(caplog: pytest.LogCaptureFixture) -> None:
    """The name of the class is shown."""
    OutageLog("c").failed(TimeoutError(), 1, 0)
    assert ": TimeoutError; the listener" in lines(caplog, logging.WARNING)[0]


@pytest.mark.parametrize("text", ["refused.", "refused. ", "refused.\n", "refused..."])
def test_a_final_full_stop_is_dropped_before_a_semicolon(text: str, caplog: pytest.LogCaptureFixture) -> None:
    """The line goes on after the error."""
    OutageLog("c").failed(ConnectionError(text), 1, 0)
    assert all(": refused; " in line for line in lines(caplog, logging.WARNING) + lines(caplog, logging.DEBUG))


# Without any settings for logging.

UNCONFIGURED: Final = """
import asyncio, logging, sys
from checkpoint_notify import CheckpointListener, CheckpointListenerConfig
from checkpoint_notify.asyncio import CheckpointListener as Asynchronous

logging.getLogger("checkpoint_notify").handlers.clear()
config = CheckpointListenerConfig(redis_url=sys.argv[1], max_reconnects=5, backoff_max=0.01, connect_timeout=60)

async def main():
    async with Asynchronous(config) as listener:
        print([value async for value in listener.notifications()], type(listener.error).__name__)

if sys.argv[2] == "asyncio":
    asyncio.run(main())
else:
    with CheckpointListener(config) as listener:
        print(list(listener.notifications()), type(listener.error).__name__)
"""


@pytest.mark.parametrize("flavour", ["sync", "asyncio"])
def test_a_wrong_password_is_printed_without_logging_setup(flavour: str) -> None:
    """Python prints warnings if a program has not set up logging: one line at the begin, one at the end."""
    with Server(password="right") as server:
        url = f"redis://:SECRET@127.0.0.1:{server.port}"
        done = subprocess.run(
            [sys.executable, "-c", UNCONFIGURED, url, flavour], capture_output=True, text=True, timeout=120, check=False
        )
    assert "[] AuthenticationError\n" == done.stdout
    begins, ends = done.stderr.splitlines()
    channel = "fks:default:model_checkpoints"
    head = f"No subscription to model checkpoint notifications on {channel!r}: invalid username-password"
    assert begins.startswith(head)
    assert begins.endswith(ADVICE)
    assert ends.startswith(head)
    assert "max_reconnects is used up" in ends
    assert "SECRET" not in done.stderr
