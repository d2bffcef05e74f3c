"""What is shown is fit for a terminal, and stands where it belongs, whatever the encoding and the width."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wcwidth import wcwidth

from checkpoint_notify import CheckpointNotification, DecodeError
from checkpoint_notify.cli._terminal import _rows, columns_of, excerpt, quoted, shortened, visible

from ..support.cli import Cli
from ..support.terminal import Terminal
from ..support.waiting import PATIENCE

ESCAPES: Final = "\x1b]0;title\x07\x1b[2J\x9b31m\u202e\u200b\n\r\t\x7f\udcff\ud800"


def test_nothing_is_obeyed() -> None:
    """Each character that is no picture has a picture or a name."""
    assert "␛]0;title␇␛[2J<U+009B>31m<U+202E><U+200B>␊␍␉␡<FF><U+D800>" == visible(ESCAPES)


def test_nothing_is_obeyed_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are no pictures in it, and no letters beyond it."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
    assert "<1B>]0;title<07><1B>[2J<U+009B>31m<U+202E><U+200B><0A><0D><09><7F><FF><U+D800>" == visible(ESCAPES)
    assert "<U+00E9><U+65B0>" == visible("é新")
    assert "a" * 1000 + "... (1,001 characters)" == shortened("a" * 1001)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("model.bin", "model.bin"),
        ("a b", '"a b"'),
        ("", '""'),
        ('a"b', r'"a\"b"'),
        (r'a\ "b', r'"a\\ \"b"'),
        (r"a\b", r"a\b"),
        ("a=b", "a=b"),
        ("a\nb", "a␊b"),
        ("a\u00a0b", "a<U+00A0>b"),
        ("::error::x", '"::error::x"'),
        ("a" * 1001, "a" * 1000 + "…(1,001 characters)"),
    ],
)
def test_a_value_cannot_be_misread(value: str, shown: str) -> None:
    """Quotes stand where a space, or nothing at all, would end the value too soon."""
    assert shown == quoted(value)


WIDENED: Final = [
    range(0x2630, 0x2638),
    range(0x268A, 0x2690),
    range(0x4DC0, 0x4E00),
    range(0x1D300, 0x1D357),
    range(0x1D360, 0x1D377),
    range(0x1F1E6, 0x1F200),
]
"""Characters that have become wide since the Unicode of the oldest Python."""


def test_every_character_has_its_width() -> None:
    """As many columns as terminals give it, over all of Unicode."""
    shown = [visible(chr(code)) for code in range(sys.maxunicode + 1)]
    wrong = {text for text in shown if columns_of(text) != sum(map(wcwidth, text))}
    assert set() == wrong - {chr(code) for codes in WIDENED for code in codes}


@given(st.text(st.sampled_from("a新é<> "), max_size=60), st.integers(2, 30), st.integers(0, 8))
@example(" <<", 2, 0)
def test_rows(text: str, width: int, indent: int) -> None:
    """No word gets lost, no row is too long, and no word is broken that fits into a row."""
    indent = min(indent, width - 2)
    rows = [text[start:end] for start, end in _rows(text, width, indent)]
    assert text.split() == "\0".join(rows).replace("\0", " ").split() or any(
        columns_of(word) > width - indent for word in text.split()
    )
    assert "".join(text.split()) == "".join("".join(rows).split())
    assert [] == [row for number, row in enumerate(rows) if columns_of(row) > width - (indent if number else 0)]


PLACES: Final[dict[str, tuple[bytes, str]]] = {
    "plain": (b'{"a":x}', "x"),
    "tab": (b'{\t"a":\tx}', "x"),
    "wide": ('{"新新":x}'.encode(), "x"),
    "combining": ('{"e\u0301e\u0301":x}'.encode(), "x"),
    "emoji": ('{"🙂":x}'.encode(), "x"),
    "control": (b'{"\x1b":x}', "[1B]"),
    "not UTF-8": (b'{"\xe9\xe9":x}', "[E9]"),
    "line end": (b'{"a":\n\tx}', "x"),
    "long": (b'{"a":"' + b"b" * 500 + '","新":x'.encode() + b"c" * 500 + b"}", "x"),
}
"""Payloads, and what stands above the caret; in brackets what has no picture of its own."""


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "latin-1"])
@pytest.mark.parametrize("name", PLACES)
def test_the_caret_stands_under_the_place(name: str, encoding: str) -> None:
    """In a pipe, of a new interpreter, whatever its encoding."""
    payload, expected = PLACES[name]
    done = subprocess.run(
        [sys.executable, "-m", "checkpoint_notify", "validate"],
        input=payload,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    text, carets = done.stdout.decode(encoding).split("\n")[1:3]
    cells = [char for char in text for _ in range(wcwidth(char))]
    above = "".join(cells[carets.index("^") : len(carets)])
    shown = {"x": ["x"], "[1B]": ["␛", "<1B>"], "[E9]": ["<E9>"]}[expected]
    assert above in shown
    assert {"^"} == set(carets.strip())


@pytest.mark.parametrize("columns", [120, 80, 40, 30])
@pytest.mark.parametrize("name", PLACES)
def test_the_caret_on_a_terminal(name: str, columns: int, cli: Cli, tmp_path: Path) -> None:
    """On the screen itself, which knows how wide each character is."""
    payload, expected = PLACES[name]
    (tmp_path / "payload").write_bytes(payload)
    with Terminal(cli, "validate", "payload", columns=columns, folder=tmp_path) as terminal:
        terminal.wait()
        number = next(number for number, row in enumerate(terminal.cells) if set("".join(row).strip()) == {"^"})
        text, carets = terminal.cells[number - 1 : number + 1]
    above = "".join(cell for cell, caret in zip(text, carets, strict=True) if caret == "^")
    assert above == {"[1B]": "␛", "[E9]": "<E9>"}.get(expected, expected)


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
@pytest.mark.parametrize("extra", [-2, -1, 0, 1, 2])
def test_no_mark_where_nothing_is_cut(extra: int, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that just fits is whole, and one that is longer has a mark where it is cut."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding))
    width = 60
    for at in range(width + extra):
        payload = (b'"' + b"a" * (at - 1) + b"\xff").ljust(width + extra - 3, b"b") if at else b"\xff".ljust(57 + extra)
        with pytest.raises(DecodeError) as refused:
            CheckpointNotification.from_json(payload)
        text, carets = excerpt(payload, refused.value, width)
        whole = payload.replace(b"\xff", b"<FF>").decode()
        assert (text == whole) == (len(whole) <= width), at
        assert "<FF>" == text[carets.index("^") : len(carets)]
        assert len(text) <= width
