"""Between the reader's thread and the consumer's."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable

from checkpoint_notify._protocol.event_queue import PATIENCE, EventQueue, Item
from checkpoint_notify._protocol.opening import FAULT


class ThreadSafeEventQueue:
    """An inbox that one thread fills while others take from it."""

    def __init__(self, inbox: EventQueue) -> None:
        self._inbox = inbox
        self._lock = threading.Lock()
        self._waiting = 0
        # A token wakes one waiting consumer. One too many does no harm: it looks, and waits again.
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._patient = True
        self._relief = threading.Event()
        self._ended = False
        self._error: BaseException | None = None
        self._closed = False
        self._returned: list[Item] = []

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def put(self, items: Iterable[Item]) -> None:
        """Append items, and wake whoever waits for one; see `inbox.PATIENCE`."""
        with self._lock:
            self._inbox.put(items)
            waiting, self._waiting = self._waiting, 0
            crowded = self._inbox.crowded
            if crowded:
                self._relief.clear()
        self._ring(waiting)
        self._patient = not crowded or (self._patient and self._relief.wait(PATIENCE))

    def end(self, error: BaseException | None = None) -> None:
        """Nothing will be put any more; `error` is a fault of the reader, for the consumer to raise."""
        with self._lock:
            self._ended = True
            self._error = error
            waiting, self._waiting = self._waiting, 0
        self._ring(waiting)

    def close(self) -> None:
        """Nothing will be taken any more. For any thread, and for signal handlers: it takes no lock."""
        self._closed = True
        self._bell.put(None)  # which is made to be interrupted by itself

    def get(self) -> Item | None:
        """The oldest item, as soon as there is one; None at the end, and from `close` on.

        Raises RuntimeError at the end if a fault of the reader's made it.
        """
        item: Item | None = None
        try:
            while not self._closed:
                with self._lock:
                    item = self._take()
                    if not (self._relief.is_set() or self._inbox.crowded):
                        self._relief.set()
                    if item is not None or self._ended:
                        break
                    self._waiting += 1
                self._bell.get()
            else:
                self._bell.put(None)  # for the next one who waits
                return None
        except BaseException:  # what a signal handler raised
            if item is not None:
                self.put_back(item)
            raise
        if item is None and self._error is not None:
            raise RuntimeError(FAULT) from self._error
        return item

    def put_back(self, item: Item) -> None:
        """Have `get` give this item again: its consumer was interrupted."""
        self._returned.append(item)
        self._bell.put(None)

    def _take(self) -> Item | None:
        if not self._returned:
            return self._inbox.take()
        item = self._returned[0]
        del self._returned[0]
        return item

    def _ring(self, times: int) -> None:
        for _ in range(times):
            self._bell.put(None)
