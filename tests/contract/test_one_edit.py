"""A field is added by an edit of the schema, a second message without a line of codec; structs of Rust judge both."""

from __future__ import annotations

import base64
import difflib
import json
import re
import runpy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from checkpoint_notify import CheckpointNotification
from checkpoint_notify.cli.app import app
from checkpoint_notify.resources import schema_text

from ..support import kinds
from ..support.peer import Peer
from ..support.repository_copy import ROOT, SCHEMA, RepositoryCopy, Schema

GENERATED: Final = "python/checkpoint_notify/_generated.py"

ADDED: Final = (
    "ExtendedOption",
    "ExtendedAll",
    "ExtendedRequiredF64",
    "ExtendedClosed",
)
"""The message with fields of these kinds behind its own: schemas, vectors and Rust structs of these names.

tests/kinds has them for each kind; each of these takes a copy of the repository, which is slow.
"""

ANSWERS: Final = """
import base64, json, sys
from importlib import import_module

root, module, name = sys.argv[1:]
sys.path.append(root)
from hypothesis import HealthCheck, Phase, given, settings
from tests.support.kinds import refusal_of

from checkpoint_notify.codec import codec_for
from checkpoint_notify.conformance.values import to_protocol, values_for
from checkpoint_notify.conformance.verdict import answer_to
from checkpoint_notify.testing import strategies

message = getattr(import_module(module), name)
if hasattr(message, "from_json"):  # the names for everybody
    decode, encode = message.from_json, message.to_json_bytes
    values, canonical = strategies.notifications(), strategies.canonical_payloads()
    unusual, refused = strategies.unusual_payloads(), strategies.refused_payloads()
    to_value = to_protocol
else:
    decode, _, encode = codec_for(message)
    values, canonical, pairs, refused = strategies.strategies_for(message)
    unusual = pairs.map(lambda pair: pair[1])
    to_value = values_for(message).to_protocol

def answer(payload):
    found = answer_to(payload, decode, to_value)
    return found | ({"written": text(encode(decode(payload)))} if "value" in found else {})

def text(payload):
    return base64.b64encode(payload).decode()

drawn = []
for strategy in (values.map(encode), canonical, unusual, refused):
    @settings(
        max_examples=30, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(strategy)
    def draw(found):
        payload = found if isinstance(found, bytes) else found.payload
        drawn.append([text(payload), answer(payload), None if payload is found else refusal_of(found)])
    draw()
given = json.load(sys.stdin)["payloads"]
json.dump({"drawn": drawn, "given": [answer(base64.b64decode(payload)) for payload in given]}, sys.stdout)
"""
"""What a copy's package makes of payloads, and of those that its own strategies draw, in the words of the peer."""


@pytest.fixture
def copy(tmp_path: Path) -> RepositoryCopy:
    """A repository that a test may edit."""
    return RepositoryCopy(tmp_path)


def _upstream(name: str) -> Callable[[Schema], object]:
    """The edit that follows the struct of this name: its new fields, and the types that they use."""
    target = kinds.schema(name)

    def edit(schema: Schema) -> None:
        for part in ("properties", "$defs"):
            schema[part] |= {key: node for key, node in target[part].items() if key not in schema[part]}
        schema["required"] = target["required"]
        schema["additionalProperties"] = target["additionalProperties"]

    return edit


@pytest.mark.parametrize("name", ADDED)
def test_a_field_is_added_by_the_schema_alone(copy: RepositoryCopy, peer: Peer, name: str) -> None:
    """Regenerated, the package reads, writes and draws what the Rust struct does that has the field too."""
    before = copy.files()
    copy.edit_schema(_upstream(name))
    assert {SCHEMA} == _changed(before, copy)
    assert 0 == _status(copy.generate())
    assert {SCHEMA, GENERATED} == _changed(before, copy)
    _assert_same_answers(copy, peer, name, "checkpoint_notify", "CheckpointNotification")


def test_the_example_of_the_guide(copy: RepositoryCopy) -> None:
    """What CONTRIBUTING.md adds to the schema makes of the class what it says, and nothing else."""
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    properties, definitions = (
        json.loads(f"{{{block}}}") for block in re.findall("```json\n(.+?)```", guide, re.DOTALL)
    )
    (code,) = re.findall("```python\n(.+?)```", guide, re.DOTALL)
    generated = copy.folder / GENERATED
    before = generated.read_text(encoding="utf-8").splitlines()
    copy.edit_schema(lambda schema: schema["properties"].update(properties) or schema["$defs"].update(definitions))
    assert 0 == _status(copy.generate())
    after = generated.read_text(encoding="utf-8").splitlines()
    changes = [line for line in difflib.ndiff(before, after) if line[0] in "+-" and line[2:]]
    imports = [
        f"{sign} from checkpoint_notify._bounds import {names}"
        for sign, names in (("-", "IntRange"), ("+", "Finite, IntRange"))
    ]
    assert imports + [f"+ {line}" for line in code.splitlines() if line] == changes


COMPATIBLE: Final = "FULLY COMPATIBLE: "
VERDICTS: Final = [
    *(
        (name, COMPATIBLE)
        for name in (
            *("ExtendedString", "ExtendedU64", "ExtendedI16", "ExtendedMap", "ExtendedOption", "ExtendedOptionSkipped"),
            *("ExtendedAll", "ExtendedF64", "ExtendedBool", "ExtendedEnum", "ExtendedStruct", "ExtendedVec"),
            *("ExtendedOptionOfStructs", "ExtendedMapOfF64"),
        )
    ),
    ("ExtendedRequired", "FORWARD: "),
    ("ExtendedRequiredF64", "FORWARD: "),
]
"""What `compat` says where a message of this name follows the message of today."""


@pytest.mark.parametrize(("name", "verdict"), VERDICTS)
def test_compat_judges_the_added_field(name: str, verdict: str) -> None:
    """New programs read old messages if the field has a default."""
    done = CliRunner().invoke(app, ["compat", str(ROOT / SCHEMA), str(kinds.SCHEMAS[name])])
    assert any(line.startswith(verdict) for line in done.output.splitlines()), done.output


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


def test_a_second_message_needs_no_codec(copy: RepositoryCopy, peer: Peer) -> None:
    """A schema, and where it lies; what is generated of it is read, written and drawn as the Rust struct is."""
    before, name = copy.files(), "Everything"
    copy.write_schema("schema/second.schema.json", kinds.schema(name))
    pyproject = copy.folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text(encoding="utf-8") + PROFILE, encoding="utf-8")
    assert 1 == _status(copy.generate("--check"))
    assert 0 == _status(copy.generate())
    second = "python/checkpoint_notify/_generated_second.py"
    assert _changed(before, copy) == {"pyproject.toml", "schema/second.schema.json", second}
    _assert_same_answers(copy, peer, name, "checkpoint_notify._generated_second", name)


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
    return lambda schema: schema["properties"].update({name: {"type": "string", "default": ""}})


U64: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": 2**64 - 1}
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
        _one({"type": "object", "additionalProperties": {"type": "string"}, "default": {"a": 1}}),
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


def _assert_same_answers(copy: RepositoryCopy, peer: Peer, type_name: str, module: str, name: str) -> None:
    """For the type's vectors and for what the copy's strategies draw, the copy's codec answers as the struct."""
    vectors = [vector for which in kinds.LISTS for vector in kinds.vectors(type_name, which)]
    payloads = [base64.b64encode(kinds.payload(vector)).decode() for vector in vectors]
    found = copy.python(ANSWERS, [str(ROOT), module, name], {"payloads": payloads})
    expected = [vector.get("value", vector.get("error")) for vector in vectors]
    assert expected == [answer.get("value", answer.get("error")) for answer in found["given"]]
    drawn = found["drawn"]
    _assert_as_rust(
        peer,
        type_name,
        payloads + [payload for payload, _, _ in drawn],
        found["given"] + [answer for _, answer, _ in drawn],
    )
    refused = [(answer, refusal) for _, answer, refusal in drawn if refusal is not None]
    assert 0 < len(refused) < len(drawn)
    assert [refusal for _, refusal in refused] == [answer for answer, _ in refused]


def _assert_as_rust(peer: Peer, type_name: str, payloads: Sequence[str], answers: Sequence[dict[str, Any]]) -> None:
    """Verdict, value or error, and what is written, are those of the struct; the order of Rust's maps is random."""
    rust = peer.ask_many([{"op": "decode", "type": type_name, "payload": payload} for payload in payloads])
    assert rust == [{key: part for key, part in answer.items() if key != "written"} for answer in answers]
    accepted = [answer for answer in answers if "value" in answer]
    written = peer.ask_many([{"op": "encode", "type": type_name, "value": answer["value"]} for answer in accepted])
    for theirs, ours in zip(written, accepted, strict=True):
        assert sorted(base64.b64decode(theirs["payload"])) == sorted(base64.b64decode(ours["written"]))


def _changed(before: dict[Path, bytes], copy: RepositoryCopy) -> set[str]:
    """The files that are not what they were."""
    after = copy.files()
    return {str(file) for file in before.keys() | after.keys() if before.get(file) != after.get(file)}


def _status(done: Any) -> int:
    """The exit status, shown with what the program said where it is not the expected one."""
    print(done.stdout, done.stderr)
    return int(done.returncode)
