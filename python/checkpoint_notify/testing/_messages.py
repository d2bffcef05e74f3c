"""Strategies for whole messages; they use the same table of fields as the codec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from checkpoint_notify import _generated
from checkpoint_notify.codec import layout
from checkpoint_notify.codec.layout import STRING, STRING_MAP, Field, Kind, layout_of
from checkpoint_notify.testing._json import (
    IGNORED,
    INTEGERS,
    STRING_MAPS,
    STRINGS,
    TEXT,
    U64,
    Space,
    compact,
    member,
    spaced,
    spacing,
)

LAYOUT: Final = layout_of(_generated.CheckpointNotification)
FIELDS: Final = LAYOUT.fields
FEWEST_ELEMENTS: Final = max((index for index, field in enumerate(FIELDS, 1) if field.default is None), default=0)
"""The least number of elements in the array form: all later fields have defaults."""

VALUES: Final[dict[Kind, st.SearchStrategy[Any]]] = {
    STRING: TEXT,
    layout.U64: U64,
    STRING_MAP: st.dictionaries(TEXT, TEXT, max_size=5),
}
"""Every value of a field."""
SPELLED: Final = {STRING: STRINGS, layout.U64: INTEGERS, STRING_MAP: STRING_MAPS}
"""Every value of a field, written in any way that Rust reads."""

_NAMES: Final = frozenset(field.name for field in FIELDS)
UNKNOWN_KEYS: Final = STRINGS.filter(lambda key: key.value not in _NAMES).map(lambda key: key.raw)


class SpelledMessage(NamedTuple):
    """A payload, and the values that Rust reads from it."""

    payload: bytes
    values: dict[str, Any]


def canonical(values: Mapping[str, Any]) -> bytes:
    """Return the payload that Rust writes, with the entries of maps in the given order."""
    return compact({field.name: values[field.name] for field in FIELDS})


def field_value(draw: st.DrawFn, field: Field) -> bytes:
    """Draw any value of a field, in any spelling."""
    return draw(SPELLED[field.kind]).raw


def field_member(draw: st.DrawFn, space: Space, field: Field, value: bytes | None = None) -> bytes:
    """Draw a member for a field, with the given value or any value."""
    return member(space, field_key(draw, field), field_value(draw, field) if value is None else value)


def field_key(draw: st.DrawFn, field: Field) -> bytes:
    """Draw a field's key, sometimes with an escape."""
    plain = compact(field.name)
    escaped = plain.replace(b'"' + plain[1:2], b'"\\u%04x' % plain[1], 1)
    return draw(st.sampled_from([plain, plain, plain, escaped]))


def unknown_members(draw: st.DrawFn, space: Space, most: int) -> list[bytes]:
    """Draw members with unknown keys, which Rust ignores."""
    pairs = draw(st.lists(st.tuples(UNKNOWN_KEYS, IGNORED), max_size=most))
    return [member(space, key, value) for key, value in pairs]


def object_of(draw: st.DrawFn, space: Space, members: Sequence[bytes]) -> bytes:
    """Draw an object with these members in any order."""
    return b"{" + (spaced(space, draw(st.permutations(members))) or space()) + b"}"


@st.composite
def unusual_messages(draw: st.DrawFn) -> SpelledMessage:
    """Draw a message that Rust reads and never writes in this form."""
    space = spacing(draw)
    spelled = {field.name: draw(SPELLED[field.kind]) for field in FIELDS}
    if draw(st.booleans()):
        count = draw(st.sampled_from(range(len(FIELDS), FEWEST_ELEMENTS - 1, -1)))
        present = FIELDS[:count]
        body = b"[" + spaced(space, [spelled[field.name].raw for field in present]) + b"]"
    else:
        present = tuple(field for field in FIELDS if field.default is None or not draw(st.booleans()))
        members = [field_member(draw, space, field, spelled[field.name].raw) for field in present]
        body = object_of(draw, space, members + unknown_members(draw, space, 2))
    values = {field.name: spelled[field.name].value for field in present}
    for field in FIELDS:
        if field.default is not None:
            values.setdefault(field.name, field.default())
    payload = space() + body + space()
    return SpelledMessage(payload + b" " if payload == canonical(values) else payload, values)
