"""The process: its exit statuses, its signals and its streams, whatever a command and its libraries do.

Ctrl-C and SIGTERM end the process with 130 and 143; a reader of its output that has gone ends it with 141. As a rule it
ends right there. Inside `putting_back` it ends by a SystemExit, so that `with` and `finally` put back what was changed,
such as a hidden cursor.
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
    """A payload is refused, or a contract is not kept."""
    USAGE = 2
    """A wrong command line, setting or file."""
    NO_CONNECTION = 3
    """No server answered, and nothing was sent."""
    REFUSED = 4
    """The server refused: login, right, state."""
    UNKNOWN = 5
    """PUBLISH was written and no reply came."""
    TOO_FEW_RECEIVERS = 6
    GAP = 7
    """A gap, where the command was told to fail on one."""
    EXPIRED = 124
    """The wait was over before enough had come."""
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    """The reader of the output has gone."""
    TERMINATED = 143


_PASSWORD: Final = re.compile(
    rb"(://[^\s/@:]*:)(?!password@\]host\[:port\]).+(?=@)|(?i:([?&][^=&\s]*pass[^=&\s]*=)[^&\s]+)"
)
"""What stands for a password in a URL, but for our own advice how to write one."""
_BY_SIGNAL: Final = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED}

_to_put_back = 0
"""How many `putting_back` are entered."""
_ends = False
"""Whether a SystemExit is on its way."""


def prepare() -> None:
    """Set up signals and streams, before anything else."""
    for number in _BY_SIGNAL:
        if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup` and `command &` of some shells ask for that
            signal.signal(number, _on_signal)
    sys.stdout = _text(sys.stdout, 1, io.BufferedWriter)
    sys.stderr = _text(sys.stderr, 2, _Discreet)


@contextmanager
def putting_back() -> Iterator[None]:
    """Something must be put back before the process ends: unwind the stack for it, even after a signal."""
    global _to_put_back
    _to_put_back += 1
    try:
        yield
    finally:
        _to_put_back -= 1


def drop_output(descriptor: int = 1) -> None:
    """Send what is still to be written nowhere, also what Python flushes at its end: nobody reads it any more."""
    null = os.open(os.devnull, os.O_WRONLY)
    if null != descriptor:  # it is the same if that was closed
        os.dup2(null, descriptor)
        os.close(null)


def _on_signal(number: int, _frame: object) -> NoReturn:
    if not os.isatty(1):
        drop_output()  # the write that was interrupted may be one that a full pipe blocks
    _end(_BY_SIGNAL[signal.Signals(number)])


def _end(status: Exit) -> NoReturn:
    """End the process now.

    An exception is not certain to arrive: Python drops one that is raised in a weakref callback of an import, say. So
    it is raised only where something is to be put back, and only once: a second signal ends the process at once.
    """
    global _ends
    if _ends or not _to_put_back:
        os._exit(status)
    _ends = True
    sys.exit(status)


class CannotWriteError(OSError):
    """Stdout cannot be written: a full disk, say."""


class _Output(io.FileIO):
    """A descriptor that ends the process once nobody reads what it writes."""

    def write(self, data: Any, /) -> Any:
        try:
            return super().write(data)
        except BrokenPipeError:
            drop_output(self.fileno())
            _end(Exit.BROKEN_PIPE)
        except OSError as error:
            if self.fileno() != 2:
                raise CannotWriteError(error.errno, error.strerror) from None
            return len(data)  # a full disk, say: there is no other place to tell of it, and the status still counts


class _Discreet(io.BufferedWriter):
    """Messages, which may repeat an argument: a URL where a file is wanted, say."""

    def write(self, data: Any, /) -> int:
        super().write(_PASSWORD.sub(rb"\1\2***", bytes(data)))
        return len(data)


def _text(found: Any, descriptor: int, kind: type[io.BufferedWriter]) -> io.TextIOWrapper:
    if found is None:  # the descriptor was closed; the next file to be opened must not get its number
        drop_output(descriptor)
    raw = _Output(descriptor, "wb", closefd=False)
    encoding = getattr(found, "encoding", "utf-8")
    return io.TextIOWrapper(kind(raw), encoding, errors="backslashreplace", line_buffering=raw.isatty())
