"""The linter of workflows: a program on the search path, or the Go module of the pinned version where there is go."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

_MODULE: Final = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
_ENVIRONMENT: Final = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": ""}


def lint(files: Sequence[Path], cwd: Path) -> str:
    """What the linter finds wrong; skips the test where it cannot be had, and fails it in CI."""
    command = _command()
    if command is None:
        reason = "there is neither actionlint, nor go that can build it"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return _run([*command, "-no-color", *map(str, files)], cwd).stdout


@functools.cache
def _command() -> tuple[str, ...] | None:
    for command in [("actionlint",), ("go", "run", _MODULE)]:
        if shutil.which(command[0]) and _run([*command, "-version"], Path(__file__).parent).returncode == 0:
            return command
    return None


def _run(command: Sequence[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=_ENVIRONMENT, capture_output=True, text=True, check=False)
