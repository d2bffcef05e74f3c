"""The names that serde gives to a value of the wrong type (serde `src/de/mod.rs`, `Unexpected`)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from checkpoint_notify.codec.numbers import read_number, show_float
from checkpoint_notify.codec.scanner import EOF_VALUE, read_string, refusal, skip_word, wrong_byte
from checkpoint_notify.codec.windows import LONG
from checkpoint_notify.errors import DecodeError

_DEBUG_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def unexpected(src: bytes, pos: int, expected: str) -> DecodeError:
    """Return the error for the value at `pos`: a wrong type, or not JSON (`peek_invalid_type`, src/de.rs)."""
    pos, found = _describe(src, pos)
    return refusal(src, "data", f"invalid type: {found}, expected {expected}", pos)


def show_number(value: int | float) -> str:
    """Return a number in serde's words."""
    return f"floating point `{show_float(value)}`" if isinstance(value, float) else f"integer `{value}`"


def one_of(names: Collection[str]) -> str:
    """Return the names that serde expects, in its words (serde_core `src/de/mod.rs`, `OneOf`)."""
    quoted = [f"`{name}`" for name in names]
    return " or ".join(quoted) if len(quoted) < 3 else f"one of {', '.join(quoted)}"


def _describe(src: bytes, pos: int) -> tuple[int, str]:
    """Return the value at `pos` in serde's words. A bracket is only peeked at; other values are read to their end."""
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
    """Return a string as Rust's `Debug` shows it. Beyond ASCII, Python decides which characters are printable."""
    parts = (text[start : start + LONG] for start in range(0, len(text), LONG))
    return '"' + "".join(map(_debug_part, parts)) + '"'


def _debug_part(text: str) -> str:
    if text.isprintable():  # the common case, and much faster
        return text.replace("\\", "\\\\").replace('"', '\\"')
    return text.translate(_Shown())
