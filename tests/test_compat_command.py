"""`checkpoint-notify compat`: exit status 0 for what is fully compatible, 1 for what is not, 2 for no answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner, Result

from checkpoint_notify.cli.app import app
from checkpoint_notify.compat import Verdict

from .compat.pairs import PAIRS, REAL, Pair


def _run(folder: Path, old: object, new: object, *options: str) -> Result:
    files = []
    for name, schema in (("old.json", old), ("new.json", new)):
        (folder / name).write_text(json.dumps(schema), encoding="utf-8")
        files.append(str(folder / name))
    return CliRunner().invoke(app, ["compat", *options, *files])


@pytest.mark.parametrize("pair", [pytest.param(pair, id=pair.change) for pair in PAIRS])
def test_exit_status_and_json(tmp_path: Path, pair: Pair) -> None:
    """0 only for what is fully compatible; the JSON names the fields."""
    done = _run(tmp_path, pair.old, pair.new, "--json")
    assert (0 if pair.verdict is Verdict.FULL else 1) == done.exit_code
    shown: dict[str, Any] = json.loads(done.stdout)
    assert (pair.verdict.value, pair.bump.name.lower()) == (shown["verdict"], shown["bump"])
    assert pair.fields == tuple(dict.fromkeys(change["field"] for change in shown["changes"]))


def _pair(change: str) -> Pair:
    return next(pair for pair in PAIRS if pair.change == change)


LOST: Final = "nothing tells this from a renaming to extra, whose value would be lost without an error"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            "optional field renamed",
            "metadata: removed\n"
            f"    not backward: {LOST}\n    not forward: {LOST}\n"
            "extra: added, with the default {}\n"
            "BREAKING: neither old nor new programs read all messages of the other\n"
            "version bump: major (before 1.0.0: minor)\n",
        ),
        (
            "u32 becomes u64",
            "version: was u32 and is u64\n"
            "    not forward: an old reader takes no u64 that is no u32\n"
            "BACKWARD: new programs read old messages, but old ones not all new messages: update the readers first\n"
            "version bump: major (before 1.0.0: minor)\n",
        ),
        (
            "nothing",
            "FULLY COMPATIBLE: old and new programs read each other's messages\nversion bump: none\n",
        ),
    ],
)
def test_text(tmp_path: Path, change: str, expected: str) -> None:
    """The field, the reasons, the verdict and the version."""
    pair = _pair(change)
    assert expected == _run(tmp_path, pair.old, pair.new).stdout


def test_no_name_misleads_a_terminal(tmp_path: Path) -> None:
    """What a schema says is shown in ASCII, on one line."""
    new = REAL | {"properties": REAL["properties"] | {"\x1b[31m\u202e\n": {"type": "string", "default": ""}}}
    done = _run(tmp_path, REAL, new)
    assert '\\x1b[31m\\u202e\\n: added, with the default ""' == done.stdout.splitlines()[0]


@pytest.mark.parametrize("which", ["old", "new"])
def test_no_answer(tmp_path: Path, which: str) -> None:
    """A schema that cannot be judged is no verdict; the message names the file and the place."""
    schemas = {"old": REAL, "new": REAL} | {which: REAL | {"oneOf": []}}
    done = _run(tmp_path, **schemas)
    assert 2 == done.exit_code
    assert "" == done.stdout
    expected = f"checkpoint-notify: {tmp_path / which}.json: /oneOf: the keyword 'oneOf' is not supported"
    assert expected == done.stderr[: len(expected)]


def test_no_file(tmp_path: Path) -> None:
    """Nor is a file that is not there."""
    done = CliRunner().invoke(app, ["compat", str(tmp_path / "old.json"), str(tmp_path / "new.json")])
    assert 2 == done.exit_code
