"""A schema is read as what it says of the wire, and refused, with the place, where that is not known."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from checkpoint_notify.compat import Bump, SchemaError, Verdict, compare, read_contract
from checkpoint_notify.compat.contract import Kind
from checkpoint_notify.resources import schema_text

from .compat.pairs import MAP, REAL, STRING, U64, F, integer, message


def test_the_real_schema() -> None:
    """Name, fields in order, types through `$ref`, and the one default."""
    contract = read_contract(schema_text())
    shown = [(field.name, field.kind.value, field.required, field.default) for field in contract.fields]
    assert ("CheckpointNotification", False) == (contract.name, contract.closed)
    assert [
        ("model_path", "String", True, None),
        ("model_name", "String", True, None),
        ("version", "u64", True, None),
        ("saved_at", "String", True, None),
        ("training_step", "u64", True, None),
        ("metadata", "HashMap<String, String>", False, {}),
    ] == shown


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind.bounds])
def test_integer_types(kind: Kind) -> None:
    """Each integer type of Rust is known by its bounds."""
    assert kind is read_contract(json.dumps(message({"a": integer(kind)}))).fields[0].kind


def _field(node: object) -> dict[str, Any]:
    return REAL | {"properties": F | {"version": node}}


def _defaults(node: dict[str, Any]) -> dict[str, Any]:
    return message(F | {"version": node})


REFUSED: Final[dict[str, tuple[object, str]]] = {
    "no_object": ([], "/: expected an object"),
    "keyword_of_the_message": (REAL | {"minProperties": 1}, "/: the keyword 'minProperties' is not supported"),
    "keyword_of_a_field": (
        _field(STRING | {"format": "date-time"}),
        "/properties/version: the keyword 'format' is not",
    ),
    "keyword_beside_a_reference": (
        _field({"$ref": "#/$defs/u64", "minimum": 1}),
        "/properties/version: the keyword 'minimum' is not supported",
    ),
    "keyword_of_another_type": (_field(STRING | {"minimum": 0}), "/properties/version: the keyword 'minimum' is not"),
    "keyword_in_defs": (REAL | {"$defs": {"u64": U64 | {"multipleOf": 2}}}, "/$defs/u64: the keyword 'multipleOf' is"),
    "keyword_in_a_map": (
        _field({"type": "object", "additionalProperties": STRING | {"pattern": "a"}}),
        "/properties/version/additionalProperties: the keyword 'pattern' is not supported",
    ),
    "dialect": (
        REAL | {"$schema": "http://json-schema.org/draft-07/schema#"},
        "/$schema: expected https://json-schema",
    ),
    "message_of_another_type": (REAL | {"type": "array"}, "/type: a message is of type"),
    "no_title": ({key: value for key, value in REAL.items() if key != "title"}, "/title: is missing"),
    "title_is_no_string": (REAL | {"title": 1}, "/title: expected str"),
    "no_id": ({key: value for key, value in REAL.items() if key != "$id"}, "/$id: is missing"),
    "no_fields": (message({}), "/properties: a message has at least one field"),
    "unknown_required": (REAL | {"required": [*REAL["required"], "loss"]}, "/required: there is no property 'loss'"),
    "required_is_no_name": (REAL | {"required": [["loss"]]}, "/required: there is no property ['loss']"),
    "neither_required_nor_default": (
        REAL | {"required": REAL["required"][1:]},
        "/properties/model_path: neither required nor with a default",
    ),
    "required_and_default": (
        REAL | {"required": [*REAL["required"], "metadata"]},
        "/properties/metadata: both required and with a default",
    ),
    "default_of_another_type": (_defaults(U64 | {"default": "0"}), '/properties/version/default: "0" is no u64'),
    "default_is_true": (_defaults(U64 | {"default": True}), "/properties/version/default: true is no u64"),
    "default_out_of_bounds": (_defaults(U64 | {"default": -1}), "/properties/version/default: -1 is no u64"),
    "default_is_null": (_defaults(STRING | {"default": None}), "/properties/version/default: null is no String"),
    "default_of_a_map": (_defaults(MAP | {"default": {"a": 1}}), '/properties/version/default: {"a": 1} is no HashMap'),
    "default_is_half_a_character": (_defaults(STRING | {"default": "\ud800"}), "/properties/version/default: "),
    "default_has_half_a_key": (_defaults(MAP | {"default": {"\udfff": ""}}), "/properties/version/default: "),
    "field_is_no_object": (_field(True), "/properties/version: expected an object"),
    "float": (_field({"type": "number"}), "/properties/version/type: a field is of type 'string', 'integer', 'object'"),
    "nullable": (_field({"type": ["string", "null"]}), "/properties/version/type: a field is of type"),
    "no_type": (_field({"enum": ["a"]}), "/properties/version/type: a field is of type"),
    "no_bounds": (_field({"type": "integer", "minimum": 0}), "/properties/version/maximum: is missing"),
    "bound_is_a_float": (_field(U64 | {"minimum": 0.0}), "/properties/version/minimum: expected int"),
    "odd_bounds": (_field(U64 | {"minimum": 1}), "/properties/version: no integer type of Rust goes from 1 to 184467"),
    "map_of_anything": (_field({"type": "object"}), "/properties/version/additionalProperties: expected an object"),
    "map_of_integers": (
        _field({"type": "object", "additionalProperties": U64}),
        "/properties/version/additionalProperties: the values of a map are strings",
    ),
    "nested_struct": (
        _field(MAP | {"properties": {}}),
        "/properties/version: the keyword 'properties' is not supported",
    ),
    "map_of_maps": (
        _field({"type": "object", "additionalProperties": MAP}),
        "/properties/version/additionalProperties: the values of a map are strings",
    ),
    "reference_is_no_text": (_field({"$ref": {}}), "/properties/version/$ref: there is no {} in $defs"),
    "reference_elsewhere": (_field({"$ref": "other.json"}), "/properties/version/$ref: there is no 'other.json'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    """Rather than passed over."""
    schema, begins = REFUSED[name]
    with pytest.raises(SchemaError) as caught:
        read_contract(json.dumps(schema))
    assert begins == str(caught.value)[: len(begins)]


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        (b"{", "not JSON: Expecting property name"),
        (b"\xff", "not JSON: 'utf-8' codec can't decode"),
        (b'{"examples": [NaN]}', "not JSON: NaN is no number of JSON"),
        (b"[" * 100_000, "not JSON: maximum recursion"),
        (b'{"title": "a", "title": "b"}', "the key 'title' stands twice in an object"),
    ],
    ids=["syntax", "utf8", "nan", "depth", "duplicate"],
)
def test_no_json(text: bytes, begins: str) -> None:
    """Nor anything with two answers."""
    with pytest.raises(SchemaError) as caught:
        read_contract(text)
    assert begins == str(caught.value)[: len(begins)]


def test_words_about_the_values_of_a_map() -> None:
    """They are words, too."""
    said = MAP | {"additionalProperties": STRING | {"description": "A value."}}
    before, after = (read_contract(json.dumps(_defaults(node | {"default": {}}))) for node in (MAP, said))
    assert (Verdict.FULL, Bump.PATCH) == (compare(before, after).verdict, compare(before, after).bump)


def test_maps_within_maps() -> None:
    """However deep: from Python 3.13 on, JSON may go deeper than functions may."""
    node = '{"type": "object", "additionalProperties": ' * 1500 + json.dumps(STRING) + "}" * 1500
    with pytest.raises(SchemaError):
        read_contract(json.dumps(_field("NODE")).replace('"NODE"', node))


@pytest.mark.parametrize(
    ("version", "bump", "expected"),
    [
        ("0.1.0", Bump.NONE, "0.1.0"),
        ("0.1.0", Bump.PATCH, "0.1.1"),
        ("0.1.5", Bump.MINOR, "0.2.0"),
        ("0.1.5", Bump.MAJOR, "0.2.0"),
        ("1.2.3", Bump.PATCH, "1.2.4"),
        ("1.2.3", Bump.MINOR, "1.3.0"),
        ("1.2.3", Bump.MAJOR, "2.0.0"),
    ],
)
def test_next_version(version: str, bump: Bump, expected: str) -> None:
    """Before 1.0.0 what would be major is minor."""
    assert expected == bump.after(version)
