"""Strategies for the values of each kind, and for the ways to write them that Rust reads.

They follow the same table of fields as the codec.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Final

from hypothesis import strategies as st

from checkpoint_notify.codec.encoder import encoder_for
from checkpoint_notify.codec.layout import (
    BoolKind,
    EnumKind,
    Field,
    FloatKind,
    IntKind,
    Kind,
    ListKind,
    MapKind,
    OptionKind,
    StringKind,
    StructKind,
)
from checkpoint_notify.testing._json import (
    ESCAPED,
    FLOATS,
    IGNORED,
    NUMBERS,
    STRINGS,
    TEXT,
    Space,
    Spelled,
    compact,
    member,
    spaced,
    spacing,
    spell,
)

_CORNERS: Final = (0, 1, -1, 2**53 + 1, 2**63 - 1, 2**63)


@functools.cache
def values_of(kind: Kind) -> st.SearchStrategy[Any]:
    """Return a strategy for every value of this kind."""
    match kind:
        case StringKind():
            return TEXT
        case BoolKind():
            return st.booleans()
        case IntKind(_, minimum, maximum):
            corners = [number for number in (*_CORNERS, minimum, maximum) if minimum <= number <= maximum]
            return st.integers(minimum, maximum) | st.sampled_from(corners)
        case FloatKind():
            return FLOATS
        case OptionKind(inner):
            return st.none() | values_of(inner)
        case ListKind(item):
            return st.lists(values_of(item), max_size=5)
        case MapKind(value):
            return st.dictionaries(TEXT, values_of(value), max_size=5)
        case EnumKind(cls):
            return st.sampled_from(list(cls))
        case StructKind():
            fields = {field.name: values_of(field.kind) for field in kind.fields}
            return st.builds(kind.cls, **fields)


@functools.cache
def spelled_of(kind: Kind) -> st.SearchStrategy[Spelled]:
    """Return a strategy for every value of this kind, written in any way that Rust reads."""
    match kind:
        case StringKind():
            return STRINGS
        case BoolKind():
            return st.sampled_from([Spelled(False, b"false"), Spelled(True, b"true")])
        case IntKind():
            return values_of(kind).map(lambda number: Spelled(number, b"%d" % number))
        case FloatKind():
            return NUMBERS
        case OptionKind(inner):
            return st.just(Spelled(None, b"null")) | spelled_of(inner)
        case ListKind(item):
            return _lists(spelled_of(item))
        case MapKind(value):
            return _maps(spelled_of(value))
        case EnumKind():
            return _variants(kind)
        case StructKind():
            return _structs(kind)


@st.composite
def unusual_payloads_of(draw: st.DrawFn, layout: StructKind) -> Spelled:
    """Draw a payload that Rust reads and never writes in this form, with its value."""
    space = spacing(draw)
    value, body = draw(spelled_of(layout))
    payload = space() + body + space()
    return Spelled(value, payload + b" " if payload == encoder_for(layout)(value) else payload)


def fewest_elements(layout: StructKind) -> int:
    """Return the least number of elements in the array form: all later fields have defaults."""
    return max((index for index, field in enumerate(layout.fields, 1) if field.array_default is None), default=0)


def field_value(draw: st.DrawFn, field: Field) -> bytes:
    """Draw any value of a field, in any spelling."""
    return draw(spelled_of(field.kind)).raw


def field_member(draw: st.DrawFn, space: Space, field: Field, value: bytes | None = None) -> bytes:
    """Draw a member for a field, with the given value or any value."""
    return member(space, field_key(draw, field), field_value(draw, field) if value is None else value)


def field_key(draw: st.DrawFn, field: Field) -> bytes:
    """Draw a field's key, sometimes with an escape."""
    plain = compact(field.name)
    escaped = plain.replace(b'"' + plain[1:2], b'"\\u%04x' % plain[1], 1)
    return draw(st.sampled_from([plain, plain, plain, escaped]))


@functools.cache
def unknown_keys(layout: StructKind) -> st.SearchStrategy[Spelled]:
    """Return a strategy for keys that are the name of no field."""
    names = frozenset(field.name for field in layout.fields)
    return STRINGS.filter(lambda key: key.value not in names)


def unknown_members(draw: st.DrawFn, space: Space, layout: StructKind, most: int) -> list[bytes]:
    """Draw members with unknown keys, which Rust ignores; none for a struct that refuses them."""
    if layout.deny_unknown_fields:
        return []
    pairs = draw(st.lists(st.tuples(unknown_keys(layout), IGNORED), max_size=most))
    return [member(space, key.raw, value) for key, value in pairs]


def object_of(draw: st.DrawFn, space: Space, members: Sequence[bytes]) -> bytes:
    """Draw an object with these members in any order."""
    return b"{" + (spaced(space, draw(st.permutations(members))) or space()) + b"}"


@st.composite
def _lists(draw: st.DrawFn, items: st.SearchStrategy[Spelled]) -> Spelled:
    found = draw(st.lists(items, max_size=2))
    space = spacing(draw)
    inner = spaced(space, [item.raw for item in found])
    return Spelled([item.value for item in found], b"[" + (inner or space()) + b"]")


@st.composite
def _maps(draw: st.DrawFn, values: st.SearchStrategy[Spelled]) -> Spelled:
    pairs = draw(st.lists(st.tuples(STRINGS, values), max_size=3))
    space = spacing(draw)
    inner = spaced(space, [member(space, key.raw, value.raw) for key, value in pairs])
    return Spelled({key.value: value.value for key, value in pairs}, b"{" + (inner or space()) + b"}")


@st.composite
def _variants(draw: st.DrawFn, kind: EnumKind) -> Spelled:
    variant = draw(values_of(kind))
    raw = spell(variant.value, draw(ESCAPED))
    if not draw(st.booleans()):
        return Spelled(variant, raw)
    space = spacing(draw)
    return Spelled(variant, b"{" + spaced(space, [member(space, raw, b"null")]) + b"}")


@st.composite
def _structs(draw: st.DrawFn, layout: StructKind) -> Spelled:
    space = spacing(draw)
    fields = layout.fields
    values: dict[str, Any] = {}
    raws: dict[str, bytes] = {}
    as_array = draw(st.booleans())
    if as_array:
        present = fields[: draw(st.sampled_from(range(len(fields), fewest_elements(layout) - 1, -1)))]
    else:
        present = tuple(field for field in fields if field.default is None or not draw(st.booleans()))
    for field in fields:
        if field in present:
            values[field.name], raws[field.name] = draw(spelled_of(field.kind))
        elif field.default is not None:
            values[field.name] = field.default()
    if as_array:
        body = b"[" + spaced(space, raws.values()) + b"]"
    else:
        members = [field_member(draw, space, field, raws[field.name]) for field in present]
        body = object_of(draw, space, members + unknown_members(draw, space, layout, 2))
    return Spelled(layout.cls(**values), body)
