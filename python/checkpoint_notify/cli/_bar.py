"""A progress bar for long input, on a terminal alone."""

from __future__ import annotations

import stat
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TransferSpeedColumn

BAR_SECONDS: Final = 0.5
"""Seconds before it shows: what is done by then needs none."""


class Bar:
    """Grows with the bytes that were read. Drawn by the console that the results go to, or they would tear it."""

    def __init__(self, console: Console | None, files: list[str]) -> None:
        if console is None and sys.stderr.isatty():
            console = Console(stderr=True, force_terminal=True)
        self._console = None if console is None or console.is_dumb_terminal else console
        self._total = _size(files)
        self._done = 0
        self._shows_at = time.monotonic() + BAR_SECONDS
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def advance(self, count: int) -> None:
        """So many more bytes were read."""
        self._done += count
        if self._console is None:
            return
        if self._progress is None and time.monotonic() >= self._shows_at:
            self._progress = _start(self._console, self._total)
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=self._done)


def _start(console: Console, total: int | None) -> Progress:
    columns = TextColumn("validating"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeElapsedColumn()
    progress = Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
    progress.add_task("", total=total)
    progress.start()
    return progress


def _size(files: list[str]) -> int | None:
    """Bytes of all files together; None where one is a pipe, say, or is not there."""
    total = 0
    for name in files:
        try:
            found = Path(name).stat()
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(found.st_mode):
            return None
        total += found.st_size
    return total
