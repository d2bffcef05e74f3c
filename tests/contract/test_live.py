"""Over a real server: Rust publishes and Python receives, Python publishes and Rust receives, and both log the same."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from typing import Any, Final

import pytest

from checkpoint_notify import CheckpointNotification, CheckpointNotifier, CheckpointNotifierConfig, checkpoint_channel
from checkpoint_notify.conformance.values import from_protocol, to_protocol
from checkpoint_notify.resources import vectors

from ..conftest import RustBin
from ..support.flavours import FlavourNotifier
from ..support.rust import RustNotifier, RustSubscriber
from ..support.server import Server
from ..support.subscriber import Subscriber
from ..support.waiting import PATIENCE

NOTIFICATIONS: Final = [
    CheckpointNotification.new("checkpoints/backward/latest_model.bin", "lstm_dqn_v1").with_version(1),
    CheckpointNotification.new("", "").with_version(2**64 - 1).with_training_step(2**64 - 1),
    CheckpointNotification.new('a"b\\c/d\n\x00\x7f', "ü\u2028😀").with_metadata("", "").with_metadata("\u0001", "é"),
    CheckpointNotification.new("big", "big").with_metadata("x", "x" * 1_000_000),
]
"""Plain ones and unusual ones; each is told apart by its values."""


def values() -> list[dict[str, Any]]:
    """These notifications, and all canonical vectors, in the protocol's form."""
    golden = [vector.value for vector in vectors("canonical") if vector.value is not None]
    assert [] != golden
    return [to_protocol(notification) for notification in NOTIFICATIONS] + golden


def test_rust_publishes_and_python_receives(rust_bin: RustBin, server: Server) -> None:
    """What the real Rust notifier publishes is read as the same value, field by field."""
    settings = {"REDIS_URL": server.url, "FKS_INSTANCE_ID": "to-python"}
    with (
        Subscriber(server.url, checkpoint_channel("to-python")) as subscriber,
        RustNotifier(rust_bin("notifier"), settings) as notifier,
    ):
        for value in values():
            assert None is notifier.publish(value)
            notification = CheckpointNotification.from_json(subscriber.receive())
            assert from_protocol(value) == notification
            assert value == to_protocol(notification)


def test_python_publishes_and_rust_receives(publisher: FlavourNotifier, rust_bin: RustBin, server: Server) -> None:
    """What both Python notifiers publish is read by Rust as the same value, field by field."""
    settings = {"REDIS_URL": server.url, "FKS_INSTANCE_ID": "to-rust"}
    with RustSubscriber(rust_bin("subscriber"), settings) as subscriber:
        assert checkpoint_channel("to-rust") == subscriber.channel
        for value in values():
            assert 1 == publisher.publish(server.url, from_protocol(value), instance_id="to-rust")
            assert value == subscriber.read().get("value")


def test_unix_socket_and_password(publisher: FlavourNotifier) -> None:
    """A URL with a password, over TCP or a unix socket, RESP2 or RESP3, leads to the server."""
    with Server(password="p@ss w/rd:ü") as server, Subscriber(server.url, checkpoint_channel("x")) as subscriber:
        for url in (
            server.url,
            f"{server.url}/3?protocol=3",
            server.unix_url,
            f"{server.unix_url}&db=3&protocol=resp3",
        ):
            assert 1 == publisher.publish(url, NOTIFICATIONS[0], instance_id="x")
            assert NOTIFICATIONS[0] == CheckpointNotification.from_json(subscriber.receive())


def test_host_name(publisher: FlavourNotifier, server: Server) -> None:
    """`localhost`, as in the default URL, may have more addresses than the server has."""
    assert 0 == publisher.publish(f"redis://localhost:{server.port}", NOTIFICATIONS[0], instance_id="nobody")


def test_notifier_shared_by_threads(server: Server) -> None:
    """Threads that share one notifier publish all that they are given."""
    notifier = CheckpointNotifier(CheckpointNotifierConfig(redis_url=server.url, instance_id="threads"))

    def publish(thread: int) -> None:
        for number in range(10):
            notifier.publish(NOTIFICATIONS[0].with_version(thread * 10 + number))

    with Subscriber(server.url, notifier.channel) as subscriber:
        threads = [threading.Thread(target=publish, args=(thread,)) for thread in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        received = [CheckpointNotification.from_json(subscriber.receive()).version for _ in range(80)]
    assert list(range(80)) == sorted(received)


@pytest.mark.parametrize("enabled", ["true", "false"])
def test_both_languages_log_the_same(
    enabled: str, publisher: FlavourNotifier, rust_bin: RustBin, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """Both notifiers log the same message with the same fields at the same level, published or disabled."""
    settings = {"REDIS_URL": server.url, "ENABLE_CHECKPOINT_NOTIFY": enabled, "JUDGE_LOG": "1"}
    with RustNotifier(rust_bin("notifier"), settings) as notifier:
        assert None is notifier.publish(to_protocol(NOTIFICATIONS[2]))
        rust = [(record["level"], record["fields"]) for record in notifier.log()]
    caplog.set_level(logging.DEBUG, "checkpoint_notify")
    publisher.publish(server.url, NOTIFICATIONS[2], enabled=enabled == "true")
    python = [(record.levelname, fields(record)) for record in caplog.records if record.name == "checkpoint_notify"]
    assert 1 == len(rust)
    assert rust == python


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """A record's message and structured fields, as tracing's JSON log has them."""
    plain = logging.makeLogRecord({}).__dict__
    extra = {name: value for name, value in record.__dict__.items() if name not in plain and name != "message"}
    return {"message": record.getMessage(), **extra}


FIRST_PUBLISHES: Final = """
import asyncio, sys, threading
import checkpoint_notify.asyncio
from checkpoint_notify import CheckpointNotification, CheckpointNotifier, CheckpointNotifierConfig

config, notification = CheckpointNotifierConfig(redis_url=sys.argv[1]), CheckpointNotification.new("p", "n")
publishes = (
    lambda: CheckpointNotifier(config).publish(notification),
    lambda: asyncio.run(checkpoint_notify.asyncio.CheckpointNotifier(config).publish(notification)),
)
tell = lambda publish: sys.stdout.write(f"{publish() + 1}\\n")  # print would write the line in two pieces
threads = [threading.Thread(target=tell, args=[publish]) for publish in publishes]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_two_threads_import_redis_without_deadlock(server: Server) -> None:
    """Each has redis-py imported, in a process that has not done so yet, and neither locks the other out."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PUBLISHES, server.url],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (["1", "1"], "") == (done.stdout.split(), done.stderr)
