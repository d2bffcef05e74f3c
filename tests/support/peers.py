"""How tests start the sample peers, where what they need is there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ..tools.peers.table import PEERS


def peer_command(name: str, rust_bin: Callable[[str], Path]) -> tuple[str, ...]:
    """The command; skips the test where Rust or Node is not there, and fails it in CI."""
    if name == "rust":
        rust_bin("peer")
    if name == "node" and shutil.which("node") is None:
        reason = "there is no node to run the peer in a third language"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return PEERS[name].command
