"""Listens for notifications, blocking; `checkpoint_notify.asyncio` has the same for asyncio."""

from __future__ import annotations

import dataclasses
import functools
import os
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from checkpoint_notify import _logging as log
from checkpoint_notify._config import CheckpointListenerConfig
from checkpoint_notify._counters import ListenerCounters
from checkpoint_notify._events import Connected, Disconnected, Event, Gap, Invalid, Received
from checkpoint_notify._message import CheckpointNotification, checkpoint_channel
from checkpoint_notify._protocol.driver import Driver
from checkpoint_notify._protocol.event_decoder import EventDecoder, VersionFilter
from checkpoint_notify._protocol.event_queue import EventQueue
from checkpoint_notify._protocol.opening import FORKED, NOT_ENTERED, USED, checked_url, preload
from checkpoint_notify._protocol.status import Status
from checkpoint_notify._protocol.subscription import Subscription
from checkpoint_notify._sync.mailbox import ThreadSafeEventQueue
from checkpoint_notify._sync.reader import Reader, import_link
from checkpoint_notify._sync.waker import Waker
from checkpoint_notify.redis_url import RedisUrl


class CheckpointListener:
    """Listens to the channel of one instance: a context manager, and an iterator of events.

        with CheckpointListener(CheckpointListenerConfig.from_env()) as listener:
            for event in listener:
                ...

    Every publish that the server takes is handed over as `Received` or `Invalid`, or lies within a `Gap`. A thread
    keeps the connection, and makes another whenever it is lost. Iteration ends once the listener is closed, or
    disabled, or has used up its `max_reconnects`, after a `Disconnected`; it raises nothing then, and `error` says why.
    After an exception that `next` raised, iteration can go on: the next event is the one behind, or the same after a
    KeyboardInterrupt.

    One listener serves one `with`, in the process that entered it.
    """

    def __init__(self, config: CheckpointListenerConfig) -> None:
        self._config = config
        self._channel = checkpoint_channel(config.instance_id)
        self._core = Subscription(config, self._channel)
        self._inbox = EventQueue(config.max_queue, config.max_queue_bytes)
        self._mailbox = ThreadSafeEventQueue(self._inbox)
        self._status = Status()
        self._handover = EventDecoder(config.max_payload)
        self._waker: Waker | None = None
        self._thread: threading.Thread | None = None
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

        The state of the connection, and not of the events that were handed over. False before entering, from `close`
        on, once the listener has stopped, and in a forked child.
        """
        return self._status.connected and not self._mailbox.closed and self._owner == os.getpid()

    @property
    def error(self) -> BaseException | None:
        """Why the listener stopped: the last error when `max_reconnects` is used up, or a fault of its reader.

        None as long as it has not stopped, after it was closed, and when it is disabled.
        """
        return self._status.error

    @property
    def counters(self) -> ListenerCounters:
        """What was received, skipped, lost, and reconnected so far; for any thread, at any time."""
        counted = self._handover.tally.snapshot()
        return dataclasses.replace(counted, dropped=self._inbox.dropped, reconnects=self._core.reconnects)

    def __enter__(self) -> Self:
        """Start listening; returns at once, and connects in the background. Imports redis-py, which takes 0.2 s once.

        Raises RedisUrlError; ImportError without the extra `checkpoint-notify[redis]`; OSError, RuntimeError where the
        system has no descriptor, or no thread, to give.
        """
        if self._owner is not None:
            raise RuntimeError(USED)
        url = checked_url(self._config, import_link)
        if url is None:
            self._mailbox.end()
        else:
            self._start(url)
        self._owner = os.getpid()
        return self

    def _start(self, url: RedisUrl) -> None:
        self._waker = Waker()
        driver = Driver(self._core, self._channel, url, self._mailbox.put, self._status)
        reader = Reader(url, driver, self._mailbox, self._waker)
        self._thread = threading.Thread(target=reader.run, name=f"listener of {self._channel}", daemon=True)
        self._thread.start()

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
        """The next event, as soon as there is one."""
        if self._owner != os.getpid():
            raise RuntimeError(NOT_ENTERED if self._owner is None else FORKED)
        item = self._mailbox.get()
        if item is None:
            raise StopIteration
        try:
            return self._handover.event(item)
        except BaseException as error:
            if not isinstance(error, Exception):  # an interrupt, which is not the item's fault
                self._mailbox.put_back(item)
            raise

    def close(self) -> None:
        """End the iteration, now, whatever still waits to be handed over; the connection ends in the background.

        For any thread, and for signal handlers: it takes no lock and waits for nothing. Does nothing when called again,
        and nothing in a process that was forked from the one that entered.
        """
        if self._owner not in (None, os.getpid()):
            return
        self._mailbox.close()
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
        """Just the values, for as long as iteration goes on.

        Every other event goes to its callback, in its turn and in this thread. Without a callback, a Gap and an Invalid
        are logged here; the log tells of connections in any case. `ordered` skips a notification whose version is at or
        below the newest seen; beware of producers that start again at 1. As with any generator, an exception ends it,
        one of a callback too; a new call goes on.
        """
        news = VersionFilter(self._handover.tally)
        tell_gap = on_gap or functools.partial(log.gap, self._channel)
        tell_invalid = on_invalid or functools.partial(log.invalid, self._channel)
        for event in self:
            match event:
                case Received(notification):
                    if not ordered or news.accepts(notification):
                        yield notification
                case Gap():
                    tell_gap(event)
                case Invalid():
                    tell_invalid(event)
                case Connected() if on_connected is not None:
                    on_connected(event)
                case Disconnected() if on_disconnected is not None:
                    on_disconnected(event)
