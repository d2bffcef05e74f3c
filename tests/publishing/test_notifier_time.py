"""How long the notifier takes without a real server: its two time limits, slow names, and asyncio."""

from __future__ import annotations

import asyncio
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

import checkpoint_notify.asyncio
from checkpoint_notify import (
    CheckpointNotification,
    CheckpointNotifierConfig,
    NotSentError,
    OutcomeUnknownError,
    PublishError,
)

from ..support.flavours import FlavourNotifier
from ..support.loopback import Handler, LoopbackServer, Recorder, refusing_port, scripted, silent
from ..support.waiting import PATIENCE, wait_until

NOTIFICATION: Final = CheckpointNotification.new("model.bin", "lstm").with_version(7)
PONG: Final = (b"PING", b"+PONG\r\n")
LONG: Final = 10.0
"""Seconds that nothing here takes, unless it never ends."""
CONNECTING: Final = pytest.mark.time_limits("CONNECT_SECONDS")
REPLYING: Final = pytest.mark.time_limits("REPLY_SECONDS")
"""The limit that a test is about; the other one is out of the way."""


def drip(connection: socket.socket) -> None:
    """Answers PING, and anything else byte by byte without end."""
    if b"PING" in connection.recv(65536):
        connection.sendall(b"+PONG\r\n")
    drip_at_once(connection)


def drip_at_once(connection: socket.socket) -> None:
    """Answers byte by byte without end."""
    connection.sendall(b"+")
    while True:
        connection.sendall(b"x")
        time.sleep(0.02)


def read_no_more(connection: socket.socket) -> None:
    """Answers PING, and then leaves all in the pipe."""
    connection.recv(65536)
    connection.sendall(b"+PONG\r\n")
    hang_up = select.poll()
    hang_up.register(connection, 0)
    hang_up.poll()


@pytest.mark.parametrize(
    ("handler", "kind", "least"),
    [
        pytest.param(silent, NotSentError, 1.0, id="silent", marks=CONNECTING),
        pytest.param(drip_at_once, NotSentError, 1.0, id="dripping-before-PUBLISH", marks=CONNECTING),
        pytest.param(scripted(PONG), OutcomeUnknownError, 0.5, id="reply-lost", marks=REPLYING),
        pytest.param(drip, OutcomeUnknownError, 0.5, id="dripping-after-PUBLISH", marks=REPLYING),
        pytest.param(read_no_more, OutcomeUnknownError, 0.5, id="not-reading", marks=REPLYING),
    ],
)
def test_time_limits(publisher: FlavourNotifier, handler: Handler, kind: type[PublishError], least: float) -> None:
    """A phase ends at its limit, however the other end behaves, and leaves no descriptor behind."""
    big = NOTIFICATION.with_metadata("x", "x" * 30_000_000) if handler is read_no_more else NOTIFICATION
    with LoopbackServer(handler) as server:
        before = descriptors()
        start = time.monotonic()
        with pytest.raises(kind, match="timed out"):
            publisher.publish(server.url, big)
        assert least <= time.monotonic() - start + 0.05
        assert LONG > time.monotonic() - start
    wait_until(lambda: descriptors() < before, "the descriptor of the connection to be closed")


@pytest.mark.time_limits
def test_the_limits_are_those_of_redis_rs() -> None:
    """1 s to connect, 0.5 s for the reply, wherever they are bound."""
    bound: dict[str, set[float]] = {"CONNECT_SECONDS": set(), "REPLY_SECONDS": set()}
    for module in [module for name, module in sys.modules.items() if name.startswith("checkpoint_notify.")]:
        for name in bound.keys() & vars(module).keys():
            bound[name].add(vars(module)[name])
    assert {"CONNECT_SECONDS": {1.0}, "REPLY_SECONDS": {0.5}} == bound


@pytest.mark.time_limits(CONNECT_SECONDS=3.0)
def test_each_phase_has_its_own_limit(publisher: FlavourNotifier) -> None:
    """The limit for connecting does not end the wait for the reply."""

    def handle(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"+PONG\r\n")
        connection.recv(65536)
        time.sleep(3.2)
        connection.sendall(b":4\r\n")

    with LoopbackServer(handle) as server:
        assert 4 == publisher.publish(server.url, NOTIFICATION)


def descriptors() -> int:
    """How many this process holds."""
    return len(list(Path("/dev/fd").iterdir()))


@CONNECTING
def test_a_slow_resolver_does_not_exceed_the_limit(publisher: FlavourNotifier, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither `publish` nor the end of `asyncio.run` waits for the resolver."""
    answered = threading.Event()
    resolve = socket.getaddrinfo

    def slow(host: Any, *args: Any, **options: Any) -> Any:
        if host in ("slow.invalid", b"slow.invalid") and not options.get("flags"):
            answered.wait(6 * LONG)
        return resolve(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    begun = time.monotonic()
    try:
        with pytest.raises(NotSentError, match="timed out"):
            publisher.publish("redis://slow.invalid", NOTIFICATION)
        assert LONG > time.monotonic() - begun
    finally:
        answered.set()


@contextmanager
def deaf_port() -> Iterator[int]:
    """A port that neither takes nor refuses connections."""
    with LoopbackServer(silent, deaf=True) as server:
        yield server.port


@pytest.mark.time_limits(CONNECT_SECONDS=6.0)  # of which each address has a part
@pytest.mark.parametrize("dead", [refusing_port, deaf_port], ids=["refusing", "silent"])
def test_a_dead_address_does_not_stop_a_publish(
    publisher: FlavourNotifier, dead: Callable[[], AbstractContextManager[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name with several addresses is served by any one that answers."""
    recorder = Recorder()
    with LoopbackServer(recorder) as server, dead() as port:
        addresses = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", number)) for number in (port, server.port)
        ]

        def resolve(host: Any, *args: Any, **options: Any) -> Any:
            if options.get("flags"):
                raise socket.gaierror(socket.EAI_NONAME, "not an address")
            return addresses

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        assert 3 == publisher.publish("redis://two.invalid", NOTIFICATION)


# asyncio alone.


@CONNECTING
def test_publishes_run_concurrently() -> None:
    """While one publish waits, others go on."""

    async def main(url: str) -> list[Any]:
        notifier = checkpoint_notify.asyncio.CheckpointNotifier(CheckpointNotifierConfig(redis_url=url))
        return await asyncio.gather(*[notifier.publish(NOTIFICATION) for _ in range(20)], return_exceptions=True)

    with LoopbackServer(silent) as server:
        start = time.monotonic()
        results = asyncio.run(main(server.url))
        assert LONG > time.monotonic() - start
    assert [NotSentError] * 20 == [type(result) for result in results]


def test_cancellation() -> None:
    """A cancelled publish ends at once, as cancelled, and closes its connection."""
    got_publish = threading.Event()
    ended = threading.Event()

    def handle(connection: socket.socket) -> None:
        while data := connection.recv(65536):
            if b"PING" in data:
                connection.sendall(b"+PONG\r\n")
            else:
                got_publish.set()
        ended.set()

    async def main(url: str) -> bool:
        notifier = checkpoint_notify.asyncio.CheckpointNotifier(CheckpointNotifierConfig(redis_url=url))
        task = asyncio.create_task(notifier.publish(NOTIFICATION))
        await asyncio.to_thread(got_publish.wait, PATIENCE)
        task.cancel()
        await asyncio.wait([task])
        closed = await asyncio.to_thread(ended.wait, PATIENCE)
        assert {asyncio.current_task()} == asyncio.all_tasks()
        return task.cancelled() and closed

    with LoopbackServer(handle) as server:
        assert asyncio.run(main(server.url))
