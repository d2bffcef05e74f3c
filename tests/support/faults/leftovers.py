"""Counts this process's threads and descriptors, to find what was left behind."""

from __future__ import annotations

import gc
import operator
import threading
import time
from pathlib import Path


def held() -> tuple[int, int]:
    """How many threads and descriptors there are."""
    return threading.active_count(), len(list(Path("/dev/fd").iterdir()))


def wait_until_held(expected: tuple[int, int], timeout: float) -> None:
    """Wait until there are no more of either; unreferenced objects may need a garbage collection."""
    deadline = time.monotonic() + timeout
    while any(map(operator.gt, now := held(), expected)):
        assert time.monotonic() < deadline, f"threads and descriptors: {expected} before, {now} after"
        gc.collect()
        time.sleep(0.01)
