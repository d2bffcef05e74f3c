"""The asyncio listener and time limits: a poll gets what waits, no event is lost, and the loop is not starved."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import pytest

from checkpoint_notify import CheckpointListenerConfig, CheckpointNotification, Connected, Received
from checkpoint_notify.asyncio import CheckpointListener

from ..support.faults.resp import Resp
from ..support.listeners import CHANNEL
from ..support.server import Server

NOTIFICATION: Final = CheckpointNotification.new("model.bin", "lstm")

Poll = Callable[[CheckpointListener], Awaitable[object]]


@asynccontextmanager
async def holding(server: Server, count: int) -> AsyncIterator[CheckpointListener]:
    """A listener for which so many messages wait, the first with version 0."""
    config = CheckpointListenerConfig(redis_url=server.url, connect_timeout=60, ping_timeout=60)
    async with CheckpointListener(config) as listener:
        assert Connected() == await anext(listener)
        await asyncio.to_thread(publish, server, count)
        while len(listener._events._entries) < count:
            await asyncio.sleep(0.01)
        yield listener


def publish(server: Server, count: int) -> None:
    """Publish so many."""
    with Resp(server.port) as admin:
        for version in range(count):
            admin.ask("PUBLISH", CHANNEL, NOTIFICATION.with_version(version).to_json())


async def in_no_time(listener: CheckpointListener) -> object:
    """The obvious way to ask for what waits, and for nothing else."""
    async with asyncio.timeout(0):
        return await anext(listener)


async def value_in_no_time(listener: CheckpointListener) -> object:
    """The same for `notifications`."""
    async with asyncio.timeout(0):
        value = await anext(listener.notifications())
        return Received(value, value.to_json_bytes())


async def by_a_deadline_that_is_over(listener: CheckpointListener) -> object:
    """Any deadline may be over."""
    async with asyncio.timeout_at(0):
        return await anext(listener)


async def waited_for(listener: CheckpointListener) -> object:
    """In a task of its own before Python 3.12."""
    return await asyncio.wait_for(anext(listener), 1e-9)


POLLS: Final = [in_no_time, value_in_no_time, by_a_deadline_that_is_over, waited_for]


@pytest.mark.parametrize("poll", POLLS)
@pytest.mark.parametrize("pause", [None, 0.0, 0.02], ids=["at once", "after a turn", "after a while"])
def test_polls_return_queued_events(poll: Poll, pause: float | None, server: Server) -> None:
    """As with `asyncio.Queue`: five polls get five events, and the other 45 get none."""

    async def main() -> list[int]:
        got: list[int] = []
        async with holding(server, 5) as listener:
            for number in range(50):
                if pause is not None:
                    await asyncio.sleep(pause)
                try:
                    event = await poll(listener)
                except TimeoutError:
                    continue
                assert isinstance(event, Received)
                assert number == event.notification.version
                got.append(number)
        return got

    assert [0, 1, 2, 3, 4] == asyncio.run(main())


@pytest.mark.parametrize("poll", POLLS)
def test_polls_without_a_pause_lose_no_event(poll: Poll, server: Server) -> None:
    """The consumer never yields to the loop, so the listener does so at times. A poll that ends then loses no event."""
    waiting = 20

    async def main() -> tuple[list[int], int, int]:
        got: list[int] = []
        polls = ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        async with holding(server, waiting) as listener:
            ticker = asyncio.create_task(tick())
            while len(got) < waiting and polls < 10 * waiting:
                polls += 1
                try:
                    event = await poll(listener)
                except TimeoutError:
                    continue
                assert isinstance(event, Received)
                got.append(event.notification.version)
                time.sleep(0.015)
            ticker.cancel()
        return got, polls, ticks

    got, polls, ticks = asyncio.run(main())
    assert list(range(waiting)) == got
    assert polls <= 2 * waiting
    assert ticks >= waiting / 2


def test_cancellation_at_any_time_loses_no_event(server: Server) -> None:
    """Every event is delivered, once and in order."""
    waiting = 200

    async def main() -> tuple[list[int], int]:
        got: list[int] = []
        cancelled = 0

        async def consume(listener: CheckpointListener) -> None:
            async for event in listener:
                assert isinstance(event, Received)
                got.append(event.notification.version)
                time.sleep(0.006)

        async with holding(server, waiting) as listener:
            while len(got) < waiting and cancelled < 10 * waiting:
                task = asyncio.create_task(consume(listener))
                for _ in range(cancelled % 4 + 1):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
                cancelled += task.cancelled()
        return got, cancelled

    got, cancelled = asyncio.run(main())
    assert list(range(waiting)) == got
    assert cancelled > 10


def test_a_consumer_that_never_waits_does_not_block_the_loop(server: Server) -> None:
    """In 1 s of short work for each event, other tasks get many turns."""

    async def main() -> int:
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async with holding(server, 500) as listener:
            counting = asyncio.create_task(count())
            for _ in range(500):
                await anext(listener)
                time.sleep(0.002)
            counting.cancel()
        return turns

    assert asyncio.run(main()) > 50
