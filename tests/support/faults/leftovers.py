"""Counts this process's threads and descriptors, to find what was left behind."""

from __future__ import annotations

import gc
import threading
import time
from pathlib import Path


def _count() -> tuple[int, int]:
    """How many threads and descriptors there are."""
    return threading.active_count(), len(list(Path("/dev/fd").iterdir()))


def held() -> tuple[int, int]:
    """How many threads and descriptors there are, without those that only unreferenced objects hold."""
    gc.collect()
    return _count()


def left_behind(before: tuple[int, int]) -> tuple[int, int]:
    """How many threads and descriptors there are more than before.

    There may be fewer: what an earlier test in this process left to a thread or to the system may end at any time.
    """
    now = _count()
    return max(0, now[0] - before[0]), max(0, now[1] - before[1])


def wait_until_held(before: tuple[int, int], timeout: float) -> None:
    """Wait until there are no more of either; unreferenced objects may need a garbage collection."""
    deadline = time.monotonic() + timeout
    while (0, 0) != (more := left_behind(before)):
        assert time.monotonic() < deadline, f"threads and descriptors: {before} before, {more} more after"
        gc.collect()
        time.sleep(0.01)
