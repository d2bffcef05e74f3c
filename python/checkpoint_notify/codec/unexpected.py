"""How serde names a value of the wrong type in its error."""

from __future__ import annotations

from typing import Final

from checkpoint_notify.codec.numbers import read_number, show_float
from checkpoint_notify.codec.scanner import EOF_VALUE, read_string, refusal, skip_word, wrong_byte
from checkpoint_notify.codec.windows import LONG
from checkpoint_notify.errors import DecodeError

_DEBUG_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def unexpected(src: bytes, pos: int, expected: str) -> DecodeError:
    """The error for the value at `pos`, which has the wrong type or is no value at all."""
    pos, found = _describe(src, pos)
    return refusal(src, "data", f"invalid type: {found}, expected {expected}", pos)


def show_number(value: int | float) -> str:
    """A number in serde's words."""
    return f"floating point `{show_float(value)}`" if isinstance(value, float) else f"integer `{value}`"


def _describe(src: bytes, pos: int) -> tuple[int, str]:
    """What stands at `pos`, in serde's words; brackets are only looked at, all else is read to its end."""
    first = src[pos : pos + 1]
    if first == b"[":
        return pos, "sequence"
    if first == b"{":
        return pos, "map"
    if first == b'"':
        pos, text = read_string(src, pos + 1)
        return pos, f"string {_debug(text)}"
    if first == b"n":
        return skip_word(src, pos, b"null"), "null"
    if first == b"t":
        return skip_word(src, pos, b"true"), "boolean `true`"
    if first == b"f":
        return skip_word(src, pos, b"false"), "boolean `false`"
    if first == b"-" or first.isdigit():
        pos, value = read_number(src, pos)
        return pos, show_number(value)
    raise wrong_byte(src, pos, "expected value", at_end=EOF_VALUE)


class _Shown(dict[int, str]):
    """How Rust's `Debug` shows a character, by its code point; filled as needed."""

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        shown = character if character.isprintable() else f"\\u{{{code_point:x}}}"
        self[code_point] = shown = _DEBUG_ESCAPES.get(character, shown)
        return shown


def _debug(text: str) -> str:
    """A string as Rust's `Debug` shows it; what counts as printable beyond ASCII is Python's choice, not Rust's."""
    parts = (text[start : start + LONG] for start in range(0, len(text), LONG))
    return '"' + "".join(map(_debug_part, parts)) + '"'


def _debug_part(text: str) -> str:
    if text.isprintable():  # the common case, and much faster
        return text.replace("\\", "\\\\").replace('"', '\\"')
    return text.translate(_Shown())
