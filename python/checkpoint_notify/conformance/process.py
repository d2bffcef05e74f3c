"""Runs a peer's process: writes lines to it, reads lines from it, and kills its whole process group at the end.

No method waits longer than its time limit, whatever the process does. POSIX only.
"""

from __future__ import annotations

import contextlib
import math
import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Final, Self

_CHUNK: Final = 1 << 16
_SLICE: Final = 0.2
"""Seconds between two checks whether a silent process still runs. Its pipe does not end if a child holds it open."""
_CLOSING_SLICE: Final = 0.01
_OBITUARY_SECONDS: Final = 1.0
_LAST_WORDS: Final = 2000
"""How many bytes of stderr are kept; the oldest are dropped."""


class PeerFaultError(Exception):
    """The peer gave no answer; the text says what it did instead."""


class PeerGoneError(PeerFaultError):
    """The peer ended, or closed its output."""


class PeerSilentError(PeerFaultError):
    """The peer did not answer in time."""


class PeerTalksError(PeerFaultError):
    """The peer wrote a line without a request, or a line that is too long."""


class PeerProcess:
    """A running command, in a process group of its own. Not thread-safe."""

    def __init__(self, command: Sequence[str], longest: float = math.inf) -> None:
        """Start the command; `longest` is the length limit of its lines in bytes. Raises OSError if it cannot start."""
        self._longest = longest
        self._lines: deque[bytes] = deque()
        self._partial = bytearray()
        self._words = bytearray()
        self._unsent = memoryview(b"")
        self._open = True
        self._ended = False
        self._process = subprocess.Popen(
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._selector = selectors.DefaultSelector()
        stdin, stdout, stderr = self._pipes()
        for pipe in (stdin, stdout, stderr):
            os.set_blocking(pipe.fileno(), False)
        self._selector.register(stdout, selectors.EVENT_READ, self._read_stdout)
        self._selector.register(stderr, selectors.EVENT_READ, self._read_stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def exchange(self, request: bytes, seconds: float = math.inf, count: int = 1) -> list[bytes]:
        """Write the request, and read `count` lines without their newlines; it reads while it writes.

        After a `PeerFaultError`, the peer cannot be used any more.
        """
        deadline = time.monotonic() + seconds
        self._pump(0)
        if self._lines or self._partial:
            raise PeerTalksError(f"it wrote a line without a request: {self._start()}")
        self._unsent = memoryview(request)
        self._selector.register(self._pipes()[0], selectors.EVENT_WRITE, self._write)
        while len(self._lines) < count or self._unsent:
            if len(self._lines) > count or len(self._partial) > self._longest:
                what = "more than the answer" if self._lines else f"a line of more than {self._longest:,} bytes"
                raise PeerTalksError(f"it wrote {what}: {self._start()}")
            left = deadline - time.monotonic()
            if left <= 0:
                hint = f", only the start of a line: {self._start()}" if self._partial else "; is each line flushed?"
                raise PeerSilentError(f"no answer within {seconds:g} s{hint}{self._quoted_words()}")
            gone = not self._open or self._process.poll() is not None
            if not self._pump(0 if gone else min(left, _SLICE)) and gone:
                raise PeerGoneError(self._obituary())
        return [self._lines.popleft() for _ in range(count)]

    def close(self, seconds: float) -> int | None:
        """Close its input, which asks it to end; return its exit status, or None if it did not end and was killed."""
        if self._ended:
            return self._process.returncode
        self._stop_writing()
        self._pipes()[0].close()
        deadline = time.monotonic() + seconds
        while self._process.poll() is None and time.monotonic() < deadline:
            self._pump(_CLOSING_SLICE)
            self._lines.clear()
            self._partial.clear()
        status = self._process.poll()
        self.kill()
        return status

    def kill(self) -> None:
        """Kill the process and its process group; a second call does nothing."""
        if self._ended:
            return  # another process may have this process id by now
        self._ended = True
        with contextlib.suppress(ProcessLookupError, PermissionError):  # PermissionError: macOS, if all have ended
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._selector.close()
        for pipe in self._pipes():
            pipe.close()

    def _pump(self, seconds: float) -> bool:
        """Wait until a pipe is ready, at most so many seconds, then read and write; return whether any was ready."""
        ready = self._selector.select(seconds)
        for key, _ in ready:
            key.data()
        return bool(ready)

    def _write(self) -> None:
        try:
            written = os.write(self._pipes()[0].fileno(), self._unsent[:_CHUNK])
        except BlockingIOError:
            return
        except OSError:
            written = len(self._unsent)  # the peer closed its input; reading its output will show why
        self._unsent = self._unsent[written:]
        if not self._unsent:
            self._stop_writing()

    def _stop_writing(self) -> None:
        with contextlib.suppress(KeyError):
            self._selector.unregister(self._pipes()[0])

    def _read_stdout(self) -> None:
        chunk = self._read(self._pipes()[1])
        if not chunk:
            self._open = False
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            self._lines.append(bytes(self._partial + end))
            self._partial.clear()
        self._partial += rest

    def _read_stderr(self) -> None:
        self._words += self._read(self._pipes()[2])
        del self._words[:-_LAST_WORDS]

    def _read(self, pipe: IO[bytes]) -> bytes:
        """Read the available bytes; at the end of the pipe return no bytes and stop watching it."""
        chunk = os.read(pipe.fileno(), _CHUNK)
        if not chunk:
            self._selector.unregister(pipe)
        return chunk

    def _obituary(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_OBITUARY_SECONDS)
        while self._pump(0) and len(self._words) < _LAST_WORDS:
            pass  # read the rest of stderr
        status = self._process.returncode
        what = "it closed its output and still runs" if status is None else f"it ended ({status_text(status)})"
        where = f", in the middle of a line: {self._start()}" if self._partial else ""
        return f"{what}{where}{self._quoted_words()}"

    def _quoted_words(self) -> str:
        words = self._words.decode(errors="replace").strip()
        return f"; its stderr ends with: {words!a}" if words else ""

    def _start(self) -> str:
        return repr(bytes((self._lines[0] if self._lines else self._partial)[:100]))

    def _pipes(self) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
        process = self._process
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise AssertionError("the peer was started with pipes")
        return process.stdin, process.stdout, process.stderr


def status_text(status: int) -> str:
    """Return an exit status in words."""
    return f"exit status {status}" if status >= 0 else f"signal {-status}, {signal.strsignal(-status)}"
