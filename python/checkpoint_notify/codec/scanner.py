"""JSON's tokens as serde_json reads them: white space, strings, words, and whole values that are skipped.

serde_json reports an error after the last byte that it consumed (`Deserializer::error` in src/de.rs), or after the byte
that it only peeked at (`peek_error`). `refusal` makes both; `peeked` returns the offset of the second kind. A payload
that ends too early is refused at its end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from typing import Final, Literal

from checkpoint_notify.codec.windows import (
    LEAST,
    LONG,
    MOST,
    close_brackets,
    is_ignorable,
    next_size,
    open_brackets,
    part_of_string,
    skip_elements,
    text_of,
)
from checkpoint_notify.errors import DecodeError

EOF_VALUE: Final = "EOF while parsing a value"
EOF_STRING: Final = "EOF while parsing a string"
EOF_LIST: Final = "EOF while parsing a list"
EOF_OBJECT: Final = "EOF while parsing an object"

_CONTROL: Final = "control character (\\u0000-\\u001F) found while parsing a string"
_LONE_SURROGATE: Final = "lone leading surrogate in hex escape"

_SPACE: Final = rb"[ \t\n\r]*+"
_IGNORED: Final = rb'(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*+'
_NUMBER: Final = rb"-?+(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?+[0-9]++)?+"
_SCALAR: Final = rb'"%b"|%b|null|true|false' % (_IGNORED, _NUMBER)


def _or_of_these(values: bytes) -> bytes:
    """Return a pattern for `values`, and for arrays and objects of them."""
    array = rb"\[%(_)b(?:(?:%(v)b)%(_)b(?:,%(_)b(?!\])|(?=\])))*+\]"
    object_ = rb'\{%(_)b(?:"%(k)b"%(_)b:%(_)b(?:%(v)b)%(_)b(?:,%(_)b(?!\})|(?=\})))*+\}'
    return b"|".join([values, array, object_]) % {b"_": _SPACE, b"k": _IGNORED, b"v": values}


_space = re.compile(_SPACE).match
_plain = re.compile(rb'[^"\\\x00-\x1f]*+').match
_ignored = re.compile(_IGNORED).match
_shallow = re.compile(rb"%b(?:%b)(?=%b[,\]}])" % (_SPACE, _or_of_these(_or_of_these(_SCALAR)), _SPACE)).match
_hex4 = re.compile(rb"[0-9A-Fa-f]{4}").match
_digits = re.compile(rb"[0-9]*+").match

_ESCAPES: Final = {
    b'"': b'"',
    b"\\": b"\\",
    b"/": b"/",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
}
_WORDS: Final = {b"n": b"null", b"t": b"true", b"f": b"false"}
_CLOSING: Final = {ord("["): b"]", ord("{"): b"}"}


def refusal(src: bytes, category: Literal["syntax", "data", "eof"], message: str, offset: int) -> DecodeError:
    """Return the error that serde_json reports after it has read `offset` bytes."""
    start_of_line = src.rfind(b"\n", 0, offset) + 1
    line = 1 + sum(src.count(b"\n", start, min(start + LONG, start_of_line)) for start in range(0, start_of_line, LONG))
    return DecodeError(category, message, line, offset - start_of_line, offset)


def peeked(src: bytes, pos: int) -> int:
    """Return the offset of an error in the byte at `pos`, which serde_json peeked at and did not consume."""
    return min(pos + 1, len(src))


def unexpected_end(src: bytes, message: str) -> DecodeError:
    """Return the error for a payload that ends too early."""
    return refusal(src, "eof", message, len(src))


def wrong_byte(src: bytes, pos: int, message: str, *, at_end: str) -> DecodeError:
    """Return the error for the byte at `pos`, or for the end of the payload if `pos` is behind it."""
    if pos >= len(src):
        return unexpected_end(src, at_end)
    return refusal(src, "syntax", message, pos + 1)


def skip_space(src: bytes, pos: int) -> int:
    """Return the position of the next byte that is not white space."""
    if src[pos : pos + 1] > b" ":
        return pos
    return _end_of_run(_space, src, pos)


def skip_colon(src: bytes, pos: int) -> int:
    """Return the position after a colon, which must come next."""
    pos = skip_space(src, pos)
    if src[pos : pos + 1] != b":":
        raise wrong_byte(src, pos, "expected `:`", at_end=EOF_OBJECT)
    return pos + 1


def skip_digits(src: bytes, pos: int) -> int:
    """Return the position after the decimal digits at `pos`; there may be none."""
    return _end_of_run(_digits, src, pos)


def _end_of_run(match: Callable[[bytes, int, int], re.Match[bytes] | None], src: bytes, pos: int) -> int:
    while True:
        end: int = match(src, pos, pos + LONG).end()  # type: ignore[union-attr]  # an empty match is still a match
        if end < pos + LONG:
            return end
        pos = end


def read_string(src: bytes, pos: int) -> tuple[int, str]:
    """Read the string of a key or a field (`SliceRead::parse_str`, src/read.rs); `pos` is behind its opening quote."""
    end = _plain(src, pos, pos + LEAST).end()  # type: ignore[union-attr]
    if src[end : end + 1] == b'"':
        return end + 1, src[pos:end].decode()
    texts: list[str] = []
    size = LEAST
    while True:
        end, is_last = part_of_string(src, pos, size)
        text = text_of(src[pos:end]) if is_last or end > pos else None
        if text is None:
            pos, text = _read_string_by_steps(src, pos)
            return pos, "".join([*texts, text])
        texts.append(text)
        if is_last:
            return end + 1, "".join(texts)
        size = next_size(size, end - pos, proven=True)
        pos = end


def _read_string_by_steps(src: bytes, pos: int) -> tuple[int, str]:
    text = bytearray()
    while True:
        end = _plain(src, pos).end()  # type: ignore[union-attr]
        text += src[pos:end]
        stop = src[end : end + 1]
        if stop == b'"':
            return end + 1, text.decode()
        if stop != b"\\":
            raise wrong_byte(src, end, _CONTROL, at_end=EOF_STRING)
        pos = _read_escape(src, end + 1, text)


def _read_escape(src: bytes, pos: int, text: bytearray) -> int:
    """Append the decoded escape to `text`; `pos` is behind its backslash."""
    letter = src[pos : pos + 1]
    if letter == b"u":
        pos, code_point = _read_unicode_escape(src, pos + 1)
        text += chr(code_point).encode()
        return pos
    if letter not in _ESCAPES:
        raise wrong_byte(src, pos, "invalid escape", at_end=EOF_STRING)
    text += _ESCAPES[letter]
    return pos + 1


def _read_unicode_escape(src: bytes, pos: int) -> tuple[int, int]:
    r"""Return a code point; `pos` is behind the first `\u`. A surrogate pair has two."""
    pos, unit = _read_hex4(src, pos)
    if 0xDC00 <= unit <= 0xDFFF:
        raise refusal(src, "syntax", _LONE_SURROGATE, pos)
    if not 0xD800 <= unit <= 0xDBFF:
        return pos, unit
    for expected in (b"\\", b"u"):
        if src[pos : pos + 1] != expected:
            raise wrong_byte(src, pos, "unexpected end of hex escape", at_end=EOF_STRING)
        pos += 1
    pos, low = _read_hex4(src, pos)
    if not 0xDC00 <= low <= 0xDFFF:
        raise refusal(src, "syntax", _LONE_SURROGATE, pos)
    return pos, 0x10000 + ((unit - 0xD800) << 10 | (low - 0xDC00))


def _read_hex4(src: bytes, pos: int) -> tuple[int, int]:
    if len(src) < pos + 4:
        raise unexpected_end(src, EOF_STRING)
    if not _hex4(src, pos):
        raise refusal(src, "syntax", "invalid escape", pos + 4)
    return pos + 4, int(src[pos : pos + 4], 16)


def skip_string(src: bytes, pos: int) -> int:
    """Return the position after an ignored string (`ignore_str`, src/read.rs); `pos` is behind its opening quote.

    serde_json accepts lone surrogates there.
    """
    size = LEAST
    end, is_last = part_of_string(src, pos, size)
    while (is_last or end > pos) and is_ignorable(src[pos:end]):
        if is_last:
            return end + 1
        size = next_size(size, end - pos, proven=True)
        pos = end
        end, is_last = part_of_string(src, pos, size)
    pos = _ignored(src, pos).end()  # type: ignore[union-attr]
    stop = src[pos : pos + 1]
    if stop == b'"':
        return pos + 1
    if stop == b"\\":
        if src[pos + 1 : pos + 2] == b"u":
            _read_hex4(src, pos + 2)  # raises: four hex digits would have been skipped
        raise wrong_byte(src, pos + 1, "invalid escape", at_end=EOF_STRING)
    if not stop:
        raise unexpected_end(src, EOF_STRING)
    raise refusal(src, "syntax", _CONTROL, pos)


def skip_word(src: bytes, pos: int, word: bytes) -> int:
    """Return the position after `null`, `true` or `false`; its first letter is at `pos`."""
    if src.startswith(word, pos):
        return pos + len(word)
    wrong = next(
        pos + index for index in range(1, len(word)) if src[pos + index : pos + index + 1] != word[index : index + 1]
    )
    raise wrong_byte(src, wrong, "expected ident", at_end=EOF_VALUE)


def skip_number(src: bytes, pos: int) -> int:
    """Return the position after an ignored number of any size (`ignore_integer`, src/de.rs); `pos` is at its start."""
    pos += src.startswith(b"-", pos)
    if src.startswith(b"0", pos):
        pos += 1
        if skip_digits(src, pos) > pos:
            raise refusal(src, "syntax", "invalid number", pos + 1)
    else:
        pos = _skip_some_digits(src, pos)
    if src.startswith(b".", pos):
        pos = _skip_some_digits(src, pos + 1)
    if src.startswith((b"e", b"E"), pos):
        pos += 1
        pos = _skip_some_digits(src, pos + src.startswith((b"+", b"-"), pos))
    return pos


def _skip_some_digits(src: bytes, pos: int) -> int:
    end = skip_digits(src, pos)
    if end == pos:
        raise refusal(src, "syntax", "invalid number", peeked(src, pos))
    return end


def skip_value(src: bytes, pos: int) -> int:
    """Return the position after an ignored value of any depth (`Deserializer::ignore_value`, src/de.rs)."""
    match = _shallow(src, pos, pos + MOST)
    if match is not None:
        return match.end()
    brackets = bytearray(b" ")
    return _skip_on(src, _skip_first(src, pos, brackets), LEAST, brackets, frozenset())


def skip_members(src: bytes, pos: int, size: int, names: Set[str]) -> int:
    """Return the position after the ignored members that windows prove valid; `pos` is after a member."""
    return _skip_on(src, pos, size, bytearray(b"{"), names)


def _skip_on(src: bytes, pos: int, size: int, brackets: bytearray, names: Set[str]) -> int:
    """Skip what follows a value, until only the first of `brackets` is open; it encloses everything skipped."""
    while len(brackets) > 1 or names:
        start = pos
        pos = skip_elements(src, pos, size, brackets, names)
        proven = pos > start
        if not proven:
            if len(brackets) == 1:
                break
            pos = _skip_next(src, pos, brackets)
        size = next_size(size, pos - start, proven=proven)
    return pos


def _skip_next(src: bytes, pos: int, brackets: bytearray) -> int:
    """Close brackets; if one is still open, also skip the next scalar. `pos` is after a value."""
    pos = _skip_closing(src, pos, brackets)
    if len(brackets) == 1:
        return pos
    if src[pos : pos + 1] != b",":
        raise _unclosed(src, pos, brackets[-1])
    pos += 1
    return _skip_first(src, pos if brackets.endswith(b"[") else _skip_key(src, pos), brackets)


def _skip_first(src: bytes, pos: int, brackets: bytearray) -> int:
    """Open brackets, and skip the first value in them that is a scalar or empty."""
    size = LEAST
    while True:
        start = pos
        pos = open_brackets(src, pos, size, brackets)
        proven = pos > start
        if not proven:
            pos = skip_space(src, pos)
            first = src[pos : pos + 1]
            if first not in (b"[", b"{"):
                return _skip_scalar(src, pos, first)
            brackets += first
            pos = skip_space(src, pos + 1)
            if src[pos : pos + 1] == _CLOSING[brackets[-1]]:
                brackets.pop()
                return pos + 1
            if pos == len(src):
                raise _unclosed(src, pos, brackets[-1])
            pos = pos if first == b"[" else _skip_key(src, pos)
        size = next_size(size, pos - start, proven=proven)


def _skip_closing(src: bytes, pos: int, brackets: bytearray) -> int:
    """Return the position after the brackets that close at `pos`; the first bracket does not close."""
    size = LEAST
    while len(brackets) > 1:
        start = pos
        pos = close_brackets(src, pos, size, brackets)
        proven = pos > start
        if not proven:
            pos = skip_space(src, pos)
            if src[pos : pos + 1] != _CLOSING[brackets[-1]]:
                break
            brackets.pop()
            pos += 1
        size = next_size(size, pos - start, proven=proven)
    return pos


def _skip_scalar(src: bytes, pos: int, first: bytes) -> int:
    if first == b'"':
        return skip_string(src, pos + 1)
    if first in _WORDS:
        return skip_word(src, pos, _WORDS[first])
    if first == b"-" or first.isdigit():
        return skip_number(src, pos)
    raise wrong_byte(src, pos, "expected value", at_end=EOF_VALUE)


def _unclosed(src: bytes, pos: int, bracket: int) -> DecodeError:
    if bracket == ord("["):
        return wrong_byte(src, pos, "expected `,` or `]`", at_end=EOF_LIST)
    return wrong_byte(src, pos, "expected `,` or `}`", at_end=EOF_OBJECT)


def _skip_key(src: bytes, pos: int) -> int:
    """Return the position after an ignored key and its colon."""
    pos = skip_space(src, pos)
    if src[pos : pos + 1] != b'"':
        raise wrong_byte(src, pos, "key must be a string", at_end=EOF_OBJECT)
    return skip_colon(src, skip_string(src, pos + 1))
