"""`checkpoint-notify` as users run it: with pipes here, and on a screen in `terminal`."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Final, NamedTuple, Self

from .waiting import PATIENCE

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
KEPT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "COVERAGE_PROCESS_START")
"""What a command inherits; nothing else, so that neither settings nor a CI's own variables of this machine matter."""

ROOT: Final = Path(__file__).parent.parent.parent


class Done(NamedTuple):
    """What came of a command."""

    status: int
    """Exit status; minus the signal's number if one killed it."""
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Its output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


class Pipe:
    """The end of a pipe that a test reads."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._unread = b""

    def line(self) -> str:
        """The next line, without its newline; EOFError at the end of the pipe, TimeoutError if none comes."""
        while b"\n" not in self._unread:
            if not self._more():
                raise EOFError(self._unread.decode(errors="replace"))
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode()

    def rest(self) -> bytes:
        """All that comes until the end."""
        while self._more():
            pass
        rest, self._unread = self._unread, b""
        return rest

    def close(self) -> None:
        """Read no more."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def _more(self) -> bool:
        if not select.select([self.descriptor], [], [], PATIENCE)[0]:
            raise TimeoutError(f"nothing in {PATIENCE:g} s, after {self._unread!r}")
        data = os.read(self.descriptor, 65536)
        self._unread += data
        return bool(data)


class Running:
    """A command that runs; killed at the end of its `with`."""

    def __init__(self, report: Pipe, out: Pipe, err: Pipe, stdin: int = -1) -> None:
        self._report = report
        self.out = out
        self.err = err
        self.stdin = stdin
        self.pid = int(report.line())
        self._status: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is None:
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                self.send(signal.SIGKILL)
            self.wait()
        self.close_stdin()
        for pipe in (self._report, self.out, self.err):
            pipe.close()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def wait(self) -> int:
        """The exit status, once it has ended."""
        if self._status is None:
            self._status = int(self._report.line())
        return self._status

    def close_stdin(self) -> None:
        """The end of its input."""
        if self.stdin >= 0:
            os.close(self.stdin)
            self.stdin = -1

    def finish(self) -> Done:
        """Read all that it still writes, and wait for its end."""
        out, err = self.out.rest().decode(), self.err.rest().decode()
        return Done(self.wait(), out, err)


class Cli:
    """Runs `checkpoint-notify` in forks of a process that has imported it already (`cli_host`)."""

    def __init__(self) -> None:
        self._orders, theirs = socket.socketpair()
        with theirs:
            program = Path(__file__).with_name("cli_host.py")
            command = [sys.executable, str(program), str(theirs.fileno())]
            self._host = subprocess.Popen(command, pass_fds=[theirs.fileno()])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._orders.close()
        self._host.wait(PATIENCE)

    def run(self, *arguments: str, stdin: bytes = b"", folder: Path = ROOT, env: Mapping[str, str] = NOTHING) -> Done:
        """Run a command to its end; `env` is all it finds in the environment, but for PATH and the like."""
        with self.start(*arguments, folder=folder, env=env) as running:
            _write(running.stdin, stdin)
            running.close_stdin()
            return running.finish()

    def start(self, *arguments: str, folder: Path = ROOT, env: Mapping[str, str] = NOTHING) -> Running:
        """Start a command whose streams are pipes."""
        (stdin, our_stdin), (our_out, out), (our_err, err) = os.pipe(), os.pipe(), os.pipe()
        report = self.order(arguments, env, (stdin, out, err), folder)
        return Running(report, Pipe(our_out), Pipe(our_err), our_stdin)

    def order(
        self, arguments: Sequence[str], env: Mapping[str, str], streams: tuple[int, int, int], folder: Path
    ) -> Pipe:
        """Start a command with these streams, which are closed here; its report."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        order = {"arguments": arguments, "environment": kept | dict(env), "folder": str(folder)}
        ours, report = os.pipe()
        socket.send_fds(self._orders, [json.dumps(order).encode()], [*streams, report])
        for descriptor in {*streams, report}:
            os.close(descriptor)
        return Pipe(ours)


def _write(descriptor: int, data: bytes) -> None:
    """All of it, or as much as the command reads."""
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except BrokenPipeError:
        pass
