"""The package `checkpoint_notify.testing`: its names, its examples, its types, and what it needs installed."""

from __future__ import annotations

import asyncio
import doctest
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import hypothesis
import pytest

import checkpoint_notify
from checkpoint_notify import testing

MODULES: Final = ["", ".asyncio", ".fakes", ".strategies"]

WITHOUT_THE_EXTRA: Final = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("hypothesis", "pytest"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
"""

USER: Final = """
from hypothesis import given, strategies as st

import checkpoint_notify.asyncio
from checkpoint_notify import CheckpointListener, CheckpointNotification, CheckpointNotifier, Connected, NotSentError
from checkpoint_notify.resources import Vector
from checkpoint_notify.testing import (
    Outcome,
    RecordingNotifier,
    RefusedPayload,
    ScriptedListener,
    Step,
    canonical_payloads,
    notifications,
    refused_payloads,
    unusual_payloads,
)
from checkpoint_notify.testing import asyncio as fakes

values: st.SearchStrategy[CheckpointNotification] = notifications()
payloads: st.SearchStrategy[bytes] = canonical_payloads() | unusual_payloads()

@given(refused_payloads())
def test_refused(refused: RefusedPayload) -> None:
    line: int | None = refused.error.line
    text: str | None = refused.error.text

outcomes: list[Outcome] = [3, NotSentError("down")]
notifier: CheckpointNotifier = RecordingNotifier(outcomes=outcomes)
published: list[CheckpointNotification] = RecordingNotifier().published
steps: list[Step] = [Connected(), b"{}", CheckpointNotification.new("p", "n")]
listener: CheckpointListener = ScriptedListener(steps)
other_notifier: checkpoint_notify.asyncio.CheckpointNotifier = fakes.RecordingNotifier()
other_listener: checkpoint_notify.asyncio.CheckpointListener = fakes.ScriptedListener(steps)

async def main() -> int | None:
    return await fakes.RecordingNotifier().publish(CheckpointNotification.new("p", "n"))

def test_vector(checkpoint_canonical_vector: Vector) -> None:
    payload: bytes = checkpoint_canonical_vector.payload

RecordingNotifier(outcomes=["down"])
ScriptedListener(["text"])
notifications().map(lambda notification: notification.versoin)
"""


@pytest.mark.parametrize("module", MODULES)
def test_examples(module: str) -> None:
    """What the docstrings show is so."""
    names: dict[str, Any] = {name: getattr(checkpoint_notify, name) for name in checkpoint_notify.__all__}
    names |= {name: getattr(testing, name) for name in testing.__all__}
    names |= {"asyncio": asyncio, "given": hypothesis.given, "pytest": pytest}
    found = importlib.import_module(f"checkpoint_notify.testing{module}")
    result = doctest.testmod(found, globs=names | vars(found) | {"asyncio": asyncio})
    assert result.failed == 0
    assert result.attempted > 0


def test_names() -> None:
    """`__all__` is sorted, and names all that is there besides modules."""
    assert sorted(testing.__all__) == testing.__all__
    for name in testing.__all__:
        getattr(testing, name)
    public = {name for name in dir(testing) if not name.startswith("_")} - {"TYPE_CHECKING"}
    assert set(testing.__all__) == {name for name in public if not isinstance(getattr(testing, name), type(sys))}
    with pytest.raises(AttributeError, match="no attribute 'notification'"):
        _ = testing.notification  # type: ignore[attr-defined]


def run(program: str) -> str:
    """What a program prints in a Python without Hypothesis and pytest."""
    command = [sys.executable, "-c", WITHOUT_THE_EXTRA + program]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("name", ["canonical_payloads", "notifications", "refused_payloads", "unusual_payloads"])
def test_strategies_without_the_extra(name: str) -> None:
    """Importing one says what to install."""
    program = f"""
try:
    from checkpoint_notify.testing import {name}
except ImportError as error:
    print(error)
"""
    hint = "in a clone of the repository, run: pip install '.[testing]'"
    assert f"{name}() needs Hypothesis; {hint}\n" == run(program)


def test_fakes_without_the_extra() -> None:
    """They need neither Hypothesis nor pytest."""
    program = """
from checkpoint_notify import *
from checkpoint_notify.testing import RecordingNotifier, ScriptedListener
with ScriptedListener([Connected()]) as listener:
    print(RecordingNotifier(outcomes=[5]).publish(CheckpointNotification.new("p", "n")), list(listener))
"""
    assert "5 [Connected()]\n" == run(program)


def test_types(tmp_path: Path) -> None:
    """A type checker takes a user's file, the fakes where the real ones are asked for, and sees three mistakes."""
    file = tmp_path / "user.py"
    file.write_text(USER)
    options = ["--strict", "--config-file=", "--cache-dir", str(tmp_path / "cache"), "--no-error-summary"]
    command = [sys.executable, "-m", "mypy", *options, str(file)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = [line.partition("error: ")[2] for line in done.stdout.splitlines() if "error: " in line]
    assert 3 == len(found), done.stdout + done.stderr
    assert 'List item 0 has incompatible type "str"; expected "int | NotSentError' in found[0]
    assert 'List item 0 has incompatible type "str"; expected "Connected | ' in found[1]
    assert '"CheckpointNotification" has no attribute "versoin"' in found[2]
