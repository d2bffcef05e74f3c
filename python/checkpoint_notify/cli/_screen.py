"""Where results for people go: with colours on a terminal, and as plain lines everywhere else."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.text import Text

from checkpoint_notify.cli._text import excerpt
from checkpoint_notify.errors import DecodeError

_PIPE_WIDTH = 120
_INDENT = 4


class Screen:
    """Writes to stdout."""

    def __init__(self) -> None:
        terminal = sys.stdout.isatty()  # and nothing else: no variable forces colours into a pipe
        self.console = Console(
            force_terminal=terminal, width=None if terminal else _PIPE_WIDTH, highlight=False, markup=False, emoji=False
        )
        self.is_terminal = terminal

    @property
    def is_live(self) -> bool:
        """Whether something can be drawn over and over in the same place."""
        return self.is_terminal and not self.console.is_dumb_terminal

    def line(self, *parts: str | tuple[str, str]) -> None:
        """One line, of texts or of texts with their styles."""
        if self.is_terminal:
            self.console.print(Text.assemble(*parts), soft_wrap=True)
        else:  # rich would take a twentieth of a millisecond for it
            sys.stdout.write("".join(part if isinstance(part, str) else part[0] for part in parts) + "\n")

    def place(self, payload: bytes, error: DecodeError) -> None:
        """Two lines: where in the payload the fault is."""
        text, carets = excerpt(payload, error, max(40, self.console.width - _INDENT - 1))
        self.line(" " * _INDENT, text)
        self.line(" " * _INDENT, (carets, "bold red"))
