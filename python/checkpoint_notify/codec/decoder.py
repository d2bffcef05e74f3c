"""Bytes to the values of a message, with the verdict, the value and the error of serde's derived `Deserialize`.

A reader tries the common form first, with one regular expression; what that does not match, it reads step by step, and
that is where all errors come from.
"""

from __future__ import annotations

import enum
import functools
import itertools
import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from checkpoint_notify.codec.containers import end_array, find_key, next_element, read_key
from checkpoint_notify.codec.layout import (
    FLOAT,
    STRING,
    BoolKind,
    EnumKind,
    FloatKind,
    IntKind,
    Kind,
    ListKind,
    MapKind,
    OptionKind,
    StringKind,
    StructKind,
)
from checkpoint_notify.codec.numbers import read_number
from checkpoint_notify.codec.payload import check_utf8
from checkpoint_notify.codec.scanner import (
    EOF_OBJECT,
    EOF_VALUE,
    read_string,
    refusal,
    skip_colon,
    skip_members,
    skip_space,
    skip_value,
    skip_word,
    unexpected_end,
    wrong_byte,
)
from checkpoint_notify.codec.unexpected import one_of, show_number, unexpected
from checkpoint_notify.codec.windows import next_size, read_entries

_SHORT: Final = 512
"""The number of bytes that the patterns for common forms look at; longer strings are read in parts."""

_FEW: Final = 8
"""After this many members, windows read or skip them. A window costs more than a few single steps."""

Reader: TypeAlias = Callable[[bytes, int], tuple[int, Any]]

# A key with its colon, and its value where that is a string; both without escapes.
_MEMBER: Final = rb'"([^"\\\x00-\x1f]*+)"[ \t\n\r]*+:(?:[ \t\n\r]*+"([^"\\\x00-\x1f]*+)")?+'
_first_member = re.compile(rb"[ \t\n\r]*+" + _MEMBER).match
_later_member = re.compile(rb"[ \t\n\r]*+,[ \t\n\r]*+" + _MEMBER).match
_plain_string = re.compile(rb'[ \t\n\r]*+"([^"\\\x00-\x1f]*+)"').match
_short_integer = re.compile(rb"[ \t\n\r]*+(0|[1-9][0-9]{0,18}+|-[1-9][0-9]{0,17}+)(?![0-9.eE])").match
# At most 19 digits, which fit into a u64.
_plain_float = re.compile(rb"[ \t\n\r]*+(-?)(?=[0-9.]{1,20}(?![0-9.]))(0|[1-9][0-9]*+)\.([0-9]++)(?![eE])").match
_POWERS: Final = [float(f"1e{power}") for power in range(20)]


def decode(src: bytes, layout: StructKind) -> Any:
    """Return the message in a payload. Raises DecodeError if Rust refuses it."""
    check_utf8(src)
    pos, message = reader_of(layout)(src, 0)
    pos = skip_space(src, pos)
    if pos < len(src):
        raise refusal(src, "syntax", "trailing characters", pos + 1)
    return message


@functools.lru_cache
def reader_of(kind: Kind) -> Reader:
    """Return the function that reads values of this kind."""
    return _READERS[type(kind)](kind)


def _struct_reader(layout: StructKind) -> Reader:
    cls, set_field = layout.cls, object.__setattr__

    def read(src: bytes, pos: int) -> tuple[int, Any]:
        pos = skip_space(src, pos)
        byte = src[pos : pos + 1]
        if byte == b"{":
            pos, values = _read_object(src, pos + 1, layout)
        elif byte == b"[":
            pos, values = _read_array(src, pos + 1, layout)
        else:
            raise unexpected(src, pos, layout.expected)
        found: Any = object.__new__(cls)
        for name, value in values.items():
            set_field(found, name, value)  # it is frozen, and its __init__ would check them again
        return pos, found

    return read


def _read_object(src: bytes, pos: int, layout: StructKind) -> tuple[int, dict[str, Any]]:
    readers = _readers(layout)
    allowed = readers.keys() if layout.deny_unknown_fields else None
    values: dict[str, Any] = {}
    member = _first_member
    unknown = 0
    while True:
        start = pos
        match = member(src, pos, pos + _SHORT)
        if match is None or (key := match[1].decode()) in values or (allowed and key not in allowed):
            pos, key = read_key(src, pos, first=member is _first_member, seen=values, allowed=allowed)
            if key is None:
                break
            text = None
        else:
            pos, text = match.end(), match[2]
        member = _later_member
        reader = readers.get(key)
        if reader is None:
            unknown += 1
            if text is None:
                pos = skip_value(src, pos)
            if unknown > _FEW:
                pos = skip_members(src, pos, next_size(0, pos - start, proven=False), readers.keys())
        elif text is None or match is None:
            pos, values[key] = reader(src, pos)
        elif reader is _read_string_value:
            values[key] = text.decode()
        else:
            pos, values[key] = reader(src, match.start(2) - 1)
    if len(values) < len(readers):
        for field in layout.fields:
            if field.name not in values:
                values[field.name] = _absent(src, pos, field.default, f"missing field `{field.name}`")
    return pos, values


def _read_array(src: bytes, pos: int, layout: StructKind) -> tuple[int, dict[str, Any]]:
    count = len(layout.fields)
    values: dict[str, Any] = {}
    for index, field in enumerate(layout.fields):
        pos, more = next_element(src, pos, first=index == 0)
        if more:
            pos, values[field.name] = reader_of(field.kind)(src, pos)
        else:
            elements = f"{count} element{'s' * (count != 1)}"
            message = f"invalid length {index}, expected struct {layout.name} with {elements}"
            values[field.name] = _absent(src, pos + 1, field.array_default, message)
    return end_array(src, pos), values


def _absent(src: bytes, pos: int, default: Callable[[], Any] | None, message: str) -> Any:
    """Return the default of an absent field; `pos` is behind the closing bracket."""
    if default is None:
        raise refusal(src, "data", message, pos)
    return default()


def _read_string_value(src: bytes, pos: int) -> tuple[int, str]:
    match = _plain_string(src, pos, pos + _SHORT)
    if match is not None:
        return match.end(), match[1].decode()
    pos = skip_space(src, pos)
    if src[pos : pos + 1] != b'"':
        raise unexpected(src, pos, STRING.expected)
    return read_string(src, pos + 1)


def _read_bool(src: bytes, pos: int) -> tuple[int, bool]:
    pos = skip_space(src, pos)
    first = src[pos : pos + 1]
    if first == b"t":
        return skip_word(src, pos, b"true"), True
    if first == b"f":
        return skip_word(src, pos, b"false"), False
    raise unexpected(src, pos, BoolKind.expected)


def _int_reader(kind: IntKind) -> Reader:
    minimum, maximum = kind.minimum, kind.maximum

    def read(src: bytes, pos: int) -> tuple[int, int]:
        match = _short_integer(src, pos)
        if match is not None and minimum <= (value := int(match[1])) <= maximum:
            return match.end(), value
        pos, number = _read_number(src, pos, kind)
        if isinstance(number, float):
            raise refusal(src, "data", f"invalid type: {show_number(number)}, expected {kind.expected}", pos)
        if not minimum <= number <= maximum:
            raise refusal(src, "data", f"invalid value: {show_number(number)}, expected {kind.expected}", pos)
        return pos, number

    return read


def _read_float(src: bytes, pos: int) -> tuple[int, float]:
    match = _plain_float(src, pos)
    if match is not None:
        sign, whole, fraction = match.groups()
        value = int(whole + fraction) / _POWERS[len(fraction)]  # as serde_json computes it
        return match.end(), -value if sign else value
    pos, number = _read_number(src, pos, FLOAT)
    return pos, float(number)


def _read_number(src: bytes, pos: int, kind: IntKind | FloatKind) -> tuple[int, int | float]:
    pos = skip_space(src, pos)
    first = src[pos : pos + 1]
    if first != b"-" and not first.isdigit():
        raise unexpected(src, pos, kind.expected)
    return read_number(src, pos)


def _option_reader(kind: OptionKind) -> Reader:
    read_inner = reader_of(kind.inner)

    def read(src: bytes, pos: int) -> tuple[int, Any]:
        pos = skip_space(src, pos)
        if src[pos : pos + 1] == b"n":
            return skip_word(src, pos, b"null"), None
        return read_inner(src, pos)

    return read


def _list_reader(kind: ListKind) -> Reader:
    read_item = reader_of(kind.item)

    def read(src: bytes, pos: int) -> tuple[int, list[Any]]:
        pos = skip_space(src, pos)
        if src[pos : pos + 1] != b"[":
            raise unexpected(src, pos, kind.expected)
        found: list[Any] = []
        pos, more = next_element(src, pos + 1, first=True)
        while more:
            pos, item = read_item(src, pos)
            found.append(item)
            pos, more = next_element(src, pos, first=False)
        return pos + 1, found

    return read


def _map_reader(kind: MapKind) -> Reader:
    if isinstance(kind.value, StringKind):
        return _read_string_map
    read_value = reader_of(kind.value)

    def read(src: bytes, pos: int) -> tuple[int, dict[str, Any]]:
        pos = _open_map(src, pos)
        found: dict[str, Any] = {}
        pos, key = read_key(src, pos, first=True)
        while key is not None:
            pos, found[key] = read_value(src, pos)
            pos, key = read_key(src, pos, first=False)
        return pos, found

    return read


def _read_string_map(src: bytes, pos: int) -> tuple[int, dict[str, str]]:
    pos = _open_map(src, pos)
    values: dict[str, str] = {}
    member = _first_member
    for count in itertools.count(1):
        start = pos
        match = member(src, pos, pos + _SHORT)
        if match is not None and match[2] is not None:
            pos, values[match[1].decode()] = match.end(), match[2].decode()
        else:
            pos, key = read_key(src, pos, first=member is _first_member)
            if key is None:
                break
            pos, values[key] = _read_string_value(src, pos)
        member = _later_member
        if count > _FEW:
            pos = _read_windows(src, pos, next_size(0, pos - start, proven=False), values)
    return pos, values


def _read_windows(src: bytes, pos: int, size: int, values: dict[str, str]) -> int:
    """Read entries of a map of strings while windows prove some valid; return the position behind them."""
    while True:
        start = pos
        pos, found = read_entries(src, pos, size)
        if pos == start:
            return pos
        values.update(found)
        size = next_size(size, pos - start, proven=True)


def _open_map(src: bytes, pos: int) -> int:
    pos = skip_space(src, pos)
    if src[pos : pos + 1] != b"{":
        raise unexpected(src, pos, MapKind.expected)
    return pos + 1


def _enum_reader(kind: EnumKind) -> Reader:
    members = {member.value: member for member in kind.cls}

    def read_name(src: bytes, pos: int) -> tuple[int, enum.StrEnum]:
        pos, name = read_string(src, pos + 1)
        if name not in members:
            raise refusal(src, "data", f"unknown variant `{name}`, expected {one_of(members)}", pos)
        return pos, members[name]

    def read(src: bytes, pos: int) -> tuple[int, enum.StrEnum]:
        pos = skip_space(src, pos)
        first = src[pos : pos + 1]
        if first == b"{":
            pos = skip_space(src, pos + 1)
            if src[pos : pos + 1] != b"}":
                return _end_variant(src, *read_name(src, find_key(src, pos, first=True)))
        elif first == b'"':
            return read_name(src, pos)
        raise wrong_byte(src, pos, "expected value", at_end=EOF_VALUE)

    return read


def _end_variant(src: bytes, pos: int, member: enum.StrEnum) -> tuple[int, enum.StrEnum]:
    """Read the rest of the object form of a unit variant, `{"Name":null}`, behind the name."""
    pos = skip_space(src, skip_colon(src, pos))
    if src[pos : pos + 1] != b"n":
        raise unexpected(src, pos, "unit")
    pos = skip_space(src, skip_word(src, pos, b"null"))
    if pos == len(src):
        raise unexpected_end(src, EOF_OBJECT)
    if src[pos : pos + 1] != b"}":
        raise refusal(src, "syntax", "expected value", pos)
    return pos + 1, member


@functools.lru_cache
def _readers(layout: StructKind) -> dict[str, Reader]:
    """Return the reader for each field of a struct."""
    return {field.name: reader_of(field.kind) for field in layout.fields}


_READERS: Final[dict[type[Kind], Callable[[Any], Reader]]] = {
    StringKind: lambda kind: _read_string_value,
    BoolKind: lambda kind: _read_bool,
    IntKind: _int_reader,
    FloatKind: lambda kind: _read_float,
    OptionKind: _option_reader,
    ListKind: _list_reader,
    MapKind: _map_reader,
    EnumKind: _enum_reader,
    StructKind: _struct_reader,
}
"""Makes the reader for values of each kind."""
