"""What a schema may not say is refused, with its place and with what to write instead."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from checkpoint_notify.compat.document import SchemaError
from checkpoint_notify.compat.schema import DIALECT, Contract, read_contract

Node = dict[str, Any]

BASE: Final[Node] = {
    "$schema": DIALECT,
    "$id": "urn:test:v1",
    "title": "Order",
    "type": "object",
    "properties": {"side": {"$ref": "#/$defs/Side"}, "legs": {"type": "array", "items": {"$ref": "#/$defs/Leg"}}},
    "required": ["side", "legs"],
    "$defs": {
        "Side": {"title": "Side", "type": "string", "enum": ["Buy", "Sell"]},
        "Leg": {
            "title": "Leg",
            "type": "object",
            "properties": {
                "qty": {"$ref": "#/$defs/f64"},
                "note": {
                    "anyOf": [{"type": "string"}, {"type": "null"}],
                    "default": None,
                    "x-serde": {"default": False, "skip_serializing_if": "none"},
                },
            },
            "required": ["qty"],
        },
        "u8": {"title": "U8", "type": "integer", "minimum": 0, "maximum": 255},
        "f64": {"title": "F64", "type": "number"},
    },
}
STRING: Final[Node] = {"type": "string"}
NULL: Final[Node] = {"type": "null"}
OPTION: Final[Node] = {"anyOf": [STRING, NULL], "default": None}
LEG: Final[Node] = {"$ref": "#/$defs/Leg"}
U8: Final[Node] = {"$ref": "#/$defs/u8"}
F64: Final[Node] = {"$ref": "#/$defs/f64"}
TAGGED: Final = "tagged enums are not supported yet"
NO_TYPE_NAME: Final = (
    "is no name for the class of a type, such as SessionMetrics, and no number: u8, u16, u32, u64, i8,"
)
ALONE: Final = "it stands beside the type of a field alone: remove it"
NUMBER: Final = "a number is described in $defs, as one of u8, u16, u32, u64, i8, i16, i32, i64, f64: write {"
PLACE: Final = "/properties/added"

Edit = Callable[[Node], object]


def _read(edit: Edit) -> Contract:
    schema = copy.deepcopy(BASE)
    edit(schema)
    return read_contract(json.dumps(schema))


def _one(field: object, name: str = "added") -> Edit:
    """An edit that adds a field, required unless it has a default."""

    def edit(schema: Node) -> None:
        schema["properties"][name] = field
        if isinstance(field, dict) and "default" not in field:
            schema["required"].append(name)

    return edit


def _top(**members: object) -> Edit:
    return lambda schema: schema.update(members)


def _type(name: str, **members: object) -> Edit:
    """An edit of one of `$defs`."""
    return lambda schema: schema["$defs"].setdefault(name, {"title": name}).update(members)


def _without(*path: str) -> Edit:
    """An edit that removes a member."""

    def edit(schema: Node) -> None:
        for name in path[:-1]:
            schema = schema[name]
        del schema[path[-1]]

    return edit


def _cycle(schema: Node) -> None:
    schema["$defs"]["Leg"]["properties"]["legs"] = {"type": "array", "items": {"$ref": "#/$defs/Tree"}, "default": []}
    tree = {"title": "Tree", "type": "object", "properties": {"leg": {"anyOf": [LEG, NULL], "default": None}}}
    schema["$defs"]["Tree"] = tree


def _deep(schema: Node) -> None:
    """Many structs, each in the one before."""
    names = [f"Level{number}" for number in range(1000)]
    for name, inner in zip(names, [*names[1:], "Leg"], strict=True):
        properties = {"inner": {"$ref": f"#/$defs/{inner}"}}
        schema["$defs"][name] = {"title": name, "type": "object", "properties": properties, "required": ["inner"]}


REFUSALS: Final[dict[str, tuple[Edit, str]]] = {
    # The message.
    "no_dialect": (_without("$schema"), f"/$schema: expected {DIALECT}"),
    "no_id": (_without("$id"), "/$id: is missing: add a string"),
    "id_with_a_fragment": (_top(**{"$id": "urn:test#"}), "/$id: a schema is named by a URI without a fragment"),
    "no_title": (_without("title"), "/title: is missing: add a string"),
    "a_tagged_enum": (_top(oneOf=[LEG]), f"/oneOf: {TAGGED}"),
    "no_object": (_top(type="array"), '/type: expected "object"'),
    "no_type": (_without("type"), '/type: expected "object"'),
    "no_properties": (_top(properties={}), "/properties: a struct has at least one field"),
    "unknown_keyword": (
        _top(minProperties=1),
        "/minProperties: the keyword 'minProperties' is not supported here: what",
    ),
    "serde_of_a_struct": (
        _top(**{"x-serde": {"tag": "type"}}),
        f"/x-serde: the keyword 'x-serde' is not supported here: {ALONE}",
    ),
    "additional_values": (_top(additionalProperties=STRING), "/additionalProperties: expected true or false"),
    "root_among_the_types": (_type("Order"), "/$defs/Order: the type that the schema is for stands at its top"),
    "title_in_small_letters": (_top(title="order"), f"/title: 'order' {NO_TYPE_NAME}"),
    "title_with_a_space": (_top(title="An Order"), f"/title: 'An Order' {NO_TYPE_NAME}"),
    "title_is_a_keyword": (_top(title="None"), f"/title: 'None' {NO_TYPE_NAME}"),
    "title_is_imported": (_top(title="Annotated"), "/title: 'Annotated' is a name that the generated module needs"),
    "title_is_a_number": (_top(title="U8"), "/title: 'U8' is a name that the generated module needs itself"),
    "description_is_no_string": (_top(description=["a"]), "/description: expected a string"),
    "required_is_no_field": (_top(required=["side", "x"]), '/required/1: there is no property "x": describe it'),
    "required_is_no_string": (_top(required=[1]), "/required/0: there is no property 1: describe it"),
    "required_twice": (_top(required=["side", "side"]), "/required/1: 'side' stands here twice: remove one"),
    "defs_is_no_object": (_top(**{"$defs": []}), "/$defs: expected an object"),
    # Names of fields.
    **{
        f"field_called_{name}": (
            _one(STRING, name),
            f"/properties/{shown}: its name is no name of a Python field in small",
        )
        for name, shown in {
            "class": "class",
            "runId": "runId",
            "_id": "_id",
            "größe": "größe",
            "a/b": "a~1b",
            "": "",
        }.items()
    },
    **{
        f"field_called_{name}": (_one(STRING, name), f"/properties/{name}: its name is one that the Python class needs")
        for name in ("bool", "dict", "field", "list", "str")
    },
    # Types of fields.
    "no_node": (_one(True), f"{PLACE}: expected an object"),
    "nothing": (_one({}), f"{PLACE}/type: null is no type of a field: write string, boolean, array"),
    "unknown_type": (_one({"type": "date"}), f'{PLACE}/type: "date" is no type of a field'),
    "null": (_one(NULL), f'{PLACE}/type: "null" is no type of a field'),
    "two_types": (_one({"type": ["string", "null"]}), f'{PLACE}/type: ["string", "null"] is no type of a field'),
    "integer_in_place": (_one({"type": "integer", "minimum": 0, "maximum": 255}), f"{PLACE}: {NUMBER}"),
    "number_in_place": (_one({"type": "number"}), f"{PLACE}: {NUMBER}"),
    "number_in_a_list": (_one({"type": "array", "items": {"type": "number"}}), f"{PLACE}/items: {NUMBER}"),
    "pattern": (
        _one({**STRING, "pattern": "a"}),
        f"{PLACE}/pattern: the keyword 'pattern' is not supported here: what it",
    ),
    "min_length": (_one({**STRING, "minLength": 1}), f"{PLACE}/minLength: the keyword 'minLength' is not"),
    "chrono": (
        _one({**STRING, "format": "date-time"}),
        f"{PLACE}/format: the keyword 'format' is not supported here: chrono",
    ),
    "enum_in_place": (
        _one({**STRING, "enum": ["a"]}),
        f"{PLACE}/enum: the keyword 'enum' is not supported here: an enum",
    ),
    "enum_without_a_type": (_one({"enum": ["a"]}), f"{PLACE}/enum: an enum is described in $defs under its Rust name"),
    "const": (_one({"const": "a"}), f"{PLACE}/const: {TAGGED}"),
    "one_of": (_one({"oneOf": [STRING, U8]}), f"{PLACE}/oneOf: {TAGGED}"),
    "struct_in_place": (
        _one({"type": "object", "properties": {"x": STRING}}),
        f"{PLACE}/properties: the keyword 'properties' is not supported here: a struct is described in $defs under",
    ),
    "map_of_anything": (_one({"type": "object"}), f"{PLACE}/additionalProperties: expected an object"),
    "map_of_true": (
        _one({"type": "object", "additionalProperties": True}),
        f"{PLACE}/additionalProperties: expected an",
    ),
    "map_with_key_names": (
        _one({"type": "object", "additionalProperties": STRING, "propertyNames": STRING}),
        f"{PLACE}/propertyNames: the keyword",
    ),
    "list_of_anything": (_one({"type": "array"}), f"{PLACE}/items: expected an object"),
    "tuple": (
        _one({"type": "array", "prefixItems": [STRING]}),
        f"{PLACE}/prefixItems: the keyword 'prefixItems' is not supported here: tuples",
    ),
    "set": (_one({"type": "array", "items": STRING, "uniqueItems": True}), f"{PLACE}/uniqueItems: the keyword"),
    "untagged": (_one({"anyOf": [STRING, U8]}), f"{PLACE}/anyOf: only an Option is written so"),
    "null_first": (_one({"anyOf": [NULL, STRING]}), f"{PLACE}/anyOf: only an Option is written so"),
    "any_of_one": (_one({"anyOf": [STRING]}), f"{PLACE}/anyOf: only an Option is written so"),
    "option_of_an_option": (
        _one({"anyOf": [{"anyOf": [STRING, NULL]}, NULL], "default": None}),
        f"{PLACE}/anyOf/0: an Option of an Option cannot be told",
    ),
    "reference_and_type": (_one({**LEG, "type": "object"}), f"{PLACE}/type: the keyword 'type' is not supported here"),
    "reference_and_bounds": (_one({**U8, "maximum": 5}), f"{PLACE}/maximum: the keyword 'maximum' is not"),
    "reference_spelled_otherwise": (
        _one({"$ref": "#/%24defs/u8"}),
        f'{PLACE}/$ref: "#/%24defs/u8" is no type in $defs',
    ),
    "reference_to_the_top": (_one({"$ref": "#"}), f'{PLACE}/$ref: "#" is no type in $defs: write it as #/$defs/Name'),
    "reference_by_the_id": (_one({"$ref": "urn:test:v1#/$defs/u8"}), f"{PLACE}/$ref: "),
    "reference_is_no_string": (_one({"$ref": 1}), f"{PLACE}/$ref: 1 is no type in $defs"),
    "reference_to_nothing": (_one({"$ref": "#/$defs/Foot"}), f"{PLACE}/$ref: there is no 'Foot' in $defs"),
    "default_inside": (
        _one({"type": "array", "items": {**STRING, "default": ""}}),
        f"{PLACE}/items/default: the keyword 'default' is not supported here: {ALONE}",
    ),
    "serde_inside": (
        _one({"type": "array", "items": {**OPTION, "x-serde": {"default": False}}}),
        f"{PLACE}/items/default: the keyword 'default' is not supported here: {ALONE}",
    ),
    # Defaults and x-serde.
    "neither": (
        lambda schema: schema["properties"].update(added=STRING),
        f"{PLACE}: neither required nor with a default",
    ),
    "both": (
        lambda schema: schema["properties"]["side"].update(default="Buy"),
        "/properties/side: both required and with a default",
    ),
    "option_required": (
        _one({"anyOf": [STRING, NULL]}),
        f'{PLACE}: an Option is written with "default": null and not in',
    ),
    "option_without_default": (
        lambda schema: schema["properties"].update(added={"anyOf": [STRING, NULL]}),
        f'{PLACE}: an Option is written with "default": null and not in',
    ),
    "serde_of_a_string": (
        _one({**STRING, "default": "", "x-serde": {"default": False}}),
        f"{PLACE}/x-serde: it is for an",
    ),
    "serde_of_nothing": (_one({**OPTION, "x-serde": {}}), f"{PLACE}/x-serde: it says nothing: remove it"),
    "serde_is_no_object": (_one({**OPTION, "x-serde": True}), f"{PLACE}/x-serde: expected an object"),
    "serde_default_true": (_one({**OPTION, "x-serde": {"default": True}}), f"{PLACE}/x-serde/default: expected false"),
    "serde_default_zero": (_one({**OPTION, "x-serde": {"default": 0}}), f"{PLACE}/x-serde/default: expected false"),
    "skip_if_empty": (
        _one({**OPTION, "x-serde": {"skip_serializing_if": "empty"}}),
        f'{PLACE}/x-serde/skip_serializing_if: expected "none"',
    ),
    "flatten": (_one({**OPTION, "x-serde": {"flatten": True}}), f"{PLACE}/x-serde/flatten: 'flatten' is not supported"),
    "alias": (_one({**OPTION, "x-serde": {"alias": "a"}}), f"{PLACE}/x-serde/alias: 'alias' is not supported"),
    "skipped_default": (
        _one({**OPTION, "default": "a", "x-serde": {"skip_serializing_if": "none"}}),
        f"{PLACE}/default: with this x-serde, it is null",
    ),
    **{
        f"default_{number}": (_one({**kind, "default": value}), f"{PLACE}/default{where}")
        for number, (kind, value, where) in enumerate(
            [
                (STRING, 0, ": 0 is no String: write a value that is one"),
                (STRING, None, ": null is no String"),
                ({"type": "boolean"}, 0, ": 0 is no bool"),
                (U8, 256, ": 256 is no u8"),
                (U8, -1, ": -1 is no u8"),
                (U8, True, ": true is no u8"),
                (U8, 1.0, ": 1.0 is no u8"),
                (F64, "1", ': "1" is no f64'),
                (F64, True, ": true is no f64"),
                (F64, 2**53 + 1, ": 9007199254740993 is no f64"),
                (F64, 10**400, ": 1000"),
                ({"anyOf": [U8, NULL]}, 256, ": 256 is no u8"),
                ({"$ref": "#/$defs/Side"}, "buy", ': "buy" is no Side'),
                ({"$ref": "#/$defs/Side"}, ["Buy"], ': ["Buy"] is no Side'),
                ({"type": "array", "items": U8}, {}, ": {} is no Vec<u8>"),
                ({"type": "array", "items": U8}, [1, 256], "/1: 256 is no u8"),
                ({"type": "object", "additionalProperties": U8}, [], ": [] is no HashMap<String, u8>"),
                ({"type": "object", "additionalProperties": U8}, {"a/b": "c"}, '/a~1b: "c" is no u8'),
                (LEG, [], ": [] is no Leg"),
                (LEG, {}, ": the field 'qty' of Leg is missing: write the whole object"),
                (LEG, {"qty": 1, "side": "Buy"}, "/side: Leg has no field 'side'"),
                (LEG, {"qty": "1"}, '/qty: "1" is no f64'),
            ]
        )
    },
    # Types in $defs.
    "definition_is_no_object": (lambda schema: schema["$defs"].update(Foot=[]), "/$defs/Foot: expected an object"),
    "definition_without_title": (_without("$defs", "Leg", "title"), "/$defs/Leg/title: is missing: add a string"),
    "another_title": (_type("Leg", title="Foot"), "/$defs/Leg/title: expected the type's name, 'Leg'"),
    "small_letters": (_type("leg", **STRING), f"/$defs/leg: 'leg' {NO_TYPE_NAME}"),
    "slash": (_type("A/b", **STRING), f"/$defs/A~1b: 'A/b' {NO_TYPE_NAME}"),
    "u128": (_type("u128", type="integer"), f"/$defs/u128: 'u128' {NO_TYPE_NAME}"),
    "f32": (_type("f32", type="number"), f"/$defs/f32: 'f32' {NO_TYPE_NAME}"),
    "alias_of_a_string": (
        _type("Name", **STRING),
        "/$defs/Name: $defs is for numbers, structs (with properties) and enums",
    ),
    "tagged_type": (_type("Kind", oneOf=[LEG]), f"/$defs/Kind/oneOf: {TAGGED}"),
    "struct_without_fields": (_type("Empty", type="object", properties={}), "/$defs/Empty/properties: a struct has at"),
    "unused_and_wrong": (
        _type("Foot", type="object", properties={"x": {"type": "date"}}, required=["x"]),
        '/$defs/Foot/properties/x/type: "date" is no type of a field',
    ),
    "recursive": (
        lambda schema: schema["$defs"]["Leg"]["properties"].update(leg={"anyOf": [LEG, NULL], "default": None}),
        "/$defs/Leg/properties/leg/anyOf/0/$ref: Leg holds itself: recursive types are not supported",
    ),
    "recursive_by_another": (_cycle, "/$defs/Tree/properties/leg/anyOf/0/$ref: Leg holds itself"),
    "recursive_root": (_one({"$ref": "#/$defs/Order"}), f"{PLACE}/$ref: there is no 'Order' in $defs"),
    "deep": (_deep, "/$defs: its types are nested too deep in each other"),
    "empty_enum": (_type("Side", enum=[]), "/$defs/Side/enum: an enum has at least one variant"),
    "enum_twice": (_type("Side", enum=["a", "b", "a"]), '/$defs/Side/enum/2: "a" stands here twice: remove one'),
    "enum_of_a_number": (
        _type("Side", enum=["a", 1]),
        "/$defs/Side/enum/1: 1 is no string: a unit variant is its name",
    ),
    "enum_is_no_list": (_type("Side", enum="a"), "/$defs/Side/enum: expected an array"),
    "enum_of_integers": (_type("Side", type="integer"), '/$defs/Side/type: expected "string"'),
    "enum_with_a_default": (
        _type("Side", default="Buy"),
        f"/$defs/Side/default: the keyword 'default' is not supported here: {ALONE}",
    ),
    "u8_of_another_size": (_type("u8", maximum=254), "/$defs/u8/maximum: expected 255"),
    "u8_without_a_minimum": (_without("$defs", "u8", "minimum"), "/$defs/u8/minimum: expected 0"),
    "u8_from_false": (_type("u8", minimum=False), "/$defs/u8/minimum: expected 0"),
    "u8_of_numbers": (_type("u8", type="number"), '/$defs/u8/type: expected "integer"'),
    "u8_of_another_title": (_type("u8", title="u8"), "/$defs/u8/title: expected 'U8'"),
    "f64_with_bounds": (_type("f64", minimum=0), "/$defs/f64/minimum: the keyword 'minimum' is not supported here"),
    "f64_of_integers": (_type("f64", type="integer"), '/$defs/f64/type: expected "number"'),
}


def test_the_base_is_taken() -> None:
    """So that it is the edit that is refused."""
    document = _read(lambda _: None)
    assert ("Order", ["side", "legs"]) == (document.root.rust, [field.name for field in document.root.fields])
    assert {"Side", "Leg", "u8", "f64"} == document.types.keys()


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_no_kind_is_refused(name: str) -> None:
    """With its place first."""
    edit, reason = REFUSALS[name]
    with pytest.raises(SchemaError) as caught:
        _read(edit)
    assert reason == str(caught.value)[: len(reason)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "the schema: expected an object"),
        ("{", "not JSON: "),
        (b"\xff", "not JSON: "),
        ('{"title": "A", "title": "B"}', 'the schema: the key "title" occurs twice in this object'),
        (
            json.dumps(BASE).replace('"default": null', '"default": NaN'),
            "/$defs/Leg/properties/note/default: not JSON: NaN",
        ),
    ],
    ids=["array", "no_json", "no_utf8", "key_twice", "nan"],
)
def test_what_is_no_schema_is_refused(text: str | bytes, reason: str) -> None:
    """Before any keyword is read."""
    with pytest.raises(SchemaError) as caught:
        read_contract(text)
    assert reason == str(caught.value)[: len(reason)]


def test_a_float_beyond_all_is_no_default() -> None:
    """Python's JSON reads it as infinity."""
    schema = copy.deepcopy(BASE)
    _one({**F64, "default": 17.5})(schema)
    with pytest.raises(SchemaError, match=f"^{PLACE}/default: "):
        read_contract(json.dumps(schema).replace("17.5", "1e999"))


def test_words_stand_at_each_node() -> None:
    """They mean nothing on the wire."""
    words: Node = {"title": "A title", "description": "Words.", "examples": [1], "$comment": "More."}
    nested = {
        **words,
        "type": "object",
        "additionalProperties": {**words, "anyOf": [{**words, **STRING}, {**words, **NULL}]},
    }
    document = _read(_one(nested))
    assert "HashMap<String, Option<String>>" == document.root.fields[-1].type.rust
    assert words == document.root.fields[-1].words


@pytest.mark.parametrize("name", ["f64", "Leg", "Side"])
def test_types_that_nobody_refers_to_are_taken(name: str) -> None:
    """They are part of the Rust module too."""

    def edit(schema: Node) -> None:
        schema["properties"] = {"x": STRING}
        schema["required"] = ["x"]

    assert name in _read(edit).types
