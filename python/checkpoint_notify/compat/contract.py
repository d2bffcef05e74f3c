"""Reads a schema into fields as serde's derive sees them: ordered, each with a Rust type, required or with a default.

It reads only keywords with a known effect on the wire. It refuses every other keyword and ignores none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from checkpoint_notify.compat.document import Node, load, refuse
from checkpoint_notify.compat.kind import INTEGERS, STRING, ContractKind, map_of
from checkpoint_notify.compat.pointer import child, from_fragment

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class ContractField(NamedTuple):
    """One field of a message."""

    name: str
    kind: ContractKind
    required: bool
    default: Any
    """The value if the field is absent; None if the field is required."""
    words: Node
    """Its title, description, examples and comment."""


class Contract(NamedTuple):
    """A message."""

    name: str
    """The schema's title, which is the name of the Rust struct and of the generated class."""
    id: str
    fields: tuple[ContractField, ...]
    closed: bool
    """Whether an unknown field is refused, as by `#[serde(deny_unknown_fields)]`."""
    words: Node


_WORDS: Final = frozenset({"title", "description", "examples", "$comment"})
_MESSAGE: Final = _WORDS | {"$schema", "$id", "type", "properties", "required", "additionalProperties", "$defs"}
_SCALARS: Final = {"string": frozenset({"type"}), "integer": frozenset({"type", "minimum", "maximum"})}
_TYPES: Final = _SCALARS | {"object": frozenset({"type", "additionalProperties"})}
"""The keywords of each type."""
_EXPECTED: Final = {
    bool: "true or false",
    dict: "an object",
    int: "an integer, in digits alone",
    list: "an array",
    str: "a string",
}


def read_contract(text: str | bytes) -> Contract:
    """Return the message that a schema describes; raises `SchemaError` if it cannot be judged."""
    schema = _object(load(text), "")
    _only(schema, _MESSAGE, "")
    if schema.get("$schema") != DIALECT:
        refuse("/$schema", f"expected {DIALECT}")
    if schema.get("type") != "object":
        refuse("/type", 'a message is of type "object"')
    name, identity = _typed(schema, "title", str), _typed(schema, "$id", str)
    if "#" in identity:
        refuse("/$id", "the $id must be a URI without a fragment: remove the '#' and what follows")
    types = _Types(identity, _objects(schema, "$defs"))
    properties = _objects(schema, "properties")
    if not properties:
        refuse("/properties", "a message has at least one field")
    required = _required(schema, properties)
    fields = tuple(_field(name, node, types, name in required) for name, node in properties.items())
    closed = not _typed(schema, "additionalProperties", bool, default=True)
    return Contract(name, identity, fields, closed, _words(schema))


def _required(schema: Node, properties: Mapping[str, Node]) -> set[str]:
    found: set[str] = set()
    for index, name in enumerate(_typed(schema, "required", list, default=[])):
        place = child("/required", str(index))
        if not isinstance(name, str) or name not in properties:
            refuse(place, f"there is no property {name!r}: describe it in properties, or remove it here")
        if name in found:
            refuse(place, f"{name!r} is listed twice: remove one")
        found.add(name)
    return found


def _field(name: str, node: Node, types: _Types, required: bool) -> ContractField:
    place = child("/properties", name)
    kind, words = types.of({key: value for key, value in node.items() if key != "default"}, place)
    if required == ("default" in node):
        both = "both required and with a default" if required else "neither required nor with a default"
        refuse(place, f"{both}: make it required, or give it a default, but not both")
    if not required and not kind.holds(node["default"]):
        refuse(child(place, "default"), f"{json.dumps(node['default'])} is not a {kind.rust}: write one as the default")
    return ContractField(name, kind, required, node.get("default"), words)


class _Types:
    """Finds the type that a node describes, either directly or by a reference into `$defs`."""

    def __init__(self, identity: str, definitions: Mapping[str, Node]) -> None:
        self._identity = identity
        self._definitions = definitions
        for name, node in definitions.items():  # check unused definitions too
            self.of(node, child("/$defs", name))

    def of(self, node: Node, place: str, allowed: Mapping[str, frozenset[str]] = _TYPES) -> tuple[ContractKind, Node]:
        """Return the type and its title, description, examples and comment; those nearest to the field win."""
        node, place, said = self._follow(node, place)
        name = node.get("type")
        if not isinstance(name, str) or name not in allowed:
            what = "a field is" if allowed is _TYPES else "the values of a map are"
            refuse(child(place, "type"), f"{what} of type {', '.join(map(repr, allowed))}, not {json.dumps(name)}")
        _only(node, allowed[name] | _WORDS, place)
        if name == "string":
            return STRING, _words(node) | said
        if name == "integer":
            return _integer(node, place), _words(node) | said
        inner = child(place, "additionalProperties")
        values, words = self.of(_object(node.get("additionalProperties"), inner), inner, _SCALARS)
        return map_of(values), _words(node) | {"additionalProperties": words} | said

    def _follow(self, node: Node, place: str) -> tuple[Node, str, Node]:
        """Follow all references; return the last node, its place, and the descriptions found on the way."""
        said: Node = {}
        passed = set()
        while "$ref" in node:
            _only(node, _WORDS | {"$ref"}, place)
            place = child(place, "$ref")
            name = self._name(node["$ref"], place)
            if name in passed:
                refuse(place, "this reference leads back to itself: describe the type in one of these definitions")
            passed.add(name)
            said = _words(node) | said
            node, place = self._definitions[name], child("/$defs", name)
        return node, place, said

    def _name(self, reference: object, place: str) -> str:
        """Return the name in `$defs` that a reference points at, in any valid spelling."""
        shown = json.dumps(reference)
        if not isinstance(reference, str):
            refuse(place, f"{shown} is not a reference: write a string such as #/$defs/u64")
        document, _, fragment = reference.partition("#")
        if document not in ("", self._identity):
            refuse(place, f"{shown} points at another document: describe the type in $defs, and refer to it there")
        try:
            names = from_fragment(fragment)
        except ValueError as error:
            refuse(place, f"{shown} {error}")
        if len(names) != 2 or names[0] != "$defs":
            refuse(place, f"{shown} does not point at a type in $defs: describe the type there, and refer to it there")
        if names[1] not in self._definitions:
            refuse(place, f"there is no {names[1]!r} in $defs: describe it there, or correct the reference")
        return names[1]


def _integer(node: Node, place: str) -> ContractKind:
    bounds = (_typed(node, "minimum", int, place), _typed(node, "maximum", int, place))
    if bounds not in INTEGERS:
        known = ", ".join(kind.rust for kind in INTEGERS.values())
        refuse(
            place, f"no integer type of Rust goes from {bounds[0]} to {bounds[1]}: give it the bounds of one of {known}"
        )
    return INTEGERS[bounds]


def _objects(node: Node, key: str) -> dict[str, Node]:
    place = child("", key)
    return {name: _object(item, child(place, name)) for name, item in _typed(node, key, dict, default={}).items()}


def _object(node: object, place: str) -> Node:
    if not isinstance(node, dict):
        refuse(place, "expected an object")
    return node


def _typed(node: Node, key: str, kind: type, place: str = "", *, default: Any = None) -> Any:
    """Return a member that must have exactly this type: in Python, a bool is also an int."""
    value = node.get(key, default)
    if type(value) is not kind:
        missing, expected = key not in node, _EXPECTED[kind]
        refuse(child(place, key), f"is missing: add {expected}" if missing else f"expected {expected}")
    return value


def _only(node: Node, allowed: Iterable[str], place: str) -> None:
    for key in node:
        if key not in allowed:
            refuse(
                child(place, key),
                f"the keyword {key!r} is not supported here: its meaning for serde is not known; remove it",
            )


def _words(node: Node) -> Node:
    return {key: value for key, value in node.items() if key in _WORDS}
