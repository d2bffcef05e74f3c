"""The work of `validate`: one payload in memory at a time, its verdict, and a report on each that is refused."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import BinaryIO, Final

from checkpoint_notify.cli._bar import Bar
from checkpoint_notify.cli._events import error_json, json_line
from checkpoint_notify.cli._guard import CommandError, say
from checkpoint_notify.cli._inputs import opened, shown
from checkpoint_notify.cli._screen import Screen
from checkpoint_notify.cli._text import visible
from checkpoint_notify.errors import DecodeError
from checkpoint_notify.notification import CheckpointNotification

_BAR_BYTES: Final = 1 << 18
"""How much is read between two looks at the progress bar."""


@dataclass
class Summary:
    """How many payloads were accepted and refused, and how many files could not be read."""

    accepted: int = 0
    refused: int = 0
    unreadable: int = 0


Report = Callable[[str, int | None, bytes, DecodeError], None]
"""Tells of a refusal: the file, the line in it, the payload, the error."""


def validate_all(files: list[str], *, lines: bool, as_json: bool) -> Summary:
    """Judge and report; a file that cannot be read is told on stderr, and the others have their turn."""
    screen = Screen()
    report = _as_json if as_json else _as_text(screen)
    summary = Summary()
    with Bar(screen.console if screen.is_terminal else None, files) as bar:
        for name in files:
            try:
                with opened(name) as file:
                    _judge(name, _lines(file, bar) if lines else _whole(file, bar), report, summary)
            except CommandError as error:
                summary.unreadable += 1
                say(str(error))
    if as_json:
        sys.stdout.write(json_line({"event": "summary", **asdict(summary)}) + "\n")
    else:
        refused = (f"{summary.refused:,} refused", "bold red" if summary.refused else "")
        unread = f", {summary.unreadable:,} cannot be read" if summary.unreadable else ""
        screen.line((f"{summary.accepted:,} accepted", "green" if summary.accepted else ""), ", ", refused, unread)
    return summary


def _judge(name: str, payloads: Iterator[tuple[int | None, bytes]], report: Report, summary: Summary) -> None:
    decode = CheckpointNotification.from_json
    accepted = 0
    try:
        for number, payload in payloads:
            try:
                decode(payload)
            except DecodeError as error:
                summary.refused += 1
                report(name, number, payload, error)
                sys.stdout.flush()  # the next payload may be long in coming
            else:
                accepted += 1
    finally:
        summary.accepted += accepted


def _whole(file: BinaryIO, bar: Bar) -> Iterator[tuple[None, bytes]]:
    payload = file.read()
    yield None, payload
    bar.advance(len(payload))


def _lines(file: BinaryIO, bar: Bar) -> Iterator[tuple[int, bytes]]:
    unseen = 0
    for number, line in enumerate(file, 1):
        yield number, line[:-1] if line.endswith(b"\n") else line
        unseen += len(line)
        if unseen >= _BAR_BYTES:
            bar.advance(unseen)
            unseen = 0
    bar.advance(unseen)


def _as_json(name: str, number: int | None, payload: bytes, error: DecodeError) -> None:
    refusal = {"event": "refused", "file": name, "number": number, "bytes": len(payload), "error": error_json(error)}
    sys.stdout.write(json_line(refusal) + "\n")


def _as_text(screen: Screen) -> Report:
    def report(name: str, number: int | None, payload: bytes, error: DecodeError) -> None:
        where = shown(name) if number is None else f"{shown(name)}:{number}"
        screen.line((where, "bold"), ": ", ("refused", "bold red"), f" ({error.category}): ", visible(str(error)))
        screen.place(payload, error)

    return report
