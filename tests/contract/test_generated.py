"""The generated dataclass is the schema's, and a change on either side alone is found."""

from __future__ import annotations

import ast
import dataclasses
import itertools
import json
import runpy
import shutil
import subprocess
import sys
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from checkpoint_notify import _bounds, _generated
from checkpoint_notify.resources import schema_text

from ..support.repository_copy import SCHEMA as SCHEMA_FILE
from ..support.repository_copy import RepositoryCopy

ROOT: Final = Path(__file__).parents[2]
SCHEMA: Final[dict[str, Any]] = json.loads(schema_text())
FIELDS: Final[dict[str, Any]] = SCHEMA["properties"]
GENERATED: Final = _generated.CheckpointNotification
SOURCE: Final = Path(_generated.__file__).read_text(encoding="utf-8")

Edit = Callable[[dict[str, Any]], object]


def _swap_two_fields(schema: dict[str, Any]) -> None:
    names = list(schema["properties"])
    names[0], names[1] = names[1], names[0]
    schema["properties"] = {name: schema["properties"][name] for name in names}


def _remove_a_field(schema: dict[str, Any]) -> None:
    del schema["properties"]["saved_at"]
    schema["required"].remove("saved_at")


EDITS: Final[dict[str, Edit]] = {
    "field_added": lambda schema: schema["properties"].update(loss={"type": "string", "default": ""}),
    "field_removed": _remove_a_field,
    "fields_swapped": _swap_two_fields,
    "words_changed": lambda schema: schema["properties"]["version"].update(description="Another description."),
    "type_changed": lambda schema: schema["properties"].update(model_path={"$ref": "#/$defs/u64"}),
    "default_changed": lambda schema: schema["properties"]["metadata"].update(default={"a": "b"}),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What the generator reads, in a folder that a test may edit."""
    shutil.copytree(ROOT / "schema", tmp_path / "schema")
    for file in (ROOT / "pyproject.toml", Path(_generated.__file__)):
        target = tmp_path / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    return tmp_path


def _drift(folder: Path) -> subprocess.CompletedProcess[str]:
    """What `make check` runs."""
    command: list[str | Path] = [sys.executable, ROOT / "schema" / "generate.py", "--check"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_make_check_runs_the_drift_check() -> None:
    """The command that the tests below run is part of `make check`."""
    shown = subprocess.run(["make", "-n", "check"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "python schema/generate.py --check\n" in shown


def test_no_drift(copy: Path) -> None:
    """The committed class is what the generator makes of the schema."""
    done = _drift(copy)
    assert (0, "") == (done.returncode, done.stdout + done.stderr)


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_schema_is_detected(copy: Path, name: str) -> None:
    """The check fails and shows the difference."""
    schema = json.loads(schema_text())
    EDITS[name](schema)
    (copy / "schema" / "checkpoint_notification.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    done = _drift(copy)
    assert 1 == done.returncode, done.stderr
    assert "+++" in done.stdout + done.stderr


def test_an_edited_class_is_detected(copy: Path) -> None:
    """The check fails."""
    file = copy / Path(_generated.__file__).relative_to(ROOT)
    file.write_text(SOURCE.replace("    saved_at: str", "    saved_at: str | None"), encoding="utf-8")
    assert 1 == _drift(copy).returncode


def test_a_formatter_that_fails_is_an_error(copy: Path) -> None:
    """The generator alone would warn, and take unformatted code for what it should be."""
    pyproject = copy / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("line-length = 120", 'line-length = "wide"'))
    done = _drift(copy)
    assert 0 != done.returncode
    assert "Failed to format code" in done.stderr


@pytest.fixture
def repository(tmp_path: Path) -> RepositoryCopy:
    """A copy that the generator may write into."""
    return RepositoryCopy(tmp_path / "repository")


def test_one_schema_generates_one_module(repository: RepositoryCopy, tmp_path: Path) -> None:
    """The classes are those of `make generate`, under another header, and nothing else is touched."""
    before = repository.files()
    output = tmp_path / "module.py"
    done = repository.generate_module(repository.folder / SCHEMA_FILE, output)
    assert (0, "") == (done.returncode, done.stdout + done.stderr)
    assert before == repository.files()
    assert {"repository", "module.py"} == {path.name for path in tmp_path.iterdir()}
    header, code = output.read_text(encoding="utf-8").split("\n", maxsplit=1)
    assert header.startswith('"""CheckpointNotification, generated')
    assert SOURCE.split("\n", maxsplit=1)[1] == code


def test_any_schema_generates_one_module(repository: RepositoryCopy, tmp_path: Path) -> None:
    """The schema may lie anywhere, and need not be the package's message."""
    schema = {**SCHEMA, "title": "Tick", "required": ["version"], "properties": {"version": FIELDS["version"]}}
    (tmp_path / "tick.json").write_text(json.dumps(schema), encoding="utf-8")
    done = repository.generate_module(tmp_path / "tick.json", tmp_path / "tick.py")
    assert done.returncode == 0, done.stderr
    tick = runpy.run_path(str(tmp_path / "tick.py"))["Tick"]
    assert ["version"] == [field.name for field in dataclasses.fields(tick)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (json.dumps({**SCHEMA, "properties": {**FIELDS, "loss": {"type": "number"}}}), "/properties/loss"),
        (json.dumps({**SCHEMA, "title": "tick"}), "/title: "),
        ("{", ""),
        (None, "No such file or directory"),
    ],
    ids=["no_such_type", "no_class_name", "no_json", "no_file"],
)
def test_a_refused_schema_writes_no_module(
    repository: RepositoryCopy, tmp_path: Path, text: str | None, reason: str
) -> None:
    """One line names the file and the place; the module stays as it was."""
    schema, output = tmp_path / "schema.json", tmp_path / "module.py"
    if text is not None:
        schema.write_text(text, encoding="utf-8")
    output.write_text("before", encoding="utf-8")
    done = repository.generate_module(schema, output)
    assert 2 == done.returncode
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{schema}: {reason}")
    assert "before" == output.read_text(encoding="utf-8")


def test_a_generator_that_fails_writes_no_module(repository: RepositoryCopy, tmp_path: Path) -> None:
    """As where the formatter does not work."""
    pyproject = repository.folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("line-length = 120", 'line-length = "wide"'))
    done = repository.generate_module(repository.folder / SCHEMA_FILE, tmp_path / "module.py")
    assert 1 == done.returncode
    assert "Failed to format code" in done.stderr
    assert not (tmp_path / "module.py").exists()


@pytest.mark.parametrize("arguments", [["one.json"], ["--chekc"], ["--check", "one.py"], ["a", "b", "c"]])
def test_a_wrong_command_line_is_refused(repository: RepositoryCopy, arguments: list[str]) -> None:
    """With the usage, before anything is read."""
    before = repository.files()
    done = repository.generate(*arguments)
    assert (2, "usage: ") == (done.returncode, done.stderr[:7])
    assert before == repository.files()


def test_fields_in_the_schemas_order() -> None:
    """Those with a default are not moved to the end."""
    assert list(FIELDS) == [field.name for field in dataclasses.fields(GENERATED)]


def test_required_and_default() -> None:
    """A field without a default is one that the schema requires; any other has the schema's default."""
    for field in dataclasses.fields(GENERATED):
        if field.name in SCHEMA["required"]:
            assert (dataclasses.MISSING, dataclasses.MISSING) == (field.default, field.default_factory)
        else:
            assert callable(field.default_factory)
            assert FIELDS[field.name]["default"] == field.default_factory()


def test_bounds_are_in_the_type() -> None:
    """Each u64 carries the schema's bounds."""
    u64 = SCHEMA["$defs"]["u64"]
    bounded = [name for name, field in FIELDS.items() if field.get("$ref") == "#/$defs/u64"]
    hints = typing.get_type_hints(GENERATED, include_extras=True)
    assert ["version", "training_step"] == bounded
    for name in bounded:
        assert (int, _bounds.IntRange(u64["minimum"], u64["maximum"])) == typing.get_args(hints[name])


def test_class_is_frozen_slotted_and_keyword_only() -> None:
    """Frozen, slotted and keyword-only."""
    values: dict[str, Any] = {
        name: {} if name == "metadata" else 0 if "$ref" in field else "" for name, field in FIELDS.items()
    }
    made = GENERATED(**values)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.version = 1  # type: ignore[misc]
    assert not hasattr(made, "__dict__")
    with pytest.raises(TypeError, match="positional"):
        GENERATED(*values.values())  # type: ignore[call-arg]


def test_documented_field_by_field() -> None:
    """The schema's words stand under the class and under each field."""
    (body,) = [node.body for node in ast.parse(SOURCE).body if isinstance(node, ast.ClassDef)]
    words = {
        before.target.id: after.value.value
        for before, after in itertools.pairwise(body)
        if isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name)
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    }
    assert {name: field["description"] for name, field in FIELDS.items()} == words
    assert SCHEMA["description"] == GENERATED.__doc__
