"""Bytes and text fit for a terminal: nothing invisible, nothing that the terminal would obey."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from rich.cells import get_character_cell_size

from checkpoint_notify.errors import DecodeError

_CUT: Final = "…"
_CONTROL: Final = "control character"


def visible(text: str) -> str:
    """The text on one line, with a picture or a name for each character that would not show."""
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(char: str) -> str:
    code = ord(char)
    if char.isprintable():
        return char
    if code < 0x20:
        return chr(0x2400 + code)  # control pictures, one cell wide: no payload's own `\n` looks like them
    if code == 0x7F:
        return "\u2421"
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, as Python keeps it
        return f"<{code - 0xDC00:02X}>"
    return f"<U+{code:04X}>"


class Excerpt(NamedTuple):
    """The line of a payload that holds a fault, cut around it."""

    text: str
    carets: str
    """Spaces, and carets under the place."""


def excerpt(payload: bytes, error: DecodeError, width: int) -> Excerpt:
    """Where in the payload Rust stopped, in `width` columns (40 or more).

    The carets stand under the last byte that it took or looked at; behind the end, where that comes too early. A line's
    end is shown as part of the line, so that a newline that is refused can be pointed at.
    """
    at = _place(payload, error)
    start, end = _line(payload, at)
    near = 4 * width  # bytes, enough for `width` characters on either side
    low, high = _at_character(payload, max(start, at - near)), _at_character(payload, min(end, at + near))
    before, behind = list(_cells(payload[low:at])), list(_cells(payload[at:high]))
    carets = "^" * max(1, behind[0].size) if behind else "^"
    room = width if behind else width - len(carets)
    left = _take(before[::-1], max(room - _size(behind) - 1, room * 2 // 3), cut=low > start)[::-1]
    right = _take(behind, room - _size(left), cut=high < end)
    return Excerpt("".join(cell.shown for cell in left + right), " " * _size(left) + carets)


def _place(payload: bytes, error: DecodeError) -> int:
    """The index of the byte to point at; the length of the payload where it ends too early."""
    if error.category in ("utf8", "eof"):
        return min(error.offset, len(payload))
    at = max(0, error.offset - 1)
    if error.message.startswith(_CONTROL) and payload[at] >= 0x20:
        return at + 1  # in a string that is skipped, serde_json's column ends before the culprit
    while at and payload[at] & 0xC0 == 0x80:
        at -= 1  # within a character, which is good UTF-8, or the category would be another
    return at


def _line(payload: bytes, at: int) -> tuple[int, int]:
    """The line around a place, with its newline; behind a last newline that is the line before."""
    inside = at if at < len(payload) else max(0, at - 1)
    newline = payload.find(b"\n", inside)
    return payload.rfind(b"\n", 0, inside) + 1, len(payload) if newline < 0 else newline + 1


def _at_character(payload: bytes, index: int) -> int:
    """The index, or that of the next character if it is within one."""
    for following in range(index, min(index + 4, len(payload))):
        if payload[following] & 0xC0 != 0x80:
            return following
    return index


class _Cell(NamedTuple):
    """A character as it is shown, and how many columns of the terminal it takes."""

    shown: str
    size: int


def _cells(data: bytes) -> Iterator[_Cell]:
    for char in data.decode(errors="surrogateescape"):
        shown = _shown(char)
        yield _Cell(shown, sum(map(get_character_cell_size, shown)))


def _size(cells: list[_Cell]) -> int:
    return sum(cell.size for cell in cells)


def _take(cells: list[_Cell], room: int, *, cut: bool) -> list[_Cell]:
    """The first cells, and a sign if there are more."""
    if not cut and _size(cells) <= room:
        return cells
    taken: list[_Cell] = []
    for cell in cells:
        room -= cell.size
        if room < 1:
            break
        taken.append(cell)
    return [*taken, _Cell(_CUT, 1)]
