"""`make compat`: nothing of the contract changes from a release on unless the version says so."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest

from ..tools.compat_gate import ROOT, differences, last_release, main, present
from .pairs import PAIRS

MESSAGE: Final = "checkpoint_notification"
SCHEMA: Final = f"schema/{MESSAGE}.schema.json"
CANONICAL: Final = f"fixtures/{MESSAGE}/canonical/readme"
REFUSED: Final = f"fixtures/{MESSAGE}/refused/ignored_array_trailing_comma"

Edit: TypeAlias = Callable[[Path], object]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What the gate reads, with few vectors, released as 0.1.0."""
    for name in (SCHEMA, f"{CANONICAL}.json", f"{CANONICAL}.payload", f"{REFUSED}.json", f"{REFUSED}.payload"):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    _version(tmp_path, "0.1.0")
    assert 0 == main(["--record"], tmp_path)
    return tmp_path


def _version(tree: Path, version: str) -> None:
    (tree / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n', encoding="utf-8")


def _edit(tree: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    found = json.loads((tree / name).read_bytes())
    change(found)
    (tree / name).write_text(json.dumps(found), encoding="utf-8")


def _add_optional(tree: Path) -> None:
    _edit(tree, SCHEMA, lambda schema: schema["properties"].update(loss={"type": "string", "default": ""}))


def _add_required(tree: Path) -> None:
    _add_optional(tree)
    _edit(tree, SCHEMA, lambda schema: (schema["required"].append("loss"), schema["properties"]["loss"].pop("default")))


def _drop_message(tree: Path) -> None:
    shutil.rmtree(tree / "fixtures" / MESSAGE)


def _add_message(tree: Path) -> None:
    shutil.copytree(tree / "fixtures" / MESSAGE, tree / "fixtures" / "second")
    shutil.copy(tree / SCHEMA, tree / "schema" / "second.schema.json")


def _add_vector(tree: Path) -> None:
    for end in (".json", ".payload"):
        shutil.copy(tree / f"{CANONICAL}{end}", tree / f"{CANONICAL}_again{end}")


def _drop_vector(tree: Path) -> None:
    (tree / f"{CANONICAL}.json").unlink()


EDITS: Final[dict[str, tuple[Edit, str, str]]] = {
    "nothing": (lambda _: None, "0.1.0", "0.1.0"),
    "words": (lambda tree: _edit(tree, SCHEMA, lambda schema: schema.update(description="Other.")), "0.1.0", "0.1.1"),
    "optional_field": (_add_optional, "0.1.0", "0.2.0"),
    "required_field": (_add_required, "0.2.0", "0.2.0"),
    "message_gone": (_drop_message, "0.2.0", "0.2.0"),
    "message_added": (_add_message, "0.1.0", "0.1.0"),
    "vector_added": (_add_vector, "0.1.0", "0.1.0"),
    "vector_gone": (_drop_vector, "0.2.0", "0.2.0"),
    "vector_described_otherwise": (
        lambda tree: _edit(tree, f"{CANONICAL}.json", lambda vector: vector.update(description="Other.")),
        "0.1.0",
        "0.1.0",
    ),
    "payload": (lambda tree: (tree / f"{CANONICAL}.payload").write_bytes(b"{}"), "0.2.0", "0.2.0"),
    "value": (
        lambda tree: _edit(tree, f"{CANONICAL}.json", lambda vector: vector["value"].update(version="43")),
        "0.2.0",
        "0.2.0",
    ),
    "column": (
        lambda tree: _edit(tree, f"{REFUSED}.json", lambda vector: vector["error"].update(column=1)),
        "0.2.0",
        "0.2.0",
    ),
    "text": (
        lambda tree: _edit(tree, f"{REFUSED}.json", lambda vector: vector["error"].update(text="no")),
        "0.2.0",
        "0.2.0",
    ),
}
"""An edit, the least version with which the gate passes, and the version with which it is released."""


@pytest.mark.parametrize("name", EDITS)
def test_each_change_needs_its_version(tree: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """The gate fails with every version below the least one, and names that version."""
    edit, least, released = EDITS[name]
    edit(tree)
    capsys.readouterr()
    for version in ("0.1.0", "0.1.1", "0.2.0.dev1", "1.0.0"):
        _version(tree, version)
        passes = version >= least
        assert (0 if passes else 1) == main([], tree), version
        shown = capsys.readouterr().out
        assert passes == shown.splitlines()[-1].startswith(f"ok: {version} against the release 0.1.0: ")
        assert passes or f"needs version {least}, and pyproject.toml says {version}\n" in shown
        assert (passes and version < released) == (f"; to be released as {released} or later\n" in shown)


def test_after_1_0_0_a_text_is_minor_and_a_verdict_major(tree: Path) -> None:
    """A changed text is minor. A changed verdict and a removed vector are major."""
    _version(tree, "1.0.0")
    assert 0 == main(["--record"], tree)
    EDITS["text"][0](tree)
    assert ["MINOR"] == [found.must.name for found in differences(last_release(tree), present(tree))]
    EDITS["column"][0](tree)
    assert ["MAJOR"] == [found.must.name for found in differences(last_release(tree), present(tree))]
    EDITS["vector_gone"][0](tree)
    assert ["MAJOR", "MAJOR"] == [found.must.name for found in differences(last_release(tree), present(tree))]


def test_the_newest_release_counts(tree: Path) -> None:
    """0.10.0 is newer than 0.9.0."""
    for version in ("0.9.0", "0.10.0"):
        _version(tree, version)
        assert 0 == main(["--record"], tree)
    assert "0.10.0" == last_release(tree).version


def test_a_release_is_not_recorded_twice(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is released stays as it is."""
    EDITS["column"][0](tree)
    before = last_release(tree)
    assert 2 == main(["--record"], tree)
    assert "is kept already; give pyproject.toml the next version\n" in capsys.readouterr().err
    assert before == last_release(tree)


def test_the_gate_fails_without_a_verdict(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It fails for an unsupported keyword, without a release, and without a version."""
    _edit(tree, SCHEMA, lambda schema: schema.update(allOf=[]))
    assert 2 == main([], tree)
    assert f"{MESSAGE}.schema.json: /allOf: the keyword 'allOf' is not supported" in capsys.readouterr().err
    shutil.rmtree(tree / "schema" / "released")
    assert 2 == main([], tree)
    assert "compat: nothing is kept in schema/released\n" == capsys.readouterr().err


def test_every_pair_that_is_not_fully_compatible_needs_a_version(tree: Path) -> None:
    """The gate asks the same rules as the command."""
    file = tree / "schema" / "released" / "0.1.0" / f"{MESSAGE}.schema.json"
    for pair in PAIRS:
        file.write_text(json.dumps(pair.old), encoding="utf-8")
        (tree / SCHEMA).write_text(json.dumps(pair.new), encoding="utf-8")
        assert (0 if pair.verdict.value == "fully compatible" else 1) == main([], tree), pair.change


def test_the_newest_release_is_complete() -> None:
    """It holds the schema and all vectors of its time."""
    release = last_release()
    assert {MESSAGE} <= set(release.messages)
    assert 800 <= len(release.messages[MESSAGE].vectors)


def test_make_check_runs_the_gate() -> None:
    """So does `make test`."""
    for target in ("compat", "check"):
        shown = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert "python -m tests.tools.compat_gate\n" in shown
