"""Reads the files that the user names, and stdin for `-`; raises CommandError if one cannot be read."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from checkpoint_notify.cli._command import CommandError
from checkpoint_notify.cli._terminal import quoted


class UnreadableError(CommandError):
    """A file that cannot be read."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"cannot read {shown(name)}: {reason}")
        self.reason = reason


def read(name: str) -> bytes:
    """Return the whole content of a file."""
    with _opened(name) as file:
        return file.read()


def read_lines(name: str) -> Iterator[tuple[int, bytes]]:
    """Yield each line of a file as soon as it arrives, with its number and without its newline."""
    with _opened(name) as file:
        for number, line in enumerate(file, 1):
            yield number, line[:-1] if line.endswith(b"\n") else line


def shown(name: str) -> str:
    """Return the file's name for messages."""
    return "stdin" if name == "-" else quoted(name)


def check_stdin_once(*names: str) -> None:
    """Raise CommandError if `-` is given twice: the second one would find stdin empty."""
    if names.count("-") > 1:
        raise CommandError("stdin can be read only once: give - once")


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """Open the file. The `with` block may only read: every error in it is reported as an error of reading."""
    if not name:
        raise CommandError("the name of a file is empty: is it a variable that is not set?")
    try:
        if name != "-":
            with Path(name).open("rb") as file:
                yield file
        elif sys.stdin is None:
            raise UnreadableError(name, "it is closed")
        else:
            yield sys.stdin.buffer
    except (OSError, ValueError, MemoryError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error) or "it is larger than the memory"
        raise UnreadableError(name, reason or str(error)) from None
