r"""Proves parts of a payload valid with fast C functions, one window at a time: a short call lets other threads run.

Nothing here is a verdict or an error: what a window does not show to be valid, the caller reads step by step. The size
of the next window follows from what came of the last (`next_size`), so that the time is linear in any case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Set
from itertools import chain
from typing import Final

import msgspec

LEAST: Final = 128
MOST: Final = 1 << 14
LONG: Final = 1 << 20
"""The largest window, in bytes."""

# The text between two commas. A quote stands for each string, 1 for each digit but 0, a space for white space.
_ELEMENT: Final = (
    rb' *+(?:" *+: *+)?+(?:(?:\[|\{ *+" *+:) *+(?![\]}]))*+'
    rb'(?:"|-?+(?:0|1[01]*+)(?:\.[01]++)?+(?:[eE][+-]?+[01]++)?+|null|true|false|\[ *+\]|\{ *+\})(?: *+[\]}])*+ *+'
)
_ends = re.compile(rb"[ \]}]*+").fullmatch
_elements = re.compile(rb"(?:%b,)*+" % _ELEMENT).fullmatch
_openings = re.compile(rb'(?: *+(?:\[(?= *+[^ \]])|\{ *+" *+:))*+').match
_closings = re.compile(rb"[ \t\n\r\]}]*+").match

_read_text = msgspec.json.Decoder(str).decode
_read_entries = msgspec.json.Decoder(dict[str, str]).decode

_LOW_SURROGATES: Final = (b"\\udc", b"\\udd", b"\\ude", b"\\udf")
_SIMPLER: Final = bytes.maketrans(b"23456789\t\n\r", b"11111111   ")
_BESIDE_STRUCTURE: Final = bytes(set(range(256)) - set(b"[]{},:k"))
_CLOSING_OF: Final = bytes.maketrans(b"[{", b"]}")
_OWNER: Final = dict(zip(b",]:}!", b"[[{{{", strict=True))
_MARKED: Final = ord("!")
_REDUCED: Final = (
    *((b",,", b","), (b"::", b":"), (b"[,", b"["), (b"{:", b"{"), (b",]", b"]"), (b":}", b"}")),
    *((b"[]", b""), (b"{}", b"")),
)
"""Replacements that keep the meaning: a separator belongs to the bracket around it."""


def next_size(size: int, taken: int, *, proven: bool) -> int:
    """Return the size of the next window, after a window or a step that read `taken` bytes."""
    return min(MOST, 2 * size if proven else max(LEAST, 2 * taken))


def part_of_string(src: bytes, pos: int, size: int) -> tuple[int, bool]:
    """Return the end of the next part of a string, and whether it is the last part. No escape or character is cut."""
    window = _masked(src[pos : pos + size])
    end = window.find(b'"')
    if end >= 0:
        return pos + end, True
    escape = window.rfind(b"\\", -6)
    if escape >= 0:
        end = pos + escape
        return end + 6 * src[end : end + 4].lower().startswith(_LOW_SURROGATES), False
    end = pos + len(window)
    while b"\x80" <= src[end : end + 1] < b"\xc0":
        end -= 1
    return end, False


def text_of(part: bytes) -> str | None:
    """Return the text of a part of a string; None if serde may refuse it."""
    try:
        return _read_text(b'"%b"' % part)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def is_ignorable(part: bytes) -> bool:
    """Return whether serde accepts this part of an ignored string."""
    try:
        json.loads(f'"{part.decode("latin-1")}"')
    except ValueError:
        return False
    return True


def read_entries(src: bytes, pos: int, size: int) -> tuple[int, dict[str, str]]:
    """Return the position behind the entries of a string map in a window, and the entries; a comma precedes each."""
    parts = _masked(src[pos : pos + size]).split(b'"')
    count = (len(parts) - 1) // 4 * 4  # a comma, a key, a colon and a value
    before, comma, _ = parts[0].partition(b",")
    if not count or not comma or before.strip(b" \t\n\r"):
        return pos, {}
    end = pos + sum(map(len, parts[:count])) + count
    try:
        return end, _read_entries(b"{%b}" % src[pos + len(before) + 1 : end])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return pos, {}


def skip_elements(src: bytes, pos: int, size: int, brackets: bytearray, names: Set[str]) -> int:
    """Return the position behind the values that a window proves valid; `pos` is behind a value. A comma follows both.

    `brackets` are the open ones and are updated. The first one does not close, and none of its skipped keys is one of
    `names`.
    """
    window = _masked(src[pos : pos + size])
    parts, rest = _up_to_last_comma(window.split(b'"'))
    strings = parts[1::2]
    shape = b'"'.join(parts[::2]).translate(_SIMPLER)
    first, *elements = shape.split(b",")
    if not _ends(first) or not _elements(b",".join([*set(elements), b""])):
        return pos
    marked = _marked(strings, names)
    if marked is None:
        return pos
    if marked:
        marks = [b"k" if string in marked else b"" for string in strings]
        shape = b"".join(chain.from_iterable(zip(shape.split(b'"'), [*marks, b""], strict=True)))
    return pos + len(window) - rest if _follow(_skeleton(shape), brackets) else pos


def _up_to_last_comma(parts: list[bytes]) -> tuple[list[bytes], int]:
    """What is before the last comma outside strings, which are every second part, and how many bytes follow it."""
    rest = -1
    for index in reversed(range(len(parts))):
        comma = parts[index].rfind(b",") if index % 2 == 0 else -1
        if comma >= 0:
            return [*parts[:index], parts[index][:comma]], rest + 1 + len(parts[index]) - comma
        rest += 1 + len(parts[index])
    return [b""], rest


def open_brackets(src: bytes, pos: int, size: int, brackets: bytearray) -> int:
    """Return the position behind the opening brackets in a window, including the first key of each object."""
    parts = _masked(src[pos : pos + size]).split(b'"')
    shape = b'"'.join(parts[::2]).translate(_SIMPLER)
    shape = _openings(shape)[0]  # type: ignore[index]  # an empty match is still a match
    strings = parts[1 : 2 * shape.count(b'"') : 2]
    if not is_ignorable(b" ".join(strings)):
        return pos
    brackets += shape.translate(None, b' ":')
    return pos + len(shape) + len(strings) + sum(map(len, strings))


def close_brackets(src: bytes, pos: int, size: int, brackets: bytearray) -> int:
    """Return the position behind the closing brackets in a window, if all close one of `brackets` but the first."""
    match = _closings(src, pos, pos + size)
    closings = match[0].translate(None, b" \t\n\r")  # type: ignore[index]
    rest = len(brackets) - len(closings)
    if rest < 1 or brackets[rest:].translate(_CLOSING_OF) != closings[::-1]:
        return pos
    del brackets[rest:]
    return match.end()  # type: ignore[union-attr]


def _masked(window: bytes) -> bytes:
    """Return the window without escaped backslashes and quotes. Each quote that is left begins or ends a string."""
    if b"\\" not in window:  # much faster to find than two bytes
        return window
    return window.replace(b"\\\\", b"__").replace(b'\\"', b"__")


def _marked(strings: list[bytes], names: Set[str]) -> set[bytes] | None:
    """Of strings those that no skipped key may be: names, and lone surrogates; None if one of them is invalid."""
    if not names:
        return set() if is_ignorable(b" ".join(strings)) else None
    try:
        texts = json.loads(b'["%b"]' % b'","'.join(strings)) if strings else []
    except ValueError:
        return None
    if names.isdisjoint(texts) and _is_unicode("".join(texts)):
        return set()
    found = dict(zip(strings, texts, strict=True))
    return {string for string, text in found.items() if text in names or not (text.isascii() or _is_unicode(text))}


def _is_unicode(text: str) -> bool:
    """Return whether it contains no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _skeleton(shape: bytes) -> bytes:
    """The brackets of values, and between them what separates their elements (`,`) or members (`:`, `!` if marked)."""
    skeleton = shape.translate(None, _BESIDE_STRUCTURE).replace(b"k:", b"!").replace(b"k", b"")
    for old, new in ((b",:", b":"), (b"{:", b"{"), (b",!", b"!"), (b"{!", b"{")):
        skeleton = skeleton.replace(old, new)
    before = 0
    while len(skeleton) != before:
        before = len(skeleton)
        for old, new in _REDUCED:
            skeleton = skeleton.replace(old, new)
        if 2 * len(skeleton) > before:
            break
    return skeleton


def _follow(skeleton: bytes, brackets: bytearray) -> bool:
    """Open and close brackets. If one is misplaced, return False and change nothing."""
    opened = bytearray()
    kept = len(brackets)
    for token in skeleton:
        if token in b"[{":
            opened.append(token)
            continue
        if _OWNER[token] != (opened[-1] if opened else brackets[kept - 1]):
            return False
        if token in b",:" or (opened and token == _MARKED):
            continue
        if opened:
            opened.pop()
        elif kept > 1:
            kept -= token != _MARKED
        else:
            return False
    brackets[kept:] = opened
    return True
