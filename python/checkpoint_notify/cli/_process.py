"""The exit statuses, signals and streams of the process, independent of the command and its libraries.

Ctrl-C ends the process with 130, SIGTERM with 143, and a closed output pipe with 141. By default it ends at once.
Inside `putting_back` it raises SystemExit, so that `with` and `finally` restore changes such as a hidden cursor.
"""

from __future__ import annotations

import io
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, Final, NoReturn


class Exit(IntEnum):
    """The documented exit statuses."""

    OK = 0
    INVALID = 1
    """A payload is refused, or an implementation or a schema breaks the contract."""
    USAGE = 2
    """A wrong command line, setting or file."""
    NO_CONNECTION = 3
    """No server answered, and nothing was sent."""
    REFUSED = 4
    """The server refused: because of the login, a missing right, or its state."""
    UNKNOWN = 5
    """PUBLISH was written and no reply came."""
    TOO_FEW_RECEIVERS = 6
    GAP = 7
    """A gap occurred under --fail-on-gap."""
    EXPIRED = 124
    """The time of --wait was over before enough notifications came."""
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    """The reader of the output closed the pipe."""
    TERMINATED = 143


_PASSWORD: Final = re.compile(
    rb"(://[^\s/@:]*:)(?!password@\]host\[:port\]).+(?=@)|(?i:([?&][^=&\s]*pass[^=&\s]*=)[^&\s]+)"
)
"""Matches the password in a URL, but not the placeholder in this package's own advice (`URL_ADVICE`)."""
_BY_SIGNAL: Final = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED}

_to_put_back = 0
"""The number of `putting_back` blocks that are active."""
_ends = False
"""Whether `_end` has raised SystemExit."""


def prepare() -> None:
    """Set up signals and streams; call this first."""
    for number in _BY_SIGNAL:
        if signal.getsignal(number) is not signal.SIG_IGN:  # some shells ignore SIGINT for `command &`
            signal.signal(number, _on_signal)
    sys.stdout = _text(sys.stdout, 1, io.BufferedWriter)
    sys.stderr = _text(sys.stderr, 2, _Redacting)


@contextmanager
def putting_back() -> Iterator[None]:
    """Mark a block that restores something at its end: a signal inside it unwinds the stack before the process ends."""
    global _to_put_back
    _to_put_back += 1
    try:
        yield
    finally:
        _to_put_back -= 1


def drop_output(descriptor: int = 1) -> None:
    """Redirect the descriptor to /dev/null, so that what Python flushes at its end cannot fail or block."""
    null = os.open(os.devnull, os.O_WRONLY)
    if null != descriptor:  # equal if the descriptor was closed
        os.dup2(null, descriptor)
        os.close(null)


def _on_signal(number: int, _frame: object) -> NoReturn:
    if not os.isatty(1):
        drop_output()  # the interrupted write may be blocked by a full pipe
    _end(_BY_SIGNAL[signal.Signals(number)])


def _end(status: Exit) -> NoReturn:
    """End the process now.

    Python can drop an exception of a signal handler, for example in a weakref callback during an import. So SystemExit
    is raised only inside `putting_back`, and only once: a second signal ends the process at once.
    """
    global _ends
    if _ends or not _to_put_back:
        os._exit(status)
    _ends = True
    sys.exit(status)


class CannotWriteError(OSError):
    """Stdout cannot be written, for example because the disk is full."""


class _Output(io.FileIO):
    """A file descriptor whose `write` ends the process if the reader has closed the pipe."""

    def write(self, data: Any, /) -> Any:
        try:
            return super().write(data)
        except BrokenPipeError:
            drop_output(self.fileno())
            _end(Exit.BROKEN_PIPE)
        except OSError as error:
            if self.fileno() != 2:
                raise CannotWriteError(error.errno, error.strerror) from None
            return len(data)  # stderr cannot be written: drop the message; the exit status still reports the error


class _Redacting(io.BufferedWriter):
    """Writes messages without passwords: a message may quote an argument, and that may be a URL given as a file."""

    def write(self, data: Any, /) -> int:
        super().write(_PASSWORD.sub(rb"\1\2***", bytes(data)))
        return len(data)


def _text(found: Any, descriptor: int, kind: type[io.BufferedWriter]) -> io.TextIOWrapper:
    if found is None:  # the descriptor was closed; occupy it, or the next opened file gets its number
        drop_output(descriptor)
    raw = _Output(descriptor, "wb", closefd=False)
    encoding = getattr(found, "encoding", "utf-8")
    return io.TextIOWrapper(kind(raw), encoding, errors="backslashreplace", line_buffering=raw.isatty())
