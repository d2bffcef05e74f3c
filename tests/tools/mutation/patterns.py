"""Every small change of a regular expression: a part left out, a quantifier, a class or a lookahead changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

_PIECE: Final = re.compile(
    rb"""
      %\(\w+\)b | %b                                # another pattern, put in later
    | \[ \^? (?: \\x[0-9a-f]{2} | \\. | [^\]\\] )+ \]
    | \\x[0-9a-f]{2} | \\.
    | \(\?[:=!] | \( | \) | \|
    | [*+?]\+? | \{[0-9]+(?:,[0-9]+)?\}\+?
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_MEMBER: Final = re.compile(rb"(?:\\x[0-9a-f]{2}|\\.|[^\\])(?:-(?:\\x[0-9a-f]{2}|[^\\]))?", re.DOTALL)
_QUANTIFIER: Final = re.compile(rb"[*+?]\+?|\{.*")
_OPENERS: Final = (b"(?:", b"(?=", b"(?!", b"(")
_OTHER_QUANTIFIERS: Final = {
    b"*+": (b"++", b"?+", b"*"),
    b"++": (b"*+", b"", b"+"),
    b"?+": (b"", b"*+", b"?"),
    b"*": (b"+", b"?"),
    b"+": (b"*", b""),
    b"?": (b"", b"*"),
}
_OTHER_GROUPS: Final = {b"(?=": b"(?!", b"(?!": b"(?="}


def looks_like_a_pattern(value: bytes) -> bool:
    """Return whether a bytes constant is a regular expression and not text."""
    return len(value) > 3 and any(sign in value for sign in (b"*", b"+", b"?", b"[", b"("))


def changed_patterns(pattern: bytes) -> Iterator[tuple[bytes, str]]:
    """Yield each changed pattern and the change in words; some are not valid patterns and fail at import."""
    pieces = _PIECE.findall(pattern)
    for start, end, new in _edits(pieces):
        old = b"".join(pieces[start:end])
        yield b"".join([*pieces[:start], new, *pieces[end:]]), f"{_shown(old)} -> {_shown(new)}"


def _edits(pieces: Sequence[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Yield the replacements for the pieces of the pattern."""
    for at, piece in enumerate(pieces):
        if _QUANTIFIER.fullmatch(piece) and at > 0:
            yield from ((at, at + 1, other) for other in _quantifiers(piece))
        elif piece in _OPENERS:
            yield at, _behind(pieces, at), b""
            if piece in _OTHER_GROUPS:
                yield at, at + 1, _OTHER_GROUPS[piece]
        elif piece not in (b")", b"|"):
            yield at, _behind(pieces, at), b""
            if piece.startswith(b"["):
                yield from ((at, at + 1, other) for other in _classes(piece))
    for start, end in _alternatives(pieces):
        yield start, end, b""


def _quantifiers(piece: bytes) -> Iterator[bytes]:
    if not piece.startswith(b"{"):
        yield from _OTHER_QUANTIFIERS[piece]
        return
    for number in re.finditer(rb"[0-9]+", piece):
        for by in (-1, 1):
            if int(number[0]) + by >= 0:
                yield piece[: number.start()] + b"%d" % (int(number[0]) + by) + piece[number.end() :]


def _classes(piece: bytes) -> Iterator[bytes]:
    sign = b"^" if piece.startswith(b"[^") else b""
    members = _MEMBER.findall(piece[1 + len(sign) : -1])
    yield b"[" + (b"" if sign else b"^") + piece[1 + len(sign) :]
    for at, member in enumerate(members):
        for new in _members(member):
            if new or len(members) > 1:
                yield b"[" + sign + b"".join([*members[:at], new, *members[at + 1 :]]) + b"]"


def _members(member: bytes) -> Iterator[bytes]:
    yield b""
    low, dash, high = member.partition(b"-")
    if dash and high:
        yield _moved(low, 1) + b"-" + high
        yield low + b"-" + _moved(high, -1)
        yield low + b"-" + _moved(high, 1)


def _moved(end: bytes, by: int) -> bytes:
    """Return the character before or after one end of a range."""
    if end.startswith(b"\\x"):
        return b"\\x%02x" % (int(end[2:].decode(), base=16) + by)
    return re.escape(bytes([end[0] + by]))


def _behind(pieces: Sequence[bytes], at: int) -> int:
    """Return the index after the atom or group at `at` and its quantifier."""
    end = at + 1
    if pieces[at] in _OPENERS:
        depth = 1
        while depth:
            depth += (pieces[end] in _OPENERS) - (pieces[end] == b")")
            end += 1
    if end < len(pieces) and _QUANTIFIER.fullmatch(pieces[end]):
        end += 1
    return end


def _alternatives(pieces: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Yield each alternative together with one of its bars."""
    opened: list[list[int]] = [[-1]]  # of each group that is open: where it starts, and its bars
    for at, piece in enumerate([*pieces, b")"]):
        if piece in _OPENERS:
            opened.append([at])
        elif piece == b"|":
            opened[-1].append(at)
        elif piece == b")":
            bars = [*opened.pop(), at]
            if len(bars) > 2:
                yield bars[0] + 1, bars[1] + 1
                yield from pairwise(bars[1:])


def _shown(piece: bytes) -> str:
    return f"`{piece.decode('latin-1')}`" if piece else "nothing"
