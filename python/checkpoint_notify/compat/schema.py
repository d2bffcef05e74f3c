"""Reads the types that a schema describes; what serde does not derive, or this contract does not know, is refused.

Each refusal is a `SchemaError`: the place, what is wrong, and what to write instead.
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from checkpoint_notify.compat.document import Node, load, refuse
from checkpoint_notify.compat.pointer import child
from checkpoint_notify.compat.wire_types import (
    NUMBERS,
    Bool,
    Enum,
    Float,
    Integer,
    Map,
    Option,
    Struct,
    StructField,
    Text,
    Vec,
    WireType,
    check_value,
)

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
GENERATED_NAMES: Final = frozenset({"Annotated", "ClassVar", "Finite", "IntRange", "Record", "StrEnum", "TypeAlias"})
"""What a generated module imports."""
HIDING: Final = frozenset({"bool", "dict", "field", "list", "str"})
"""What the body of a generated class refers to, and a field of that name would hide."""
DEFS: Final = "#/$defs/"

_WORDS: Final = frozenset({"title", "description", "examples", "$comment"})
_STRUCT: Final = _WORDS | {"type", "properties", "required", "additionalProperties"}
_FIELD: Final = frozenset({"default", "x-serde"})
_FORMS: Final = {
    "string": frozenset({"type"}),
    "boolean": frozenset({"type"}),
    "array": frozenset({"type", "items"}),
    "object": frozenset({"type", "additionalProperties"}),
    "$ref": frozenset({"$ref"}),
    "anyOf": frozenset({"anyOf"}),
}
"""What says which type a node is, and the keywords that it then has."""
_TAGGED: Final = "tagged enums are not supported yet: a type is a struct or an enum of unit variants"
_HINTS: Final = {
    "format": "chrono types, Decimal and Uuid are not supported: a field is a plain string",
    "prefixItems": 'tuples are not supported: write a Vec, {"type": "array", "items": …}, or a struct',
    "oneOf": _TAGGED,
    "const": _TAGGED,
    "properties": 'a struct is described in $defs under its Rust name: write {"$ref": "#/$defs/Name"}',
    "enum": 'an enum is described in $defs under its Rust name: write {"$ref": "#/$defs/Name"}',
    "x-serde": "it stands beside the type of a field alone: remove it",
    "default": "it stands beside the type of a field alone: remove it",
}
"""What to do about keywords that cannot stand where they are; other ones have no meaning for serde anywhere."""
_NUMBERS: Final = ", ".join(NUMBERS)
_EXPECTED: Final = {bool: "true or false", dict: "an object", list: "an array", str: "a string"}


class Contract(NamedTuple):
    """What a schema describes."""

    root: Struct
    identity: str
    """Its `$id`."""
    types: dict[str, WireType]
    """The types in `$defs`, by name; each holds only types that are read before it, and itself never."""


def read_contract(text: str | bytes) -> Contract:
    """The types of a schema; `SchemaError` for the first thing that is not as it must be."""
    schema = _object(load(text), "")
    try:
        return _document(schema)
    except RecursionError:
        refuse("/$defs", "its types are nested too deep in each other: no message needs that")


def _document(schema: Node) -> Contract:
    if schema.get("$schema") != DIALECT:
        refuse("/$schema", f"expected {DIALECT}")
    identity = _member(schema, "$id", str, "")
    if "#" in identity:
        refuse("/$id", "a schema is named by a URI without a fragment: remove the '#' and what follows")
    if "oneOf" in schema:
        refuse("/oneOf", _TAGGED)
    name = _member(schema, "title", str, "")
    definitions = _member(schema, "$defs", dict, "", {})
    if name in definitions:
        refuse(child("/$defs", name), "the type that the schema is for stands at its top: describe it there alone")
    _check_type_name(name, "/title")
    reader = _Reader(definitions)
    root = {key: node for key, node in schema.items() if key not in ("$schema", "$id", "$defs")}
    found = Contract(reader.struct(root, "", name), identity, reader.types)
    for unused in definitions:
        reader.named(unused, child("/$defs", unused))
    return found


class _Reader:
    """Reads each type of `$defs` once."""

    def __init__(self, definitions: Mapping[str, object]) -> None:
        self.types: Final[dict[str, WireType]] = {}
        self._definitions: Final = definitions
        self._open: Final[set[str]] = set()

    def named(self, name: str, place: str) -> WireType:
        """A type of `$defs`, which is referred to at a place."""
        if name in self._open:
            refuse(place, f"{name} holds itself: recursive types are not supported")
        if name not in self.types:
            self._open.add(name)
            self.types[name] = self._definition(name)
            self._open.remove(name)
        return self.types[name]

    def _definition(self, name: str) -> WireType:
        place = child("/$defs", name)
        node = _object(self._definitions[name], place)
        title = _member(node, "title", str, place)
        if name in NUMBERS:
            return _number(node, place, title, NUMBERS[name])
        _check_type_name(name, place)
        if title != name:
            refuse(child(place, "title"), f"expected the type's name, {name!r}")
        if "oneOf" in node:
            refuse(child(place, "oneOf"), _TAGGED)
        if "enum" in node:
            return _enum(node, place, name)
        if "properties" not in node:
            refuse(
                place, "$defs is for numbers, structs (with properties) and enums (with enum): describe others in place"
            )
        return self.struct(node, place, name)

    def struct(self, node: Node, place: str, name: str) -> Struct:
        """A struct."""
        _only(node, _STRUCT, place)
        _expect(node, "type", "object", place)
        inside = child(place, "properties")
        properties = _member(node, "properties", dict, place)
        if not properties:
            refuse(inside, "a struct has at least one field")
        required = _required(node, properties, place)
        fields = tuple(
            self._field(name, node, child(inside, name), name in required) for name, node in properties.items()
        )
        return Struct(name, fields, not _member(node, "additionalProperties", bool, place, default=True), _words(node))

    def _field(self, name: str, given: object, place: str, required: bool) -> StructField:
        _check_field_name(name, place)
        node = _object(given, place)
        kind = self.type(node, place, _FIELD)
        serde = _serde(node, place, kind)
        if isinstance(kind, Option) and (required or "default" not in node):
            refuse(
                place, 'an Option is written with "default": null and not in required; x-serde says what else there is'
            )
        if required == ("default" in node):
            both = "both required and with a default" if required else "neither required nor with a default"
            refuse(place, f"{both}; a field is one of the two")
        if not required:
            check_value(kind, node["default"], child(place, "default"))
        if serde and node["default"] is not None:
            refuse(child(place, "default"), "with this x-serde, it is null")
        return StructField(name, kind, required, node.get("default"), serde, _words(node), self._inner_words(node))

    def type(self, given: object, place: str, more: frozenset[str] = frozenset()) -> WireType:
        """The type that a node describes; `more` keywords are the caller's."""
        node = _object(given, place)
        form = _form(node, place)
        _only(node, _FORMS[form] | _WORDS | more, place)
        match form:
            case "string":
                return Text()
            case "boolean":
                return Bool()
            case "array":
                return Vec(self.type(node.get("items"), child(place, "items")))
            case "object":
                return Map(self.type(node.get("additionalProperties"), child(place, "additionalProperties")))
            case "anyOf":
                return self._option(node["anyOf"], child(place, "anyOf"))
        place = child(place, "$ref")
        return self.named(self._reference(node["$ref"], place), place)

    def _reference(self, reference: object, place: str) -> str:
        """The name in `$defs`; compared as text, since the generator makes another name of another spelling."""
        if not isinstance(reference, str) or not reference.startswith(DEFS):
            refuse(place, f"{json.dumps(reference)} is no type in $defs: write it as {DEFS}Name")
        name = reference.removeprefix(DEFS)
        if name not in self._definitions:
            refuse(place, f"there is no {name!r} in $defs: describe it there, or correct the reference")
        return name

    def _option(self, given: object, place: str) -> Option:
        if not isinstance(given, list) or len(given) != 2 or _bare(given[1]) != {"type": "null"}:
            refuse(place, 'only an Option is written so: [T, {"type": "null"}]; untagged enums are not supported')
        inner = self.type(given[0], child(place, "0"))
        if isinstance(inner, Option):
            refuse(child(place, "0"), "an Option of an Option cannot be told from an Option on the wire: write one")
        return Option(inner)

    def _inner_words(self, node: Node) -> Node:
        """What is said of the nodes inside a field's, each under its keyword, and of the number that it is."""
        inner = {key: node[key] for key in node if key in ("items", "additionalProperties")}
        inner |= {f"anyOf/{index}": option for index, option in enumerate(node.get("anyOf", []))}
        number = node.get("$ref", "").removeprefix(DEFS)
        if number in NUMBERS:
            inner["$ref"] = self._definitions[number]
        return {key: [_words(inside), self._inner_words(inside)] for key, inside in inner.items()}


def _form(node: Node, place: str) -> str:
    """The keyword or the type by which a node says what it is."""
    form = next((key for key in ("$ref", "anyOf") if key in node), node.get("type"))
    if form in ("integer", "number"):
        refuse(place, f'a number is described in $defs, as one of {_NUMBERS}: write {{"$ref": "#/$defs/u64"}}')
    if not isinstance(form, str) or form not in _FORMS:
        for key in ("oneOf", "const", "enum", "properties", "prefixItems"):
            if key in node:
                refuse(child(place, key), _HINTS[key])
        known = "string, boolean, array (a Vec), object (a map), $ref or anyOf (an Option)"
        refuse(child(place, "type"), f"{json.dumps(form)} is no type of a field: write {known}")
    return form


def _number(node: Node, place: str, title: str, number: Integer | Float) -> WireType:
    if title != number.rust.upper():
        refuse(child(place, "title"), f"expected {number.rust.upper()!r}")
    if isinstance(number, Float):
        _only(node, _WORDS | {"type"}, place)
        _expect(node, "type", "number", place)
        return number
    _only(node, _WORDS | {"type", "minimum", "maximum"}, place)
    _expect(node, "type", "integer", place)
    _expect(node, "minimum", number.minimum, place)
    _expect(node, "maximum", number.maximum, place)
    return number


def _enum(node: Node, place: str, name: str) -> Enum:
    _only(node, _WORDS | {"type", "enum"}, place)
    _expect(node, "type", "string", place)
    place = child(place, "enum")
    variants = _member(node, "enum", list, place.removesuffix("/enum"))
    if not variants:
        refuse(place, "an enum has at least one variant")
    for index, variant in enumerate(variants):
        if not isinstance(variant, str):
            refuse(child(place, str(index)), f"{json.dumps(variant)} is no string: a unit variant is its name")
        if variant in variants[:index]:
            refuse(child(place, str(index)), f"{json.dumps(variant)} stands here twice: remove one")
    return Enum(name, tuple(variants), _words(node))


def _serde(node: Node, place: str, kind: WireType) -> Node:
    if "x-serde" not in node:
        return {}
    place = child(place, "x-serde")
    serde = _object(node["x-serde"], place)
    known: dict[str, object] = {"default": False, "skip_serializing_if": "none"}
    for key, value in serde.items():
        if key not in known:
            refuse(child(place, key), f"{key!r} is not supported: a field has default and skip_serializing_if here")
        if value != known[key] or type(value) is not type(known[key]):
            refuse(child(place, key), f"expected {json.dumps(known[key])}")
    if not serde:
        refuse(place, "it says nothing: remove it")
    if not isinstance(kind, Option):
        refuse(place, "it is for an Option alone")
    return serde


def _required(node: Node, properties: Mapping[str, object], place: str) -> set[str]:
    found: set[str] = set()
    for index, name in enumerate(_member(node, "required", list, place, [])):
        at = child(child(place, "required"), str(index))
        if not isinstance(name, str) or name not in properties:
            refuse(at, f"there is no property {json.dumps(name)}: describe it in properties, or remove it here")
        if name in found:
            refuse(at, f"{name!r} stands here twice: remove one")
        found.add(name)
    return found


def _check_type_name(name: str, place: str) -> None:
    if not re.fullmatch("([A-Z][a-z0-9]*)+", name) or keyword.iskeyword(name):
        refuse(place, f"{name!r} is no name for the class of a type, such as SessionMetrics, and no number: {_NUMBERS}")
    if name.lower() in NUMBERS or name in GENERATED_NAMES:
        refuse(place, f"{name!r} is a name that the generated module needs itself: no type can have it")


def _check_field_name(name: str, place: str) -> None:
    if not re.fullmatch("[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        refuse(place, "its name is no name of a Python field in small letters")
    if name in HIDING:
        refuse(place, f"its name is one that the Python class needs itself: {name}")


def _expect(node: Node, key: str, expected: str | int, place: str) -> None:
    if node.get(key) != expected or type(node[key]) is not type(expected):
        refuse(child(place, key), f"expected {json.dumps(expected)}")


def _object(node: object, place: str) -> Node:
    if not isinstance(node, dict):
        refuse(place, "expected an object")
    return node


def _member(node: Node, key: str, kind: type, place: str, default: object = None) -> Any:
    value = node.get(key, default)
    if type(value) is not kind:
        missing, expected = key not in node, _EXPECTED[kind]
        refuse(child(place, key), f"is missing: add {expected}" if missing else f"expected {expected}")
    return value


def _only(node: Node, known: Iterable[str], place: str) -> None:
    for key, value in node.items():
        if key in _WORDS and key != "examples" and not isinstance(value, str):
            refuse(child(place, key), "expected a string")
        if key not in known:
            unknown = "what it means for serde is not known; remove it"
            refuse(child(place, key), f"the keyword {key!r} is not supported here: {_HINTS.get(key, unknown)}")


def _bare(node: object) -> object:
    """The node without what is said about it."""
    return {key: value for key, value in node.items() if key not in _WORDS} if isinstance(node, dict) else node


def _words(node: Node) -> Node:
    return {key: value for key, value in node.items() if key in _WORDS}
