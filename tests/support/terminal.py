"""`checkpoint-notify` on a terminal: a pseudo-terminal of the system, whose screen pyte draws."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import termios
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyte

from .cli import NOTHING, ROOT, Cli, Pipe, Running
from .waiting import PATIENCE

COLUMNS: Final = 100
ROWS: Final = 40


class Terminal:
    """A command on a screen of its own; killed at the end of its `with`."""

    def __init__(
        self,
        cli: Cli,
        *arguments: str,
        columns: int = COLUMNS,
        rows: int = ROWS,
        folder: Path = ROOT,
        env: Mapping[str, str] = NOTHING,
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.written = b""
        """All that was written, escape sequences included."""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        report = cli.order(arguments, {"TERM": "xterm-256color", **env}, (slave,) * 3, folder)
        unused = Pipe(-1)
        self._running = Running(report, unused, unused)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.__exit__(kind, error, trace)
        os.close(self._master)

    @property
    def lines(self) -> list[str]:
        """What stands on the screen."""
        return [line.rstrip() for line in self._screen.display if line.strip()]

    @property
    def cells(self) -> list[list[str]]:
        """What stands in each column of each row; a character that takes two is in the first of them."""
        return [
            [self._screen.buffer[y][x].data for x in range(self._screen.columns)] for y in range(self._screen.lines)
        ]

    @property
    def shows_cursor(self) -> bool:
        """Whether the cursor can be seen."""
        return not self._screen.cursor.hidden

    @property
    def colours(self) -> set[str]:
        """The colours of all characters on the screen."""
        return {char.fg for row in self._screen.buffer.values() for char in row.values()}

    def type(self, keys: bytes) -> None:
        """Press keys; byte 3 is Ctrl-C."""
        os.write(self._master, keys)

    def until(self, words: str) -> list[str]:
        """The lines on the screen, once one has these words."""
        deadline = time.monotonic() + PATIENCE
        while not any(words in line for line in self.lines):
            if not self._read(deadline):
                raise AssertionError(f"{words!r} does not show up: {self.lines}")
        return self.lines

    def wait(self) -> int:
        """The exit status, once it has ended and the screen shows all that it wrote."""
        deadline = time.monotonic() + PATIENCE
        while self._read(deadline):
            pass
        return self._running.wait()

    def _read(self, deadline: float) -> bool:
        """Draw what comes next; False at the end."""
        if not select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise TimeoutError(f"nothing more, the screen shows {self.lines}")
        try:
            data = os.read(self._master, 65536)
        except OSError:  # Linux: the command was the last to have the other side open
            return False
        self.written += data
        self._stream.feed(data)
        return bool(data)
