"""The notifier without a real server: what it sends, how long it waits, what answers mean, and what is never shown."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Any, Final

import pytest

import checkpoint_notify.asyncio
from checkpoint_notify import (
    CheckpointNotification,
    CheckpointNotifier,
    CheckpointNotifierConfig,
    EncodeError,
    NotSentError,
    OutcomeUnknownError,
    PublishError,
    RedisUrlError,
    RejectedError,
)

from ..support.flavours import FlavourNotifier
from ..support.loopback import HANG_UP, Handler, LoopbackServer, Recorder, scripted, unix_listener
from ..support.waiting import PATIENCE, wait_until

NOTIFICATION: Final = CheckpointNotification.new("model.bin", "lstm").with_version(7)
CHANNEL: Final = "fks:default:model_checkpoints"
PONG: Final = (b"PING", b"+PONG\r\n")
LIMITED: Final = pytest.mark.time_limits("REPLY_SECONDS")


def invalid_notification() -> CheckpointNotification:
    """A notification that became invalid after it was made."""
    notification = CheckpointNotification.new("p", "n")
    notification.metadata["loss"] = 0.5  # type: ignore[assignment]
    return notification


# What happens before anything is sent.


def test_importing_and_constructing_is_cheap() -> None:
    """The package, a notifier, and a publish that is disabled import neither redis nor asyncio."""
    program = """
import sys
from checkpoint_notify import *
notifier = CheckpointNotifier(CheckpointNotifierConfig(enabled=False))
assert None is notifier.publish(CheckpointNotification.new("p", "n"))
print(sorted({"redis", "asyncio"} & set(sys.modules)))
"""
    assert (
        "[]"
        == subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.strip()
    )


def test_constructing_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notifier can be made with any URL; the channel is known at once."""
    monkeypatch.setattr(socket, "socket", None)
    config = CheckpointNotifierConfig(redis_url="no url at all", instance_id="prod")
    for notifier in (CheckpointNotifier(config), checkpoint_notify.asyncio.CheckpointNotifier(config)):
        assert "fks:prod:model_checkpoints" == notifier.channel


def test_constructing_refuses_an_id_that_rust_cannot_hold() -> None:
    """An instance id with a lone surrogate has no channel."""
    config = CheckpointNotifierConfig(instance_id="\udcff")
    for kind in (CheckpointNotifier, checkpoint_notify.asyncio.CheckpointNotifier):
        with pytest.raises(EncodeError):
            kind(config)


def test_disabled_comes_first(publisher: FlavourNotifier, caplog: pytest.LogCaptureFixture) -> None:
    """The result is None and a debug message. Neither the notification nor the URL is read."""
    caplog.set_level(logging.DEBUG, "checkpoint_notify")
    assert None is publisher.publish("no url", invalid_notification(), enabled=False)
    assert False is publisher.try_publish("no url", invalid_notification(), enabled=False)
    assert [("checkpoint_notify", logging.DEBUG, "Checkpoint notification disabled — skipping publish")] * 2 == [
        record for record in caplog.record_tuples if record[0] == "checkpoint_notify"
    ]


def test_encoding_comes_before_the_url(publisher: FlavourNotifier) -> None:
    """A notification that became invalid is an EncodeError, whatever the URL; `try_publish` raises it, too."""
    with pytest.raises(EncodeError):
        publisher.publish("no url", invalid_notification())
    with pytest.raises(EncodeError):
        publisher.try_publish("no url", invalid_notification())


def test_url_comes_before_the_connection(publisher: FlavourNotifier) -> None:
    """A bad URL is a RedisUrlError with Rust's text."""
    with pytest.raises(RedisUrlError) as caught:
        publisher.publish("redis://", NOTIFICATION)
    assert "Redis client error: Missing hostname - InvalidClientConfig" == str(caught.value)


@pytest.mark.parametrize("enabled", [True, False])
def test_without_redis(
    publisher: FlavourNotifier, enabled: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The extra is not installed: None and a warning, even when disabled, even with a bad URL."""
    monkeypatch.setitem(sys.modules, "redis", None)
    caplog.set_level(logging.DEBUG, "checkpoint_notify")
    assert None is publisher.publish("no url", invalid_notification(), enabled=enabled)
    assert False is publisher.try_publish("no url", NOTIFICATION, enabled=enabled)
    records = [record for record in caplog.records if record.name == "checkpoint_notify"]
    assert [logging.WARNING] * 2 == [record.levelno for record in records]
    message = f"Redis feature not enabled — checkpoint notification not published on {CHANNEL!r}: redis-py is blocked"
    for record in records:
        assert record.getMessage().startswith(message)
        assert "pip install '.[redis]'" in record.getMessage()


# What is sent.


PUBLISHED: Final = [(b"PING",), (b"PUBLISH", CHANNEL.encode(), NOTIFICATION.to_json_bytes())]


@pytest.mark.parametrize(
    ("user", "rest", "handshake"),
    [
        ("", "", []),
        ("user@", "", []),
        ("user:@", "/0", []),
        (":pw@", "", [(b"AUTH", b"pw")]),
        ("user:pw@", "", [(b"AUTH", b"user", b"pw")]),
        ("us%C3%BCr:p%20w@", "/5", [(b"AUTH", "usür".encode(), b"p w"), (b"SELECT", b"5")]),
        ("", "/-1", [(b"SELECT", b"-1")]),
        ("", "?protocol=3", [(b"HELLO", b"3")]),
        ("user@", "?protocol=3", [(b"HELLO", b"3")]),
        (":pw@", "/2?protocol=3", [(b"HELLO", b"3", b"AUTH", b"default", b"pw"), (b"SELECT", b"2")]),
        ("user:pw@", "?protocol=resp3", [(b"HELLO", b"3", b"AUTH", b"user", b"pw")]),
    ],
)
def test_commands_sent(publisher: FlavourNotifier, user: str, rest: str, handshake: list[tuple[bytes, ...]]) -> None:
    """Exactly the handshake that the URL asks for, one PING, one PUBLISH; then the connection is closed."""
    recorder = Recorder()
    with LoopbackServer(recorder) as server:
        assert 3 == publisher.publish(f"redis://{user}127.0.0.1:{server.port}{rest}", NOTIFICATION)
    assert [*handshake, *PUBLISHED] == recorder.commands
    assert (1, 1) == (recorder.connections, recorder.ended)


def test_empty_password(publisher: FlavourNotifier, tmp_path: Any) -> None:
    """`?pass=` is an empty password. AUTH is sent, as by Rust."""
    recorder = Recorder()
    path = tmp_path / "socket"
    with LoopbackServer(recorder, unix_listener(path)):
        assert 3 == publisher.publish(f"unix://{path}?user=u&pass=", NOTIFICATION)
        wait_until(lambda: recorder.ended == 1, "the publisher's close")
    assert [(b"AUTH", b"u", b""), *PUBLISHED] == recorder.commands


def test_socket_path_with_a_nul(publisher: FlavourNotifier, tmp_path: Any) -> None:
    """It is refused. The system would use the part before the NUL."""
    with (
        LoopbackServer(Recorder(), unix_listener(tmp_path / "socket")) as server,
        pytest.raises(NotSentError, match="interior null bytes"),
    ):
        publisher.publish(f"unix://{tmp_path}/socket%00x", NOTIFICATION)
    assert 0 == server.accepted


def test_a_connection_for_each_publish() -> None:
    """No connection is kept between two publishes."""
    recorder = Recorder()
    with LoopbackServer(recorder) as server:
        notifier = CheckpointNotifier(CheckpointNotifierConfig(redis_url=server.url))
        assert [3, 3] == [notifier.publish(NOTIFICATION), notifier.publish(NOTIFICATION)]
    assert PUBLISHED * 2 == recorder.commands
    assert 2 == recorder.connections


def test_publish_is_not_retried(publisher: FlavourNotifier) -> None:
    """After a connection breaks, at any point, there is no second one."""
    for word in (b"AUTH", b"PING", b"PUBLISH"):
        commands: list[bytes] = []

        def handle(connection: socket.socket, last: bytes = word, seen: list[bytes] = commands) -> None:
            while data := connection.recv(65536):
                seen.append(data.split(b"\r\n")[2])
                if last in data:
                    return
                connection.sendall(b"+OK\r\n")

        with LoopbackServer(handle) as server:
            with pytest.raises(PublishError):
                publisher.publish(f"redis://:pw@127.0.0.1:{server.port}", NOTIFICATION)
            expected = [b"AUTH", b"PING", b"PUBLISH"]
            assert expected[: expected.index(word) + 1] == commands


# What the answers mean.


@pytest.mark.parametrize(
    "reply",
    [
        b"+PONG",
        b"$4\r\nPONG",
        b"-NOPERM User default has no permissions to run the 'ping' command",
        b"-NOAUTH Authentication required.",
        b"-LOADING Valkey is loading the dataset in memory",
        b"-BUSY Valkey is busy running a script",
        b"-MASTERDOWN Link with MASTER is down",
        b"-ERR unknown command 'PING'",
    ],
)
@pytest.mark.parametrize("protocol", [2, 3])
def test_any_answer_to_ping_is_accepted(publisher: FlavourNotifier, reply: bytes, protocol: int) -> None:
    """PUBLISH is sent once PING is answered, even by an error. The reply to PUBLISH decides."""
    hello = (b"HELLO", b"%1\r\n+proto\r\n:3\r\n")
    with LoopbackServer(scripted(hello, (b"PING", reply + b"\r\n"), (b"PUBLISH", b":5\r\n"))) as server:
        assert 5 == publisher.publish(f"{server.url}?protocol={protocol}", NOTIFICATION)
        assert 1 == server.accepted


@pytest.mark.parametrize(
    ("handler", "kind", "text"),
    [
        pytest.param(scripted((b"PING", HANG_UP)), NotSentError, "closed", id="hang-up"),
        pytest.param(
            scripted((b"PING", b"HTTP/1.1 400 Bad Request\r\n" + HANG_UP)), NotSentError, "Redis", id="no-redis"
        ),
        pytest.param(scripted((b"PING", b":no number\r\n")), NotSentError, "Redis", id="garbage"),
        pytest.param(
            scripted((b"PING", b"-ERR max number of clients reached\r\n" + HANG_UP)),
            NotSentError,
            "max number of clients reached",
            id="maxclients",
        ),
        pytest.param(
            scripted((b"PING", b"-DENIED Valkey is running in protected mode\r\n" + HANG_UP)),
            RejectedError,
            "DENIED",
            id="protected-mode",
        ),
    ],
)
def test_not_sent_error_before_publish_is_written(
    publisher: FlavourNotifier, handler: Handler, kind: type[PublishError], text: str
) -> None:
    """Whatever fails before PUBLISH is written, nothing was sent."""
    with LoopbackServer(handler) as server, pytest.raises(kind, match=text) as caught:
        publisher.publish(server.url, NOTIFICATION)
    assert str(caught.value).startswith("Redis connection error: ")


@pytest.mark.parametrize(
    ("reply", "kind", "text"),
    [
        pytest.param(b"-NOAUTH Authentication required.\r\n", RejectedError, "Authentication required", id="NOAUTH"),
        pytest.param(b"-NOPERM No permissions\r\n", RejectedError, "allow this user", id="NOPERM"),
        pytest.param(b"-BUSY Running a script\r\n", RejectedError, "again", id="BUSY"),
        pytest.param(b"-LOADING The dataset\r\n", RejectedError, "The dataset", id="LOADING"),
        pytest.param(b"-CLUSTERDOWN Hash slot not served\r\n", RejectedError, "Hash slot", id="CLUSTERDOWN"),
        pytest.param(b"-MOVED 1 127.0.0.1:1\r\n", RejectedError, "127.0.0.1:1", id="MOVED"),
        pytest.param(b"-ERR\r\n", RejectedError, "ERR|ResponseError", id="bare-error"),
        pytest.param(HANG_UP, OutcomeUnknownError, "closed", id="hang-up"),
        pytest.param(b":1" + HANG_UP, OutcomeUnknownError, "closed", id="cut-short"),
        pytest.param(b"+OK\r\n", OutcomeUnknownError, "instead of a number", id="no-number"),
        pytest.param(b"$-1\r\n", OutcomeUnknownError, "instead of a number", id="nil"),
        pytest.param(b":x\r\n", OutcomeUnknownError, "Redis", id="garbage"),
        pytest.param(b"?\r\n", OutcomeUnknownError, "Redis", id="unknown-type"),
        pytest.param(b"$1000\r\nabc" + HANG_UP, OutcomeUnknownError, "Redis", id="bulk-cut-short"),
        pytest.param(b"", OutcomeUnknownError, "timed out", id="silence", marks=LIMITED),
        pytest.param(b":1", OutcomeUnknownError, "timed out", id="silence-after-a-part", marks=LIMITED),
    ],
)
def test_outcome_is_unknown_without_a_number(
    publisher: FlavourNotifier, reply: bytes, kind: type[PublishError], text: str
) -> None:
    """An error reply proves that nothing was published. With any other reply but a number, it is unknown."""
    with LoopbackServer(scripted(PONG, (b"PUBLISH", reply))) as server, pytest.raises(kind, match=text) as caught:
        publisher.publish(server.url, NOTIFICATION)
    assert str(caught.value).startswith("Redis PUBLISH error: ")


def test_receivers_may_be_a_number_in_a_string(publisher: FlavourNotifier) -> None:
    """redis-rs takes the number of receivers from a string, too."""
    with LoopbackServer(scripted(PONG, (b"PUBLISH", b"$2\r\n12\r\n"))) as server:
        assert 12 == publisher.publish(server.url, NOTIFICATION)


@pytest.mark.parametrize("reply", [b"-WRONGPASS invalid pair\r\n", b"-ERR DB index is out of range\r\n"])
def test_refused_handshake(publisher: FlavourNotifier, reply: bytes) -> None:
    """The server refused AUTH or SELECT: nothing was published."""
    command = b"AUTH" if b"PASS" in reply else b"SELECT"
    with (
        LoopbackServer(scripted((command, reply), (b"", b"+OK\r\n"))) as server,
        pytest.raises(RejectedError, match=r"^Redis connection error: .*REDIS_URL"),
    ):
        publisher.publish(server.url.replace("//", "//:secret@") + "/77", NOTIFICATION)


def test_connection_is_closed_after_an_error(publisher: FlavourNotifier) -> None:
    """It is closed when `publish` raises, even if the caller keeps the error."""
    ended = threading.Event()

    def handle(connection: socket.socket) -> None:
        scripted(PONG, (b"PUBLISH", b"-NOPERM No permissions\r\n"))(connection)
        ended.set()

    with LoopbackServer(handle) as server:
        with pytest.raises(RejectedError) as caught:
            publisher.publish(server.url, NOTIFICATION)
        assert ended.wait(PATIENCE)
        assert caught.value.__traceback__ is not None


# What is said of it.


def test_published_is_logged(publisher: FlavourNotifier, caplog: pytest.LogCaptureFixture) -> None:
    """A success is one info record with Rust's message and fields."""
    caplog.set_level(logging.DEBUG, "checkpoint_notify")
    with LoopbackServer(Recorder()) as server:
        assert True is publisher.try_publish(server.url, NOTIFICATION)
    (record,) = (record for record in caplog.records if record.name == "checkpoint_notify")
    assert (logging.INFO, "Published model checkpoint notification") == (record.levelno, record.getMessage())
    assert (CHANNEL, "model.bin", 7) == fields(record)


def test_try_publish_logs_what_publish_raises(publisher: FlavourNotifier, caplog: pytest.LogCaptureFixture) -> None:
    """PublishError and RedisUrlError become False and one warning with the error's text."""
    with LoopbackServer(scripted((b"PING", HANG_UP))) as server:
        for url, kind in ((server.url, NotSentError), ("redis://", RedisUrlError)):
            caplog.clear()
            with pytest.raises(kind) as caught:
                publisher.publish(url, NOTIFICATION)
            assert False is publisher.try_publish(url, NOTIFICATION)
            (record,) = (record for record in caplog.records if record.name == "checkpoint_notify")
            assert logging.WARNING == record.levelno
            message = record.getMessage()
            assert message.startswith(f"Failed to publish model checkpoint notification: {caught.value}")
            assert repr(CHANNEL) in message
            assert "REDIS_URL" in message.partition(repr(CHANNEL))[2]
            assert (CHANNEL, "model.bin", 7) == fields(record)


def fields(record: logging.LogRecord) -> tuple[Any, ...]:
    """The structured fields of a record."""
    return record.__dict__["channel"], record.__dict__["model_path"], record.__dict__["version"]


OLD_SERVER: Final = b"-ERR unknown command `HELLO`, with args beginning with: `3` `AUTH` `user` `SECRET`, \r\n"
CUT_SHORT: Final = b"-ERR unknown command 'AUTH', with args beginning with: 'user' 'SECRE'\r\n"


@pytest.mark.parametrize(
    ("handler", "rest"),
    [
        pytest.param(scripted((b"HELLO", OLD_SERVER)), "?protocol=3", id="old-server"),
        pytest.param(scripted((b"AUTH", CUT_SHORT)), "", id="cut-short"),
        pytest.param(scripted((b"AUTH", b"-WRONGPASS invalid\r\n")), "", id="wrong-password"),
        pytest.param(scripted((b"AUTH", b"+SECRET is no good\r\n")), "", id="odd-reply"),
        pytest.param(scripted((b"AUTH", b"SECRET\r\n")), "", id="no-redis"),
        pytest.param(scripted((b"AUTH", b"+OK\r\n"), (b"SELECT", b"-ERR SECRET\r\n")), "/5", id="select"),
        pytest.param(scripted((b"AUTH", b"+OK\r\n"), PONG, (b"PUBLISH", b"-ERR SECRET\r\n")), "", id="publish"),
        pytest.param(scripted((b"AUTH", b"+OK\r\n"), PONG, (b"PUBLISH", b"+SECRET\r\n")), "", id="odd-publish"),
        pytest.param(scripted((b"AUTH", HANG_UP)), "", id="hang-up"),
        pytest.param(scripted((b"AUTH", b"+OK\r\n")), "?protocol=4", id="bad-url"),
    ],
)
def test_no_password_is_shown(
    publisher: FlavourNotifier, handler: Handler, rest: str, caplog: pytest.LogCaptureFixture
) -> None:
    """No error, traceback, log record or repr holds the password, even where the server sent it back."""
    caplog.set_level(logging.DEBUG)
    with LoopbackServer(handler) as server:
        url = f"redis://user:SECRET@127.0.0.1:{server.port}{rest}"
        with pytest.raises((PublishError, RedisUrlError)) as caught:
            publisher.publish(url, NOTIFICATION)
        assert False is publisher.try_publish(url, NOTIFICATION)
    notifier = CheckpointNotifier(CheckpointNotifierConfig(redis_url=url))
    shown = ["".join(traceback.format_exception(caught.value)), caplog.text, repr(notifier)]
    shown += [repr(error) for error in chain(caught.value)]
    assert "SECRE" not in "\n".join(shown)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it says it comes from."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
