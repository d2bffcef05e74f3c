"""The asyncio listener's task, which connects, reads, pings and reconnects; and the queue that it fills."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from checkpoint_notify._protocol.event_queue import BACKPRESSURE_SECONDS, EventQueue, Item
from checkpoint_notify._protocol.listening import READER_FAILED
from checkpoint_notify._protocol.subscription import Subscription
from checkpoint_notify._protocol.timestamps import Clock
from checkpoint_notify._redaction import presentable
from checkpoint_notify.redis_url import RedisUrl

if TYPE_CHECKING:
    from checkpoint_notify._asyncio.connection import ListenConnection

_MAX_BUSY_SECONDS: Final = 0.01
"""How long the event loop may go without a turn while a consumer takes one waiting event after the other. The reader
needs turns to read and to ping, however long the queue is and however long the consumer works without an `await`."""


def import_connection() -> type[ListenConnection]:
    """Return the connection's class; importing it imports redis."""
    from checkpoint_notify._asyncio.connection import ListenConnection

    return ListenConnection


class ConsumerQueue:
    """The asyncio form of an event queue: the reader's task puts, the consumer's tasks get."""

    def __init__(self, events: EventQueue) -> None:
        self._events = events
        self._changed = asyncio.Event()
        self._below_high_water = asyncio.Event()
        self._reader_waits = False
        self._ended = False
        self._fault: BaseException | None = None
        self._turns = _LoopTurns()

    def put(self, items: Iterable[Item]) -> None:
        """Append items, and wake the consumers."""
        self._reader_waits = self._events.put(items)
        self._changed.set()

    async def backpressure(self) -> None:
        """Wait up to `BACKPRESSURE_SECONDS` for a slow consumer."""
        if self._reader_waits:
            self._reader_waits = False
            self._below_high_water.clear()
            try:
                async with asyncio.timeout(BACKPRESSURE_SECONDS):
                    await self._below_high_water.wait()
            except TimeoutError:
                self._events.waited_in_vain()

    def end(self, fault: BaseException | None = None) -> None:
        """Nothing more will be put; the consumer raises `fault`, which is an error in the reader itself."""
        self._ended = True
        self._fault = fault
        self._changed.set()

    def close(self) -> None:
        """Let nothing more be taken."""
        self._events.closed = True
        self._changed.set()

    async def get(self) -> Item | None:
        """Remove and return the oldest item; waits for one. None at the end, and once it is closed.

        Raises RuntimeError if an error in the reader ended it.
        """
        await self._turns.give_if_due()  # before an item is taken, since a cancellation would lose it
        while not self._events.closed:
            item = self._events.take()
            if item is not None:
                if not self._events.above_high_water:
                    self._below_high_water.set()
                return item
            if self._fault is not None:
                raise RuntimeError(READER_FAILED) from self._fault
            if self._ended:
                break
            self._changed.clear()
            await self._changed.wait()
        return None


class Reader:
    """Fills the queue until its task is cancelled, or the reconnects are used up."""

    def __init__(self, url: RedisUrl, subscription: Subscription, events: ConsumerQueue) -> None:
        self._url = url
        self._subscription = subscription
        self._events = events
        self._clock = Clock()

    async def run(self) -> None:
        """Do the task's work. An error in the reader itself is raised by the consumer."""
        fault: BaseException | None = None
        try:
            await self._keep_connected()
        except Exception as error:
            fault = error
        finally:
            self._subscription.end(fault)
            self._events.end(fault)

    async def _keep_connected(self) -> None:
        pause: float | None = 0.0
        while pause is not None:
            await asyncio.sleep(pause)
            self._subscription.begin(self._clock.now())
            connection = import_connection()(self._url, self._subscription.wake_at - time.monotonic())
            try:
                await self._listen(connection)
            except Exception as error:
                pause = self._subscription.fail(presentable(error, self._url.password), self._clock.now())
            finally:
                await connection.close()

    async def _listen(self, connection: ListenConnection) -> None:
        """Connect, and read until an exception ends it."""
        subscription, now = self._subscription, self._clock.now
        extension = await connection.connect()
        connection.send(subscription.subscribe(now(), extension))
        timer = _Timer(subscription, connection, self._clock)
        try:
            while True:
                data = await connection.receive()
                if to_send := subscription.receive(data, now()):
                    connection.send(to_send)
                timer.set()
                await self._events.backpressure()
        finally:
            timer.cancel()


class _Timer:
    """Calls the subscription when it is due."""

    def __init__(self, subscription: Subscription, connection: ListenConnection, clock: Clock) -> None:
        self._subscription = subscription
        self._connection = connection
        self._clock = clock
        self._set_for = float("inf")
        self._handle: asyncio.Handle | None = None
        self.set()

    def set(self) -> None:
        """Call at `wake_at`. A call that comes too early is harmless, and sets the timer again."""
        if self._subscription.wake_at < self._set_for:
            self.cancel()
            self._set_for = self._subscription.wake_at
            seconds = max(0.0, self._set_for - time.monotonic())
            self._handle = asyncio.get_running_loop().call_later(seconds, self._due)

    def cancel(self) -> None:
        """Do not call."""
        if self._handle is not None:
            self._handle.cancel()

    def _due(self) -> None:
        # One turn of the loop later: bytes that came while the loop was blocked have been read by then.
        self._handle = asyncio.get_running_loop().call_soon(self._call)

    def _call(self) -> None:
        try:
            if to_send := self._subscription.receive(None, self._clock.now()):
                self._connection.send(to_send)
        except Exception as error:
            self._connection.abort(error)
        else:
            self._set_for = float("inf")
            self.set()


class _LoopTurns:
    """Gives the loop its turns if the consumer does not. It costs nothing while the consumer does."""

    def __init__(self) -> None:
        self._waiting_since: float | None = None
        """When the loop was last seen waiting for its turn, on the monotonic clock; None once it had it."""

    async def give_if_due(self) -> None:
        """Let the loop have a turn if it has waited for too long; else return at once, without suspending."""
        if self._waiting_since is not None and time.monotonic() >= self._waiting_since + _MAX_BUSY_SECONDS:
            await asyncio.sleep(0)
        if self._waiting_since is None:
            self._waiting_since = time.monotonic()
            asyncio.get_running_loop().call_soon(self._had_turn)

    def _had_turn(self) -> None:
        self._waiting_since = None
