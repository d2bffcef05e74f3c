"""Where a test needs cargo itself, and not only what it has built."""

from __future__ import annotations

import functools
import os
import subprocess
from typing import Final

import pytest

_REASON: Final = "there is no working cargo"


def require_cargo() -> None:
    """Skip the test where cargo does not work, and fail it in CI."""
    if _works():
        return
    if os.environ.get("CI") == "true":
        pytest.fail(_REASON)
    pytest.skip(_REASON)


@functools.cache
def _works() -> bool:
    """Rustup's cargo may be there and unable to choose a toolchain."""
    try:
        return subprocess.run(["cargo", "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False
