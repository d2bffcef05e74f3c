"""Calls a thread away from whatever it waits for."""

from __future__ import annotations

import os
import selectors
import time
from typing import Final

LONGEST_WAIT: Final = 3600.0
"""Seconds for one `select`, whose argument has a limit."""
_TOO_HIGH: Final = (
    "select.poll is missing here (eventlet removes it), and select.select takes no descriptor above 1023:"
    " have fewer files open, or use a Python that has select.poll"
)


def selector_for(*registrations: tuple[int, int]) -> selectors.BaseSelector:
    """A selector for these descriptors and events; raises OSError where only `select.select` is left, and is too small.

    Never `selectors.DefaultSelector`: epoll and kqueue have a descriptor, and a forked child shares it.
    """
    selector: selectors.BaseSelector = getattr(selectors, "PollSelector", selectors.SelectSelector)()
    for descriptor, events in registrations:
        selector.register(descriptor, events)
    try:
        selector.select(0)
    except ValueError as error:
        raise OSError(_TOO_HIGH) from error
    return selector


class Interrupted(Exception):  # noqa: N818  # it is no error, as KeyboardInterrupt is none
    """The thread is to end; raised where it waited."""


class Waker:
    """Wakes once and for all. Any thread may do it, and a signal handler: it takes no lock.

    Both ends of the pipe are closed when nothing refers to this object any more, and no sooner: a descriptor that is
    closed while another thread is about to write to it may by then be another file's.
    """

    def __init__(self) -> None:
        self.woken = False
        self._ends: tuple[int, ...] = ()  # `os.pipe` fails where no descriptor is left, and `__del__` runs all the same
        self._ends = self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._selector = selector_for((self._read, selectors.EVENT_READ))

    def fileno(self) -> int:
        """What to wait for: readable from `wake` on, for ever."""
        return self._read

    def wake(self) -> None:
        """Call the thread away, now or when it next waits."""
        self.woken = True
        try:
            os.write(self._write, b"\0")
        except BlockingIOError:
            pass  # the pipe is full, and so readable

    def sleep(self, seconds: float) -> None:
        """Sleep; raises Interrupted as soon as it is woken."""
        end = time.monotonic() + seconds
        while not self.woken and (left := end - time.monotonic()) > 0:
            self._selector.select(min(left, LONGEST_WAIT))
        if self.woken:
            raise Interrupted

    def __del__(self) -> None:
        for descriptor in self._ends:
            os.close(descriptor)
