"""Bytes to the values of a message, with the verdict, the value and the error of serde's derived `Deserialize`.

A reader tries the common form first, with one regular expression; what that does not match, it reads step by step, and
that is where all errors come from.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Container
from typing import Any, Final, TypeAlias

from checkpoint_notify.codec.layout import Field, Kind, Layout
from checkpoint_notify.codec.numbers import read_number
from checkpoint_notify.codec.payload import check_utf8
from checkpoint_notify.codec.scanner import (
    EOF_LIST,
    EOF_OBJECT,
    EOF_VALUE,
    peeked,
    read_string,
    refusal,
    skip_colon,
    skip_members,
    skip_space,
    skip_value,
    unexpected_end,
    wrong_byte,
)
from checkpoint_notify.codec.unexpected import show_number, unexpected
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
_short_integer = re.compile(rb"[ \t\n\r]*+(0|[1-9][0-9]{0,18}+)(?![0-9.eE])").match


def decode(src: bytes, layout: Layout) -> dict[str, Any]:
    """Return the values of a message by field name. Raises DecodeError if Rust refuses the payload."""
    check_utf8(src)
    pos = skip_space(src, 0)
    byte = src[pos : pos + 1]
    if byte == b"{":
        pos, values = _read_object(src, pos + 1, layout)
    elif byte == b"[":
        pos, values = _read_array(src, pos + 1, layout)
    else:
        raise unexpected(src, pos, f"struct {layout.name}")
    pos = skip_space(src, pos)
    if pos < len(src):
        raise refusal(src, "syntax", "trailing characters", pos + 1)
    return values


def _read_object(src: bytes, pos: int, layout: Layout) -> tuple[int, dict[str, Any]]:
    readers = _readers(layout)
    values: dict[str, Any] = {}
    member = _first_member
    unknown = 0
    while True:
        start = pos
        match = member(src, pos, pos + _SHORT)
        if match is None or (key := match[1].decode()) in values:
            pos, key = _read_key(src, pos, first=member is _first_member, known=values)
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
                values[field.name] = _absent(src, pos, field, f"missing field `{field.name}`")
    return pos, values


def _read_array(src: bytes, pos: int, layout: Layout) -> tuple[int, dict[str, Any]]:
    count = len(layout.fields)
    values: dict[str, Any] = {}
    for index, field in enumerate(layout.fields):
        pos, more = _next_element(src, pos, first=index == 0)
        if more:
            pos, values[field.name] = _READERS[field.kind](src, pos)
        else:
            elements = f"{count} element{'s' * (count != 1)}"
            message = f"invalid length {index}, expected struct {layout.name} with {elements}"
            values[field.name] = _absent(src, pos + 1, field, message)
    return _end_array(src, pos), values


def _absent(src: bytes, pos: int, field: Field, message: str) -> Any:
    """Return the default of an absent field; `pos` is behind the closing bracket."""
    if field.default is None:
        raise refusal(src, "data", message, pos)
    return field.default()


def _read_key(src: bytes, pos: int, *, first: bool, known: Container[str]) -> tuple[int, str | None]:
    """An object's next key and the position behind its colon, or None and the position behind the closing brace.

    A key that is among the `known` ones is refused.
    """
    pos = skip_space(src, pos)
    if src[pos : pos + 1] == b"}":
        return pos + 1, None
    pos, key = read_string(src, _find_key(src, pos, first=first) + 1)
    if key in known:
        pos = skip_space(src, pos)  # serde_json names the place when it has looked for the end of the object
        raise refusal(src, "data", f"duplicate field `{key}`", pos + src.startswith(b"}", pos))
    return skip_colon(src, pos), key


def _find_key(src: bytes, pos: int, *, first: bool) -> int:
    """Return the position of the opening quote of an object's next key."""
    at_end = EOF_OBJECT
    if not first:
        if src[pos : pos + 1] != b",":
            raise wrong_byte(src, pos, "expected `,` or `}`", at_end=EOF_OBJECT)
        pos = skip_space(src, pos + 1)
        if src[pos : pos + 1] == b"}":
            raise refusal(src, "syntax", "trailing comma", pos + 1)
        at_end = EOF_VALUE
    if src[pos : pos + 1] != b'"':
        raise wrong_byte(src, pos, "key must be a string", at_end=at_end)
    return pos


def _next_element(src: bytes, pos: int, *, first: bool) -> tuple[int, bool]:
    """The position of an array's next element and True, or that of the closing bracket and False."""
    pos = skip_space(src, pos)
    byte = src[pos : pos + 1]
    if not byte:
        raise unexpected_end(src, EOF_LIST)
    if byte == b"]" or first:
        return pos, byte != b"]"
    if byte != b",":
        raise refusal(src, "syntax", "expected `,` or `]`", pos + 1)
    pos = skip_space(src, pos + 1)
    if src[pos : pos + 1] == b"]":
        raise refusal(src, "syntax", "trailing comma", pos + 1)
    return pos, True


def _end_array(src: bytes, pos: int) -> int:
    pos = skip_space(src, pos)
    if src[pos : pos + 1] == b"]":
        return pos + 1
    if src[pos : pos + 1] == b",":
        pos = skip_space(src, pos + 1)
        message = "trailing comma" if src[pos : pos + 1] == b"]" else "trailing characters"
        raise refusal(src, "syntax", message, peeked(src, pos))
    raise wrong_byte(src, pos, "trailing characters", at_end=EOF_LIST)


def _read_string_value(src: bytes, pos: int) -> tuple[int, str]:
    match = _plain_string(src, pos, pos + _SHORT)
    if match is not None:
        return match.end(), match[1].decode()
    pos = skip_space(src, pos)
    if src[pos : pos + 1] != b'"':
        raise unexpected(src, pos, Kind.STRING.value)
    return read_string(src, pos + 1)


def _read_u64(src: bytes, pos: int) -> tuple[int, int]:
    pos = skip_space(src, pos)
    match = _short_integer(src, pos)
    if match is not None:
        return match.end(), int(match[1])
    first = src[pos : pos + 1]
    if first != b"-" and not first.isdigit():
        raise unexpected(src, pos, Kind.U64.value)
    pos, value = read_number(src, pos)
    if isinstance(value, float):
        raise refusal(src, "data", f"invalid type: {show_number(value)}, expected u64", pos)
    if value < 0:
        raise refusal(src, "data", f"invalid value: {show_number(value)}, expected u64", pos)
    return pos, value


def _read_string_map(src: bytes, pos: int) -> tuple[int, dict[str, str]]:
    pos = skip_space(src, pos)
    if src[pos : pos + 1] != b"{":
        raise unexpected(src, pos, Kind.STRING_MAP.value)
    values: dict[str, str] = {}
    pos += 1
    member = _first_member
    for count in itertools.count(1):
        start = pos
        match = member(src, pos, pos + _SHORT)
        if match is not None and match[2] is not None:
            pos, values[match[1].decode()] = match.end(), match[2].decode()
        else:
            pos, key = _read_key(src, pos, first=member is _first_member, known=())
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


@functools.lru_cache
def _readers(layout: Layout) -> dict[str, Reader]:
    """The reader for each field of a message."""
    return {field.name: _READERS[field.kind] for field in layout.fields}


_READERS: Final[dict[Kind, Reader]] = {
    Kind.STRING: _read_string_value,
    Kind.U64: _read_u64,
    Kind.STRING_MAP: _read_string_map,
}
