"""`validate`: Rust's verdict, and the place of each fault under a caret."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from checkpoint_notify import CheckpointNotification, DecodeError
from checkpoint_notify.cli._process import Exit
from checkpoint_notify.cli._terminal import excerpt, visible
from checkpoint_notify.resources import vectors

from ..support.cli import Cli
from ..support.terminal import Terminal
from ..support.waiting import PATIENCE

GOOD: Final = CheckpointNotification.new("checkpoints/backward/latest_model.bin", "lstm").to_json_bytes()


def test_the_verdicts_are_those_of_rust(cli: Cli, tmp_path: Path) -> None:
    """All golden vectors in one run: each refused one is refused with Rust's words, and no other one is."""
    expected = {}
    for kind in ("canonical", "unusual", "refused"):
        for vector in vectors(kind):
            (tmp_path / vector.name).write_bytes(vector.payload)
            if vector.error is not None:
                expected[vector.name] = {name: vector.error.get(name) for name in ("category", "line", "column")}
    names = sorted(file.name for file in tmp_path.iterdir())
    done = cli.run("validate", "--json", *names, folder=tmp_path)
    *refused, summary = done.objects
    assert Exit.INVALID == done.status
    assert expected == {
        line["file"]: {name: line["error"][name] for name in ("category", "line", "column")} for line in refused
    }
    counts = {"accepted": len(names) - len(expected), "refused": len(expected), "unreadable": 0}
    assert {"event": "summary", **counts} == summary


def test_lines(cli: Cli) -> None:
    """Each line is a payload; a newline at the very end begins no other one, an empty line is an empty payload."""
    done = cli.run("validate", "--lines", stdin=GOOD + b"\n\n{,}\n" + GOOD + b"\r\n" + GOOD)
    assert Exit.INVALID == done.status
    assert [
        "stdin:2: refused (eof): EOF while parsing a value at line 1 column 0",
        "",
        "    ^",
        "stdin:3: refused (syntax): key must be a string at line 1 column 2",
        "    {,}",
        "     ^",
        "3 accepted, 2 refused",
    ] == [line.rstrip() for line in done.out.splitlines()]


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_each_refusal_is_told_at_once(as_json: list[str], cli: Cli) -> None:
    """Behind a `watch` that goes on, and in a pipe: whoever reads on need not wait for the end."""
    with cli.start("validate", "--lines", *as_json) as running:
        os.write(running.stdin, b"{,}\n")
        assert "key must be a string at line 1 column 2" in running.out.line()


def test_a_file_is_one_payload(cli: Cli, tmp_path: Path) -> None:
    """To its last byte; what cannot be read does not keep the others from their turn."""
    (tmp_path / "good").write_bytes(GOOD + b"\n")
    (tmp_path / "two\nlines").write_bytes(GOOD + b"\n" + GOOD)
    done = cli.run("validate", "good", "missing", "two\nlines", folder=tmp_path)
    assert Exit.USAGE == done.status
    assert "checkpoint-notify: cannot read missing: No such file or directory\n" == done.err
    assert "two␊lines: refused (syntax): trailing characters at line 2 column 1\n" in done.out
    assert done.out.endswith("1 accepted, 1 refused, 1 cannot be read\n")


PLACES: Final[list[tuple[str, bytes, str]]] = [
    ("start", b"x", "x\n^"),
    ("wide", '{"model_path":"新しい",x'.encode(), '{"model_path":"新しい",x\n                       ^'),
    ("wide_itself", '{"a":新}'.encode(), '{"a":新}\n     ^^'),
    ("combining", '{"e\u0301":x'.encode(), '{"e\u0301":x\n     ^'),
    ("second_line", b'{"a":1,\n"b":x,\n"c":1}', '"b":x,␊\n    ^'),
    ("control_in_a_field", b'{"model_path":"a\x1b"}', '{"model_path":"a␛"}\n                ^'),
    ("control_that_is_skipped", b'{"x":"a\x1b"}', '{"x":"a␛"}\n       ^'),
    ("newline_in_a_field", b'{"model_path":"a\nb"}', '{"model_path":"a␊\n                ^'),
    ("tab_and_del", b'{"\\t\x7f":\tx', '{"\\t␡":␉x\n        ^'),
    ("override", '{"a\u202eb":x'.encode(), '{"a<U+202E>b":x\n              ^'),
    ("not_utf8", b'{"a":"\xc3("}', '{"a":"<C3>("}\n      ^^^^'),
    ("end", b'{"a":1', '{"a":1\n      ^'),
    ("end_behind_a_newline", b'{"a":1\n', '{"a":1␊\n       ^'),
    ("nothing", b"", "\n^"),
    ("in_a_character", '{"model_path":"\\u00é0"}'.encode(), '{"model_path":"\\u00é0"}\n                   ^'),
    ("missing_field", b"{} ", "{} \n ^"),
]


@pytest.mark.parametrize(("payload", "shown"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES])
def test_place(payload: bytes, shown: str) -> None:
    """The caret stands under the character that holds the byte."""
    assert shown == "\n".join(_excerpt(payload, 80))


LONG: Final[list[tuple[str, bytes]]] = [
    ("middle", b'{"model_path":"' + b"a" * 1000 + b'",x' + b"b" * 1000),
    ("start", b"x" + b"b" * 1000),
    ("end", b'{"model_path":"' + b"a" * 1000),
    ("wide", ('{"model_path":"' + "新" * 1000 + '",x' + "新" * 1000).encode()),
    ("shown_long", ('{"model_path":"' + "\u202e" * 100 + '",x' + "\u202e" * 100).encode()),
    ("megabytes", b'{"model_path":"' + b"a" * 50_000_000 + b'",x' + b"b" * 1000),
]


@pytest.mark.parametrize(("name", "payload"), LONG, ids=[row[0] for row in LONG])
def test_long_lines_are_cut(name: str, payload: bytes) -> None:
    """Around the place, to the width there is; a sign tells on which side."""
    text, carets = _excerpt(payload, 60)
    assert (name != "start", name != "end") == (text.startswith("…"), text.endswith("…"))
    cells = "".join(char * (2 if char == "新" else 1) for char in text)
    assert 50 <= len(cells) <= 60
    assert len(carets) <= 60
    at = len(carets) - 1
    assert cells[at : at + 1] == ("" if name == "end" else "x")


def _excerpt(payload: bytes, width: int) -> tuple[str, str]:
    with pytest.raises(DecodeError) as refused:
        CheckpointNotification.from_json(payload)
    return excerpt(payload, refused.value, width)


def test_every_refused_vector_has_its_place() -> None:
    """Within the line that is shown, or right behind it, and nothing that a terminal would obey."""
    for vector in vectors("refused"):
        text, carets = _excerpt(vector.payload, 79)
        assert text.isprintable(), vector.name
        assert visible(text) == text
        assert carets.strip(" ") in ("^", "^^", "^^^^", "^^^^^^^^"), vector.name
        assert len(carets) <= 79


def test_json(cli: Cli, tmp_path: Path) -> None:
    """For machines, in ASCII."""
    (tmp_path / "é").write_bytes(b'{"\xc3\xa9":x}\n\xff\n')
    done = cli.run("validate", "--lines", "--json", "é", folder=tmp_path)
    error = {"category": "syntax", "message": "expected value", "line": 1, "column": 7, "offset": 7}
    utf8 = {"category": "utf8", "message": "invalid UTF-8: byte 0xff at byte 0", "line": None, "column": None}
    assert done.objects == [
        {
            "event": "refused",
            "file": "é",
            "number": 1,
            "bytes": 8,
            "error": {**error, "text": "expected value at line 1 column 7"},
        },
        {
            "event": "refused",
            "file": "é",
            "number": 2,
            "bytes": 1,
            "error": {**utf8, "offset": 0, "text": "invalid UTF-8: byte 0xff at byte 0"},
        },
        {"event": "summary", "accepted": 0, "refused": 2, "unreadable": 0},
    ]
    assert done.out.isascii()


def test_a_file_that_cannot_be_read_is_an_event(cli: Cli, tmp_path: Path) -> None:
    """In its turn, and nothing is left for stderr."""
    (tmp_path / "good").write_bytes(GOOD)
    (tmp_path / "folder").mkdir()
    done = cli.run("validate", "--json", "missing", "good", "folder", folder=tmp_path)
    assert (Exit.USAGE, "") == (done.status, done.err)
    assert done.objects == [
        {"event": "unreadable", "file": "missing", "error": "No such file or directory"},
        {"event": "unreadable", "file": "folder", "error": "Is a directory"},
        {"event": "summary", "accepted": 1, "refused": 0, "unreadable": 2},
    ]


def test_a_file_with_spaces(cli: Cli, tmp_path: Path) -> None:
    """Its name is in quotes, so that what follows is no part of it."""
    (tmp_path / "a: refused (syntax)").write_bytes(b"{,}")
    done = cli.run("validate", "a: refused (syntax)", folder=tmp_path)
    assert done.out.startswith('"a: refused (syntax)": refused (syntax): key must be a string at line 1 column 2\n')


def test_a_long_message(cli: Cli) -> None:
    """Rust repeats a string of a wrong type; what is shown of it is its beginning."""
    done = cli.run("validate", stdin=b'{"version":"' + b"9" * 100_000 + b'"}')
    assert Exit.INVALID == done.status
    assert [] == [line for line in done.out.splitlines() if len(line) > 1200]
    assert "… (100," in done.out


@pytest.mark.time_limits("BAR_SECONDS")
def test_bar_on_a_terminal(cli: Cli, tmp_path: Path) -> None:
    """While much is read; what is refused stands above it, and nothing is left of it at the end."""
    os.mkfifo(tmp_path / "big")
    much = (GOOD + b"\n") * 4_000
    source = os.open(tmp_path / "big", os.O_RDWR)  # which waits for no reader
    with Terminal(cli, "validate", "--lines", "big", folder=tmp_path) as terminal:
        _write(source, GOOD + b"\n{,}\n" + much)
        time.sleep(0.6)
        _write(source, much)
        terminal.until("validating")
        os.close(source)
        assert Exit.INVALID == terminal.wait()
        assert ["big:2: refused (syntax): key must be a string at line 1 column 2", "    {,}", "     ^"] == (
            terminal.lines[:3]
        )
        assert ["8,001 accepted, 1 refused"] == terminal.lines[3:]
        assert terminal.shows_cursor


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def test_no_bar_for_what_is_quick(cli: Cli, tmp_path: Path) -> None:
    """The words alone."""
    (tmp_path / "one").write_bytes(GOOD)
    with Terminal(cli, "validate", "one", folder=tmp_path) as terminal:
        assert Exit.OK == terminal.wait()
        assert ["1 accepted, 0 refused"] == terminal.lines
        assert b"validating" not in terminal.written


def test_no_bar_elsewhere(tmp_path: Path) -> None:
    """In a pipe there is none, and it is fast: of what is promised, in time of computing, a tenth is enough here."""
    count = 100_000
    (tmp_path / "big").write_bytes((GOOD + b"\n") * count)
    command = [sys.executable, "-m", "checkpoint_notify.cli", "validate", "--lines", "big"]
    before = _computed_by_children()
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (Exit.OK, f"{count:,} accepted, 0 refused\n", "") == (done.returncode, done.stdout, done.stderr)
    assert _computed_by_children() - before < count / 5_000


def _computed_by_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
