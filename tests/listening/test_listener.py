"""Both listeners on a real server: what those who use them rely on. What faults do to them is in test_faults.py."""

from __future__ import annotations

import errno
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest

from checkpoint_notify import (
    CheckpointNotification,
    CheckpointNotifier,
    CheckpointNotifierConfig,
    Connected,
    DecodeError,
    Disconnected,
    EncodeError,
    Gap,
    Invalid,
    ListenerCounters,
    PayloadTooLargeError,
    Received,
    RedisUrlError,
)
from checkpoint_notify._protocol.subscription import Subscription

from ..support.faults.resp import Resp, command
from ..support.listeners import CHANNEL, Listen
from ..support.loopback import LoopbackServer, refusing_port, silent
from ..support.server import Server
from ..support.waiting import PATIENCE, wait_until

NOTIFICATION: Final = CheckpointNotification.new("model.bin", "lstm").with_version(7).with_metadata("loss", "0.5")
PAYLOAD: Final = NOTIFICATION.to_json_bytes()
LARGEST: Final = 2**64 - 1


@pytest.fixture
def admin(server: Server) -> Iterator[Resp]:
    """A connection to the shared server."""
    with Resp(server.port) as connection:
        yield connection


def version(number: int) -> bytes:
    """A payload with this version."""
    return NOTIFICATION.with_version(number).to_json_bytes()


def publish(admin: Resp, *payloads: bytes) -> None:
    """Publish them in one piece."""
    admin.write(b"".join(command("PUBLISH", CHANNEL, payload) for payload in payloads))
    for _ in payloads:
        admin.read()


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged, from warnings on."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


# Events.


def test_events_come_in_order_and_are_counted(listen: Listen, server: Server, admin: Resp) -> None:
    """Messages, invalid ones and ones that are too large, of this instance alone, then a reconnect."""
    large = PAYLOAD + b" " * 1000
    with listen(redis_url=server.url, max_payload=len(large) - 1) as listening:
        listening.take(Connected)
        for instance in ("other", "default"):
            CheckpointNotifier(CheckpointNotifierConfig(redis_url=server.url, instance_id=instance)).publish(
                NOTIFICATION.with_training_step(len(instance))
            )
        publish(admin, b"\xff", version(2), large)
        assert 7 == listening.take(Received).notification.training_step
        invalid = listening.take(Invalid)
        assert b"\xff" == invalid.raw
        assert isinstance(invalid.error, DecodeError)
        assert Received(NOTIFICATION.with_version(2), version(2)) == listening.take(Received)
        invalid = listening.take(Invalid)
        assert large == invalid.raw
        assert isinstance(invalid.error, PayloadTooLargeError)
        assert ListenerCounters(received=2, invalid=2) == listening.counters

        admin.ask("CLIENT", "KILL", "TYPE", "pubsub")
        listening.take(Disconnected)
        listening.take(Connected)
        gap = listening.take(Gap)
        publish(admin, version(3))
        assert 3 == listening.take(Received).notification.version
        assert "reconnected" == gap.reason
        assert (
            ListenerCounters(
                received=3,
                invalid=2,
                gaps=1,
                gap_seconds=(gap.until - gap.since).total_seconds(),
                reconnects=1,
            )
            == listening.counters
        )


def test_listener_accepts_every_kind_of_url(listen: Listen) -> None:
    """TCP and Unix sockets, with password and database, and with RESP3."""
    with Server(password="a b@/?#:%") as closed:
        for url in (f"{closed.url}/3", f"{closed.unix_url}&db=3", f"{closed.url}?protocol=3"):
            with listen(redis_url=url) as listening:
                listening.take(Connected)
                CheckpointNotifier(CheckpointNotifierConfig(redis_url=closed.unix_url)).publish(NOTIFICATION)
                assert NOTIFICATION == listening.take(Received).notification


def test_a_slow_consumer_gets_the_newest_messages(listen: Listen, server: Server, admin: Resp) -> None:
    """The reader does not wait for it. One Gap covers what was dropped, and later messages arrive."""
    with listen(redis_url=server.url, max_queue=5) as listening:
        listening.take(Connected)
        before = time.time()
        publish(admin, *(version(number) for number in range(100)))
        wait_until(lambda: listening.counters.dropped == 95)
        after = time.time()
        gap = listening.take(Gap)
        assert "overflow" == gap.reason
        assert gap.since.timestamp() <= before <= gap.until.timestamp() <= after
        assert [95, 96, 97, 98, 99] == [listening.take(Received).notification.version for _ in range(5)]
        publish(admin, version(100))
        assert 100 == listening.take(Received).notification.version
        seconds = (gap.until - gap.since).total_seconds()
        assert ListenerCounters(received=6, dropped=95, gaps=1, gap_seconds=seconds) == listening.counters


def test_a_queue_is_bounded_in_bytes(listen: Listen, server: Server, admin: Resp) -> None:
    """A consumer that sleeps through 20 MB holds 1 MB of them."""
    payload = b"x" * 100_000
    with listen(redis_url=server.url, max_queue_bytes=1_000_000) as listening:
        listening.take(Connected)
        publish(admin, *[payload] * 200)
        wait_until(lambda: listening.counters.dropped == 190)
        listening.take(Gap)
        assert [payload] * 10 == [listening.take(Invalid).raw for _ in range(10)]


def test_two_consumers_share_the_events(listen: Listen, server: Server, admin: Resp) -> None:
    """Each event goes to one of them; the end goes to both."""
    with listen(redis_url=server.url) as listening:
        listening.take(Connected)
        waiting = [listening.ask(), listening.ask()]
        publish(admin, version(1), version(2))
        events = [each.result(PATIENCE) for each in waiting]
        assert {version(1), version(2)} == {event.raw for event in events if isinstance(event, Received)}
        waiting = [listening.ask(), listening.ask()]
        listening.close()
        assert [None, None] == [each.result(PATIENCE) for each in waiting]


# Beginning.


def test_entering_does_not_wait_for_the_server(listen: Listen) -> None:
    """The server never answers, and connecting may take an hour. Entering and leaving return at once."""
    with LoopbackServer(silent) as nobody:
        begun = time.monotonic()
        with listen(redis_url=nobody.url, connect_timeout=3600) as listening:
            assert time.monotonic() - begun < PATIENCE
            waiting = listening.ask()
            wait_until(lambda: nobody.accepted == 1)
            assert not waiting.done()
        assert waiting.result(PATIENCE) is None
        assert time.monotonic() - begun < 2 * PATIENCE


def test_listener_connects_to_a_server_that_starts_later(listen: Listen, caplog: pytest.LogCaptureFixture) -> None:
    """One Disconnected with the reason, one warning and a line for each try. Then Connected, and no Gap."""
    caplog.set_level(logging.DEBUG, "checkpoint_notify")
    with Server() as late:
        late.kill()
        with listen(redis_url=late.url, backoff_max=0.05) as listening:
            error = str(listening.take(Disconnected).error)
            wait_until(lambda: len(caplog.records) >= 4)
            late.restart()
            listening.take(Connected)
            CheckpointNotifier(CheckpointNotifierConfig(redis_url=late.url)).publish(NOTIFICATION)
            listening.take(Received)
            assert ListenerCounters(received=1) == listening.counters
    assert f"Error {errno.ECONNREFUSED} connecting to 127.0.0.1:{late.port}." in error
    head = f"No subscription to model checkpoint notifications on {CHANNEL!r}: {error.removesuffix('.')}; "
    (warning,) = warnings(caplog)
    assert warning.startswith(head + "the listener tries again: ")
    tries = [record.getMessage() for record in caplog.records if record.levelno == logging.DEBUG]
    assert all(text.startswith(f"{head}attempt {number} in ") for number, text in enumerate(tries[:3], 1))
    ended = next(record.getMessage() for record in caplog.records if record.levelno == logging.INFO)
    assert ended.startswith(f"Subscribed to model checkpoint notifications on {CHANNEL!r} after ")
    assert ended.endswith(" s without a subscription")
    assert {CHANNEL} == {vars(record)["channel"] for record in caplog.records}


WRONG_PASSWORD: Final = ("ACL", "SETUSER", "bob", "on", ">another")
NO_CHANNEL: Final = ("ACL", "SETUSER", "bob", "on", ">SECRET", "resetchannels", "+@all")


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        pytest.param(WRONG_PASSWORD, "invalid username-password pair or user is disabled.", id="wrong-password"),
        pytest.param(NO_CHANNEL, "the server answered: NOPERM No permissions to access a channel", id="noperm"),
    ],
)
def test_refusals_are_reported_without_the_password(
    listen: Listen, rules: tuple[str, ...], text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The event and the log have the server's words, and never the password."""
    with Server() as own, Resp(own.port) as admin:
        admin.ask(*rules)
        with listen(redis_url=f"redis://bob:SECRET@127.0.0.1:{own.port}") as listening:
            event = listening.take(Disconnected)
            wait_until(lambda: bool(warnings(caplog)))
            shown = repr([event, listening.listener])
    assert text == str(event.error)
    assert text.removesuffix(".") in warnings(caplog)[0]
    assert "SECRET" not in shown + caplog.text


def test_the_password_is_hidden_in_the_servers_text(listen: Listen, caplog: pytest.LogCaptureFixture) -> None:
    """A server without AUTH repeats its arguments, and truncates long ones. The listener shows none of them."""
    with (
        Server("--rename-command", "AUTH", "") as own,
        listen(redis_url=f"redis://:{100 * 'SECRET'}@127.0.0.1:{own.port}") as listening,
    ):
        error = listening.take(Disconnected).error
        wait_until(lambda: bool(warnings(caplog)))
    assert "unknown command 'AUTH', with args beginning with: ***" in str(error)
    assert error.__traceback__ is None
    assert "SECRET" not in caplog.text + repr(error)


def test_each_try_resolves_the_name_again(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server may have moved."""
    asked: list[bytes | str] = []
    resolve = socket.getaddrinfo

    def noted(host: bytes | str, *args: Any, **options: Any) -> Any:
        if not options.get("flags"):
            asked.append(host)
        return resolve(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    with refusing_port() as port, listen(redis_url=f"redis://localhost:{port}", backoff_max=0.02):
        wait_until(lambda: len(asked) >= 3)
    assert {"localhost"} == {host.decode() if isinstance(host, bytes) else host for host in asked}


def test_a_bad_url(listen: Listen) -> None:
    """Entering raises the error. The constructor does not read the URL."""
    listening = listen(redis_url="redis://")
    with pytest.raises(RedisUrlError, match=r"^Redis client error: Missing hostname - InvalidClientConfig$"):
        listening.__enter__()


def test_without_redis(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entering says what to install."""
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ImportError, match=r"pip install '\.\[redis\]'"):
        listen().__enter__()


def test_a_bad_instance_id(listen: Listen) -> None:
    """An id that no Rust String can hold is an error."""
    with pytest.raises(EncodeError):
        listen(instance_id="\udcff")


BESIDE: Final = {
    "publish": "CheckpointNotifier(CheckpointNotifierConfig(redis_url=sys.argv[1])).publish(notification)",
    "import": "import redis.asyncio",
}
IMPORTING: Final = """
import sys
from checkpoint_notify import *

notification = CheckpointNotification.new("p", "n")
with CheckpointListener(CheckpointListenerConfig(redis_url=sys.argv[1])) as listener:
    BESIDE
    print(next(listener))
"""


@pytest.mark.parametrize("name", BESIDE)
def test_importing_redis_at_the_same_time_does_not_deadlock(name: str, server: Server) -> None:
    """The next line may import redis-py, in a process that has not imported it yet."""
    program = IMPORTING.replace("BESIDE", BESIDE[name])
    done = subprocess.run(
        [sys.executable, "-c", program, server.url], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert ("Connected()\n", "") == (done.stdout, done.stderr)


# The end.


def test_disabled(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Iteration ends at once, whatever the URL, and without redis-py."""
    monkeypatch.setitem(sys.modules, "redis", None)
    with listen(redis_url="no url", enabled=False) as listening:
        assert listening.at_end()
        assert [] == list(listening.notifications())


def test_max_reconnects(listen: Listen, caplog: pytest.LogCaptureFixture) -> None:
    """Iteration ends after a Disconnected, raises nothing and stays ended. An error is logged."""
    with Server() as gone:
        gone.kill()
        with listen(redis_url=gone.url, max_reconnects=2, backoff_max=0.01) as listening:
            listening.take(Disconnected)
            assert [True, True] == [listening.at_end(), listening.at_end()]
            assert [] == list(listening.notifications())
    levels = [record.levelno for record in caplog.records]
    assert [logging.WARNING, logging.ERROR] == levels
    assert "; max_reconnects is used up, the listener has ended: make a new one " in warnings(caplog)[-1]


def test_an_exception_in_the_reader_is_raised(listen: Listen, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Iteration does not end as if nothing were wrong."""

    def faulty(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Subscription, "begin", faulty)
    with listen(redis_url=server.url) as listening:
        for _ in range(2):
            with pytest.raises(RuntimeError, match="reader failed") as caught:
                listening.at_end()
            assert isinstance(caught.value.__cause__, ZeroDivisionError)


# Just the values.


def test_notifications_log_other_events_without_callbacks(
    listen: Listen, server: Server, admin: Resp, caplog: pytest.LogCaptureFixture
) -> None:
    """They yield values only. Of an invalid payload, the log has only the size."""
    with listen(redis_url=server.url) as listening:
        values = listening.notifications()
        listening.take(Connected)
        publish(admin, b'{"SECRET', version(2))
        assert 2 == next(values).version
        admin.ask("CLIENT", "KILL", "TYPE", "pubsub")
        wait_until(lambda: listening.counters.reconnects == 1)
        publish(admin, version(1))
        assert 1 == next(values).version
    (gap,) = [message for message in warnings(caplog) if "may be missing" in message]
    assert gap.startswith(f"Model checkpoint notifications on {CHANNEL!r} from 20")
    assert gap.endswith(" may be missing (reconnected): look at the checkpoint file")
    words = "EOF while parsing a string at line 1 column 8; check who publishes there"
    assert f"Invalid model checkpoint notification of 8 bytes on {CHANNEL!r}: {words}" in warnings(caplog)
    assert "SECRET" not in caplog.text


def test_notifications_call_the_callbacks_in_order(
    listen: Listen, server: Server, admin: Resp, caplog: pytest.LogCaptureFixture
) -> None:
    """The callbacks get Gaps and invalid payloads between the values. These are then not logged."""
    seen: list[Any] = []
    with listen(redis_url=server.url, max_queue=3) as listening:
        listening.take(Connected)
        publish(admin, version(1), version(2), b"{", version(3), b"end")
        wait_until(lambda: listening.counters.dropped == 2)

        def note(event: Invalid) -> Any:
            seen.append(event)
            return listening.close_in_callback() if event.raw == b"end" else None

        for notification in listening.notifications(on_gap=seen.append, on_invalid=note):
            seen.append(notification)
    assert [Gap, Invalid, CheckpointNotification, Invalid] == [type(each) for each in seen]
    assert [] == warnings(caplog)


def test_notifications_skip_old_versions(listen: Listen, server: Server, admin: Resp) -> None:
    """If asked to, they skip and count versions not above the newest. Closing in a callback ends them."""
    versions = [3, 1, 3, 4, 2, LARGEST, 4, 0, LARGEST]
    for ordered, expected in ((True, [3, 4, LARGEST]), (False, versions)):
        with listen(redis_url=server.url) as listening:
            listening.take(Connected)
            publish(admin, *map(version, versions), b"end", version(LARGEST))
            values = listening.notifications(ordered=ordered, on_invalid=lambda _: listening.close_in_callback())
            assert expected == [value.version for value in values]
            skipped = len(versions) - len(expected)
            assert ListenerCounters(received=len(versions), invalid=1, skipped=skipped) == listening.counters


def test_an_exception_in_a_callback_reaches_the_consumer(listen: Listen, server: Server, admin: Resp) -> None:
    """Another call of `notifications` continues after it."""

    def fail(_: Invalid) -> None:
        raise ZeroDivisionError

    with listen(redis_url=server.url) as listening:
        listening.take(Connected)
        publish(admin, b"{", PAYLOAD)
        with pytest.raises(ZeroDivisionError):
            next(listening.notifications(on_invalid=fail))
        assert NOTIFICATION == next(listening.notifications())
