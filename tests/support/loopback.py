"""A server on loopback whose behaviour is a function: one thread for each connection. `FaultProxy` is built on it."""

from __future__ import annotations

import functools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .closing import Closing

Handler = Callable[[socket.socket], None]

HANG_UP = b"\0hang up"
"""At the end of a scripted reply: close the connection after it."""


class LoopbackServer(Closing):
    """Accepts connections on a port that the system chose, and hands each to `handler`, which may block on it.

    `listener` is a listening socket at another address or a unix socket, which belongs to this object from then on.
    `deaf`: connections are not even accepted until `accept()`, and so a client's `connect` gets no answer.

    `close()` shuts every connection, which ends a blocked handler with OSError or an empty read.
    """

    def __init__(self, handler: Handler, listener: socket.socket | None = None, *, deaf: bool = False) -> None:
        self._handler = handler
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closed = False
        self.accepted = 0
        """How many connections there were."""
        self._threads: list[threading.Thread] = []
        self._listener = listener or socket.create_server(("127.0.0.1", 0), backlog=0 if deaf else 100)
        address = self._listener.getsockname()
        self.port: int = address[1] if isinstance(address, tuple) else 0  # a unix socket has none
        self._fillers = _fill_backlog(self.port) if deaf else []
        if not deaf:
            self.accept()

    @property
    def url(self) -> str:
        """A REDIS_URL that leads here."""
        return f"redis://127.0.0.1:{self.port}"

    def accept(self) -> None:
        """Accept connections from now on."""
        self._empty_backlog()
        self._start(self._accept)

    def close(self) -> None:
        """Take no more connections, end those there are, and wait for their threads."""
        self._stop_accepting()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            _shut(connection)
        while running := [thread for thread in self._threads if thread.is_alive()]:
            running[0].join()

    def _stop_accepting(self) -> None:
        self._empty_backlog()
        with self._lock:
            self._closed = True
        _shut(self._listener)
        self._listener.close()

    def _empty_backlog(self) -> None:
        for filler in self._fillers:
            filler.close()

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads = [*(running for running in self._threads if running.is_alive()), thread]
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            with self._lock:
                if self._closed:
                    connection.close()
                    return
                self._open.add(connection)
                self.accepted += 1
            self._start(functools.partial(self._serve, connection))

    def _serve(self, connection: socket.socket) -> None:
        try:
            self._handler(connection)
        except OSError:
            pass  # the other end, or close(), ended it
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()


@contextmanager
def refusing_port() -> Iterator[int]:
    """A port that refuses connections, and that nobody else gets within the block."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def free_port(host: str = "127.0.0.1") -> int:
    """A port for a server to listen at."""
    with socket.create_server((host, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def unix_listener(path: Path) -> socket.socket:
    """A listening unix socket."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    return listener


def silent(connection: socket.socket) -> None:
    """A handler that reads everything and never answers."""
    while connection.recv(65536):
        pass


def scripted(*replies: tuple[bytes, bytes]) -> Handler:
    """A handler that answers what it reads: with the reply of the first pair whose word is in it, else with silence."""

    def handle(connection: socket.socket) -> None:
        while data := connection.recv(65536):
            reply = next((reply for word, reply in replies if word in data), b"")
            connection.sendall(reply.removesuffix(HANG_UP))
            if reply.endswith(HANG_UP):
                return

    return handle


def _fill_backlog(port: int) -> list[socket.socket]:
    """Connections that nobody accepts, until the system does not answer one more."""
    fillers = []
    while True:
        filler = socket.socket()
        fillers.append(filler)
        filler.settimeout(0.2)
        try:
            filler.connect(("127.0.0.1", port))
        except TimeoutError:
            return fillers


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # not connected any more


class Recorder:
    """A handler that acts as a server with any password and any database, and keeps the commands it was sent."""

    def __init__(self) -> None:
        self.commands: list[tuple[bytes, ...]] = []
        self.connections = 0
        self.ended = 0

    def __call__(self, connection: socket.socket) -> None:
        """Serve one connection."""
        self.connections += 1
        while data := connection.recv(65536):
            command = tuple(data.split(b"\r\n")[2::2])
            self.commands.append(command)
            connection.sendall({b"PUBLISH": b":3\r\n", b"HELLO": b"%1\r\n+proto\r\n:3\r\n"}.get(command[0], b"+OK\r\n"))
        self.ended += 1
