"""One subscriber in its own process: `python -m tests.tools.bench_redis.consumer KIND URL INSTANCE`.

It prints `ready` after it has subscribed. Then, for each line on stdin:

    rate N      takes N messages; answers with the seconds from the first to the last
    latency N   takes N messages; answers with the nanoseconds from the send time of each to its arrival

Answers are JSON lines. During `rate` it prints a `+` for every CREDIT messages, so that the publisher never sends more
than a listener's queue holds: the benchmark compares the speed of taking messages, not the number of dropped ones.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

import checkpoint_notify.asyncio
from checkpoint_notify import CheckpointListener, CheckpointListenerConfig, Connected, Received, checkpoint_channel
from checkpoint_notify.redis_url import RedisUrl

from .payloads import stamp

CREDIT: Final = 64
OURS: Final = "our listener"
OURS_ASYNCIO: Final = "our listener, asyncio"
BARE: Final = "get_message loop"
BARE_ASYNCIO: Final = "get_message loop, asyncio"
_PATIENCE: Final = 30.0

Take: TypeAlias = Callable[[], bytes]
"""Waits for the next message and returns its payload."""
TakeAsync: TypeAlias = Callable[[], Awaitable[bytes]]


def ours(url: str, instance: str) -> None:
    """The blocking listener: each message is decoded before it counts as taken."""
    with CheckpointListener(CheckpointListenerConfig(redis_url=url, instance_id=instance)) as listener:
        _expect(next(listener), Connected)
        take_event = listener.__next__

        def take() -> bytes:
            event = take_event()
            return event.raw if event.__class__ is Received else _unexpected(event)

        _serve(take)


async def ours_asyncio(url: str, instance: str) -> None:
    """The asyncio listener."""
    config = CheckpointListenerConfig(redis_url=url, instance_id=instance)
    async with checkpoint_notify.asyncio.CheckpointListener(config) as listener:
        _expect(await anext(listener), Connected)
        take_event = listener.__anext__

        async def take() -> bytes:
            event = await take_event()
            return event.raw if event.__class__ is Received else _unexpected(event)

        await _serve_async(take)


def bare(url: str, instance: str) -> None:
    """redis-py alone: each message is a dict with the payload as bytes."""
    client = redis.Redis(**_client_settings(url), retry=Retry(NoBackoff(), 0))
    pubsub: Any = client.pubsub()  # type: ignore[no-untyped-call]
    pubsub.subscribe(checkpoint_channel(instance))
    _expect(pubsub.get_message(timeout=_PATIENCE), dict)

    def take() -> bytes:
        message = pubsub.get_message(timeout=_PATIENCE)
        return message["data"] if message is not None else _unexpected(message)

    _serve(take)


async def bare_asyncio(url: str, instance: str) -> None:
    """The same with redis.asyncio."""
    client = redis.asyncio.Redis(**_client_settings(url))
    pubsub: Any = client.pubsub()
    await pubsub.subscribe(checkpoint_channel(instance))
    _expect(await pubsub.get_message(timeout=_PATIENCE), dict)

    async def take() -> bytes:
        message = await pubsub.get_message(timeout=_PATIENCE)
        return message["data"] if message is not None else _unexpected(message)

    await _serve_async(take)
    await pubsub.aclose()
    await client.aclose()


def _serve(take: Take) -> None:
    _say("ready")
    for line in sys.stdin:
        task, count = line.split()
        _say((_rate if task == "rate" else _latency)(take, int(count)))


async def _serve_async(take: TakeAsync) -> None:
    _say("ready")
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        task, count = line.split()
        _say(await (_rate_async if task == "rate" else _latency_async)(take, int(count)))


def _rate(take: Take, count: int) -> float:
    take()
    begin = time.perf_counter()
    for number in range(2, count + 1):
        take()
        if number % CREDIT == 0:
            os.write(1, b"+")
    return time.perf_counter() - begin


async def _rate_async(take: TakeAsync, count: int) -> float:
    await take()
    begin = time.perf_counter()
    for number in range(2, count + 1):
        await take()
        if number % CREDIT == 0:
            os.write(1, b"+")
    return time.perf_counter() - begin


def _latency(take: Take, count: int) -> list[int]:
    found = []
    for _ in range(count):
        payload = take()
        found.append(time.monotonic_ns() - stamp(payload))
    return found


async def _latency_async(take: TakeAsync, count: int) -> list[int]:
    found = []
    for _ in range(count):
        payload = await take()
        found.append(time.monotonic_ns() - stamp(payload))
    return found


def _client_settings(url: str) -> dict[str, Any]:
    parsed = RedisUrl.parse(url)
    return {"host": parsed.host, "port": parsed.port, "protocol": 2, "socket_timeout": None}


def _expect(value: object, kind: type[object]) -> None:
    if not isinstance(value, kind):
        _unexpected(value)


def _unexpected(value: object) -> bytes:
    raise RuntimeError(f"the subscriber got {value!r}")


def _say(value: object) -> None:
    os.write(1, json.dumps(value).encode() + b"\n")


KINDS: Final[dict[str, Callable[[str, str], Any]]] = {
    OURS: ours,
    BARE: bare,
    OURS_ASYNCIO: ours_asyncio,
    BARE_ASYNCIO: bare_asyncio,
}


def main() -> None:
    """Run one."""
    kind, url, instance = sys.argv[1:]
    running = KINDS[kind](url, instance)
    if running is not None:
        asyncio.run(running)


if __name__ == "__main__":
    main()
