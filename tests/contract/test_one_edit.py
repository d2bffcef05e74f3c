"""A field is added by an edit of the schema, a second message without a line of codec; structs of Rust judge both."""

from __future__ import annotations

import base64
import json
import re
import runpy
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from checkpoint_notify import CheckpointNotification
from checkpoint_notify.conformance.verdict import agree
from checkpoint_notify.resources import schema_text

from ..conftest import RustBin
from ..support.peer import Peer
from ..support.repository_copy import ROOT, SCHEMA, RepositoryCopy, Schema
from ..tools.fuzz.generator import FIELDS, Generator, Kinds

COUNT: Final = 2000

ADDED: Final[dict[str, Schema]] = {
    "string": {"type": "string", "default": ""},
    "u64": {"$ref": "#/$defs/u64", "default": 0},
    "map": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}},
}
U64: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": 2**64 - 1}


def _message(title: str, properties: Schema) -> Schema:
    """The schema of another message."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:fks:{title}:v1",
        "title": title,
        "description": "Another message.",
        "type": "object",
        "properties": {name: {"description": "A field.", **field} for name, field in properties.items()},
        "required": [name for name, field in properties.items() if "default" not in field],
        "$defs": {"u64": {"title": "U64", **U64}},
    }


def _required(kind: str) -> Schema:
    return {key: value for key, value in ADDED[kind].items() if key != "default"}


HEARTBEAT: Final[Kinds] = {"labels": "map", "sequence": "u64", "worker": "string", "interval": "u64", "note": "string"}
MESSAGES: Final[dict[str, tuple[Kinds, Schema]]] = {
    "WorkerHeartbeat": (
        HEARTBEAT,
        _message(
            "WorkerHeartbeat",
            {name: _required(kind) for name, kind in list(HEARTBEAT.items())[:3]}
            | {"interval": {**ADDED["u64"], "default": 1}, "note": ADDED["string"]},
        ),
    ),
    "Tick": ({"at": "u64"}, _message("Tick", {"at": _required("u64")})),
}

READ_AND_WRITE: Final = """
import base64, dataclasses, importlib, json, sys
from checkpoint_notify import DecodeError

module, name = sys.argv[1:]
message = getattr(importlib.import_module(module), name)
if hasattr(message, "from_json"):
    decode, encode = message.from_json, message.to_json_bytes
else:
    from checkpoint_notify.codec.codec import codec_for
    codec = codec_for(message, message)
    decode, encode = codec.decode, codec.encode

def answer(payload):
    try:
        read = decode(payload)
    except DecodeError as error:
        if error.category == "utf8":
            return {"error": {"category": "utf8", "offset": error.offset}}
        names = ("category", "message", "line", "column")
        return {"error": {name: getattr(error, name) for name in names} | {"text": str(error)}}
    value = {name: str(held) if isinstance(held, int) else held for name, held in dataclasses.asdict(read).items()}
    return {"value": value, "written": base64.b64encode(encode(read)).decode()}

json.dump([answer(base64.b64decode(payload)) for payload in json.load(sys.stdin)["payloads"]], sys.stdout)
"""
"""What a copy's package makes of payloads, in the words of `tests/rust/src/bin/structs.rs`."""


@pytest.fixture
def copy(tmp_path: Path) -> RepositoryCopy:
    """A repository that a test may edit."""
    return RepositoryCopy(tmp_path)


@pytest.fixture(scope="module")
def structs(rust_bin: RustBin) -> Iterator[Peer]:
    """Structs of serde's, ready to answer."""
    with Peer(rust_bin("structs")) as running:
        yield running


@pytest.mark.parametrize("kind", ADDED)
def test_a_field_is_added_by_the_schema_alone(copy: RepositoryCopy, structs: Peer, kind: str) -> None:
    """Regenerated, the package reads and writes the field as the Rust struct does that has it too."""
    before = copy.files()
    copy.edit_schema(lambda schema: schema["properties"].update(added={"description": "A field.", **ADDED[kind]}))
    assert _changed(before, copy) == {"schema/checkpoint_notification.schema.json"}
    assert 0 == _status(copy.generate())
    assert _changed(before, copy) == {
        "schema/checkpoint_notification.schema.json",
        "python/checkpoint_notify/_generated.py",
    }
    fields = FIELDS | {"added": kind}
    _assert_same_answers(copy, structs, f"with_{kind}", "checkpoint_notify", "CheckpointNotification", fields)


NULL: Final[Schema] = {"type": "null"}
KINDS: Final[dict[str, tuple[Schema, str]]] = {
    "promoted": ({"type": "boolean", "default": False}, "promoted: bool = False"),
    "epoch": ({"$ref": "#/$defs/u32", "default": 0}, "epoch: U32 = 0"),
    "shift": ({"$ref": "#/$defs/i8", "default": -1}, "shift: I8 = -1"),
    "rate": ({"$ref": "#/$defs/f64", "default": 1}, "rate: F64 = 1.0"),
    "loss": ({"anyOf": [{"$ref": "#/$defs/f64"}, NULL], "default": None}, "loss: F64 | None = None"),
    "tags": (
        {"type": "array", "items": {"type": "string"}, "default": []},
        "tags: list[str] = field(default_factory=list)",
    ),
    "scores": (
        {"type": "object", "additionalProperties": {"$ref": "#/$defs/f64"}, "default": {}},
        "scores: dict[str, F64] = field(default_factory=dict)",
    ),
    "stage": ({"$ref": "#/$defs/Stage", "default": "idle"}, "stage: Stage = Stage.IDLE"),
    "limits": (
        {"$ref": "#/$defs/Limits", "default": {"low": 0}},
        "limits: Limits = field(default_factory=lambda: Limits(low=0.0))",
    ),
}
"""A field of each kind as upstream would add it, and what stands in the generated class then."""
TYPES: Final[Schema] = {
    "u32": {"title": "U32", "type": "integer", "minimum": 0, "maximum": 2**32 - 1},
    "i8": {"title": "I8", "type": "integer", "minimum": -128, "maximum": 127},
    "f64": {"title": "F64", "type": "number"},
    "Stage": {"title": "Stage", "type": "string", "enum": ["idle", "done"]},
    "Limits": {
        "title": "Limits",
        "type": "object",
        "properties": {"low": {"$ref": "#/$defs/f64"}},
        "required": ["low"],
    },
}


def test_a_field_of_each_kind_is_generated(copy: RepositoryCopy) -> None:
    """At the end of the class of the message, by an edit of the schema alone; what was there stays as it was."""
    generated = copy.folder / "python/checkpoint_notify/_generated.py"
    before, code = copy.files(), generated.read_text(encoding="utf-8")
    fields = {name: field for name, (field, _) in KINDS.items()}
    copy.edit_schema(lambda schema: schema["properties"].update(fields) or schema["$defs"].update(TYPES))
    assert 1 == _status(copy.generate("--check"))
    assert 0 == _status(copy.generate())
    assert _changed(before, copy) == {
        "schema/checkpoint_notification.schema.json",
        "python/checkpoint_notify/_generated.py",
    }
    message = code[code.index("class CheckpointNotification") :]
    added = "".join(f"    {line}\n" for _, line in KINDS.values())
    assert generated.read_text(encoding="utf-8").endswith(message + added)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_second_message_needs_no_codec(copy: RepositoryCopy, structs: Peer, name: str) -> None:
    """A schema, and where it lies; what is generated of it is read and written as the Rust struct of its name is."""
    before = copy.files()
    fields, schema = MESSAGES[name]
    copy.write_schema("schema/second.schema.json", schema)
    pyproject = copy.folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text(encoding="utf-8") + PROFILE, encoding="utf-8")
    assert 1 == _status(copy.generate("--check"))
    assert 0 == _status(copy.generate())
    second = "python/checkpoint_notify/_generated_second.py"
    assert _changed(before, copy) == {"pyproject.toml", "schema/second.schema.json", second}
    _assert_same_answers(copy, structs, name, "checkpoint_notify._generated_second", name, fields)


PROFILE: Final = '''
[tool.datamodel-codegen.profiles.second]
input = "schema/second.schema.json"
output = "python/checkpoint_notify/_generated_second.py"
custom-file-header = '"""Generated from schema/second.schema.json by `make generate`; never edited by hand."""'
'''


def _one(field: Schema) -> Callable[[Schema], object]:
    """An edit that adds a field called `added`, required unless it has a default."""

    def edit(schema: Schema) -> None:
        schema["properties"]["added"] = field
        if "default" not in field:
            schema["required"].append("added")
            schema["properties"]["metadata"].pop("default")
            schema["required"].append("metadata")

    return edit


def _named(name: str) -> Callable[[Schema], object]:
    """An edit that adds an optional field of this name."""
    return lambda schema: schema["properties"].update({name: ADDED["string"]})


NO_NAME: Final = "its name is no name of a Python field in small letters"
TAKEN: Final = "its name is one that the Python class needs itself"
NOT_SUPPORTED: Final[dict[str, tuple[Callable[[Schema], object], str]]] = {
    "f64": (_one({"type": "number"}), "/properties/added: a number is described in $defs, as one of u8, u16,"),
    "an_integer_without_bounds": (
        _one({"type": "integer"}),
        "/properties/added: a number is described in $defs, as one of u8, u16,",
    ),
    "u64_written_out": (_one(U64), "/properties/added: a number is described in $defs, as one of u8, u16,"),
    "enum": (_one({"type": "string", "enum": ["a", "b"]}), "/properties/added/enum: the keyword 'enum' is not"),
    "nested": (
        _one({"type": "object", "properties": {"x": {"type": "string"}}}),
        "/properties/added/properties: the keyword 'properties' is not supported",
    ),
    "nested_by_reference": (_one({"$ref": "#/$defs/other"}), "/properties/added/$ref: there is no 'other' in"),
    "u64_by_another_spelling": (
        _one({"$ref": "#/%24defs/%7564"}),
        '/properties/added/$ref: "#/%24defs/%7564" is no type in $defs',
    ),
    "u64_by_the_name_of_the_schema": (
        lambda schema: schema["properties"].update(version={"$ref": f"{schema['$id']}#/$defs/u64"}),
        '/properties/version/$ref: "urn:fks:checkpoint_notification:v1#/$defs/u64" is no type in $defs',
    ),
    "dangling_where_nothing_refers_to_it": (
        lambda schema: schema["$defs"].update(
            {"A": {"title": "A", "type": "object", "properties": {"x": {"$ref": "#/$defs/U64"}}}}
        ),
        "/$defs/A/properties/x/$ref: there is no 'U64' in $defs",
    ),
    "definition_with_a_slash": (
        lambda schema: schema["$defs"].update({"a/b": {"title": "a/b", "type": "string"}}),
        "/$defs/a~1b: 'a/b' is no name for the class of a type",
    ),
    "nullable": (
        _one({"type": ["string", "null"], "default": None}),
        '/properties/added/type: ["string", "null"] is no type of a field',
    ),
    "any_of": (_one({"anyOf": [{"type": "string"}]}), "/properties/added/anyOf: only an Option is written so"),
    "a_bound_that_nothing_holds": (
        _one({"type": "string", "maxLength": 5}),
        "/properties/added/maxLength: the keyword",
    ),
    "a_format": (_one({"type": "string", "format": "date-time"}), "/properties/added/format: the keyword 'format'"),
    "option": (
        lambda schema: schema["required"].remove("saved_at"),
        "/properties/saved_at: neither required nor with a default",
    ),
    "required_with_a_default": (
        lambda schema: schema["required"].append("metadata"),
        "/properties/metadata: both required and with a default",
    ),
    "default_of_another_type": (_one({"type": "string", "default": 0}), "/properties/added/default: 0 is no String"),
    "default_beyond_u64": (
        _one({"$ref": "#/$defs/u64", "default": 2**64}),
        "/properties/added/default: 18446744073709551616 is no u64",
    ),
    "default_true": (_one({"$ref": "#/$defs/u64", "default": True}), "/properties/added/default: true is no u64"),
    "default_map_of_numbers": (
        _one({**ADDED["map"], "default": {"a": 1}}),
        "/properties/added/default/a: 1 is no String",
    ),
    "keyword": (_named("class"), f"/properties/class: {NO_NAME}"),
    "capital": (_named("runId"), f"/properties/runId: {NO_NAME}"),
    "underscore": (_named("_id"), f"/properties/_id: {NO_NAME}"),
    "beyond_ascii": (_named("größe"), f"/properties/größe: {NO_NAME}"),
    "slash": (_named("a/b"), f"/properties/a~1b: {NO_NAME}"),
    "half_a_character": (_named("\ud800"), '/properties: the name "\\ud800" is not valid Unicode'),
    "self": (_named("self"), f"/properties/self: {TAKEN}"),
    "method": (_named("new"), f"/properties/new: {TAKEN}"),
    "codec": (_named("to_json_bytes"), f"/properties/to_json_bytes: {TAKEN}"),
    "builder": (_named("with_version"), f"/properties/with_version: {TAKEN}"),
    "not_described": (lambda schema: schema["required"].append("added"), '/required/5: there is no property "added"'),
    "another_u64": (
        lambda schema: schema["$defs"]["u64"].update(maximum=2**63),
        "/$defs/u64/maximum: expected 18446744073709551615",
    ),
    "no_message": (lambda schema: schema.update(type="array"), '/type: expected "object"'),
    "no_title": (lambda schema: schema.pop("title"), "/title: is missing"),
    "title_is_no_class": (lambda schema: schema.update(title="checkpoint"), "/title: 'checkpoint' is no name for the"),
    "title_is_taken": (
        lambda schema: schema.update(title="U64"),
        "/title: 'U64' is a name that the generated module needs itself",
    ),
    "keyword_of_the_message": (
        lambda schema: schema.update(minProperties=1),
        "/minProperties: the keyword 'minProperties'",
    ),
}
"""One of each part of the generator that refuses; tests/contract/test_schema_types.py has all that is refused."""


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> RepositoryCopy:
    """One repository for all tests in which nothing is generated: each gives it a schema of its own."""
    return RepositoryCopy(tmp_path_factory.mktemp("unchanged"))


@pytest.mark.parametrize("name", NOT_SUPPORTED)
def test_what_the_codec_cannot_do_is_refused(unchanged: RepositoryCopy, name: str) -> None:
    """Before anything is generated, in one line that names the field."""
    edit, reason = NOT_SUPPORTED[name]
    schema = json.loads(schema_text())
    edit(schema)
    unchanged.write_schema(SCHEMA, schema)
    before = unchanged.files()
    for done in (unchanged.generate(), unchanged.generate("--check")):
        assert 2 == done.returncode, done.stderr
        (line,) = done.stderr.splitlines()
        file, _, refused = line.partition(": ")
        assert "schema/checkpoint_notification.schema.json" == file
        assert reason == refused[: len(reason)]
    assert set() == _changed(before, unchanged)


def test_a_broken_class_is_generated_again(copy: RepositoryCopy) -> None:
    """After a merge conflict, the package cannot be imported."""
    before = copy.files()
    (copy.folder / "python/checkpoint_notify/_generated.py").write_text("<<<<<<< HEAD\n")
    assert 0 == _status(copy.generate())
    assert set() == _changed(before, copy)


def test_method_names_are_refused_as_fields() -> None:
    """Each public attribute that is not a field is reserved."""
    reserved = runpy.run_path(str(ROOT / "schema" / "generate.py"))["RESERVED"]
    own = [name for name in vars(CheckpointNotification) if not name.startswith("_")]
    assert "from_json" in own
    assert [] == [name for name in own if not re.fullmatch(reserved, name)]


def _assert_same_answers(
    copy: RepositoryCopy, structs: Peer, struct: str, module: str, name: str, fields: Kinds
) -> None:
    generator = Generator(20, fields)
    given = [generator.payload() for _ in range(COUNT)]
    encoded = [base64.b64encode(payload).decode() for payload in given]
    rust = structs.ask_many([{"struct": struct, "payload": payload} for payload in encoded])
    python = copy.python(READ_AND_WRITE, [module, name], {"payloads": encoded})
    differing = [
        (payload, theirs, ours)
        for payload, theirs, ours in zip(given, rust, python, strict=True)
        if not _same(theirs, ours)
    ]
    assert [] == differing[:3]
    _assert_all_was_met(rust, fields)


def _same(rust: dict[str, Any], python: dict[str, Any]) -> bool:
    """Whether verdict, value or error, and what is written, are the same; Rust's maps have no order."""
    if "error" in rust or "error" in python:
        return agree(rust, python)
    written = [base64.b64decode(answer["written"]) for answer in (rust, python)]
    if all(len(held) < 2 for held in rust["value"].values() if isinstance(held, dict)) and written[0] != written[1]:
        return False
    pairs = [list(json.loads(text).items()) for text in written]
    return bool(rust["value"] == python["value"] and pairs[0] == pairs[1])


def _assert_all_was_met(answers: list[dict[str, Any]], fields: Kinds) -> None:
    """Enough was accepted, and each field was missed, repeated, and found short of an array's end."""
    texts = Counter(answer["error"].get("message", "utf8") if "error" in answer else "accepted" for answer in answers)
    assert texts["accepted"] > COUNT / 4
    assert texts["utf8"] > 0
    for name in fields:
        assert texts[f"duplicate field `{name}`"] > 0, texts
    assert any(text.startswith("missing field `") for text in texts)
    assert any(text.startswith("invalid length ") for text in texts)


def _changed(before: dict[Path, bytes], copy: RepositoryCopy) -> set[str]:
    """The files that are not what they were."""
    after = copy.files()
    return {str(file) for file in before.keys() | after.keys() if before.get(file) != after.get(file)}


def _status(done: Any) -> int:
    """The exit status, shown with what the program said where it is not the expected one."""
    print(done.stdout, done.stderr)
    return int(done.returncode)
