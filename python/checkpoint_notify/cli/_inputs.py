"""Files that the user names, and `-` for stdin; what cannot be read is a CommandError."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from checkpoint_notify.cli._guard import CommandError
from checkpoint_notify.cli._text import visible


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """The file, for reading bytes; errors while it is read count as well."""
    if not name:
        raise CommandError("the name of a file is empty: is it a variable that is not set?")
    try:
        if name != "-":
            with Path(name).open("rb") as file:
                yield file
        elif sys.stdin is None:
            raise CommandError("cannot read stdin: it is closed")
        else:
            yield sys.stdin.buffer
    except (OSError, ValueError, MemoryError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error) or "it is larger than the memory"
        raise CommandError(f"cannot read {shown(name)}: {reason}") from None


def shown(name: str) -> str:
    """What messages call it."""
    return "stdin" if name == "-" else visible(name)


def read(name: str) -> bytes:
    """All of a file."""
    with opened(name) as file:
        return file.read()
