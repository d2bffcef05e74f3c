"""The classes that are generated of every kind of type: what they hold, and what a program can read from them."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import itertools
import json
import os
import runpy
import subprocess
import sys
import typing
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Final

import pytest

from checkpoint_notify._bounds import Finite, IntRange
from checkpoint_notify.codec.record import Record
from checkpoint_notify.compat.schema import GENERATED_NAMES, HIDING, read_contract

ROOT: Final = Path(__file__).parents[2]
GENERATE: Final = ROOT / "schema" / "generate.py"
FILE: Final = Path(__file__).with_name("everything.schema.json")
TEXT: Final = FILE.read_text(encoding="utf-8")
SCHEMA: Final[dict[str, Any]] = json.loads(TEXT)
NODES: Final[dict[str, dict[str, Any]]] = {SCHEMA["title"]: SCHEMA, **SCHEMA["$defs"]}
STRUCTS: Final = [name for name, node in NODES.items() if "properties" in node]
ENUMS: Final = [name for name, node in NODES.items() if "enum" in node]


def _generate(schema: Path, output: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(GENERATE), str(schema), str(output)]
    return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module that is generated."""
    output = tmp_path_factory.mktemp("kinds") / "everything.py"
    done = _generate(FILE, output)
    assert (0, "") == (done.returncode, done.stdout + done.stderr)
    return output


@pytest.fixture(scope="module")
def module(file: Path) -> Iterator[ModuleType]:
    """The same, imported."""
    spec = importlib.util.spec_from_file_location("generated_everything", file)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made  # where `typing.get_type_hints` looks for names
    spec.loader.exec_module(made)
    yield made
    del sys.modules[spec.name]


def _required(module: ModuleType, **changed: object) -> Any:
    """A value with the defaults of all fields that have one."""
    guidance = module.Guidance(action=module.Stage.IDLE, inner=module.Inner(x=0.0))
    values = {"name": "", "a": 0, "c": 0, "d": 0, "f": 0, "g": 0, "tags": [], "guidance": guidance, "last": ""}
    return module.Everything(**{**values, **changed})


@pytest.mark.parametrize("name", STRUCTS)
def test_fields_in_the_schemas_order(module: ModuleType, name: str) -> None:
    """Also where a required field stands behind one with a default."""
    node = NODES[name]
    fields = dataclasses.fields(getattr(module, name))
    assert list(node["properties"]) == [field.name for field in fields]
    bare = {f.name for f in fields if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING}
    assert set(node.get("required", [])) == bare


def test_each_class_is_there_under_its_name(module: ModuleType) -> None:
    """Also one that nobody refers to, and two that differ by case alone."""
    own = [value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__]
    assert {"Unused", "Warning", "WARNING"} < set(NODES)
    assert {*STRUCTS, *ENUMS} == {value.__name__ for value in own}


def test_types(module: ModuleType) -> None:
    """Each kind, and one inside another."""
    u8, stage, inner = Annotated[int, IntRange(0, 255)], module.Stage, module.Inner
    f64 = Annotated[float, Finite()]
    expected: dict[str, Any] = {
        "loss": f64 | None,
        "name": str,
        "on": bool,
        "a": u8,
        "b": Annotated[int, IntRange(0, 2**16 - 1)],
        "c": Annotated[int, IntRange(0, 2**32 - 1)],
        "d": Annotated[int, IntRange(0, 2**64 - 1)],
        "e": Annotated[int, IntRange(-(2**7), 2**7 - 1)],
        "f": Annotated[int, IntRange(-(2**15), 2**15 - 1)],
        "g": Annotated[int, IntRange(-(2**31), 2**31 - 1)],
        "h": Annotated[int, IntRange(-(2**63), 2**63 - 1)],
        "rate": f64,
        "tiny": f64,
        "minus": f64,
        "text": str,
        "strict": str | None,
        "skipped": stage | None,
        "both": module.Guidance | None,
        "given": u8 | None,
        "given_list": list[u8] | None,  # type: ignore[valid-type]
        "stage": stage,
        "tags": list[str],
        "stages": list[stage | None],  # type: ignore[valid-type]
        "empty": list[str],
        "empty_map": dict[str, str],
        "deep": dict[str, dict[str, list[f64]]],
        "guidance": module.Guidance,
        "guided": module.Guidance,
        "many": list[inner],  # type: ignore[valid-type]
        "last": str,
    }
    assert expected == typing.get_type_hints(module.Everything, include_extras=True)


def test_defaults(module: ModuleType) -> None:
    """Each is the schema's, of the type that the field has; a float is a float, an enum's is a member."""
    stage = module.Stage
    expected = {
        "loss": None,
        "on": True,
        "b": 65535,
        "e": -128,
        "h": -(2**63),
        "rate": 1.0,
        "tiny": 5e-324,
        "minus": -0.0,
        "text": SCHEMA["properties"]["text"]["default"],
        "strict": None,
        "skipped": None,
        "both": None,
        "given": 5,
        "given_list": [1],
        "stage": stage.IN_PROGRESS,
        "stages": [stage.IDLE, None],
        "empty": [],
        "empty_map": {},
        "deep": {"a'\"": {"b": [1.0, 2.5]}},
        "guided": module.Guidance(action=stage.HTTP_READY, inner=module.Inner(x=1.5, y=None)),
        "many": [module.Inner(x=1.0, y="z")],
    }
    made = _required(module)
    assert {name for name in SCHEMA["properties"] if name not in SCHEMA["required"]} == expected.keys()
    # As text, in which 1 is not 1.0, True not 1, and a member not its name.
    assert {name: repr(value) for name, value in expected.items()} == {
        name: repr(getattr(made, name)) for name in expected
    }


@pytest.mark.parametrize("name", ["given_list", "stages", "empty", "empty_map", "deep", "many"])
def test_no_two_values_share_a_default(module: ModuleType, name: str) -> None:
    """Lists and maps are made for each."""
    assert getattr(_required(module), name) is not getattr(_required(module), name)


def test_what_json_schema_cannot_say_is_in_the_class(module: ModuleType) -> None:
    """`x-serde` stands in the metadata of a field as it is, `deny_unknown_fields` in the body of the class."""
    fields = {field.name: dict(field.metadata) for field in dataclasses.fields(module.Everything) if field.metadata}
    assert {
        "strict": {"serde": {"default": False}},
        "skipped": {"serde": {"skip_serializing_if": "none"}},
        "both": {"serde": {"default": False, "skip_serializing_if": "none"}},
    } == fields
    closed = [name for name in STRUCTS if getattr(getattr(module, name), "__deny_unknown_fields__", False)]
    assert ["Guidance"] == closed


def test_variants(module: ModuleType) -> None:
    """In their order; names that Python cannot have, or that are the same in capitals, are made others."""
    assert {
        "IDLE": "idle",
        "IN_PROGRESS": "in-progress",
        "IN_PROGRESS_2": "in_progress",
        "VARIANT_1M": "1m",
        "VARIANT_1_M": "1M",
        "HTTP_READY": "HTTPReady",
        "BUY_LIMIT": "BuyLimit",
        "VARIANT": "",
        "GR_E": "größe",
        "VARIANT_2": "\"'\\\n",
        "TITLE": "title",
        "NAME": "name",
        "MRO": "mro",
        "CLASS": "class",
        "MISSING": "_missing_",
        "NONE": "None",
    } == {name: member.value for name, member in module.Stage.__members__.items()}
    assert SCHEMA["$defs"]["Stage"]["enum"] == [str(member) for member in module.Stage]
    assert [StrEnum] * len(ENUMS) == [getattr(module, name).__base__ for name in ENUMS]


@pytest.mark.parametrize("name", STRUCTS)
def test_kind_of_class(module: ModuleType, name: str) -> None:
    """Frozen, slotted, keyword-only, and a record."""
    made = getattr(module, name)
    assert (Record,) == made.__bases__
    assert made.__dataclass_params__.frozen
    assert tuple(field.name for field in dataclasses.fields(made)) == made.__slots__
    assert all(field.kw_only for field in dataclasses.fields(made))
    assert not hasattr(object.__new__(made), "__dict__")


def test_each_constructor_checks(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of a class inside another too, where the program calls it and where a default does."""
    made: list[str] = []
    monkeypatch.setattr(Record, "__post_init__", lambda self: made.append(type(self).__name__))
    _required(module)
    assert ["Inner", "Guidance", "Inner", "Guidance", "Inner", "Everything"] == made


def _docstrings(body: list[ast.stmt]) -> dict[str, str]:
    """The docstring of the class, under the empty name, and of each field."""
    pairs = itertools.pairwise([ast.AnnAssign(ast.Name(""), ast.Name(""), None, 1), *body])
    return {
        before.target.id: str(after.value.value)
        for before, after in pairs
        if isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name)
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    }


@pytest.mark.parametrize("name", [*STRUCTS, *ENUMS])
def test_documented(file: Path, name: str) -> None:
    """With the schema's words, whatever characters they have; a type without words has its name."""
    node, kind = NODES[name], "struct" if name in STRUCTS else "enum"
    (body,) = [
        part.body
        for part in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(part, ast.ClassDef) and part.name == name
    ]
    words = {"": node.get("description", "").strip() or f"The Rust {kind} `{name}`."}
    for field, inner in node.get("properties", {}).items():
        words |= {field: inner["description"]} if "description" in inner else {}
    found = {name: text.split() for name, text in _docstrings(body).items()}
    assert {name: text.split() for name, text in words.items()} == found


USE: Final = """
from everything import Everything, Guidance, Inner, Stage

inner: Inner = Inner(x=1, y=None)
Guidance(action=Stage.IDLE, inner=inner)
Guidance(action="idle", inner=inner)  # type: ignore[arg-type]
Inner(x="1")  # type: ignore[arg-type]
Inner()  # type: ignore[call-arg]
inner.x = 1.0  # type: ignore[misc]


def losses(value: Everything) -> list[float]:
    return [value.loss or 0.0, *value.deep["a"]["b"]]
"""


def test_type_checkers_know_the_classes(file: Path, tmp_path: Path) -> None:
    """The module is clean under `mypy --strict`, and a wrong use of it is found."""
    use = tmp_path / "use.py"
    use.write_text(USE, encoding="utf-8")
    environment = {**os.environ, "MYPYPATH": f"{ROOT / 'python'}{os.pathsep}{file.parent}"}
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "--cache-dir", str(tmp_path)]
    done = subprocess.run(
        [*command, str(file), str(use)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


LINT: Final = [
    "check",
    "--ignore=A001",  # a Rust type may have the name of a class of Python's
    "--ignore=D301",  # the schema's words may have a backslash
]


@pytest.mark.parametrize("command", [["format", "--check"], LINT], ids=["format", "lint"])
def test_formatted_as_the_rest(file: Path, command: list[str]) -> None:
    """By the settings of this repository."""
    ruff, settings = Path(sys.executable).with_name("ruff"), ROOT / "pyproject.toml"
    done = subprocess.run(
        [ruff, *command, "--no-cache", "--config", settings, file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_module_with_other_names_is_not_written(file: Path) -> None:
    """The generator renames without a word what it cannot write; that is found."""
    generate = runpy.run_path(str(GENERATE))
    code, document = file.read_text(encoding="utf-8"), read_contract(TEXT)
    generate["check_names"](code, document)
    for old, new in [
        ("class Inner(", "class Inner1("),
        ("    x: F64\n", "    x_: F64\n"),
        ("    x: F64\n", ""),
        ('IDLE = "idle"', 'IDLE = "Idle"'),
    ]:
        assert old in code
        with pytest.raises(generate["GeneratorError"]):
            generate["check_names"](code.replace(old, new), document)


def test_names_that_are_kept_free(file: Path) -> None:
    """Whatever the module imports is no name for a type, and whatever stands in a class is none for a field."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    imported = {alias.name for part in tree.body if isinstance(part, ast.ImportFrom) for alias in part.names}
    assert {"annotations", "dataclass", "field"} | GENERATED_NAMES == imported
    small = {
        name.id
        for part in tree.body
        if isinstance(part, ast.ClassDef)
        for statement in part.body
        if isinstance(statement, ast.AnnAssign)
        for expression in (statement.annotation, statement.value)
        if expression is not None
        for name in ast.walk(expression)
        if isinstance(name, ast.Name) and name.id.islower()
    }
    assert small == HIDING


@pytest.mark.parametrize("kind", ["folder", "pipe", "no_such_folder"])
def test_an_output_that_cannot_be_written_is_refused(tmp_path: Path, kind: str) -> None:
    """It is named, and nothing is left behind."""
    output = tmp_path / "made" / "module.py"
    if kind != "no_such_folder":
        output.parent.mkdir()
        output.mkdir() if kind == "folder" else os.mkfifo(output)
    before = sorted(tmp_path.rglob("*"))
    done = _generate(FILE, output)
    assert 2 == done.returncode
    (line,) = done.stderr.splitlines()
    assert str(output.parent) in line
    assert before == sorted(tmp_path.rglob("*"))


def test_a_module_that_is_there_is_replaced_whole(tmp_path: Path, file: Path) -> None:
    """Under the same name and mode, also by a link; who has it open reads the old one to its end."""
    target, link = tmp_path / "module.py", tmp_path / "link.py"
    target.write_text("before", encoding="utf-8")
    target.chmod(0o640)
    link.symlink_to(target)
    with target.open(encoding="utf-8") as opened:
        assert 0 == _generate(FILE, link).returncode
        assert "before" == opened.read()
    assert file.read_text(encoding="utf-8") == target.read_text(encoding="utf-8")
    assert (0o640, True) == (target.stat().st_mode & 0o777, link.is_symlink())
    assert {target, link} == set(tmp_path.iterdir())
