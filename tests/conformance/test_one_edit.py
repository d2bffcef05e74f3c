"""The message gets a field of any kind by an edit of the schema; the conformance run needs no line of code."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from ..conftest import RustBin
from ..support.kinds import LISTS, payload, schema, vectors
from ..support.repository_copy import SCHEMA, RepositoryCopy

WITH_TYPE: Final = """
import json, subprocess, sys

rust, name = sys.argv[1:]
with subprocess.Popen([rust], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as peer:
    for line in sys.stdin.buffer:
        peer.stdin.write(json.dumps({**json.loads(line), "type": name}).encode() + b"\\n")
        peer.stdin.flush()
        sys.stdout.buffer.write(peer.stdout.readline())
        sys.stdout.buffer.flush()
"""
"""A peer for a message: the Rust peer, asked about another type."""

RUN: Final = """
import json, sys

from checkpoint_notify.conformance import Report, all_checks, run

json.dump(Report(run(json.load(sys.stdin)["command"], all_checks())).to_json(), sys.stdout)
"""

EXTENDED: Final = ("ExtendedAll", "ExtendedOptionSkippedPlain")
"""The message with a field of each kind, and with one that serde does not always write."""

CopyOf = Callable[[str], RepositoryCopy]


@pytest.fixture(scope="module")
def copy_of(tmp_path_factory: pytest.TempPathFactory) -> CopyOf:
    """A repository with the schema and the golden vectors of such a message, and nothing else changed."""

    @functools.cache
    def make(name: str) -> RepositoryCopy:
        copy = RepositoryCopy(tmp_path_factory.mktemp(name))
        copy.write_schema(SCHEMA, schema(name))
        for which in LISTS:
            _write_vectors(copy.folder / "fixtures" / "checkpoint_notification" / which, vectors(name, which))
        done = copy.generate()
        assert (0, "") == (done.returncode, done.stderr)
        return copy

    return make


def _write_vectors(folder: Path, found: list[dict[str, Any]]) -> None:
    """As `make golden` writes them: two files for each vector."""
    folder.mkdir(parents=True)
    for vector in found:
        about = {key: vector[key] for key in ("value", "error") if key in vector} | {"description": "A vector."}
        (folder / f"{vector['name']}.json").write_text(json.dumps(about), encoding="utf-8")
        (folder / f"{vector['name']}.payload").write_bytes(payload(vector))


@pytest.mark.parametrize("name", EXTENDED)
def test_the_run_passes(name: str, copy_of: CopyOf, rust_bin: RustBin) -> None:
    """The peer of the copy gives the answers of Rust, and the peer in Rust writes what the copy expects."""
    rust = [sys.executable, "-c", WITH_TYPE, str(rust_bin("peer")), name]
    python = [sys.executable, "-m", "checkpoint_notify.conformance.peer"]
    checks = len(vectors(name, "refused")) + 2 * sum(len(vectors(name, which)) for which in ("canonical", "unusual"))
    for peer in (rust, python):
        report = copy_of(name).python(RUN, [], {"command": peer})
        assert [] == report["outcomes"][:3]
        assert (True, checks) == (report["ok"], report["counts"]["passed"])


JUDGE: Final = """
import collections, json, sys

from checkpoint_notify.conformance import all_checks
from checkpoint_notify.conformance.checks import judge

WRONG = {
    "promoted": int,
    "rank": int,
    "loss": lambda text: "null" if text is None else text + "0",
    "losses": lambda losses: {**losses, "one more": "1.0"},
    "stage": str.upper,
    "tags": lambda tags: [*tags, None],
    "host": lambda host: {**host, "gpus": int(host["gpus"])},
    "history": lambda epochs: [] if epochs is None else None,
}
found = {name: collections.Counter() for name in WRONG}
for check in all_checks():
    value = check.expected.get("value")
    for name, change in WRONG.items() if value else ():
        found[name][judge(check, {"value": {**value, name: change(value[name])}}).kind] += 1
json.dump(found, sys.stdout)
"""


def test_a_wrong_field_of_any_kind_is_found(copy_of: CopyOf) -> None:
    """No answer passes that has another value, or the same in another spelling."""
    found = copy_of("ExtendedAll").python(JUDGE, [], {})
    accepted = sum(len(vectors("ExtendedAll", which)) for which in ("canonical", "unusual"))
    assert {"promoted", "rank", "loss", "losses", "stage", "tags", "host", "history"} == found.keys()
    assert [] == [name for name, kinds in found.items() if kinds != {"value": accepted}]
