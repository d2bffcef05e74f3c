"""Makes text safe for a terminal: no invisible characters, no control characters, lines wrapped at words.

A command passes all text from outside (payloads, arguments, replies) through `visible` or `quoted`.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, TextIO

from checkpoint_notify.errors import DecodeError

LONGEST: Final = 1000
"""How many characters of a text are shown; a payload may have millions."""

_PLAIN: Final = re.compile(r'(?!::)[^ "]+')
"""A visible value that needs no quotes within a line. A value that begins with `::` needs them: in a log of GitHub
Actions, such a line is a command."""
_WORD: Final = re.compile("[^ ]+")
_SPARE: Final = 30
"""The least number of columns beside an indentation."""
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters, marks and symbols that are invisible."""
_DUMB: Final = ("dumb", "unknown")
_SGR: Final = {
    "": "",
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "bold red": "1;31",
    "bold green": "1;32",
    "bold yellow": "1;33",
}


class _Pictures(dict[int, str]):
    """Maps each character to its visible form in an output of this encoding; computes it at the first use."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self.encoding: Final = encoding

    def __missing__(self, code: int) -> str:
        shown = self[code] = self._picture(code)
        return shown

    def _picture(self, code: int) -> str:
        char = chr(code)
        if char.isprintable():
            return char if char not in _BLANK and self._has(char) else f"<U+{code:04X}>"
        if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, decoded with surrogateescape
            return f"<{code - 0xDC00:02X}>"
        if code > 0x7F:
            return f"<U+{code:04X}>"
        picture = "\u2421" if code == 0x7F else chr(0x2400 + code)  # one column; differs from the text `\n`
        return picture if self._has(picture) else f"<{code:02X}>"

    def _has(self, char: str) -> bool:
        try:
            char.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True


class _Widths(dict[int, int]):
    """Maps each visible character to its width in columns."""

    def __missing__(self, code: int) -> int:
        char = chr(code)
        wide = unicodedata.east_asian_width(char) in "WF"
        # Marks and Hangul medial and final letters combine with the character before them.
        none = unicodedata.category(char)[0] == "M" or 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FF
        width = self[code] = 0 if none else 1 + wide
        return width


_pictures = _Pictures("")
_widths: Final = _Widths()


def _table() -> _Pictures:
    """Return the table for the encoding of stdout; stderr has the same encoding."""
    global _pictures
    encoding = getattr(sys.stdout, "encoding", None) or _pictures.encoding or "utf-8"  # None in a live display
    if _pictures.encoding != encoding:
        _pictures = _Pictures(encoding)
    return _pictures


def visible(text: str) -> str:
    """Return the text on one line, with a picture or a name for each character that is not visible."""
    return text if text.isascii() and text.isprintable() else text.translate(_table())


def shortened(text: str) -> str:
    """Return the visible text; of a long one the beginning and the length."""
    shown = visible(text[:LONGEST])
    return shown if len(text) <= LONGEST else f"{shown}{cut_mark()} ({len(text):,} characters)"


def quoted(text: str, *, always: bool = False) -> str:
    """Return a value for use within a line: visible, shortened, and in quotes if it is ambiguous without them."""
    shown = visible(text[:LONGEST])
    if always or not _PLAIN.fullmatch(shown):
        shown = '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return shown if len(text) <= LONGEST else f"{shown}{cut_mark()}({len(text):,} characters)"


def cut_mark() -> str:
    """Return the mark that stands for omitted text."""
    return "…" if _table()[0x2026] == "…" else "..."


def columns_of(shown: str) -> int:
    """Return the width of a visible text in columns."""
    return len(shown) if shown.isascii() else sum(_widths[ord(char)] for char in shown)


class Screen:
    """Writes lines for people to stdout or stderr: with colours on a terminal, else as plain lines."""

    def __init__(self, name: str = "stdout") -> None:
        self._name: Final = name  # not the stream itself: a live display replaces it for a while
        self.is_terminal: Final = self._stream.isatty()  # no environment variable forces colours into a pipe
        self.is_dumb: Final = os.environ.get("TERM", "").lower() in _DUMB
        self._is_coloured: Final = self.is_terminal and not self.is_dumb and not os.environ.get("NO_COLOR")

    @property
    def _stream(self) -> TextIO:
        stream: TextIO = getattr(sys, self._name)
        return stream

    @property
    def width(self) -> int:
        """The current width of the terminal in columns, at least 20."""
        given = os.environ.get("COLUMNS", "")
        columns = int(given) if re.fullmatch("[0-9]{1,6}", given, re.ASCII) else 0
        try:
            columns = columns or os.get_terminal_size(1 if self._name == "stdout" else 2).columns
        except OSError:
            pass  # not a terminal
        return max(20, columns or 80)

    def line(self, *parts: str | tuple[str, str], indent: int = 0) -> None:
        """Write one line. Each part is a visible text, or a pair of a visible text and a style.

        On a terminal the line is wrapped at words, and all rows after the first are indented.
        """
        pairs = [(part, "") if isinstance(part, str) else part for part in parts]
        text = "".join(part for part, _ in pairs)
        if not self.is_terminal:
            self._stream.write(text + "\n")
            return
        width = self.width
        indent = indent if width - indent >= _SPARE else min(indent, 4)
        for start, end in _rows(text, width, indent):
            self._stream.write(" " * (indent if start else 0) + self._styled(pairs, start, end) + "\n")

    def excerpt(self, payload: bytes, error: DecodeError) -> Excerpt:
        """Return the excerpt that `place` writes."""
        return excerpt(payload, error, max(15, (self.width if self.is_terminal else 120) - 5))

    def place(self, payload: bytes, error: DecodeError) -> None:
        """Write two lines that show the place of the fault in the payload."""
        text, carets = self.excerpt(payload, error)
        for part in (text, (carets, "bold red")):
            pairs = [("    ", ""), (part, "") if isinstance(part, str) else part]
            self._stream.write(self._styled(pairs, 0, len(text) + len(carets) + 4) + "\n")

    def flush(self) -> None:
        """Write the buffered lines now: a reader may wait for them."""
        self._stream.flush()

    def _styled(self, pairs: list[tuple[str, str]], start: int, end: int) -> str:
        shown = ""
        for text, style in pairs:
            piece = text[max(start, 0) : max(end, 0)]
            codes = _SGR[style] if self._is_coloured and piece else ""
            shown += f"\x1b[{codes}m{piece}\x1b[0m" if codes else piece
            start, end = start - len(text), end - len(text)
        return shown


def _rows(text: str, width: int, indent: int) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each row of a text that is wrapped at words; a word longer than a row is split."""
    start = end = 0
    room = width
    for word in _WORD.finditer(text):
        if columns_of(text[start : word.end()]) > room:
            if start < end:
                yield start, end
                room = width - indent
            start = word.start()
            while columns_of(text[start : word.end()]) > room:
                end = start + _fitting(text[start : word.end()], room)
                yield start, end
                start, room = end, width - indent
        end = word.end()
    yield start, end


def _fitting(text: str, room: int) -> int:
    """Return how many characters fit into so many columns, at least one."""
    for index, char in enumerate(text):
        room -= _widths[ord(char)]
        if room < 0:
            return max(1, index)
    return len(text)


class Excerpt(NamedTuple):
    """The line of a payload that has the fault, cut to fit."""

    text: str
    carets: str
    """Spaces, and carets under the fault."""


class _Cell(NamedTuple):
    """A character together with its combining characters, in visible form."""

    shown: str
    columns: int
    end: int
    """The number of bytes from the start of the excerpt to the end of this cell."""


def excerpt(payload: bytes, error: DecodeError, width: int) -> Excerpt:
    """Return the part of the payload where Rust stopped, in `width` columns (15 or more).

    The carets stand under the last byte that Rust read or peeked at. If the payload ends too early, they stand behind
    its end. A newline is shown as part of its line, so that the carets can point at a newline that is refused.
    """
    at = place(payload, error)
    start, end = _line(payload, at)
    near = 4 * width  # bytes, enough for `width` characters on either side
    low, high = _at_character(payload, max(start, at - near)), _at_character(payload, min(end, at + near))
    cells = list(_cells(payload[low:high]))
    index = sum(cell.end <= at - low for cell in cells)
    before, behind = cells[:index], cells[index:]
    caret = behind[0].columns if behind else 1
    room = width - (not behind)
    mark = cut_mark()
    # Always show the cell with the fault. If possible, show twice as much before the fault as after it.
    least = max(room // 3, caret + len(mark))
    if high == end:
        least = min(least, _columns(behind))
    left = _take(before[::-1], room - least, mark, cut=low > start)[::-1]
    right = _take(behind, room - _columns(left), mark, cut=high < end)
    return Excerpt("".join(cell.shown for cell in left + right), " " * _columns(left) + "^" * caret)


def place(payload: bytes, error: DecodeError) -> int:
    """The index of the byte to point at; the length of the payload if it ends too early."""
    if error.category in ("utf8", "eof"):
        return min(error.offset, len(payload))
    at = max(0, error.offset - 1)
    if error.message.startswith("control character") and payload[at] >= 0x20:
        # serde_json `src/read.rs`, `SliceRead::ignore_str`, reports the position before the control character.
        return at + 1
    while at and payload[at] & 0xC0 == 0x80:
        at -= 1  # go to the start of the character; the payload is UTF-8, or the category would be `utf8`
    return at


def _line(payload: bytes, at: int) -> tuple[int, int]:
    """Return the bounds of the line around a place, with its newline; after a final newline, those of the last line."""
    inside = at if at < len(payload) else max(0, at - 1)
    newline = payload.find(b"\n", inside)
    return payload.rfind(b"\n", 0, inside) + 1, len(payload) if newline < 0 else newline + 1


def _at_character(payload: bytes, index: int) -> int:
    """Return the index, moved to the next character if it is within a character."""
    for following in range(index, min(index + 4, len(payload))):
        if payload[following] & 0xC0 != 0x80:
            return following
    return index


def _cells(data: bytes) -> Iterator[_Cell]:
    cell: _Cell | None = None
    end = 0
    for char in data.decode(errors="surrogateescape"):
        end += len(char.encode(errors="surrogateescape"))
        shown = visible(char)
        columns = columns_of(shown)
        if cell is not None and not columns:
            cell = _Cell(cell.shown + shown, cell.columns, end)
            continue
        if cell is not None:
            yield cell
        cell = (
            _Cell(shown, columns, end) if columns else _Cell(f"<U+{ord(char):04X}>", len(f"{ord(char):04X}") + 4, end)
        )
    if cell is not None:
        yield cell


def _columns(cells: list[_Cell]) -> int:
    return sum(cell.columns for cell in cells)


def _take(cells: list[_Cell], room: int, mark: str, *, cut: bool) -> list[_Cell]:
    """Return the first cells that fit, and a mark if cells are omitted."""
    if not cut and _columns(cells) <= room:
        return cells
    taken: list[_Cell] = []
    room -= len(mark)
    for cell in cells:
        room -= cell.columns
        if room < 0:
            break
        taken.append(cell)
    return [*taken, _Cell(mark, len(mark), 0)]


def json_line(value: dict[str, Any]) -> str:
    """Return JSON in ASCII, which is safe for every terminal, locale and log; integers keep all digits."""
    import json  # imported late: few commands need it

    return json.dumps(value).replace("\x7f", "\\u007f")


def error_json(error: DecodeError) -> dict[str, Any]:
    """Return Rust's error as a JSON object; `line` and `column` are null for bytes that are not UTF-8."""
    fields = ("category", "message", "line", "column", "offset")
    return {**{name: getattr(error, name) for name in fields}, "text": str(error)}
