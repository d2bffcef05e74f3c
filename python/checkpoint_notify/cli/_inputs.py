"""Files that the user names, and `-` for stdin; what cannot be read is a CommandError."""

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
    """All of a file."""
    with _opened(name) as file:
        return file.read()


def read_lines(name: str) -> Iterator[tuple[int, bytes]]:
    """Each line of a file as soon as it is there, with its number and without its newline."""
    with _opened(name) as file:
        for number, line in enumerate(file, 1):
            yield number, line[:-1] if line.endswith(b"\n") else line


def shown(name: str) -> str:
    """What messages call it."""
    return "stdin" if name == "-" else quoted(name)


def check_stdin_once(*names: str) -> None:
    """Refuse a second `-`, for which nothing would be left."""
    if names.count("-") > 1:
        raise CommandError("stdin can be read only once: give - once")


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """The file. Nothing but reading happens in here, for all errors are taken for errors of that."""
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
