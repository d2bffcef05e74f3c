"""The asyncio listener; `_sync/listener.py` is its twin."""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Final, Self

from checkpoint_notify._asyncio import in_thread
from checkpoint_notify._asyncio.reader import ConsumerQueue, Reader, import_connection
from checkpoint_notify._config import CheckpointListenerConfig
from checkpoint_notify._events import Connected, Disconnected, Event, Gap, Invalid, Received
from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify._protocol.event_decoder import VersionFilter
from checkpoint_notify._protocol.event_queue import Message
from checkpoint_notify._protocol.listening import BaseListener
from checkpoint_notify._protocol.subscription import Subscription

_LARGE: Final = 1024 * 1024
"""Bytes of a payload. Decoding a larger one takes long enough to stop the loop, so a thread does it."""


class CheckpointListener(BaseListener):
    """Listens to the channel of one instance, as `checkpoint_notify.CheckpointListener` does, without blocking.

        async with CheckpointListener(CheckpointListenerConfig.from_env()) as listener:
            async for event in listener:
                ...

    A task of the loop that entered reads; it can do so only while nothing blocks that loop. A forked child must end
    with `os._exit`: if it goes on with that loop and lets it unwind, it closes the connection of its parent. Both share
    what the loop waits for. A `Gap` tells of it.
    """

    def __init__(self, config: CheckpointListenerConfig) -> None:
        super().__init__(config, import_connection)
        self._queue = ConsumerQueue(self._events)
        self._subscription = Subscription(config, self.channel, self._queue.put)
        self._task: asyncio.Task[None] | None = None
        self._decoding: list[asyncio.Future[Event]] = []
        """Large messages that a thread decodes, and whose consumer was cancelled."""

    async def __aenter__(self) -> Self:
        """Start listening; returns at once, and connects in the background. Imports redis-py, which takes 0.2 s once.

        Raises RedisUrlError; ImportError without the extra `checkpoint-notify[redis]`; RuntimeError if it was entered
        before.
        """
        url = self._target()
        if url is None:
            self._queue.end()
        else:
            reader = Reader(url, self._subscription, self._queue)
            self._task = asyncio.create_task(reader.run(), name=f"listener of {self.channel}")
        self._owner = os.getpid()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """Return the next event; waits for one. A cancellation loses no event.

        Within `asyncio.timeout(0)` it returns an event that waits. One exception: after 10 ms without an `await` that
        waits, it lets the loop have a turn first, and that turn ends the timeout. The next call returns the event.

        Raises RuntimeError unless this process has entered.
        """
        self._check_entered()
        if not self._decoding or self._events.closed:
            item = await self._queue.get()
            if item is None:
                raise StopAsyncIteration
            if not isinstance(item, Message) or len(item.raw) <= _LARGE:
                return self._decoder.decode(item)
            self._decoding.append(in_thread(functools.partial(self._decoder.decode, item))[0])
        decoding = self._decoding.pop(0)
        try:
            return await asyncio.shield(decoding)
        except asyncio.CancelledError:
            self._decoding.insert(0, decoding)  # for the next call
            raise

    async def aclose(self) -> None:
        """End the iteration now, also if events wait for the consumer; returns once the connection is closed.

        For any task of the loop. Does nothing in a process that was forked from the one that entered.
        """
        if self._foreign:
            return
        self._queue.close()
        if self._task is not None and not self._task.done():  # its loop may be closed, and the task with it
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
        """Iterate over the notifications alone; see the blocking listener's.

        A callback may be a coroutine function; its result is awaited. If a wait for the next value is cancelled, this
        generator ends, and no value is lost; a new call goes on.
        """
        accepts = VersionFilter(self._decoder.counters).accepts
        callbacks = self._callbacks(on_gap, on_invalid, on_connected, on_disconnected)
        async for event in self:
            if not isinstance(event, Received):
                result = callbacks[type(event)](event)
                if inspect.isawaitable(result):
                    await result
            elif not ordered or accepts(event.notification):
                yield event.notification
