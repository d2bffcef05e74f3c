"""Pairs for what tests/kinds/pairs.json does not show: several rules at once, deep places, defaults that are equal."""

from __future__ import annotations

from typing import Any, Final

from checkpoint_notify.compat import Bump, Verdict

from .schemas import (
    BOOL,
    F64,
    I64,
    STRING,
    U8,
    U32,
    U64,
    Fields,
    Node,
    Pair,
    enum,
    map_of,
    message,
    named,
    nullable,
    option,
    struct,
    vec,
)

FULL, BACKWARD, FORWARD, BREAKING = Verdict.FULL, Verdict.BACKWARD, Verdict.FORWARD, Verdict.BREAKING

NAME: Final[Fields] = {"name": STRING}
SOME: Final = option(U32) | {"default": 5}
SKIPPED: Final = option(U32, skip_serializing_if="none")
PLAIN: Final = option(U32, default=False)
SKIPPED_PLAIN: Final = option(U32, default=False, skip_serializing_if="none")
LAST: Final[Fields] = {"last": U64}
POINT: Final = struct("Point", {"x": F64, "y": F64})
WIDE: Final = struct("Point", {"x": F64, "y": F64, "z": option(F64)})
SIDE: Final = enum("Side", "Buy", "Sell")
HOLD: Final = enum("Side", "Buy", "Sell", "Hold")
LEG: Final = struct("Leg", {"side": named("Side"), "qty": U32})


def _value(node: Node, *types: Node, **more: Any) -> Node:
    """The schema of a message with a name and a value."""
    return message(NAME | {"value": node}, *types, **more)


def _legs(*types: Node) -> Node:
    """The schema of a message with the struct Leg at three places, each in another."""
    fields: Fields = {"legs": vec(named("Leg")), "by_name": map_of(nullable(named("Leg"))), "best": named("Book")}
    return message(fields, struct("Book", {"leg": named("Leg")}), *types)


def _inside(inner: Node) -> Node:
    """The schema of a message with a struct in a struct in a map in an Option."""
    outer = struct("Outer", {"inner": named("Inner")})
    return _value(option(map_of(named("Outer"))), outer, struct("Inner", {"x": inner, "y": BOOL}))


def _one(change: str, old: Node, new: Node, verdict: Verdict, *fields: str, bump: Bump = Bump.MAJOR) -> Pair:
    return Pair(change, old, new, verdict, fields, bump)


KIND_PAIRS: Final = (
    # Presence of a field.
    _one("Option loses `#[serde(default)]`, at the end", _value(option(U32)), _value(PLAIN), FORWARD, "value"),
    _one(
        "Option loses `#[serde(default)]`, a required field behind it",
        message(NAME | {"value": option(U32)} | LAST),
        message(NAME | {"value": PLAIN} | LAST),
        FULL,
        "value",
    ),
    _one(
        "Option loses `#[serde(default)]`, one that has none behind it",
        message(NAME | {"value": option(U32), "last": PLAIN}),
        message(NAME | {"value": PLAIN, "last": PLAIN}),
        FULL,
        "value",
    ),
    _one("Option gets skip_serializing_if", _value(option(U32)), _value(SKIPPED), FULL, "value"),
    _one("required becomes an Option with skip_serializing_if", _value(U32), _value(SKIPPED), BACKWARD, "value"),
    _one(
        "default of 0 becomes an Option with skip_serializing_if",
        _value(U32 | {"default": 0}),
        _value(SKIPPED),
        BREAKING,
        "value",
    ),
    _one("Option with the default 5 gets the default null", _value(SOME), _value(option(U32)), FORWARD, "value"),
    _one(
        "Option with the default 5 gets the default null and skip_serializing_if",
        _value(SOME),
        _value(SKIPPED),
        BREAKING,
        "value",
    ),
    _one("Option without `#[serde(default)]` gets the default 5", _value(PLAIN), _value(SOME), FORWARD, "value"),
    _one("Option with skip_serializing_if gets the default 5", _value(SKIPPED), _value(SOME), FORWARD, "value"),
    _one("Option with the default 5 becomes required", _value(SOME), _value(U32), FORWARD, "value"),
    _one("optional field at the end, an Option without default", message(NAME), _value(PLAIN), FORWARD, "value"),
    _one(
        "optional field at the end, left out if None, without default",
        message(NAME),
        _value(SKIPPED_PLAIN),
        FORWARD,
        "value",
    ),
    _one("optional field at the end, left out if None", message(NAME), _value(SKIPPED), FULL, "value"),
    _one(
        "two optional fields at the end, the second an Option without default",
        message(NAME),
        message(NAME | {"a": option(U32), "b": PLAIN}),
        FORWARD,
        "a",
        "b",
    ),
    _one(
        "field left out if None removed, unknown fields refused before and after",
        _value(SKIPPED, additionalProperties=False),
        message(NAME, additionalProperties=False),
        FORWARD,
        "value",
    ),
    # Defaults.
    _one(
        "integer with the default 1 becomes a float with 1.0",
        _value(U8 | {"default": 1}),
        _value(F64 | {"default": 1.0}),
        BACKWARD,
        "value",
    ),
    _one(
        "default of a float written 1 and then 1.0",
        _value(F64 | {"default": 1}),
        _value(F64 | {"default": 1.0}),
        FULL,
        bump=Bump.NONE,
    ),
    _one(
        "default of 0.0 becomes -0.0", _value(F64 | {"default": 0.0}), _value(F64 | {"default": -0.0}), FORWARD, "value"
    ),
    _one(
        "default of false becomes 0", _value(BOOL | {"default": False}), _value(U8 | {"default": 0}), BREAKING, "value"
    ),
    _one(
        "optional field added to a struct that is a default",
        _value(named("Point") | {"default": {"x": 0.0, "y": 0.0}}, POINT),
        _value(named("Point") | {"default": {"x": 0.0, "y": 0.0, "z": 7.0}}, WIDE),
        FULL,
        "value.z",
    ),
    _one(
        "default of a struct changed",
        _value(named("Point") | {"default": {"x": 0.0, "y": 0.0}}, POINT),
        _value(named("Point") | {"default": {"x": 0.0, "y": 1.0}}, POINT),
        FORWARD,
        "value",
    ),
    _one(
        "default of a list of structs changed in one item",
        _value(vec(named("Point")) | {"default": [{"x": 0.0, "y": 0.0}]}, POINT),
        _value(vec(named("Point")) | {"default": [{"x": 0.0, "y": 1.0}]}, POINT),
        FORWARD,
        "value",
    ),
    _one(
        "default of a map of lists changed in a key",
        _value(map_of(vec(U8)) | {"default": {"a": [1]}}),
        _value(map_of(vec(U8)) | {"default": {"b": [1]}}),
        FORWARD,
        "value",
    ),
    _one(
        "default of a list longer",
        _value(vec(U8) | {"default": [1]}),
        _value(vec(U8) | {"default": [1, 1]}),
        FORWARD,
        "value",
    ),
    _one(
        "default of a map of lists changed in a value",
        _value(map_of(vec(U8)) | {"default": {"a": [1]}}),
        _value(map_of(vec(U8)) | {"default": {"a": [2]}}),
        FORWARD,
        "value",
    ),
    # Options.
    _one("u8 becomes an Option of u32", _value(U8), _value(option(U32)), BACKWARD, "value"),
    _one("u32 becomes an Option of u8", _value(U32), _value(option(U8)), BREAKING, "value"),
    _one("Option of u8 becomes u32", _value(option(U8)), _value(U32), BREAKING, "value"),
    _one(
        "list of Options of u8 becomes a list of u32", _value(vec(nullable(U8))), _value(vec(U32)), BREAKING, "value[]"
    ),
    _one(
        "list of Options of u32 becomes a list of u8", _value(vec(nullable(U32))), _value(vec(U8)), FORWARD, "value[]"
    ),
    # Texts for readers.
    _one(
        "description of the values of a map",
        _value(map_of(STRING)),
        _value(map_of(STRING | {"description": "A value."})),
        FULL,
        "value",
        bump=Bump.PATCH,
    ),
    _one(
        "description of a struct and of its field",
        _value(named("Leg"), struct("Leg", {"a": U8})),
        _value(named("Leg"), struct("Leg", {"a": U8 | {"title": "A"}}, description="A leg.")),
        FULL,
        "value",
        "value.a",
        bump=Bump.PATCH,
    ),
    _one(
        "description of an enum",
        _value(named("Side"), SIDE),
        _value(named("Side"), SIDE | {"description": "A side."}),
        FULL,
        "value",
        bump=Bump.PATCH,
    ),
    # Structs and maps.
    _one(
        "map becomes a struct with a string",
        _value(map_of(F64)),
        _value(named("Leg"), struct("Leg", {"x": F64, "y": STRING})),
        BREAKING,
        "value",
    ),
    _one(
        "map of Options becomes a struct with an Option",
        _value(map_of(nullable(F64))),
        _value(named("Point"), WIDE),
        FORWARD,
        "value",
    ),
    _one("map becomes a struct with an Option", _value(map_of(F64)), _value(named("Point"), WIDE), BREAKING, "value"),
    _one(
        "map becomes a struct with an Option that is left out if None",
        _value(map_of(F64)),
        _value(named("Point"), struct("Point", {"x": F64, "y": option(U8, skip_serializing_if="none")})),
        FORWARD,
        "value",
    ),
    _one(
        "map of structs becomes a struct of wider structs",
        _value(map_of(named("Point")), POINT),
        _value(named("Points"), WIDE, struct("Points", {"a": named("Point"), "b": named("Point")})),
        FORWARD,
        "value",
        "Point.z",
    ),
    _one(
        "map of maps becomes a struct of structs",
        _value(map_of(map_of(U8))),
        _value(named("Pair"), struct("Bytes", {"x": U8, "y": U64}), struct("Pair", {"a": named("Bytes")})),
        BREAKING,
        "value",
    ),
    _one(
        "map becomes a struct in which each field has a default",
        _value(map_of(U8)),
        _value(named("Bytes"), struct("Bytes", {"x": U8 | {"default": 0}})),
        FORWARD,
        "value",
    ),
    _one(
        "struct becomes a map of Options",
        _value(named("Point"), POINT),
        _value(map_of(nullable(F64))),
        BREAKING,
        "value",
    ),
    # Enums.
    _one(
        "variant added in front",
        _value(named("Side"), SIDE),
        _value(named("Side"), enum("Side", "Hold", "Buy", "Sell")),
        BACKWARD,
        "value",
    ),
    _one(
        "variants in another order",
        _value(named("Side"), SIDE),
        _value(named("Side"), enum("Side", "Sell", "Buy")),
        FULL,
        "value",
        bump=Bump.MINOR,
    ),
    _one("enum renamed", _value(named("Side"), SIDE), _value(named("Way"), enum("Way", "Buy", "Sell")), FULL, "value"),
    _one(
        "list of strings becomes a list of an enum",
        _value(vec(STRING)),
        _value(vec(named("Side")), SIDE),
        FORWARD,
        "value[]",
    ),
    _one("enum becomes a map of Options", _value(named("Side"), SIDE), _value(map_of(nullable(U8))), BREAKING, "value"),
    _one(
        "enum becomes a struct of the same name",
        _value(named("Side"), SIDE),
        _value(named("Side"), struct("Side", {"x": U8})),
        BREAKING,
        "value",
        "Side",
    ),
    # Deep places; each struct or enum once.
    _one("variant added in a struct at three places", _legs(SIDE, LEG), _legs(HOLD, LEG), BACKWARD, "legs[].side"),
    _one(
        "optional field added to a struct at three places",
        _legs(SIDE, LEG),
        _legs(SIDE, struct("Leg", {"side": named("Side"), "qty": U32, "fee": option(F64)})),
        FULL,
        "legs[].fee",
    ),
    _one("integer widened in a struct in a struct", _inside(U8), _inside(U32), BACKWARD, "value.*.inner.x"),
    _one("integer in a struct in a struct becomes a float", _inside(I64), _inside(F64), BREAKING, "value.*.inner.x"),
    _one(
        "struct renamed",
        _value(named("Point"), POINT),
        _value(named("Spot"), struct("Spot", {"x": F64, "y": F64})),
        FULL,
        "value",
    ),
    _one(
        "inner struct refuses unknown fields and loses one",
        _value(vec(named("Point")), WIDE),
        _value(vec(named("Point")), POINT | {"additionalProperties": False}),
        FORWARD,
        "value[]",
        "value[].z",
    ),
    _one(
        "field added to an inner struct that refuses unknown fields",
        _value(vec(named("Point")), POINT | {"additionalProperties": False}),
        _value(vec(named("Point")), WIDE | {"additionalProperties": False}),
        BACKWARD,
        "value[].z",
    ),
    _one("type added that no field uses", _value(U8), _value(U8, POINT), FULL, "", bump=Bump.MINOR),
    _one("type removed that no field uses", _value(U8, POINT), _value(U8), FULL, ""),
    _one(
        "type changed that no field uses",
        _value(U8, POINT),
        _value(U8, struct("Point", {"x": F64, "y": U8})),
        FULL,
        "Point.y",
    ),
    # What may be a renaming.
    Pair(
        "optional integer renamed, and a float now",
        _value(U32 | {"default": 0}),
        message(NAME | {"amount": F64 | {"default": 0.0}}),
        BREAKING,
        ("value", "amount"),
        renaming=("value", "amount"),
    ),
    Pair(
        "optional float renamed, and an Option now",
        _value(F64 | {"default": 0.0}),
        message(NAME | {"amount": option(F64)}),
        BREAKING,
        ("value", "amount"),
        renaming=("value", "amount"),
    ),
    Pair(
        "optional list of structs renamed, with its struct",
        _value(vec(named("Point")) | {"default": []}, POINT),
        message(NAME | {"spots": vec(named("Spot")) | {"default": []}}, struct("Spot", {"x": F64, "y": F64})),
        BREAKING,
        ("value", "spots"),
        renaming=("value", "spots"),
    ),
    Pair(
        "optional enum renamed, with its type",
        _value(named("Side") | {"default": "Buy"}, SIDE),
        message(NAME | {"way": named("Way") | {"default": "Buy"}}, enum("Way", "Buy", "Sell")),
        BREAKING,
        ("value", "way"),
        renaming=("value", "way"),
    ),
    _one(
        "optional enum removed, another without a common variant added",
        _value(named("Side") | {"default": "Buy"}, SIDE),
        message(NAME | {"stage": named("Stage") | {"default": "Done"}}, enum("Stage", "Done", "Failed")),
        FORWARD,
        "value",
        "stage",
    ),
    _one(
        "optional struct removed, another without a common field added",
        _value(option(named("Point")), POINT),
        message(NAME | {"leg": option(named("Leg"))}, SIDE, LEG),
        FORWARD,
        "value",
        "leg",
    ),
    _one(
        "Option of a list removed, Option of a map added",
        _value(option(vec(U8))),
        message(NAME | {"other": option(map_of(U8))}),
        FORWARD,
        "value",
        "other",
    ),
)
