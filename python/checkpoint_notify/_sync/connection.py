"""The blocking connections of a publish and of a listener; imports redis, so import this module late.

redis-py connects and logs in on a socket of ours, all of whose calls end at one deadline. A listener's socket can also
be interrupted by a `Waker`; after the login the listener reads and writes its socket directly.
"""

from __future__ import annotations

import errno
import functools
import os
import queue
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, Self

from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.retry import Retry

from checkpoint_notify._protocol.connecting import (
    Addresses,
    attempts,
    connection_arguments,
    disable_set_info,
    look_up,
    no_address,
    numeric_addresses,
    socket_path,
)
from checkpoint_notify._protocol.publishing import CONNECT_SECONDS, REPLY_SECONDS, answers_ping
from checkpoint_notify._protocol.threads import run_in_thread
from checkpoint_notify._redaction import TransportError
from checkpoint_notify.redis_url import RedisUrl

_READ_SIZE: Final = 64 * 1024
_LOOKUP_POLL_SECONDS: Final = 0.05
"""How often the wait for a name checks whether it was interrupted."""
_MAX_SELECT_SECONDS: Final = 3600.0
"""`select` has an upper limit for its time; longer waits repeat it."""
_TOO_MANY_DESCRIPTORS: Final = (
    "select.poll is missing here (eventlet removes it), and select.select takes no descriptor above 1023:"
    " have fewer files open, or use a Python that has select.poll"
)


class Deadline:
    """A time on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self.extension = 0.0
        """By how many seconds it was extended."""
        self.restart(seconds)

    def restart(self, seconds: float) -> None:
        """Move it to this many seconds from now."""
        self.at = time.monotonic() + seconds

    def extend(self, seconds: float) -> None:
        """Move it this many seconds further."""
        self.at += seconds
        self.extension += seconds

    def left(self) -> float:
        """Return the seconds until then, above 0; raises TimeoutError once it has passed."""
        seconds = self.at - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("timed out")
        return seconds


class Interrupted(Exception):  # noqa: N818  # not an error, as KeyboardInterrupt is none
    """The waker was woken: the thread is to end."""


class Waker:
    """Interrupts one thread, whatever it waits for. It wakes once, from any thread or signal handler, without a lock.

    Both ends of the pipe stay open as long as this object exists. If one were closed earlier, another thread that is
    about to write could write to another file that got the same descriptor.
    """

    def __init__(self) -> None:
        self.woken = False
        self._ends: tuple[int, ...] = ()  # `__del__` also runs if `os.pipe` fails
        self._ends = self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._selector = _selector((self._read, selectors.EVENT_READ))

    def fileno(self) -> int:
        """Return the descriptor to wait for; it stays readable after `wake`."""
        return self._read

    def wake(self) -> None:
        """Interrupt the thread, now or when it next waits."""
        self.woken = True
        try:
            os.write(self._write, b"\0")
        except BlockingIOError:
            pass  # the pipe is full, so it is readable

    def check(self) -> None:
        """Raise Interrupted if it was woken."""
        if self.woken:
            raise Interrupted

    def sleep(self, seconds: float) -> None:
        """Sleep; raises Interrupted as soon as it is woken."""
        self.wait(self._selector, time.monotonic() + seconds)

    def wait(self, selector: selectors.BaseSelector, until: float) -> bool:
        """Return whether the selector gets ready before `until`; raises Interrupted as soon as this is woken."""
        while True:
            seconds = max(0.0, min(until - time.monotonic(), _MAX_SELECT_SECONDS))
            ready = selector.select(seconds)
            self.check()
            if ready or time.monotonic() >= until:
                return bool(ready)

    def __del__(self) -> None:
        for descriptor in self._ends:
            os.close(descriptor)


def _selector(*registrations: tuple[int, int]) -> selectors.BaseSelector:
    """Return a selector for these descriptors and events.

    Never `selectors.DefaultSelector`: epoll and kqueue have a descriptor that a forked child would share. Raises
    OSError if there is only `select.select`, and a descriptor is too large for it.
    """
    selector: selectors.BaseSelector = getattr(selectors, "PollSelector", selectors.SelectSelector)()
    for descriptor, events in registrations:
        selector.register(descriptor, events)
    try:
        selector.select(0)
    except ValueError as error:
        raise OSError(_TOO_MANY_DESCRIPTORS) from error
    return selector


class TimedSocket:
    """A socket for redis-py; each call ends at the deadline at the latest."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self.raw = sock
        self._deadline = deadline

    def connect(self, address: Any, seconds: float) -> None:
        """Connect within these seconds."""
        self.raw.settimeout(seconds)
        self.raw.connect(address)

    def recv(self, *args: Any) -> bytes:
        """As `socket.recv`."""
        self._wait_readable()
        return self.raw.recv(*args)

    def recv_into(self, *args: Any) -> int:
        """As `socket.recv_into`."""
        self._wait_readable()
        return self.raw.recv_into(*args)

    def sendall(self, data: Any) -> None:
        """As `socket.sendall`, whose time limit is for all the data."""
        self.raw.settimeout(self._deadline.left())
        self.raw.sendall(data)

    def settimeout(self, seconds: float | None) -> None:
        """Ignored: the deadline decides."""

    def _wait_readable(self) -> None:
        self.raw.settimeout(self._deadline.left())  # `recv` waits

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


class InterruptibleSocket(TimedSocket):
    """A non-blocking socket; whatever waits for it raises Interrupted as soon as the waker is woken."""

    def __init__(self, sock: socket.socket, deadline: Deadline, waker: Waker) -> None:
        super().__init__(sock, deadline)
        self._waker = waker
        sock.setblocking(False)
        woken = (waker.fileno(), selectors.EVENT_READ)
        self.readable = _selector((sock.fileno(), selectors.EVENT_READ), woken)
        self._writable = _selector((sock.fileno(), selectors.EVENT_WRITE), woken)

    def connect(self, address: Any, seconds: float) -> None:
        """Connect within these seconds."""
        code = self.raw.connect_ex(address)
        if code == errno.EINPROGRESS:
            self._wait(self._writable, time.monotonic() + seconds)
            code = self.raw.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))

    def sendall(self, data: Any) -> None:
        """As `socket.sendall`."""
        rest = memoryview(data)
        while rest:
            self._wait(self._writable, self._deadline.at)
            rest = rest[self.raw.send(rest) :]

    def _wait_readable(self) -> None:
        self._wait(self.readable, self._deadline.at)

    def _wait(self, selector: selectors.BaseSelector, until: float) -> None:
        if not self._waker.wait(selector, until):
            raise TimeoutError("timed out")


class NoRetry(Retry):
    """One attempt, no retry. It never changes, so redis-py's copy for each connection is the object itself."""

    def __init__(self) -> None:
        super().__init__(NoBackoff(), 0)

    def __deepcopy__(self, memo: object) -> Self:
        return self


class RedisConnection(Connection):
    """A redis-py connection over our own socket, by TCP or a unix socket."""

    def __init__(self, url: RedisUrl, deadline: Deadline, waker: Waker | None = None) -> None:
        self._url = url
        self._deadline = deadline
        self._waker = waker
        connect: Any = super().__init__
        connect(**connection_arguments(url, NoRetry()))
        disable_set_info(self)

    def _connect(self) -> TimedSocket:
        if self._url.unix_path is not None:
            return self._open(socket.AF_UNIX, socket_path(self._url.unix_path), self._deadline.left())
        check = (lambda: None) if self._waker is None else self._waker.check
        addresses = resolve(self._url.host or "", self._url.port or 0, self._deadline, check)
        for attempt in attempts(addresses, self._deadline.left):
            with attempt:
                return self._open(attempt.family, attempt.address, attempt.seconds)
        raise no_address()

    def _open(self, family: int, address: Any, seconds: float) -> TimedSocket:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            if self._waker is None:
                opened = TimedSocket(sock, self._deadline)
            else:
                opened = InterruptibleSocket(sock, self._deadline, self._waker)
            opened.connect(address, seconds)
            if family != socket.AF_UNIX:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            sock.close()
            raise
        return opened

    def forget_reply(self) -> None:
        """Drop an error reply that was read and raised: redis-py's parser would raise some of them once more."""
        self._parser.on_connect(self)


def resolve(host: str, port: int, deadline: Deadline, check: Callable[[], object] = lambda: None) -> Addresses:
    """Return the addresses of a host. A resolver that does not answer in time is left behind in its thread.

    `check` is called again and again; it ends the wait by raising.
    """
    if numeric := numeric_addresses(host, port):
        return numeric
    box: queue.SimpleQueue[Addresses | Exception] = queue.SimpleQueue()
    deadline.extend(run_in_thread(functools.partial(look_up, host, port), box.put))
    while True:
        check()
        try:
            found = box.get(timeout=min(deadline.left(), _LOOKUP_POLL_SECONDS))
        except queue.Empty:
            continue
        if isinstance(found, Exception):
            raise found
        return found


class PublishConnection:
    """One connection for one publish."""

    def __init__(self, url: RedisUrl) -> None:
        self._deadline = Deadline(CONNECT_SECONDS)
        self._redis: Any = RedisConnection(url, self._deadline)

    def connect(self) -> None:
        """Connect, log in, and have PING answered; an error may be the answer."""
        self._redis.connect()
        self._redis.send_command("PING")
        try:
            self._redis.read_response(disconnect_on_error=False)
        except Exception as error:
            if not answers_ping(error):
                raise
            self._redis.forget_reply()

    def publish(self, channel: str, payload: bytes) -> object:
        """Write PUBLISH and return its reply."""
        self._deadline.restart(REPLY_SECONDS)
        self._redis.send_command("PUBLISH", channel.encode(), payload)
        return self._redis.read_response()

    def close(self) -> None:
        """Close the socket."""
        self._redis.disconnect()


class ListenConnection:
    """One connection of a listener; it speaks RESP2."""

    _socket: InterruptibleSocket

    def __init__(self, url: RedisUrl, waker: Waker, until: float) -> None:
        self._waker = waker
        self._deadline = Deadline(until - time.monotonic())
        self._redis: Any = RedisConnection(replace(url, protocol=2), self._deadline, waker)

    def connect(self) -> float:
        """Connect and log in before `until`; raises Interrupted.

        Returns by how many seconds the limit was extended, because a name was looked up without a thread.
        """
        self._redis.connect()
        self._socket = self._redis._sock
        return self._deadline.extension

    def send(self, data: bytes) -> None:
        """Write a short command. It never waits: if the system does not take it, the connection is dead."""
        if self._socket.raw.send(data) != len(data):
            raise TimeoutError("the server does not read")

    def receive(self, until: float) -> bytes | None:
        """Return the bytes that have come; waits for some, and returns None if there are none before `until`.

        Raises ConnectionError at the end of the stream, and Interrupted.
        """
        self._waker.check()
        while True:
            try:
                data = self._socket.raw.recv(_READ_SIZE)
            except BlockingIOError:
                if not self._waker.wait(self._socket.readable, until):
                    return None
                continue
            if not data:
                raise TransportError("the server closed the connection")
            return data

    def close(self) -> None:
        """Close the socket."""
        self._redis.disconnect()
