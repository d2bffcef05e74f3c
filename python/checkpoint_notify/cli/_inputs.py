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
    try:
        if name != "-":
            with Path(name).open("rb") as file:
                yield file
        elif sys.stdin is None:
            raise CommandError("cannot read -: stdin is closed")
        else:
            yield sys.stdin.buffer
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CommandError(f"cannot read {visible(name)}: {reason}") from None


def read(name: str) -> bytes:
    """All of a file."""
    with opened(name) as file:
        return file.read()
