"""The contenders that publish: each connects, sends PING, and publishes one notification."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, TypeAlias

import redis
import redis.asyncio
import redis.asyncio.connection
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

import checkpoint_notify.asyncio
from checkpoint_notify import CheckpointNotifier, CheckpointNotifierConfig

from ...support.server import Server
from . import rust
from .payloads import NOTIFICATION

OURS: Final = "our notifier"
OURS_ASYNCIO: Final = "our notifier, asyncio"
RAW: Final = "redis-py Connection"
RAW_ASYNCIO: Final = "redis-py Connection, asyncio"
CLIENT: Final = "redis-py Redis()"
RUST: Final = "Rust notifier, with its pipe"
PIPE: Final = "(that pipe alone)"

_CALLS_IN_A_ROUND: Final = 5
_Connection: Final[Any] = redis.Connection  # has no types

Round: TypeAlias = Callable[[], list[float]]
"""Publishes a few times, and returns the seconds of each."""


@contextlib.contextmanager
def publishers(server: Server) -> Iterator[dict[str, Round]]:
    """Return all contenders by name; the Rust ones only if they are built."""
    config = CheckpointNotifierConfig(redis_url=server.url)
    channel = CheckpointNotifier(config).channel
    with contextlib.ExitStack() as open_:
        runner = open_.enter_context(asyncio.Runner())
        found: dict[str, Round] = {
            OURS: _blocking(_ours(config)),
            RAW: _blocking(_raw(server, channel)),
            CLIENT: _blocking(_client(server, channel)),
            OURS_ASYNCIO: _awaited(runner, _ours_asyncio(config)),
            RAW_ASYNCIO: _awaited(runner, _raw_asyncio(server, channel)),
        }
        if path := rust.program():
            pipe = open_.enter_context(rust.RustPipe(path, server.url))
            found |= {RUST: _blocking(pipe.publish), PIPE: _blocking(pipe.pass_through)}
        yield found


def measure(contenders: dict[str, Round], rounds: int) -> dict[str, list[float]]:
    """Measure the seconds of each publish, by contender."""
    for publish in contenders.values():
        publish()  # a first call imports modules
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, publish in contenders.items():
            found[name] += publish()
    return found


def _blocking(publish: Callable[[], object]) -> Round:
    def run() -> list[float]:
        taken = []
        for _ in range(_CALLS_IN_A_ROUND):
            begin = time.perf_counter()
            publish()
            taken.append(time.perf_counter() - begin)
        return taken

    return run


def _awaited(runner: asyncio.Runner, publish: Callable[[], Awaitable[object]]) -> Round:
    async def run() -> list[float]:
        taken = []
        for _ in range(_CALLS_IN_A_ROUND):
            begin = time.perf_counter()
            await publish()
            taken.append(time.perf_counter() - begin)
        return taken

    return lambda: runner.run(run())


def _ours(config: CheckpointNotifierConfig) -> Callable[[], object]:
    notifier = CheckpointNotifier(config)
    return lambda: notifier.publish(NOTIFICATION)


def _ours_asyncio(config: CheckpointNotifierConfig) -> Callable[[], Awaitable[object]]:
    notifier = checkpoint_notify.asyncio.CheckpointNotifier(config)
    return lambda: notifier.publish(NOTIFICATION)


def _raw(server: Server, channel: str) -> Callable[[], object]:
    """Publish with redis-py's connection class: the same round trips, without the work of a notifier."""

    def publish() -> None:
        connection: Any = _Connection(**_settings(server), retry=Retry(NoBackoff(), 0))
        connection.connect()
        connection.send_command("PING")
        connection.read_response()
        connection.send_command("PUBLISH", channel, NOTIFICATION.to_json_bytes())
        connection.read_response()
        connection.disconnect()

    return publish


def _raw_asyncio(server: Server, channel: str) -> Callable[[], Awaitable[object]]:
    async def publish() -> None:
        connection: Any = redis.asyncio.connection.Connection(**_settings(server), retry=AsyncRetry(NoBackoff(), 0))
        await connection.connect()
        await connection.send_command("PING")
        await connection.read_response()
        await connection.send_command("PUBLISH", channel, NOTIFICATION.to_json_bytes())
        await connection.read_response()
        await connection.disconnect()

    return publish


def _client(server: Server, channel: str) -> Callable[[], object]:
    """Publish as a typical program does."""

    def publish() -> None:
        with redis.Redis(**_settings(server), retry=Retry(NoBackoff(), 0)) as client:
            client.ping()
            client.publish(channel, NOTIFICATION.to_json_bytes())

    return publish


def _settings(server: Server) -> dict[str, Any]:
    limits = {"socket_connect_timeout": 1.0, "socket_timeout": 0.5}
    return {"host": server.host, "port": server.port, "protocol": 2, "driver_info": None, **limits}
