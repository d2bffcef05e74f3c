"""The schema is well formed, says what the real Rust struct does, and where it cannot, the difference is listed."""

from __future__ import annotations

import json
from typing import Any, Final

import jsonschema
import pytest

from checkpoint_notify.resources import Vector, schema_text, vectors

from .support.peer import Peer

SCHEMA: Final[dict[str, Any]] = json.loads(schema_text())
FIELDS: Final[dict[str, Any]] = SCHEMA["properties"]
REQUIRED: Final[list[str]] = SCHEMA["required"]
VALIDATOR: Final = jsonschema.Draft202012Validator(SCHEMA)

_ARRAY: Final = (
    "serde takes a struct's fields as an array too; the schema names the object form, the only one that is written"
)
_DEPTH: Final = "serde skips to any depth; Python's json, which the validator stands on, gives up"
_FLOAT: Final = "JSON Schema calls a float without a fraction an integer; serde does not"

NOT_IN_THE_SCHEMA: Final = {
    "array_escapes": _ARRAY,
    "array_metadata_duplicate": _ARRAY,
    "array_of_five": _ARRAY,
    "array_of_six": _ARRAY,
    "array_u64_maximum": _ARRAY,
    "array_with_empty_metadata": _ARRAY,
    "array_with_white_space": _ARRAY,
    "duplicate_after_all_fields": "a validator sees one value for each name; serde sees the name twice and refuses",
    "ignored_arrays_100000_deep": _DEPTH,
    "ignored_objects_30000_deep": _DEPTH,
    "schema_valid_lone_surrogate": "Python's json makes a str of a lone surrogate; no Rust String can hold it",
    "schema_valid_training_step_exponent": _FLOAT,
    "schema_valid_version_one_point_zero": _FLOAT,
}
"""Vectors that serde judges otherwise than the schema, each with the reason; each must still be judged otherwise."""


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
    """The list names no vector that is gone."""
    names = {vector.name for kind in ("canonical", "unusual", "refused") for vector in vectors(kind)}
    assert set() == set(NOT_IN_THE_SCHEMA) - names
