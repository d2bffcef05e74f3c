"""The schema is well formed, says what the real Rust struct does, and where it cannot, the difference is listed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

import jsonschema
import pytest

from checkpoint_notify.resources import Vector, schema_text, vectors

from ..support.peer import Peer

SCHEMA: Final[dict[str, Any]] = json.loads(schema_text())
FIELDS: Final[dict[str, Any]] = SCHEMA["properties"]
REQUIRED: Final[list[str]] = SCHEMA["required"]
VALIDATOR: Final = jsonschema.Draft202012Validator(SCHEMA)

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "what-the-schema-cannot-say.md"
MESSAGE: Final[dict[str, Any]] = SCHEMA["examples"][0]


class Difference(NamedTuple):
    """Something that the schema cannot say, with a payload that shows it."""

    what: str
    shown: str
    """The payload, or the part of it that matters."""
    payload: str
    valid: bool
    """Whether it is valid under the schema."""
    accepted: bool
    """Whether serde accepts it."""
    why: str


def _instead(name: str, raw: str) -> str:
    """The message with this JSON text as one of its values."""
    members = {key: json.dumps(value) for key, value in MESSAGE.items()} | {name: raw}
    return "{" + ",".join(f'"{key}":{text}' for key, text in members.items()) + "}"


def _and(member: str) -> str:
    """The message with this JSON text as its last member."""
    return json.dumps(MESSAGE)[:-1] + f",{member}}}"


_NO_STRING: Final = "Python's json makes a str of it; no Rust String can hold it"
_ROUNDED: Final = "the validator sees the f64 nearest to it; serde sees a float"

DIFFERENCES: Final = {
    "array": Difference(
        "the fields as an array, in their order",
        '`["p","n",1,"t",2]`',
        '["p","n",1,"t",2]',
        valid=False,
        accepted=True,
        why="serde takes a struct as an array too; the schema names the object form, the only one that is written",
    ),
    "duplicate": Difference(
        "a field twice",
        '`"version":42` once more',
        _and('"version":42'),
        valid=True,
        accepted=False,
        why="a validator sees one value for each name; serde sees the name twice",
    ),
    "duplicate_in_metadata": Difference(
        "a wrong value in `metadata`, and a right one for the same key",
        '`"metadata":{"a":1,"a":"2"}`',
        _instead("metadata", '{"a":1,"a":"2"}'),
        valid=True,
        accepted=False,
        why="a validator sees the last value only; serde reads each",
    ),
    "fraction": Difference(
        "a u64 with a fraction of zero",
        '`"version":1.0`',
        _instead("version", "1.0"),
        valid=True,
        accepted=False,
        why="JSON Schema calls a float without a fraction an integer; serde does not",
    ),
    "exponent": Difference(
        "a u64 with an exponent",
        '`"version":1e3`',
        _instead("version", "1e3"),
        valid=True,
        accepted=False,
        why="the same",
    ),
    "minus_zero": Difference(
        "a u64 that is minus zero",
        '`"version":-0`',
        _instead("version", "-0"),
        valid=True,
        accepted=False,
        why="Python's json makes 0 of it; serde makes it a float",
    ),
    "rounded": Difference(
        "a fraction that is rounded off",
        '`"version":1.00000000000000000001`',
        _instead("version", "1.00000000000000000001"),
        valid=True,
        accepted=False,
        why=_ROUNDED,
    ),
    "underflow": Difference(
        "a number that is rounded to zero",
        '`"version":1e-400`',
        _instead("version", "1e-400"),
        valid=True,
        accepted=False,
        why=_ROUNDED,
    ),
    "surrogate": Difference(
        "half of a surrogate pair in a field",
        r'`"model_name":"\ud800"`',
        _instead("model_name", r'"\ud800"'),
        valid=True,
        accepted=False,
        why=_NO_STRING,
    ),
    "surrogate_in_metadata": Difference(
        "half of a surrogate pair in a key of `metadata`",
        r'`"metadata":{"\ud800":"a"}`',
        _instead("metadata", r'{"\ud800":"a"}'),
        valid=True,
        accepted=False,
        why=_NO_STRING,
    ),
    "surrogate_in_key": Difference(
        "half of a surrogate pair in the name of an unknown field",
        r'`"\ud800":1`',
        _and(r'"\ud800":1'),
        valid=True,
        accepted=False,
        why=f"{_NO_STRING}, and serde reads each name",
    ),
    "depth": Difference(
        "a deep value in an unknown field",
        '`"x":[[[[…]]]]`, 100,000 deep',
        _and('"x":' + "[" * 100_000 + "]" * 100_000),
        valid=False,
        accepted=True,
        why="serde skips to any depth; Python's json, which the validator stands on, gives up",
    ),
    "digits": Difference(
        "a long integer in an unknown field",
        '`"x":111…`, 5,000 digits',
        _and('"x":' + "1" * 5000),
        valid=False,
        accepted=True,
        why="serde skips any number of digits; Python's int stops at 4,300",
    ),
}
"""What a schema validator and serde judge differently."""

NOT_IN_THE_SCHEMA: Final = {
    "array_escapes": "array",
    "array_metadata_duplicate": "array",
    "array_of_five": "array",
    "array_of_six": "array",
    "array_u64_maximum": "array",
    "array_with_empty_metadata": "array",
    "array_with_white_space": "array",
    "duplicate_after_all_fields": "duplicate",
    "duplicate_field_among_many_unknown": "duplicate",
    "escaped_duplicate_field_among_many_unknown": "duplicate",
    "ignored_arrays_100000_deep": "depth",
    "ignored_objects_30000_deep": "depth",
    "schema_valid_lone_surrogate": "surrogate",
    "schema_valid_training_step_exponent": "exponent",
    "schema_valid_version_one_point_zero": "fraction",
}
"""Vectors that serde judges otherwise than the schema, and why; each must still be judged otherwise."""


def _instance(payload: bytes) -> object:
    """The JSON value of a payload as a schema validator sees it; ValueError where it is no JSON."""
    return json.loads(payload.decode(), parse_constant=_refuse)


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _schema_accepts(payload: bytes) -> bool:
    try:
        return VALIDATOR.is_valid(_instance(payload))
    except (ValueError, RecursionError):
        return False


def test_meta_schema() -> None:
    """The schema is a valid draft 2020-12 schema under its own name."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == jsonschema.Draft202012Validator.META_SCHEMA["$id"]
    assert SCHEMA["$id"] == "urn:fks:checkpoint_notification:v1"


def test_everything_is_described() -> None:
    """The type and each field have a title and a description, and the examples are valid."""
    assert [] == [name for name, field in FIELDS.items() if not (field["title"] and field["description"])]
    assert SCHEMA["title"] == "CheckpointNotification"
    assert SCHEMA["description"]
    assert SCHEMA["examples"]
    for example in SCHEMA["examples"]:
        VALIDATOR.validate(example)


def test_u64_bounds() -> None:
    """Both integers go from 0 to 2**64-1, and not one further."""
    for name in ("version", "training_step"):
        for value, valid in [(-1, False), (0, True), (2**64 - 1, True), (2**64, False)]:
            assert valid == VALIDATOR.is_valid(SCHEMA["examples"][0] | {name: value}), (name, value)


VALUE: Final = {
    "model_path": "p",
    "model_name": "n",
    "version": "1",
    "saved_at": "t",
    "training_step": "2",
    "metadata": {"k": "v"},
}


def test_fields_and_their_order_are_those_of_the_rust_struct(peer: Peer) -> None:
    """Serialising one gives the schema's fields in the schema's order."""
    assert list(FIELDS) == list(json.loads(peer.encode(VALUE)))


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_required_by_both_or_has_the_same_default(peer: Peer, name: str) -> None:
    """A message without the field is refused by Rust if it is required, and else reads as the schema's default."""
    message = json.loads(peer.encode(VALUE))
    del message[name]
    answer = peer.decode(json.dumps(message).encode())
    assert (name in REQUIRED) == ("default" not in FIELDS[name])
    if name in REQUIRED:
        assert f"missing field `{name}`" == answer["error"]["message"]
    else:
        assert {**VALUE, name: FIELDS[name]["default"]} == answer["value"]


@pytest.mark.parametrize("name", ["version", "training_step"])
def test_u64_bounds_are_those_of_the_rust_struct(peer: Peer, name: str) -> None:
    """Rust takes the schema's minimum and maximum, and nothing beyond them."""
    bounds = SCHEMA["$defs"]["u64"]
    message = json.loads(peer.encode(VALUE))
    for value, valid in [
        (bounds["minimum"], True),
        (bounds["maximum"], True),
        (bounds["minimum"] - 1, False),
        (bounds["maximum"] + 1, False),
    ]:
        assert valid == ("value" in peer.decode(json.dumps(message | {name: value}).encode())), value


def test_rust_ignores_unknown_fields_as_the_schema_does(peer: Peer) -> None:
    """A field that neither knows is no fault."""
    message = json.loads(peer.encode(VALUE)) | {"added_later": [1, {"a": None}]}
    assert VALIDATOR.is_valid(message)
    assert {"value": VALUE} == peer.decode(json.dumps(message).encode())


@pytest.mark.parametrize(
    "vector",
    [pytest.param(v, id=f"{v.kind}-{v.name}") for kind in ("canonical", "unusual", "refused") for v in vectors(kind)],
)
def test_schema_and_serde_agree_or_the_case_is_listed(vector: Vector) -> None:
    """A payload is valid under the schema exactly if serde takes it, but for the listed cases, which still differ."""
    agree = _schema_accepts(vector.payload) == (vector.error is None)
    assert agree == (vector.name not in NOT_IN_THE_SCHEMA)


def test_listed_cases_exist() -> None:
    """The list names no vector that is gone, and no difference that is not told."""
    names = {vector.name for kind in ("canonical", "unusual", "refused") for vector in vectors(kind)}
    assert set() == set(NOT_IN_THE_SCHEMA) - names
    assert set() == set(NOT_IN_THE_SCHEMA.values()) - set(DIFFERENCES)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_each_difference_is_real(peer: Peer, name: str) -> None:
    """Its payload is judged by the validator and by the real crate as is said."""
    difference = DIFFERENCES[name]
    payload = difference.payload.encode()
    answer = peer.decode(payload)
    assert (difference.valid, difference.accepted) == (_schema_accepts(payload), "value" in answer), answer
    assert difference.valid != difference.accepted


def test_each_listed_vector_shows_its_difference() -> None:
    """Valid or not, accepted or not: as its row says."""
    listed = [v for kind in ("unusual", "refused") for v in vectors(kind) if v.name in NOT_IN_THE_SCHEMA]
    assert len(NOT_IN_THE_SCHEMA) == len(listed)
    for vector in listed:
        difference = DIFFERENCES[NOT_IN_THE_SCHEMA[vector.name]]
        assert (difference.valid, difference.accepted) == (_schema_accepts(vector.payload), vector.error is None)


def test_the_documentation_lists_each_row() -> None:
    """It has a row for each difference."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    assert [_row(difference) for difference in DIFFERENCES.values()] == rows[1:]


def _row(difference: Difference) -> str:
    what, shown, _, valid, accepted, why = difference
    return f"| {what} | {shown} | {'valid' if valid else 'invalid'} | {'accepts' if accepted else 'refuses'} | {why} |"
