"""The listener for asyncio."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import inspect
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Final, Self

from checkpoint_notify import _logging as log
from checkpoint_notify._asyncio.reader import Reader, import_link
from checkpoint_notify._config import CheckpointListenerConfig
from checkpoint_notify._counters import ListenerCounters
from checkpoint_notify._events import Connected, Disconnected, Event, Gap, Invalid, Received
from checkpoint_notify._message import CheckpointNotification, checkpoint_channel
from checkpoint_notify._protocol.driver import Driver
from checkpoint_notify._protocol.event_decoder import EventDecoder, VersionFilter
from checkpoint_notify._protocol.event_queue import PATIENCE, EventQueue, Item
from checkpoint_notify._protocol.opening import FAULT, FORKED, NOT_ENTERED, USED, checked_url, preload
from checkpoint_notify._protocol.status import Status
from checkpoint_notify._protocol.subscription import Subscription

_TURN: Final = 0.01
"""How long the loop may go without a turn, in seconds, while a consumer takes one waiting event after the other. The
loop has to read and to ping, however long the queue and the consumer's work without an `await` are."""


class CheckpointListener:
    """Listens to the channel of one instance, as `checkpoint_notify.CheckpointListener` does, without blocking.

        async with CheckpointListener(CheckpointListenerConfig.from_env()) as listener:
            async for event in listener:
                ...

    A task of the loop that entered reads, and can do so only while nobody blocks that loop. A forked child that goes on
    with that loop, and lets it unwind instead of ending with `os._exit`, costs its parent the connection, since both
    share what the loop waits for; a `Gap` tells of it.
    """

    def __init__(self, config: CheckpointListenerConfig) -> None:
        self._config = config
        self._channel = checkpoint_channel(config.instance_id)
        self._core = Subscription(config, self._channel)
        self._inbox = EventQueue(config.max_queue, config.max_queue_bytes)
        self._handover = EventDecoder(config.max_payload)
        self._status = Status()
        self._ready = asyncio.Event()
        self._relief = asyncio.Event()
        self._patient = True
        self._task: asyncio.Task[None] | None = None
        self._ended = False
        self._fault: BaseException | None = None
        self._closed = False
        self._turns = _Turns()
        self._owner: int | None = None
        """The process that entered; None before."""
        preload(config, import_link)

    def __repr__(self) -> str:
        return f"CheckpointListener({self._config!r})"

    @property
    def channel(self) -> str:
        """The Redis channel that this listener subscribes to."""
        return self._channel

    @property
    def connected(self) -> bool:
        """Whether there is a subscription now; for any thread, and for health checks.

        The state of the connection, and not of the events that were handed over. False before entering, from `aclose`
        on, once the listener has stopped, and in a forked child.
        """
        return self._status.connected and not self._closed and self._owner == os.getpid()

    @property
    def error(self) -> BaseException | None:
        """Why the listener stopped: the last error when `max_reconnects` is used up, or a fault of its reader.

        None as long as it has not stopped, after it was closed, and when it is disabled.
        """
        return self._status.error

    @property
    def counters(self) -> ListenerCounters:
        """What was received, skipped, lost, and reconnected so far."""
        counted = self._handover.tally.snapshot()
        return dataclasses.replace(counted, dropped=self._inbox.dropped, reconnects=self._core.reconnects)

    async def __aenter__(self) -> Self:
        """Start listening; returns at once, and connects in the background. Imports redis-py, which takes 0.2 s once.

        Raises RedisUrlError; ImportError without the extra `checkpoint-notify[redis]`.
        """
        if self._owner is not None:
            raise RuntimeError(USED)
        url = checked_url(self._config, import_link)
        self._owner = os.getpid()
        if url is None:
            self._ended = True
            return self
        driver = Driver(self._core, self._channel, url, self._deliver, self._status)
        reader = Reader(url, driver, self._give_way)
        self._task = asyncio.create_task(self._run(reader), name=f"listener of {self._channel}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """The next event, as soon as there is one. A cancellation loses none.

        Within `asyncio.timeout(0)` it returns an event that waits. One exception: after 10 ms without an `await` that
        waits, it lets the loop have a turn first, and that turn ends the timeout. The next call returns the event.
        """
        if self._owner != os.getpid():
            raise RuntimeError(NOT_ENTERED if self._owner is None else FORKED)
        await self._turns.give_if_due()  # before an event is taken, or a cancellation would lose it
        while not self._closed:
            item = self._inbox.take()
            if item is not None:
                if not self._inbox.crowded:
                    self._relief.set()
                return self._handover.event(item)
            if self._fault is not None:
                raise RuntimeError(FAULT) from self._fault
            if self._ended:
                break
            self._ready.clear()
            await self._ready.wait()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End the iteration, now, whatever still waits to be handed over; returns once the connection is closed.

        For any task of the loop. Does nothing in a process that was forked from the one that entered.
        """
        if self._owner not in (None, os.getpid()):
            return
        self._closed = True
        self._ready.set()
        if self._task is not None and not self._task.done():  # its loop may be gone, together with what it did
            self._task.cancel()
            await asyncio.wait([self._task])

    async def notifications(
        self,
        *,
        on_gap: Callable[[Gap], Awaitable[object] | object] | None = None,
        on_invalid: Callable[[Invalid], Awaitable[object] | object] | None = None,
        on_connected: Callable[[Connected], Awaitable[object] | object] | None = None,
        on_disconnected: Callable[[Disconnected], Awaitable[object] | object] | None = None,
        ordered: bool = False,
    ) -> AsyncIterator[CheckpointNotification]:
        """Just the values; see the blocking listener's. A callback may be a coroutine function, and is awaited then.

        A wait for the next value that is cancelled ends it, and loses no value; a new call goes on.
        """
        news = VersionFilter(self._handover.tally)
        tell_gap = on_gap or functools.partial(log.gap, self._channel)
        tell_invalid = on_invalid or functools.partial(log.invalid, self._channel)
        async for event in self:
            match event:
                case Received(notification):
                    if not ordered or news.accepts(notification):
                        yield notification
                case Gap():
                    await _settled(tell_gap(event))
                case Invalid():
                    await _settled(tell_invalid(event))
                case Connected() if on_connected is not None:
                    await _settled(on_connected(event))
                case Disconnected() if on_disconnected is not None:
                    await _settled(on_disconnected(event))

    async def _run(self, reader: Reader) -> None:
        try:
            await reader.run()
        except Exception as error:
            self._fault = error
        finally:
            self._status.end(self._fault)
            self._ended = True
            self._ready.set()

    def _deliver(self, items: list[Item]) -> None:
        self._inbox.put(items)
        self._ready.set()

    async def _give_way(self) -> None:
        """Wait for a consumer that does not keep up; see `inbox.PATIENCE`."""
        if not self._inbox.crowded:
            self._patient = True
        elif self._patient:
            self._relief.clear()
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._relief.wait()
            except TimeoutError:
                self._patient = False


class _Turns:
    """Sees to it that the loop gets its turns, and costs none as long as it gets them without that."""

    def __init__(self) -> None:
        self._since: float | None = None
        """When the loop was last seen waiting for its turn, on the monotonic clock; None once it had it."""

    async def give_if_due(self) -> None:
        """Let the loop have a turn if it has waited for too long; else return at once, without giving control away."""
        if self._since is not None and time.monotonic() >= self._since + _TURN:
            await asyncio.sleep(0)
        if self._since is None:
            self._since = time.monotonic()
            asyncio.get_running_loop().call_soon(self._had)

    def _had(self) -> None:
        self._since = None


async def _settled(result: Awaitable[object] | object) -> None:
    if inspect.isawaitable(result):
        await result
