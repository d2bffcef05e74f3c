"""Walks through the members of an object and the elements of an array, with the errors of serde_json."""

from __future__ import annotations

from collections.abc import Collection, Container

from checkpoint_notify.codec.scanner import (
    EOF_LIST,
    EOF_OBJECT,
    EOF_VALUE,
    peeked,
    read_string,
    refusal,
    skip_colon,
    skip_space,
    unexpected_end,
    wrong_byte,
)
from checkpoint_notify.codec.unexpected import one_of
from checkpoint_notify.errors import DecodeError


def read_key(
    src: bytes, pos: int, *, first: bool, seen: Container[str] = (), allowed: Collection[str] | None = None
) -> tuple[int, str | None]:
    """Return an object's next key and the position behind its colon, or None and that behind the closing brace.

    Refuses a key that was seen before, and one that is not allowed; None allows all.
    """
    pos = skip_space(src, pos)
    if src[pos : pos + 1] == b"}":
        return pos + 1, None
    pos, key = read_string(src, find_key(src, pos, first=first) + 1)
    if key in seen:
        raise _refused_key(src, pos, f"duplicate field `{key}`")
    if allowed is not None and key not in allowed:
        raise _refused_key(src, pos, f"unknown field `{key}`, expected {one_of(allowed)}")
    return skip_colon(src, pos), key


def _refused_key(src: bytes, pos: int, message: str) -> DecodeError:
    """Return the error for the key that ends at `pos`. serde_json names the place when it has looked for a `}`."""
    pos = skip_space(src, pos)
    return refusal(src, "data", message, pos + src.startswith(b"}", pos))


def next_element(src: bytes, pos: int, *, first: bool) -> tuple[int, bool]:
    """Return the position of an array's next element and True, or that of the closing bracket and False."""
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


def end_array(src: bytes, pos: int) -> int:
    """Return the position behind the closing bracket of an array that has no further element."""
    pos = skip_space(src, pos)
    if src[pos : pos + 1] == b"]":
        return pos + 1
    if src[pos : pos + 1] == b",":
        pos = skip_space(src, pos + 1)
        message = "trailing comma" if src[pos : pos + 1] == b"]" else "trailing characters"
        raise refusal(src, "syntax", message, peeked(src, pos))
    raise wrong_byte(src, pos, "trailing characters", at_end=EOF_LIST)


def find_key(src: bytes, pos: int, *, first: bool) -> int:
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
