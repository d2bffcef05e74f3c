"""`checkpoint-notify validate`."""

from __future__ import annotations

import stat
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from checkpoint_notify import CheckpointNotification, DecodeError
from checkpoint_notify.cli._command import File, command, say, with_json
from checkpoint_notify.cli._inputs import UnreadableError, check_stdin_once, read, read_lines, shown
from checkpoint_notify.cli._process import Exit, putting_back
from checkpoint_notify.cli._terminal import Screen, error_json, json_line, shortened

if TYPE_CHECKING:
    from rich.progress import Progress

_BAR_BYTES: Final = 1 << 18
"""The number of bytes read between two updates of the progress bar."""
BAR_SECONDS: Final = 0.5
"""The delay before the bar appears; shorter runs do not show it."""


@command("[OPTIONS] [FILES|-]...")
@click.argument("files", nargs=-1, metavar="[FILES|-]...", type=File())
@click.option("--lines", is_flag=True, help="Each line is a payload, without its newline.")
@with_json
def validate(*, files: tuple[str, ...], lines: bool, as_json: bool) -> Exit:
    """Say whether Rust accepts payloads, and where and why not.

    All bytes of a file are one payload. Without a file, it reads stdin. The caret stands under the last byte that Rust
    read. Control characters are shown as pictures, and a byte that is not UTF-8 as <FF>.
    With --json, each refused payload and each unreadable file is one JSON object on a line, and the last line is a
    summary.
    Exit status 0 if all are accepted, 1 if one is refused, 2 if a file cannot be read.

    Example: checkpoint-notify watch --format raw | checkpoint-notify validate --lines
    """
    check_stdin_once(*files)
    names = files or ("-",)
    with _Bar(names) as bar:
        judge = _Judge(bar, as_json=as_json)
        for name in names:
            judge.file(name, lines=lines)
    judge.sum_up()
    return Exit.USAGE if judge.unreadable else Exit.INVALID if judge.refused else Exit.OK


class _Judge:
    """Validates payloads and reports each that is refused; it holds one payload at a time in memory."""

    def __init__(self, bar: _Bar, *, as_json: bool) -> None:
        self._bar = bar
        self._as_json = as_json
        self._screen = Screen()
        self.accepted = self.refused = self.unreadable = 0

    def file(self, name: str, *, lines: bool) -> None:
        """Validate a file; if it cannot be read, report that and return."""
        try:
            if lines:
                self._lines(name)
            else:
                self._payload(name, None, payload := read(name))
                self._bar.advance(len(payload))
        except UnreadableError as error:
            self.unreadable += 1
            if self._as_json:
                self._tell({"event": "unreadable", "file": name, "error": error.reason})
            else:
                say(str(error))

    def _lines(self, name: str) -> None:
        unseen = 0
        for number, line in read_lines(name):
            self._payload(name, number, line)
            unseen += len(line)
            if unseen >= _BAR_BYTES:
                self._bar.advance(unseen)
                unseen = 0
        self._bar.advance(unseen)

    def _payload(self, name: str, number: int | None, payload: bytes) -> None:
        try:
            CheckpointNotification.from_json(payload)
        except DecodeError as error:
            self.refused += 1
            self._tell_refusal(name, number, payload, error)
            self._screen.flush()  # the next payload may arrive much later
        else:
            self.accepted += 1

    def _tell_refusal(self, name: str, number: int | None, payload: bytes, error: DecodeError) -> None:
        if self._as_json:
            place = {"file": name, "number": number, "bytes": len(payload)}
            self._tell({"event": "refused", **place, "error": error_json(error)})
            return
        where = shown(name) if number is None else f"{shown(name)}:{number}"
        words = shortened(str(error))
        self._screen.line((where, "bold"), ": ", ("refused", "bold red"), f" ({error.category}): {words}", indent=4)
        self._screen.place(payload, error)

    def sum_up(self) -> None:
        """Write the summary, which is the last line."""
        counts = {"accepted": self.accepted, "refused": self.refused, "unreadable": self.unreadable}
        if self._as_json:
            self._tell({"event": "summary", **counts})
            return
        unread = f", {self.unreadable:,} cannot be read" if self.unreadable else ""
        accepted = (f"{self.accepted:,} accepted", "green" if self.accepted else "")
        refused = (f"{self.refused:,} refused", "bold red" if self.refused else "")
        self._screen.line(accepted, ", ", refused, unread)

    def _tell(self, event: dict[str, Any]) -> None:
        print(json_line(event))


class _Bar:
    """A progress bar for long input, on a terminal only; it grows with the number of bytes read.

    While it is shown, lines written to stdout and stderr appear above it.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._is_wanted = sys.stderr.isatty() and not Screen("stderr").is_dumb
        self._names = names
        self._done = 0
        self._shows_at = time.monotonic() + BAR_SECONDS
        self._progress: Progress | None = None
        self._stack = ExitStack()

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *reason: object) -> None:
        self._stack.close()

    def advance(self, count: int) -> None:
        """Count so many more bytes, and update the bar."""
        self._done += count
        if self._is_wanted and self._progress is None and time.monotonic() >= self._shows_at:
            self._progress = self._start()
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=self._done)

    def _start(self) -> Progress:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TransferSpeedColumn,
        )

        on_stdout = sys.stdout.isatty()
        console = Console(stderr=not on_stdout, force_terminal=True)
        columns = TextColumn("validating"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeElapsedColumn()
        progress = Progress(*columns, console=console, transient=True, redirect_stdout=on_stdout)
        progress.add_task("", total=_size(self._names))
        self._stack.enter_context(putting_back())
        self._stack.callback(progress.stop)
        progress.start()
        return progress


def _size(names: tuple[str, ...]) -> int | None:
    """Return the total size of all files; None if one does not exist or is not a regular file."""
    total = 0
    for name in names:
        try:
            found = Path(name).stat()
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(found.st_mode):
            return None
        total += found.st_size
    return total
