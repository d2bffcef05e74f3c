"""Strategies for the beginnings of messages, up to a place where a fault can be.

What Rust has read before its first error is without fault, and what comes after it is never looked at: so a place and
a fault decide the error.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from hypothesis import strategies as st

from checkpoint_notify.codec.layout import Field, Kind
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
"""What serde calls the message in "expected …"."""


class Value(NamedTuple):
    """A place where a value comes next."""

    before: bytes
    expected: str
    """What serde expects there, in its words; empty where nobody uses the value."""
    first: bool = False
    """Whether an array has just been opened, so that its end may come as well."""


class Key(NamedTuple):
    """A place where the key of a member comes next."""

    before: bytes
    first: bool
    """Whether the object has just been opened, so that its end may come as well; else a comma stands before."""
    used: bool


class Element(NamedTuple):
    """A place in the message's array form."""

    before: bytes
    length: int
    """How many elements it has so far."""


def _opened_object(draw: st.DrawFn, *, without: Field | None = None, least: int = 0) -> tuple[bytes, bool]:
    """The message as an object after some members, and whether there are any; one field is not among them."""
    space = spacing(draw)
    others = st.sampled_from([field for field in FIELDS if field is not without])
    fields = draw(st.lists(others, unique=True, min_size=least, max_size=3))
    members = [field_member(draw, space, field) for field in fields] + unknown_members(draw, space, 1)
    return space() + b"{" + spaced(space, members), bool(members)


def next_member(draw: st.DrawFn, *, without: Field | None = None) -> tuple[bytes, bool]:
    """The message as an object, where its next key comes, and whether it is the first."""
    space = spacing(draw)
    before, some = _opened_object(draw, without=without)
    return before + b"," * some + space(), not some


def opened_array(draw: st.DrawFn, count: int) -> bytes:
    """The message as an array after some elements."""
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
    """Where the value of a field comes."""
    field = FIELDS[index]
    member = _members(field).map(lambda before: Value(before, field.kind.value))
    return member | _elements(index).map(lambda before: Value(before, field.kind.value, first=index == 0))


def _values_of(kind: Kind) -> st.SearchStrategy[Value]:
    return st.one_of([_field_values(index) for index, field in enumerate(FIELDS) if field.kind is kind])


@st.composite
def _opened_maps(draw: st.DrawFn, least: int = 0) -> tuple[bytes, bool]:
    """A map of strings after some entries, and whether there are any."""
    space = spacing(draw)
    entries = draw(st.lists(st.tuples(STRINGS, STRINGS), min_size=least, max_size=2))
    inner = spaced(space, [member(space, key.raw, value.raw) for key, value in entries])
    return draw(_values_of(Kind.STRING_MAP)).before + b"{" + inner, bool(entries)


@st.composite
def _map_keys(draw: st.DrawFn) -> Key:
    space = spacing(draw)
    before, some = draw(_opened_maps())
    return Key(before + b"," * some + space(), not some, used=True)


@st.composite
def _map_values(draw: st.DrawFn) -> Value:
    space = spacing(draw)
    before = draw(_map_keys()).before
    return Value(before + member(space, draw(STRINGS).raw, b""), Kind.STRING.value)


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
    Kind.STRING.value: _values_of(Kind.STRING) | _map_values(),
    Kind.U64.value: _values_of(Kind.U64),
    Kind.STRING_MAP.value: _values_of(Kind.STRING_MAP),
    STRUCT: _tops(),
}
"""By what serde expects there."""
ANY_USED_VALUE: Final = st.one_of([*USED_VALUES.values()])
IGNORED_VALUES: Final = _ignored_values()
KEYS: Final = _message_keys() | _map_keys() | _ignored_keys()
KEYS_READ: Final = _keys_read() | _known_keys_read()
"""Where the colon comes."""
MEMBERS_READ: Final = _message_members_read() | _opened_maps(1).map(lambda opened: opened[0]) | _ignored_read(b'{"a":1')
"""In an object, after a member."""
ELEMENTS_READ: Final = _elements_read()
"""In the message's array form, after an element."""
IGNORED_ELEMENTS_READ: Final = _ignored_read(b"[1")
"""In an array that nobody uses, after an element."""
USED_STRINGS: Final = _strings(
    ANY_USED_VALUE.map(lambda value: value.before) | (_message_keys() | _map_keys()).map(lambda key: key.before)
)
"""In a string, after some characters."""
IGNORED_STRINGS: Final = _strings(
    IGNORED_VALUES.map(lambda value: value.before) | _ignored_keys().map(lambda key: key.before)
)
