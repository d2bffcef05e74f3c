"""The blocking listener's thread, which connects, reads, pings and reconnects; and the queue that it fills."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from checkpoint_notify._protocol.event_queue import BACKPRESSURE_SECONDS, EventQueue, Item
from checkpoint_notify._protocol.listening import READER_FAILED
from checkpoint_notify._protocol.subscription import Subscription
from checkpoint_notify._protocol.timestamps import Clock
from checkpoint_notify._redaction import presentable
from checkpoint_notify.redis_url import RedisUrl

if TYPE_CHECKING:
    from checkpoint_notify._sync.connection import ListenConnection, Waker


def import_connection() -> type[ListenConnection]:
    """Return the connection's class; importing it imports redis."""
    from checkpoint_notify._sync.connection import ListenConnection

    return ListenConnection


class ConsumerQueue:
    """The thread-safe form of an event queue: the reader's thread puts, the consumer's threads get."""

    def __init__(self, events: EventQueue) -> None:
        self._events = events
        self._lock = threading.Lock()
        self._waiting = 0
        """How many consumers wait for a token."""
        # A token wakes one consumer. A token too many is harmless: the consumer looks, and waits again.
        self._tokens: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._below_high_water = threading.Event()
        self._ended = False
        self._fault: BaseException | None = None
        self._returned: list[Item] = []

    def put(self, items: Iterable[Item]) -> None:
        """Append items, and wake the consumers; waits up to `BACKPRESSURE_SECONDS` for a slow consumer."""
        with self._lock:
            wait = self._events.put(items)
            waiting, self._waiting = self._waiting, 0
            if wait:
                self._below_high_water.clear()
        self._wake(waiting)
        if wait and not self._below_high_water.wait(BACKPRESSURE_SECONDS):
            self._events.waited_in_vain()

    def end(self, fault: BaseException | None = None) -> None:
        """Nothing more will be put; the consumer raises `fault`, which is an error in the reader itself."""
        with self._lock:
            self._ended = True
            self._fault = fault
            waiting, self._waiting = self._waiting, 0
        self._wake(waiting)

    def close(self) -> None:
        """Let nothing more be taken. For any thread, and for signal handlers: it takes no lock."""
        self._events.closed = True
        self._tokens.put(None)  # SimpleQueue.put is reentrant

    def get(self) -> Item | None:
        """Remove and return the oldest item; waits for one. None at the end, and once it is closed.

        Raises RuntimeError if an error in the reader ended it.
        """
        item: Item | None = None
        try:
            while not self._events.closed:
                with self._lock:
                    if self._returned:
                        item = self._returned[0]
                        del self._returned[0]
                    else:
                        item = self._events.take()
                    if not (self._below_high_water.is_set() or self._events.above_high_water):
                        self._below_high_water.set()
                    if item is not None or self._ended:
                        break
                    self._waiting += 1
                self._tokens.get()
            else:
                self._tokens.put(None)  # for the next consumer that waits
                return None
        except BaseException:  # raised by a signal handler
            if item is not None:
                self.put_back(item)
            raise
        if item is None and self._fault is not None:
            raise RuntimeError(READER_FAILED) from self._fault
        return item

    def put_back(self, item: Item) -> None:
        """Have `get` return this item again: its consumer was interrupted."""
        self._returned.append(item)
        self._tokens.put(None)

    def _wake(self, consumers: int) -> None:
        for _ in range(consumers):
            self._tokens.put(None)


class Reader:
    """Fills the queue until the waker wakes, or the reconnects are used up."""

    def __init__(self, url: RedisUrl, subscription: Subscription, events: ConsumerQueue, waker: Waker) -> None:
        self._url = url
        self._subscription = subscription
        self._events = events
        self._waker = waker
        self._clock = Clock()

    def run(self) -> None:
        """Do the thread's work. An error in the reader itself is raised by the consumer."""
        fault: BaseException | None = None
        try:
            self._keep_connected()
        except BaseException as error:
            fault = None if self._waker.woken else error  # if it was woken, it raised Interrupted
        finally:
            self._subscription.end(fault)
            self._events.end(fault)

    def _keep_connected(self) -> None:
        pause: float | None = 0.0
        while pause is not None:
            self._waker.sleep(pause)
            self._subscription.begin(self._clock.now())
            connection = import_connection()(self._url, self._waker, self._subscription.wake_at)
            try:
                self._listen(connection)
            except Exception as error:
                if self._waker.woken:
                    raise
                pause = self._subscription.fail(presentable(error, self._url.password), self._clock.now())
            finally:
                connection.close()

    def _listen(self, connection: ListenConnection) -> None:
        """Connect, and read until an exception ends it."""
        subscription, now = self._subscription, self._clock.now
        extension = connection.connect()
        connection.send(subscription.subscribe(now(), extension))
        while True:
            data = connection.receive(subscription.wake_at)
            if to_send := subscription.receive(data, now()):
                connection.send(to_send)
