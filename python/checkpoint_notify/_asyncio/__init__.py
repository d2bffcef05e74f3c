"""The asyncio flavour: notifier, listener, connection, reader; `_sync` is its twin."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from checkpoint_notify._protocol.threads import run_in_thread

T = TypeVar("T")


def in_thread(work: Callable[[], T]) -> tuple[asyncio.Future[T], float]:
    """Run a function in a new thread; returns its result as a future of the loop, and the seconds it took without one.

    Not in the loop's executor: it has few threads, and `asyncio.run` waits for them at its end.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | Exception) -> None:
        if future.done():
            return  # cancelled
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)

    def tell(result: T | Exception) -> None:
        try:
            loop.call_soon_threadsafe(settle, result)
        except RuntimeError:
            pass  # the loop is closed

    return future, run_in_thread(work, tell)
