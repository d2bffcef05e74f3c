"""The error texts that serde and serde_json have for each kind of field; a run must meet each of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from checkpoint_notify.codec.unexpected import one_of
from checkpoint_notify.compat.wire_types import Bool, Enum, Float, Integer, Map, Option, Struct, Text, Vec, WireType

from ..messages import ACCEPTED, kind_of
from .faults import label_of
from .types import Fuzzed, has_array_default, kinds_in

_STRING: Final = (
    "EOF while parsing a string",
    "control character (\\u0000-\\u001F) found while parsing a string",
    "invalid escape",
    "lone leading surrogate in hex escape",
    "unexpected end of hex escape",
)
_VALUE: Final = (
    *_STRING,
    *("EOF while parsing a value", "expected ident", "expected value", "invalid number", "number out of range"),
)
_LIST: Final = ("EOF while parsing a list", "expected `,` or `]`", "trailing comma")
_OBJECT: Final = (
    *("EOF while parsing an object", "expected `:`", "expected `,` or `}`", "key must be a string", "trailing comma"),
)
_FOUND: Final = ("null", "boolean", "integer", "floating point", "string", "sequence", "map")

_unknown = re.compile(r"^(unknown (?:variant|field)) `.*`(, expected .*|, there are no fields)$", re.DOTALL)
_of_struct = re.compile(r"^(?:missing|duplicate|unknown) field|^invalid length|, expected struct ")

Cell = tuple[str, str]
"""A kind of field, and an error text without the value that it shows."""


def text_of(answer: dict[str, Any]) -> str:
    """Return what is said in an answer, without the value that it shows."""
    return _unknown.sub(r"\1\2", kind_of(answer))


def cell_of(fault: str, text: str) -> Cell:
    """Return where an answer is counted: what is said of a struct itself counts for that struct alone."""
    if fault.startswith("struct ") and not _of_struct.search(text):
        fault = "struct"
    return fault, text


def reachable(types: Iterable[Fuzzed]) -> dict[Cell, None]:
    """Return every error text that a fault in a value of each kind can give, in the order of the types."""
    cells: dict[Cell, None] = {}
    for each in types:
        for kind in kinds_in(each.root):
            cells.update(dict.fromkeys(cell_of(label_of(kind), text) for text in _texts(kind)))
    return cells


def _texts(kind: WireType) -> Iterator[str]:
    if isinstance(kind, Option):
        yield from (text for text in _texts(kind.inner) if "invalid type: null" not in text and not _names_field(text))
    elif isinstance(kind, Enum):
        yield from (*_STRING, "EOF while parsing a value", "expected value")
        yield from ("EOF while parsing an object", "expected `:`", "key must be a string")
        yield from ("expected ident", "invalid number", "number out of range")
        yield from (f"invalid type: {found}, expected unit" for found in _FOUND if found != "null")
        yield f"unknown variant, expected {one_of(kind.variants)}"
    else:
        name, taken = _expected(kind)
        yield from _VALUE
        yield from (f"invalid type: {found}, expected {name}" for found in _FOUND if found not in taken)
        yield from _own_texts(kind)


def _expected(kind: WireType) -> tuple[str, tuple[str, ...]]:
    """Return what serde expects, and which of the things that it can find are that."""
    match kind:
        case Text():
            return "a string", ("string",)
        case Bool():
            return "a boolean", ("boolean",)
        case Float():
            return "f64", ("integer", "floating point")
        case Vec():
            return "a sequence", ("sequence",)
        case Map():
            return "a map", ("map",)
        case Struct():
            return f"struct {kind.rust}", ("sequence", "map")
    return kind.rust, ("integer",)


def _own_texts(kind: WireType) -> Iterator[str]:
    match kind:
        case Integer():
            yield f"invalid value: integer, expected {kind.rust}"
        case Vec():
            yield from _LIST
        case Map():
            yield from _OBJECT
        case Struct():
            yield from (*_LIST, *_OBJECT, "trailing characters")
            yield from _struct_texts(kind)


def _struct_texts(kind: Struct) -> Iterator[str]:
    count = len(kind.fields)
    for index, field in enumerate(kind.fields):
        yield f"duplicate field `{field.name}`"
        if field.required:
            yield f"missing field `{field.name}`"
        if not has_array_default(field):
            yield f"invalid length {index}, expected struct {kind.rust} with {count} element{'s' * (count != 1)}"
    if kind.closed:
        yield f"unknown field, expected {one_of([field.name for field in kind.fields])}"


def _names_field(text: str) -> bool:
    return " field" in text or "invalid length" in text


KNOWN_ANYWHERE: Final = frozenset((ACCEPTED, "not UTF-8", "trailing characters", "recursion limit exceeded"))
"""Further answers."""
