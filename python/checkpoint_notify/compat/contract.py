"""A schema as serde's derive would have it: fields in order, each of a Rust type, required or with a default.

Only keywords whose meaning for the wire is known are read; any other is refused, and never passed over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

Node: TypeAlias = dict[str, Any]


class SchemaError(ValueError):
    """A schema that cannot be judged; the text begins with the place, a JSON pointer."""


class Kind(Enum):
    """The Rust type of a field."""

    STRING = "String"
    STRING_MAP = "HashMap<String, String>"
    U8 = "u8"
    U16 = "u16"
    U32 = "u32"
    U64 = "u64"
    I8 = "i8"
    I16 = "i16"
    I32 = "i32"
    I64 = "i64"

    @property
    def bounds(self) -> tuple[int, int] | None:
        """The least and the greatest value of an integer; None for what is none."""
        if self in (Kind.STRING, Kind.STRING_MAP):
            return None
        bits = int(self.value[1:])
        return (0, 2**bits - 1) if self.value[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)

    def holds(self, value: object) -> bool:
        """Whether a JSON value can be this field's."""
        if self is Kind.STRING:
            return _is_string(value)
        if isinstance(value, dict):
            return self is Kind.STRING_MAP and all(map(_is_string, [*value, *value.values()]))
        return self.bounds is not None and type(value) is int and self.bounds[0] <= value <= self.bounds[1]


def _is_string(value: object) -> bool:
    """Whether a Rust String can hold it: no half of a surrogate pair."""
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)


class Field(NamedTuple):
    """One field of a message."""

    name: str
    kind: Kind
    required: bool
    default: Any
    """The value of a field that is absent; None where it is required."""
    words: Node
    """What is said about it."""


class Contract(NamedTuple):
    """A message."""

    name: str
    """The schema's title: the name of the Rust struct and of the generated class."""
    id: str
    fields: tuple[Field, ...]
    closed: bool
    """Whether a field that it does not know is refused, as by `#[serde(deny_unknown_fields)]`."""
    words: Node


_WORDS: Final = frozenset({"title", "description", "examples", "$comment"})
_MESSAGE: Final = _WORDS | {"$schema", "$id", "type", "properties", "required", "additionalProperties", "$defs"}
_TYPES: Final = {
    "string": frozenset({"type"}),
    "integer": frozenset({"type", "minimum", "maximum"}),
    "object": frozenset({"type", "additionalProperties"}),
}
_INTEGERS: Final = {kind.bounds: kind for kind in Kind if kind.bounds}
_REFERENCE: Final = "#/$defs/"


def read_contract(text: str | bytes) -> Contract:
    """The message that a schema describes; `SchemaError` for what the contract does not know."""
    schema = _object(_load(text), "/")
    _only(schema, _MESSAGE, "/")
    if schema.get("$schema") != DIALECT:
        _refuse("/$schema", f"expected {DIALECT}")
    if schema.get("type") != "object":
        _refuse("/type", 'a message is of type "object"')
    closed = not _typed(schema, "additionalProperties", bool, "/", default=True)
    types = {_REFERENCE + name: _type(node, f"/$defs/{name}") for name, node in _objects(schema, "$defs").items()}
    properties = _objects(schema, "properties")
    if not properties:
        _refuse("/properties", "a message has at least one field")
    required = _typed(schema, "required", list, "/", default=[])
    for name in required:
        if name not in [*properties]:  # compared, as it may be what no dict can hold
            _refuse("/required", f"there is no property {name!r}")
    fields = tuple(_field(name, node, types, name in required) for name, node in properties.items())
    name, identity = _typed(schema, "title", str, "/"), _typed(schema, "$id", str, "/")
    return Contract(name, identity, fields, closed, _words(schema))


def _field(name: str, node: Node, types: Mapping[str, tuple[Kind, Node]], required: bool) -> Field:
    place = f"/properties/{name}"
    own = {key: value for key, value in node.items() if key != "default"}
    if "$ref" in node:
        _only(own, _WORDS | {"$ref"}, place)
        if node["$ref"] not in [*types]:
            _refuse(f"{place}/$ref", f"there is no {node['$ref']!r} in $defs")
        kind, words = types[node["$ref"]]
    else:
        kind, words = _type(own, place)
    if required == ("default" in node):
        both = "both required and with a default" if required else "neither required nor with a default"
        _refuse(place, f"{both}; a field is one of the two")
    if not required and not kind.holds(node["default"]):
        _refuse(f"{place}/default", f"{json.dumps(node['default'])} is no {kind.value}")
    return Field(name, kind, required, node.get("default"), words | _words(node))


def _type(node: Node, place: str) -> tuple[Kind, Node]:
    name = node.get("type")
    if not isinstance(name, str) or name not in _TYPES:
        _refuse(f"{place}/type", f"a field is of type {', '.join(map(repr, _TYPES))}, not {json.dumps(name)}")
    _only(node, _TYPES[name] | _WORDS, place)
    if name == "string":
        return Kind.STRING, _words(node)
    if name == "object":
        items = _object(node.get("additionalProperties"), f"{place}/additionalProperties")
        if items.get("type") != "string":
            _refuse(f"{place}/additionalProperties", "the values of a map are strings")
        _only(items, _TYPES["string"] | _WORDS, f"{place}/additionalProperties")
        return Kind.STRING_MAP, _words(node) | {"additionalProperties": _words(items)}
    bounds = (_typed(node, "minimum", int, place), _typed(node, "maximum", int, place))
    if bounds not in _INTEGERS:
        _refuse(place, f"no integer type of Rust goes from {bounds[0]} to {bounds[1]}")
    return _INTEGERS[bounds], _words(node)


def _load(text: str | bytes) -> object:
    try:
        return json.loads(text, object_pairs_hook=_members, parse_constant=_constant)
    except SchemaError:
        raise
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"not JSON: {error}") from None


def _constant(name: str) -> NoReturn:
    raise SchemaError(f"not JSON: {name} is no number of JSON")


def _members(pairs: list[tuple[str, Any]]) -> Node:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise SchemaError(
            f"the key {next(name for name in names if names.count(name) > 1)!r} stands twice in an object"
        )
    return found


def _objects(node: Node, key: str) -> dict[str, Node]:
    return {name: _object(item, f"/{key}/{name}") for name, item in _typed(node, key, dict, "/", default={}).items()}


def _object(node: object, place: str) -> Node:
    if not isinstance(node, dict):
        _refuse(place, "expected an object")
    return node


def _typed(node: Node, key: str, kind: type, place: str, *, default: Any = None) -> Any:
    """A member by its exact type, as a bool is an int."""
    value = node.get(key, default)
    if type(value) is not kind:
        _refuse(f"{place.rstrip('/')}/{key}", "is missing" if key not in node else f"expected {kind.__name__}")
    return value


def _only(node: Node, known: frozenset[str], place: str) -> None:
    for key in node:
        if key not in known:
            _refuse(place, f"the keyword {key!r} is not supported: what it means for serde is not known")


def _words(node: Node) -> Node:
    return {key: value for key, value in node.items() if key in _WORDS}


def _refuse(place: str, message: str) -> NoReturn:
    raise SchemaError(f"{place}: {message}")
