"""The blocking listener; `_asyncio/listener.py` is its twin."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self

from checkpoint_notify._config import CheckpointListenerConfig
from checkpoint_notify._events import Connected, Disconnected, Event, Gap, Invalid, Received
from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify._protocol.event_decoder import VersionFilter
from checkpoint_notify._protocol.listening import BaseListener
from checkpoint_notify._protocol.subscription import Subscription
from checkpoint_notify._sync.reader import ConsumerQueue, Reader, import_connection

if TYPE_CHECKING:
    from checkpoint_notify._sync.connection import Waker


class CheckpointListener(BaseListener):
    """Listens to the channel of one instance: a context manager, and an iterator of events.

        with CheckpointListener(CheckpointListenerConfig.from_env()) as listener:
            for event in listener:
                ...

    Every publish that the server takes is delivered as `Received` or `Invalid`, or lies within a `Gap`. A thread keeps
    the connection, and reconnects if it is lost. Iteration ends once the listener is closed or disabled, or has used up
    its `max_reconnects`, after a `Disconnected`. It raises nothing then; `error` says why. If `next` raises an
    exception, iteration can go on: the next event follows, or the same event after a KeyboardInterrupt.

    Use each listener in one `with` block, in the process that entered it. The constructor raises EncodeError for an
    `instance_id` that a Rust String cannot hold.
    """

    def __init__(self, config: CheckpointListenerConfig) -> None:
        super().__init__(config, import_connection)
        self._queue = ConsumerQueue(self._events)
        self._subscription = Subscription(config, self.channel, self._queue.put)
        self._waker: Waker | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start listening; returns at once, and connects in the background. Imports redis-py, which takes 0.2 s once.

        Raises RedisUrlError; ImportError without the extra `checkpoint-notify[redis]`; OSError, RuntimeError if the
        system has no file descriptor, or no thread, left; RuntimeError if it was entered before.
        """
        url = self._target()
        if url is None:
            self._queue.end()
        else:
            from checkpoint_notify._sync.connection import Waker  # imports redis

            self._waker = Waker()
            reader = Reader(url, self._subscription, self._queue, self._waker)
            self._thread = threading.Thread(target=reader.run, name=f"listener of {self.channel}", daemon=True)
            self._thread.start()
        self._owner = os.getpid()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close, and wait for the thread to end."""
        self.close()
        if self._thread is not None and self._owner == os.getpid():
            self._thread.join()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        """Return the next event; waits for one. Raises RuntimeError unless this process has entered."""
        self._check_entered()
        item = self._queue.get()
        if item is None:
            raise StopIteration
        try:
            return self._decoder.decode(item)
        except BaseException as error:
            if not isinstance(error, Exception):  # an interrupt: the item is not its cause
                self._queue.put_back(item)
            raise

    def close(self) -> None:
        """End the iteration now, also if events wait for the consumer; the connection closes in the background.

        For any thread, and for signal handlers: it takes no lock and waits for nothing. Does nothing if it is called
        again, or in a process that was forked from the one that entered.
        """
        if self._foreign:
            return
        self._queue.close()
        if self._waker is not None:
            self._waker.wake()

    def notifications(
        self,
        *,
        on_gap: Callable[[Gap], object] | None = None,
        on_invalid: Callable[[Invalid], object] | None = None,
        on_connected: Callable[[Connected], object] | None = None,
        on_disconnected: Callable[[Disconnected], object] | None = None,
        ordered: bool = False,
    ) -> Iterator[CheckpointNotification]:
        """Iterate over the notifications alone, for as long as the iteration of events goes on.

        Every other event goes to its callback, in its turn and in this thread. Without a callback, a Gap and an Invalid
        are logged here; connections are logged in any case. `ordered` skips a notification whose version is not above
        the highest seen. `version` grows within one run of one producer, and a new run may start again: do not use
        `ordered` then. An exception ends this generator, also one from a callback; a new call goes on.
        """
        accepts = VersionFilter(self._decoder.counters).accepts
        callbacks = self._callbacks(on_gap, on_invalid, on_connected, on_disconnected)
        for event in self:
            if not isinstance(event, Received):
                callbacks[type(event)](event)
            elif not ordered or accepts(event.notification):
                yield event.notification
