"""Runs a function in a thread of its own, and reports its result."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def run_in_thread(work: Callable[[], T], tell: Callable[[T | Exception], object]) -> float:
    """Run a function in a new thread, and `tell` its result or its exception from there.

    Nothing waits for the thread. If no thread can be started, for example while the interpreter shuts down, the
    function runs before this returns. Returns how many seconds that took; 0 with a thread.
    """

    def run() -> None:
        try:
            result: T | Exception = work()
        except Exception as error:
            result = error
        tell(result)

    start = time.monotonic()
    try:
        threading.Thread(target=run, daemon=True).start()
    except RuntimeError:
        run()
        return time.monotonic() - start
    return 0.0
