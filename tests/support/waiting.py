"""Waiting for what another process or thread does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

_PATIENCE: Final = 120.0
"""Seconds for what takes milliseconds, or the few seconds of a back-off."""


def wait_until(condition: Callable[[], bool], what: str = "what the test waits for") -> None:
    """Wait until the condition holds; TimeoutError says what did not happen."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {_PATIENCE} s: {what}")
        time.sleep(0.005)
