"""A proxy on loopback with the faults of networks: it cuts, swallows, delays or stalls a connection."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal, TypeAlias

from .loopback import LoopbackServer

Way: TypeAlias = Literal["both", "replies"]

_CHUNK: Final = 65536
_NO_LINGER: Final = struct.pack("ii", 1, 0)
_POLL_SECONDS: Final = 0.05
"""How often a thread that is held up looks whether its link still exists."""


class FaultProxy(LoopbackServer):
    """Passes everything on, unless a fault is set; one server, any number of clients.

    `receive_buffer`, in bytes, keeps the system from taking in what a proxy that stands still does not read.
    `deaf`: see LoopbackServer.
    `swallow`: as within `half_open`, until `state.swallow` is None.
    `lose_replies_from`: from a request with these bytes on, its client reads nothing more.
    """

    def __init__(
        self,
        port: int,
        *,
        receive_buffer: int | None = None,
        deaf: bool = False,
        swallow: Way | None = None,
        lose_replies_from: bytes | None = None,
    ) -> None:
        self._target = port
        self._receive_buffer = receive_buffer
        self._links: set[_Link] = set()
        self.state = State()
        self.state.swallow = swallow
        self.state.lose_replies_from = lose_replies_from
        super().__init__(self._pass_on, deaf=deaf)

    @property
    def dead_links(self) -> int:
        """How many connections swallow what comes."""
        with self._lock:
            return sum(1 for link in self._links if link.swallow is not None and not link.ended)

    def close(self) -> None:
        """Accept no more, break every connection with RST, and wait for their threads."""
        self._stop_accepting()
        self.reset()
        super().close()

    def reset(self) -> None:
        """Break every connection with RST."""
        for link in self._current_links():
            link.reset()

    def finish(self) -> None:
        """End every connection with FIN, in both directions."""
        for link in self._current_links():
            link.finish()

    @contextmanager
    def half_open(self, way: Way) -> Iterator[None]:
        """Swallow what comes: both ways, or the replies only. New connections fare no better within the block.

        The connections of that time stay dead after it, as behind a gateway that has forgotten them.
        """
        with self._lock:
            self.state.swallow = way
            for link in self._links:
                link.swallow = way
        try:
            yield
        finally:
            self.state.swallow = None

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Pass nothing on within the block, and all of it after."""
        self.state.still.set()
        try:
            yield
        finally:
            self.state.still.clear()

    def _pass_on(self, client: socket.socket) -> None:
        try:
            server = self._connected_server()
        except OSError:
            _reset(client)  # as if nobody listened
            return
        link = _Link(client, server, self.state)
        with self._lock:
            link.swallow = self.state.swallow
            self._links.add(link)
        try:
            link.run()
        finally:
            with self._lock:
                self._links.discard(link)

    def _connected_server(self) -> socket.socket:
        server = socket.socket()
        try:
            if self._receive_buffer is not None:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
            server.connect(("127.0.0.1", self._target))
        except BaseException:
            server.close()
            raise
        return server

    def _current_links(self) -> list[_Link]:
        with self._lock:
            return list(self._links)


class State:
    """What a proxy does now, to all its links."""

    def __init__(self) -> None:
        self.swallow: Way | None = None
        self.lose_replies_from: bytes | None = None
        self.lag = 0.0
        """Seconds that each reply is under way."""
        self.still = threading.Event()


class _Link:
    """A client's connection and the one to the server behind it, with a second thread for the replies."""

    def __init__(self, client: socket.socket, server: socket.socket, state: State) -> None:
        self._client = client
        self._server = server
        self._state = state
        self.swallow = state.swallow
        self.ended = False
        self._late: deque[tuple[float, bytes]] = deque()
        self._lock = threading.Lock()
        for sock in (client, server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self) -> None:
        """Pass on both ways until both ends are closed."""
        replies = threading.Thread(target=self._replies, daemon=True)
        replies.start()
        self._requests()
        replies.join()

    def reset(self) -> None:
        """RST to both ends."""
        self._end(linger=_NO_LINGER)

    def finish(self) -> None:
        """FIN to both ends."""
        self._end(linger=None)

    def _requests(self) -> None:
        try:
            while data := self._client.recv(_CHUNK):
                self._wait_while_still()
                if self._state.lose_replies_from and self._state.lose_replies_from in data:
                    self.swallow = "replies"
                if self.swallow != "both":
                    self._request(data)
        except OSError:
            pass  # ended from elsewhere
        self.finish()

    def _request(self, data: bytes) -> None:
        try:
            self._server.sendall(data)
        except OSError:
            if self.swallow is None:
                raise
            # A connection that is dead for the client stays so when the server is gone.

    def _replies(self) -> None:
        try:
            while data := self._next_reply():
                self._wait_while_still()
                if self.swallow is None:
                    self._client.sendall(data)
        except OSError:
            pass  # ended from elsewhere
        if self.swallow is None:
            self.finish()

    def _next_reply(self) -> bytes:
        """What the server wrote, once it has been under way for long enough; empty at its end."""
        while True:
            wait = self._late[0][0] - time.monotonic() if self._late else None
            if wait is not None and wait <= 0:
                return self._late.popleft()[1]
            self._server.settimeout(wait)
            try:
                data = self._server.recv(_CHUNK)
            except TimeoutError:
                continue
            if not self._late and (not self._state.lag or not data):
                return data
            self._late.append((time.monotonic() + self._state.lag, data))
            if not data:
                # Let what is under way arrive; the empty entry at the end stands for the end.
                return self._drained()

    def _drained(self) -> bytes:
        due, data = self._late.popleft()
        time.sleep(max(0.0, due - time.monotonic()))
        return data

    def _wait_while_still(self) -> None:
        while self._state.still.is_set() and not self.ended:
            time.sleep(_POLL_SECONDS)

    def _end(self, linger: bytes | None) -> None:
        with self._lock:
            if self.ended:
                return
            self.ended = True
            for sock in (self._client, self._server):
                if linger:
                    _reset(sock)
                else:
                    _finish(sock)


def _reset(sock: socket.socket) -> None:
    """Close with RST. `shutdown` wakes a thread that reads, and sends nothing as the reading side alone is shut."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    try:
        sock.shutdown(socket.SHUT_RD)
    except OSError:
        pass  # not connected any more
    sock.close()


def _finish(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # not connected any more
    sock.close()
