"""What a command imports: as little as it needs, for each run pays for it. `make bench-scaling` measures the time."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from checkpoint_notify import CheckpointNotification

from ..support.waiting import PATIENCE

HEAVY: Final = {"rich", "redis", "asyncio", "hypothesis", "pydantic", "typer", "logging"}
"""What the help, and the verdict on a small file, do without."""
EXPECTED: Final[list[tuple[str, set[str]]]] = [
    ("--help", {"msgspec"}),
    ("--version", {"msgspec"}),
    ("validate message", set()),
    ("validate refused", set()),
    ("validate --lines message", set()),
]


@pytest.mark.parametrize("is_terminal", [False, True], ids=["pipe", "terminal"])
@pytest.mark.parametrize(("arguments", "more"), EXPECTED, ids=[arguments for arguments, _ in EXPECTED])
def test_imports(arguments: str, more: set[str], is_terminal: bool, tmp_path: Path) -> None:
    """A new interpreter, as users start it."""
    (tmp_path / "message").write_bytes(CheckpointNotification.new("p", "n").to_json_bytes())
    (tmp_path / "refused").write_bytes(b"{,}")
    assert set() == imported(arguments.split(), tmp_path, is_terminal=is_terminal) & (HEAVY | more)


def test_imports_are_seen(tmp_path: Path) -> None:
    """A command that needs redis-py imports it."""
    assert {"redis", "logging"} <= imported(["doctor", "--url", "redis://127.0.0.1:1"], tmp_path, is_terminal=False)


def imported(arguments: list[str], folder: Path, *, is_terminal: bool) -> set[str]:
    """The packages that a command imports."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    command = [sys.executable, "-X", "importtime", "-m", "checkpoint_notify", *arguments]
    ours, terminal = pty.openpty()
    done = subprocess.run(
        command,
        cwd=folder,
        env=kept,
        stdout=terminal if is_terminal else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    os.close(terminal)
    os.close(ours)
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
