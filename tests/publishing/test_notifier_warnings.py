"""What a notifier's warnings look like: on stderr where no logging is set up, on one line each, and in order."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Final

import pytest

from checkpoint_notify import CheckpointNotification, CheckpointNotifierConfig, NotSentError, PublishError
from checkpoint_notify.testing import RecordingNotifier

from ..support.flavours import FlavourNotifier
from ..support.loopback import LoopbackServer, scripted

NOTIFICATION: Final = CheckpointNotification.new("model.bin", "lstm")
PONG: Final = (b"PING", b"+PONG\r\n")
CHANNEL: Final = "'fks:a\\nb\\u2028:model_checkpoints'"
PROGRAM: Final = """
import asyncio, sys
from checkpoint_notify import *
import checkpoint_notify.asyncio as flavour
{setup}
config = CheckpointNotifierConfig(redis_url={url!r}, instance_id="a\\nb\\u2028")
saved = CheckpointNotification.new("p", "n")
if {flavour!r} == "sync":
    CheckpointNotifier(config).try_publish(saved)
else:
    asyncio.run(flavour.CheckpointNotifier(config).try_publish(saved))
"""
FAILED: Final = "Failed to publish model checkpoint notification: "


def stderr_lines(flavour: str, url: str, setup: str = "") -> list[str]:
    """What a program without logging prints on stderr."""
    program = PROGRAM.format(setup=setup, url=url, flavour=flavour)
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert b"" == done.stdout
    return done.stderr.decode().splitlines()


@pytest.mark.parametrize("flavour", ["sync", "asyncio"])
@pytest.mark.parametrize(
    ("url", "setup", "begin", "end"),
    [
        pytest.param(
            "redis://127.0.0.1:1", "", f"{FAILED}Redis connection error: Connection refused", "REDIS_URL", id="refused"
        ),
        pytest.param(
            "redis://", "", f"{FAILED}Redis client error: Missing hostname - InvalidClient", "REDIS_URL", id="no-host"
        ),
        pytest.param(
            "redis://h?protocol=a%0A%1Bb%E2%80%A8",
            "",
            f"{FAILED}Redis client error: Invalid protocol version - InvalidClientConfig: a\\n\\x1bb\\u2028; ",
            "REDIS_URL",
            id="line-breaks-in-the-url",
        ),
        pytest.param(
            "unix:///no%0Asuch", "", f"{FAILED}Redis connection error: No such file", r"/no\nsuch", id="socket-path"
        ),
        pytest.param(
            "redis://127.0.0.1:1",
            "sys.modules['redis'] = None",
            "Redis feature not enabled — checkpoint notification not published",
            "pip install '.[redis]'",
            id="no-redis",
        ),
    ],
)
def test_stderr_without_logging(flavour: str, url: str, setup: str, begin: str, end: str) -> None:
    """One line: Rust's text, then the channel, then what to do."""
    (line,) = stderr_lines(flavour, url, setup)
    assert line.startswith(begin)
    assert begin in line.partition(CHANNEL)[0] + CHANNEL
    assert end in line.partition(CHANNEL)[2]


SEPARATORS: Final = "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029\x1b\x00"
"""What may break a line; not a bare line feed, at which redis-py stops to read a reply."""


@pytest.mark.parametrize("protocol", [2, 3])
def test_line_breaks_in_a_servers_text_are_escaped(
    publisher: FlavourNotifier, protocol: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A server's text is escaped, in the log and in the error."""
    reply = f"-NOPERM one{SEPARATORS}two\r\n".encode()
    hello = (b"HELLO", b"%1\r\n+proto\r\n:3\r\n")
    with LoopbackServer(scripted(hello, PONG, (b"PUBLISH", reply))) as server:
        url = f"{server.url}?protocol={protocol}"
        assert False is publisher.try_publish(url, NOTIFICATION)
        with pytest.raises(PublishError) as caught:
            publisher.publish(url, NOTIFICATION)
    (message,) = (record.getMessage() for record in caplog.records if record.name == "checkpoint_notify")
    for text in (message, str(caught.value), str(caught.value.__cause__)):
        assert text.isprintable()
        assert r"one\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\x1b\x00two" in text


def test_line_breaks_in_a_programs_error_are_escaped(caplog: pytest.LogCaptureFixture) -> None:
    """An error that a program gave to a fake is logged on one line, with the channel."""
    notifier = RecordingNotifier(CheckpointNotifierConfig(instance_id="x"), outcomes=[NotSentError("a\nb")])
    assert not notifier.try_publish(NOTIFICATION)
    (message,) = (record.getMessage() for record in caplog.records)
    assert message.startswith(f"{FAILED}a\\nb; channel 'fks:x:model_checkpoints': ")


def test_the_package_installs_no_handler() -> None:
    """Not even a NullHandler: it would silence Python's last resort."""
    program = """
import logging
from checkpoint_notify import CheckpointNotifier, CheckpointListener
print(logging.getLogger("checkpoint_notify").handlers)
"""
    done: Any = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert "[]" == done.stdout.strip()
