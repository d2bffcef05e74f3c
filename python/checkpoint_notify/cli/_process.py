"""The process: its signals and its streams. Whatever the commands and their libraries do, these rules hold.

Ctrl-C and SIGTERM end it with 130 and 143; so does a reader of its output that has gone, with 141. Each becomes a
SystemExit where the program happens to be, so that `with` and `finally` still put things back, such as the cursor.
"""

from __future__ import annotations

import io
import os
import re
import signal
import sys
from typing import Any, Final, NoReturn

from checkpoint_notify.cli._exits import Exit

_PASSWORD: Final = re.compile(rb"(://[^\s/@:]*:).+(?=@)|(?i:([?&][^=&\s]*pass[^=&\s]*=)[^&\s]+)")
_END: Final = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED}


def prepare() -> None:
    """Set up signals and streams, first of all."""
    for number in _END:
        if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup` and `command &` of some shells ask for that
            signal.signal(number, _end)
    sys.stdout = _text(sys.stdout, 1, io.BufferedWriter)
    sys.stderr = _text(sys.stderr, 2, _Discreet)


def drop_output(descriptor: int = 1) -> None:
    """Send what is still to be written nowhere, also what Python flushes at its end: nobody reads it any more."""
    null = os.open(os.devnull, os.O_WRONLY)
    if null != descriptor:  # it is the same if that was closed
        os.dup2(null, descriptor)
        os.close(null)


def _end(number: int, _frame: object) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # once is enough, and ending takes no time
    if not os.isatty(1):
        drop_output()  # the write that was interrupted may be one that a full pipe blocks
    sys.exit(_END[signal.Signals(number)])


class _Output(io.FileIO):
    """A descriptor that ends the program once nobody reads what it writes."""

    def write(self, data: Any, /) -> Any:
        try:
            return super().write(data)
        except BrokenPipeError:
            drop_output(self.fileno())
            sys.exit(Exit.BROKEN_PIPE)
        except OSError:
            if self.fileno() != 2:
                raise
            return len(data)  # a full disk, say: there is no other place to tell of it, and the status still counts


class _Discreet(io.BufferedWriter):
    """Messages, which may repeat an argument: a URL where a file is wanted, say.

    They are bytes here, as typer passes over the text stream where its encoding is ASCII.
    """

    def write(self, data: Any, /) -> int:
        super().write(_PASSWORD.sub(rb"\1\2***", bytes(data)))
        return len(data)


def _text(found: Any, descriptor: int, kind: type[io.BufferedWriter]) -> io.TextIOWrapper:
    if found is None:  # the descriptor was closed; the next file to be opened must not get its number
        drop_output(descriptor)
    raw = _Output(descriptor, "wb", closefd=False)
    encoding = getattr(found, "encoding", "utf-8")
    return io.TextIOWrapper(kind(raw), encoding, errors="backslashreplace", line_buffering=raw.isatty())
