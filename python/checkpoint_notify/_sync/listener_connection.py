"""The blocking listener's connection, which a `Waker` can interrupt; imports redis, so import this module late.

redis-py connects and logs in, on a socket of ours; from then on the socket is read and written directly.
"""

from __future__ import annotations

import errno
import functools
import os
import selectors
import socket
import time
from dataclasses import replace
from typing import Any, Final

from redis.connection import Connection

from checkpoint_notify._redaction import TransportError
from checkpoint_notify._sync.connection import NoRetry, checked_path, resolve, settings, without_set_info
from checkpoint_notify._sync.waker import LONGEST_WAIT, Interrupted, Waker, selector_for
from checkpoint_notify.redis_url import RedisUrl

READ_SIZE: Final = 64 * 1024


class Wait:
    """Waits for one socket, until a moment on the monotonic clock, or until the waker wakes."""

    def __init__(self, sock: socket.socket, waker: Waker) -> None:
        self._waker = waker
        woken = (waker.fileno(), selectors.EVENT_READ)
        self._readable = selector_for((sock.fileno(), selectors.EVENT_READ), woken)
        self._writable = selector_for((sock.fileno(), selectors.EVENT_WRITE), woken)

    def readable(self, until: float) -> bool:
        """Whether something can be read before `until`; raises Interrupted."""
        return self._until(self._readable, until)

    def writable(self, until: float) -> bool:
        """Whether something can be written before `until`; raises Interrupted."""
        return self._until(self._writable, until)

    def _until(self, selector: selectors.BaseSelector, until: float) -> bool:
        while True:
            left = max(0.0, min(until - time.monotonic(), LONGEST_WAIT))
            ready = selector.select(left)
            if self._waker.woken:
                raise Interrupted
            if ready or time.monotonic() >= until:
                return bool(ready)


class Line:
    """A connected socket. For redis-py, each of its calls ends at `deadline` at the latest."""

    def __init__(self, sock: socket.socket, wait: Wait, deadline: float) -> None:
        self._sock = sock
        self._wait = wait
        self._deadline = deadline

    def receive(self, until: float) -> bytes | None:
        """What has come, at once if there is something; None if there was nothing until then.

        Raises ConnectionError at the end of the stream, Interrupted when it would have had to wait.
        """
        while True:
            try:
                data = self._sock.recv(READ_SIZE)
            except BlockingIOError:
                if not self._wait.readable(until):
                    return None
                continue
            if not data:
                raise TransportError("the server closed the connection")
            return data

    def recv(self, size: int) -> bytes:
        """As `socket.recv`."""
        self._await_input()
        return self._sock.recv(size)

    def recv_into(self, buffer: Any, *args: int) -> int:
        """As `socket.recv_into`."""
        self._await_input()
        return self._sock.recv_into(buffer, *args)

    def sendall(self, data: Any) -> None:
        """As `socket.sendall`."""
        left = memoryview(data)
        while left:
            if not self._wait.writable(self._deadline):
                raise TimeoutError("timed out")
            left = left[self._sock.send(left) :]

    def settimeout(self, seconds: float | None) -> None:
        """Not obeyed: the deadline rules."""

    def _await_input(self) -> None:
        if not self._wait.readable(self._deadline):
            raise TimeoutError("timed out")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class LineConnection(Connection):
    """A connection of redis-py's over a `Line`."""

    def __init__(self, url: RedisUrl, waker: Waker, deadline: float) -> None:
        self._url = url
        self._waker = waker
        self._deadline = deadline
        self.line: Line | None = None
        connect: Any = super().__init__
        connect(
            host=url.host or f"unix socket {url.unix_path!r}",
            port=url.port or 0,
            **settings(url, NoRetry()),
        )
        without_set_info(self)

    def _connect(self) -> Line:
        self.line = _open_line(self._url, self._waker, self._deadline)
        return self.line


class Link:
    """One connection of a listener."""

    def __init__(self, url: RedisUrl, waker: Waker, deadline: float) -> None:
        self._redis: Any = LineConnection(replace(url, protocol=2), waker, deadline)

    def connect(self) -> None:
        """Connect and log in, until the deadline at the latest."""
        self._redis.connect()

    def send(self, data: bytes) -> None:
        """Write a short command. It never has to wait: the system takes it, or the connection is long dead."""
        if self._redis.line.send(data) != len(data):
            raise TimeoutError("the server reads nothing")

    def receive(self, until: float) -> bytes | None:
        """As `Line.receive`."""
        received: bytes | None = self._redis.line.receive(until)
        return received

    def close(self) -> None:
        """Close the socket."""
        self._redis.disconnect()


def _open_line(url: RedisUrl, waker: Waker, deadline: float) -> Line:
    if url.unix_path is not None:
        return _try_address(socket.AF_UNIX, checked_path(url.unix_path), waker, deadline, deadline)
    left = functools.partial(_left, waker, deadline)
    addresses = resolve(url.host or "", url.port or 0, left)
    for number, (family, *_, address) in enumerate(addresses):
        until = time.monotonic() + left() / (len(addresses) - number)
        try:
            return _try_address(family, address, waker, until, deadline)
        except OSError:
            if number == len(addresses) - 1:
                raise
    raise TransportError("the name has no address")


def _try_address(family: int, address: Any, waker: Waker, until: float, deadline: float) -> Line:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        wait = Wait(sock, waker)
        code = sock.connect_ex(address)
        if code == errno.EINPROGRESS:
            if not wait.writable(until):
                raise TimeoutError("timed out")
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        if family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return Line(sock, wait, deadline)


def _left(waker: Waker, deadline: float) -> float:
    """Seconds until the deadline, above 0."""
    if waker.woken:
        raise Interrupted
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("timed out")
    return seconds
