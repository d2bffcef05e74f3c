"""Waiting for what another process or thread does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

PATIENCE: Final = 120.0
"""Seconds until a test gives up; nothing takes as long, on however busy a machine, unless it never ends."""


def wait_until(condition: Callable[[], object], what: str = "what the test waits for") -> None:
    """Wait until the condition holds; TimeoutError says what did not happen."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {PATIENCE:g} s: {what}")
        time.sleep(0.005)
