"""Calls a thread away from whatever it waits for."""

from __future__ import annotations

import os
import select
import time
from typing import Final

LONGEST_WAIT: Final = 3600.0
"""Seconds for one `poll`, whose argument has a limit."""


class CalledAwayError(Exception):
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

    def fileno(self) -> int:
        """What to poll: readable from `wake` on, for ever."""
        return self._read

    def wake(self) -> None:
        """Call the thread away, now or when it next waits."""
        self.woken = True
        try:
            os.write(self._write, b"\0")
        except BlockingIOError:
            pass  # the pipe is full, and so readable

    def sleep(self, seconds: float) -> None:
        """Sleep; raises CalledAwayError as soon as it is woken."""
        poll = select.poll()
        poll.register(self, select.POLLIN)
        end = time.monotonic() + seconds
        while not self.woken and (left := end - time.monotonic()) > 0:
            poll.poll(min(left, LONGEST_WAIT) * 1000)
        if self.woken:
            raise CalledAwayError

    def __del__(self) -> None:
        for descriptor in self._ends:
            os.close(descriptor)
