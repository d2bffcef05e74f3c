"""Strategies for the start of a message, up to a place for a fault.

The start has no fault, and Rust stops at the first fault. So the place and the fault alone determine the error.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from hypothesis import strategies as st

from checkpoint_notify.codec.layout import STRING, STRING_MAP, U64, Field, Kind
from checkpoint_notify.testing._json import STRINGS, member, spaced, spacing
from checkpoint_notify.testing._messages import (
    FIELDS,
    LAYOUT,
    UNKNOWN_KEYS,
    field_key,
    field_member,
    field_value,
    unknown_members,
)

STRUCT: Final = f"struct {LAYOUT.name}"
"""The name of the message in serde's "expected …"."""


class Value(NamedTuple):
    """A place where a value comes next."""

    before: bytes
    expected: str
    """What serde expects there, in its words; empty if Rust ignores the value."""
    first: bool = False
    """Whether the value would be the first of an array, so that `]` may come instead."""


class Key(NamedTuple):
    """A place where the key of a member comes next."""

    before: bytes
    first: bool
    """Whether the member would be the first of its object, so that `}` may come instead; if not, a comma precedes."""
    used: bool
    """Whether Rust uses the object; False inside a value that it ignores."""


class Element(NamedTuple):
    """A place after an element in the message's array form."""

    before: bytes
    length: int
    """The number of elements so far."""


def _opened_object(draw: st.DrawFn, *, without: Field | None = None, least: int = 0) -> tuple[bytes, bool]:
    """Draw the start of a message as an object with some members, and whether there are any; `without` is left out."""
    space = spacing(draw)
    others = st.sampled_from([field for field in FIELDS if field is not without])
    fields = draw(st.lists(others, unique=True, min_size=least, max_size=3))
    members = [field_member(draw, space, field) for field in fields] + unknown_members(draw, space, 1)
    return space() + b"{" + spaced(space, members), bool(members)


def next_member(draw: st.DrawFn, *, without: Field | None = None) -> tuple[bytes, bool]:
    """Draw the start of a message as an object, up to the next key, and whether that key is the first."""
    space = spacing(draw)
    before, some = _opened_object(draw, without=without)
    return before + b"," * some + space(), not some


def opened_array(draw: st.DrawFn, count: int) -> bytes:
    """Draw the start of a message as an array with `count` elements."""
    space = spacing(draw)
    return space() + b"[" + spaced(space, [field_value(draw, field) for field in FIELDS[:count]])


@st.composite
def _members(draw: st.DrawFn, field: Field) -> bytes:
    space = spacing(draw)
    before, _ = next_member(draw, without=field)
    return before + member(space, field_key(draw, field), b"")


@st.composite
def _elements(draw: st.DrawFn, index: int) -> bytes:
    space = spacing(draw)
    return opened_array(draw, index) + b"," * (index > 0) + space()


def _field_values(index: int) -> st.SearchStrategy[Value]:
    """Return a strategy for the places where the value of a field comes."""
    field = FIELDS[index]
    member = _members(field).map(lambda before: Value(before, field.kind.expected))
    return member | _elements(index).map(lambda before: Value(before, field.kind.expected, first=index == 0))


def _values_of(kind: Kind) -> st.SearchStrategy[Value]:
    return st.one_of([_field_values(index) for index, field in enumerate(FIELDS) if field.kind == kind])


@st.composite
def _opened_maps(draw: st.DrawFn, least: int = 0) -> tuple[bytes, bool]:
    """The start of a map of strings with some entries, and whether there are any."""
    space = spacing(draw)
    entries = draw(st.lists(st.tuples(STRINGS, STRINGS), min_size=least, max_size=2))
    inner = spaced(space, [member(space, key.raw, value.raw) for key, value in entries])
    return draw(_values_of(STRING_MAP)).before + b"{" + inner, bool(entries)


@st.composite
def _map_keys(draw: st.DrawFn) -> Key:
    space = spacing(draw)
    before, some = draw(_opened_maps())
    return Key(before + b"," * some + space(), not some, used=True)


@st.composite
def _map_values(draw: st.DrawFn) -> Value:
    space = spacing(draw)
    before = draw(_map_keys()).before
    return Value(before + member(space, draw(STRINGS).raw, b""), STRING.expected)


@st.composite
def _tops(draw: st.DrawFn) -> Value:
    space = spacing(draw)
    return Value(space(), STRUCT)


_NESTED: Final = st.lists(st.sampled_from([b"[", b"[1,", b'{"a":', b'{"a":null , "":']), max_size=3).map(b"".join)


@st.composite
def _ignored_values(draw: st.DrawFn) -> Value:
    space = spacing(draw)
    before, _ = next_member(draw)
    nested = draw(_NESTED)
    before += member(space, draw(UNKNOWN_KEYS), nested) + space()
    return Value(before, "", first=nested.endswith(b"["))


@st.composite
def _message_keys(draw: st.DrawFn) -> Key:
    return Key(*next_member(draw), used=True)


@st.composite
def _ignored_keys(draw: st.DrawFn) -> Key:
    space = spacing(draw)
    first = draw(st.booleans())
    return Key(draw(_ignored_values()).before + (b"{" if first else b'{"a":1,') + space(), first, used=False)


@st.composite
def _keys_read(draw: st.DrawFn) -> bytes:
    space = spacing(draw)
    key = draw(KEYS)
    return key.before + draw(UNKNOWN_KEYS) + space()


@st.composite
def _known_keys_read(draw: st.DrawFn) -> bytes:
    space = spacing(draw)
    field = draw(st.sampled_from(FIELDS))
    before, _ = next_member(draw, without=field)
    return before + field_key(draw, field) + space()


@st.composite
def _message_members_read(draw: st.DrawFn) -> bytes:
    return _opened_object(draw, least=1)[0]


@st.composite
def _ignored_read(draw: st.DrawFn, start: bytes) -> bytes:
    space = spacing(draw)
    return draw(_ignored_values()).before + start + space()


@st.composite
def _elements_read(draw: st.DrawFn) -> Element:
    count = draw(st.integers(1, len(FIELDS)))
    return Element(opened_array(draw, count), count)


@st.composite
def _strings(draw: st.DrawFn, quotes: st.SearchStrategy[bytes]) -> bytes:
    return draw(quotes) + b'"' + draw(STRINGS).raw[1:-1]


USED_VALUES: Final = {
    STRING.expected: _values_of(STRING) | _map_values(),
    U64.expected: _values_of(U64),
    STRING_MAP.expected: _values_of(STRING_MAP),
    STRUCT: _tops(),
}
"""The places of values that Rust uses, by what serde expects there."""
ANY_USED_VALUE: Final = st.one_of([*USED_VALUES.values()])
IGNORED_VALUES: Final = _ignored_values()
KEYS: Final = _message_keys() | _map_keys() | _ignored_keys()
KEYS_READ: Final = _keys_read() | _known_keys_read()
"""Places after a key, where the colon comes."""
MEMBERS_READ: Final = _message_members_read() | _opened_maps(1).map(lambda opened: opened[0]) | _ignored_read(b'{"a":1')
"""Places in an object, after a member."""
ELEMENTS_READ: Final = _elements_read()
"""Places in the message's array form, after an element."""
IGNORED_ELEMENTS_READ: Final = _ignored_read(b"[1")
"""Places in an array that Rust ignores, after an element."""
USED_STRINGS: Final = _strings(
    ANY_USED_VALUE.map(lambda value: value.before) | (_message_keys() | _map_keys()).map(lambda key: key.before)
)
"""Places in a string that Rust uses, after some characters."""
IGNORED_STRINGS: Final = _strings(
    IGNORED_VALUES.map(lambda value: value.before) | _ignored_keys().map(lambda key: key.before)
)
