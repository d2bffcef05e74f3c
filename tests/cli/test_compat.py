"""`checkpoint-notify compat`: exit status 0 for what is fully compatible, 1 for what is not, 2 for no answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from checkpoint_notify.compat import Verdict

from ..compat.pairs import PAIRS
from ..compat.schemas import REAL, Pair
from ..support.cli import ROOT, Cli, Done


def compared(cli: Cli, folder: Path, old: object, new: object, *options: str) -> Done:
    """What is said of two schemas."""
    for name, schema in (("old.json", old), ("new.json", new)):
        (folder / name).write_text(json.dumps(schema), encoding="utf-8")
    return cli.run("compat", *options, "old.json", "new.json", folder=folder)


@pytest.mark.parametrize("pair", [pytest.param(pair, id=pair.change) for pair in PAIRS])
def test_exit_status_and_json(cli: Cli, tmp_path: Path, pair: Pair) -> None:
    """0 only for what is fully compatible; the JSON names the fields."""
    done = compared(cli, tmp_path, pair.old, pair.new, "--json")
    assert (0 if pair.verdict is Verdict.FULL else 1) == done.status
    shown: dict[str, Any] = json.loads(done.out)
    assert (pair.verdict.value, pair.bump.name.lower()) == (shown["verdict"], shown["bump"])
    assert pair.fields == tuple(dict.fromkeys(change["field"] for change in shown["changes"]))


def _pair(change: str) -> Pair:
    return next(pair for pair in PAIRS if pair.change == change)


LOST: Final = "this may be a renaming to extra; then readers would lose the value without an error"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            "optional field renamed",
            "metadata: removed\n"
            f"    not backward: {LOST}\n    not forward: {LOST}\n"
            "extra: added, optional with the default {}\n"
            "BREAKING: neither old nor new programs read all messages of the other\n"
            "version bump: major (before 1.0.0: minor)\n",
        ),
        (
            "u32 becomes u64",
            "version: was u32 and is u64\n"
            "    not forward: an old reader refuses a u64 that does not fit u32\n"
            "BACKWARD: new programs read old messages, but old ones not all new messages: update the readers first\n"
            "version bump: major (before 1.0.0: minor)\n",
        ),
        (
            "variant added in a struct at three places",
            'legs[].side (in Side): the variant "Hold" is added\n'
            '    not forward: an old reader refuses "Hold"\n'
            "BACKWARD: new programs read old messages, but old ones not all new messages: update the readers first\n"
            "version bump: major (before 1.0.0: minor)\n",
        ),
        (
            "integer in a struct in a struct becomes a float",
            "value.*.inner.x (in Inner): was i64 and is f64\n"
            "    not backward: a new reader rounds an i64 beyond 2^53, and the value is lost\n"
            "    not forward: an old reader refuses an f64, which is written with a point or an exponent, such as 1.0\n"
            "BREAKING: neither old nor new programs read all messages of the other\n"
            "version bump: major (before 1.0.0: minor)\n",
        ),
        (
            "nothing",
            "FULLY COMPATIBLE: old and new programs read each other's messages\nversion bump: none\n",
        ),
    ],
)
def test_text(cli: Cli, tmp_path: Path, change: str, expected: str) -> None:
    """The place, the type that changed there, the reasons, the verdict and the version."""
    pair = _pair(change)
    assert expected == compared(cli, tmp_path, pair.old, pair.new).out


def test_no_name_misleads_a_terminal(cli: Cli, tmp_path: Path) -> None:
    """What a schema says is shown on one line, and nothing in it is obeyed."""
    new = REAL | {"$id": "urn:\x1b[31m\u202e\n"}
    done = compared(cli, tmp_path, REAL, new)
    assert f"the message: $id was {REAL['$id']} and is urn:␛[31m<U+202E>␊: the" == done.out.partition(" wire")[0]


@pytest.mark.parametrize("which", ["old", "new"])
def test_no_answer(cli: Cli, tmp_path: Path, which: str) -> None:
    """A schema that cannot be judged is no verdict; the message names the file and the place."""
    schemas = {"old": REAL, "new": REAL} | {which: REAL | {"minProperties": 1}}
    done = compared(cli, tmp_path, **schemas)
    assert 2 == done.status
    assert "" == done.out
    expected = f"checkpoint-notify: {which}.json: /minProperties: the keyword 'minProperties' is not supported"
    assert expected == done.err[: len(expected)]


@pytest.mark.parametrize("which", ["old", "new"])
def test_stdin(cli: Cli, which: str) -> None:
    """`-` is read as a schema, on either side."""
    other = str(ROOT / "schema" / "checkpoint_notification.schema.json")
    files = ["-", other] if which == "old" else [other, "-"]
    done = cli.run("compat", *files, stdin=json.dumps(REAL).encode())
    assert (0, "FULLY COMPATIBLE") == (done.status, done.out.partition(":")[0])
    done = cli.run("compat", *files, stdin=b"{}")
    assert (2, "") == (done.status, done.out)
    assert done.err.startswith("checkpoint-notify: stdin: /")


def test_stdin_holds_one_schema(cli: Cli) -> None:
    """A second `-` would find nothing there."""
    done = cli.run("compat", "-", "-", stdin=json.dumps(REAL).encode())
    assert (2, "", "checkpoint-notify: stdin can be read only once: give - once\n") == done


def test_no_file(cli: Cli, tmp_path: Path) -> None:
    """In the words of all commands."""
    done = cli.run("compat", "missing.json", "missing.json", folder=tmp_path)
    assert (2, "", "checkpoint-notify: cannot read missing.json: No such file or directory\n") == done
