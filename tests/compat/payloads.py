"""Payloads of a message and what each means, counted out from its schema: every kind of value in every spelling.

They are counted out and not drawn: each edge must be met, and what a payload means must be known for any schema, which
neither the strategies of `checkpoint_notify.testing` nor the fuzzer's generator say.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from checkpoint_notify.compat import Contract
from checkpoint_notify.compat.wire_types import Enum, Float, Integer, Map, Option, Struct, StructField, Vec, WireType
from checkpoint_notify.testing._json import compact


class Payload(NamedTuple):
    """A message as text."""

    text: str
    value: dict[str, Any]
    """What its writer means, field by field."""
    written: bool
    """Whether a writer writes it so: an object with all fields. All else is only read."""


class Spelling(NamedTuple):
    """A value as JSON."""

    node: Any
    written: bool


UNKNOWN: Final = "no_field_of_any_schema"
FLOATS: Final = (0.5, -0.0, 3.0, 1e300, 5e-324)
INTEGERS: Final = (0, 2**53 + 1, -(2**53) - 1)


def payloads(contract: Contract) -> Iterator[Payload]:
    """At least one payload for each edge of each field, and for each way to spell a message."""
    for value in values(contract.root):
        for message, written in _structs(contract.root, value):
            yield Payload(compact(message).decode(), value, written)


def values(struct: Struct) -> Iterator[dict[str, Any]]:
    """A value that differs from all defaults and from field to field; each field at each of its edges; the defaults."""
    plain = _plain(struct, 0)
    yield plain
    for field in struct.fields:
        for edge in _edges(field.type):
            yield plain | {field.name: edge}
    optional = [field for field in struct.fields if not field.required]
    for some in [[field] for field in optional] + [optional] * (len(optional) > 1):
        yield plain | {field.name: whole(field.type, field.default) for field in some}


def whole(kind: WireType, value: Any) -> Any:
    """A default with all fields of its structs: those that are left out if None may be absent in it."""
    if isinstance(kind, Option):
        return value if value is None else whole(kind.inner, value)
    if isinstance(kind, Struct):
        return {field.name: whole(field.type, value.get(field.name)) for field in kind.fields}
    if isinstance(kind, Vec):
        return [whole(kind.inner, item) for item in value]
    if isinstance(kind, Map):
        return {key: whole(kind.inner, item) for key, item in value.items()}
    return float(value) if isinstance(kind, Float) else value


def _plain(kind: WireType, index: int) -> Any:
    match kind:
        case Integer():
            return 100 + index
        case Float():
            return index + 0.25
        case Enum():
            return kind.variants[index % len(kind.variants)]
        case Option(inner):
            return _plain(inner, index)
        case Vec(inner):
            return [_plain(inner, index), _plain(inner, index + 1)]
        case Map(inner):
            return {f"key {index}": _plain(inner, index)}
        case Struct():
            return {field.name: _plain(field.type, index + place) for place, field in enumerate(kind.fields)}
    return f"text {index}" if kind.rust == "String" else index % 2 == 0


def _edges(kind: WireType) -> list[Any]:
    match kind:
        case Integer(_, least, greatest):
            return [least, greatest, *(number for number in INTEGERS if least <= number <= greatest)]
        case Float():
            return [*FLOATS]
        case Enum():
            return [*kind.variants]
        case Option(inner):
            return [None, *_edges(inner)]
        case Vec(inner):
            return [[], *([edge, _plain(inner, 0)] for edge in _edges(inner))]
        case Map(inner):
            return [{}, *({"": edge, "ü": _plain(inner, 0)} for edge in _edges(inner))]
        case Struct():
            return [*values(kind)]
    return ["", 'é\U0001f600"\\\n\x01', "0"] if kind.rust == "String" else [False, True]


def _spellings(kind: WireType, value: Any) -> Iterator[Spelling]:
    """How a value may be written as JSON: first as a writer writes it, then each way that is only read."""
    match kind:
        case Option(inner) if value is not None:
            yield from _spellings(inner, value)
        case Enum():
            yield Spelling(value, True)
            yield Spelling({value: None}, False)
        case Float():
            yield Spelling(value, True)
            if value == 3:
                yield Spelling(3, False)
        case Vec(inner) if value:
            first, *others = value
            rest = [_written(inner, item) for item in others]
            yield from (Spelling([one, *rest], written) for one, written in _spellings(inner, first))
        case Map(inner) if value:
            (key, first), *others = value.items()
            rest_of_map = {name: _written(inner, item) for name, item in others}
            yield from (Spelling({key: one} | rest_of_map, written) for one, written in _spellings(inner, first))
        case Struct():
            yield from _structs(kind, value)
        case _:
            yield Spelling(value, True)


def _written(kind: WireType, value: Any) -> Any:
    return next(_spellings(kind, value)).node


def _structs(struct: Struct, value: Mapping[str, Any]) -> Iterator[Spelling]:
    """As a writer writes it; in another order; without what may be absent; with what is unknown; as an array."""
    fields = struct.fields
    nodes = {field.name: _written(field.type, value[field.name]) for field in fields}
    skipped = {field.name for field in fields if "skip_serializing_if" in field.serde and value[field.name] is None}
    yield Spelling({name: node for name, node in nodes.items() if name not in skipped}, True)
    if skipped:
        yield Spelling(nodes, False)
    yield Spelling(dict(reversed(nodes.items())), False)
    absent = [field.name for field in fields if _is_default(field, value[field.name])]
    for names in [{name} for name in absent] + [set(absent)] * (len(absent) > 1):
        yield Spelling({name: node for name, node in nodes.items() if name not in names}, False)
    if not struct.closed:
        yield Spelling({UNKNOWN: [1, {"a": None}]} | nodes, False)
    yield from _arrays(struct, nodes, absent)
    for field in fields:
        for spelling in itertools.islice(_spellings(field.type, value[field.name]), 1, None):
            yield Spelling(nodes | {field.name: spelling.node}, False)


def _arrays(struct: Struct, nodes: dict[str, Any], absent: list[str]) -> Iterator[Spelling]:
    """The whole array, and the shorter ones that mean the same."""
    yield Spelling([*nodes.values()], False)
    for end in range(len(nodes) - 1, -1, -1):
        last = struct.fields[end]
        if last.name not in absent or "default" in last.serde:
            break
        yield Spelling([*nodes.values()][:end], False)


def _is_default(field: StructField, value: Any) -> bool:
    return not field.required and json.dumps(whole(field.type, field.default)) == json.dumps(value)
