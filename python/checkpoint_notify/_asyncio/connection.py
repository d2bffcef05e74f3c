"""The asyncio twin of `_connection.py`; imports redis, so import this module late.

The caller's `asyncio.timeout` covers a phase as a whole, name resolution included.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from collections.abc import Callable
from typing import Any, Self

from redis.asyncio.connection import Connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from checkpoint_notify._protocol.publishing import CONNECT_SECONDS, answers_ping
from checkpoint_notify._redaction import TransportError
from checkpoint_notify._sync.connection import checked_path, look_up, settings, without_set_info
from checkpoint_notify.redis_url import RedisUrl


class NoRetry(Retry):
    """The asyncio twin of `_connection.Once`."""

    def __init__(self) -> None:
        super().__init__(NoBackoff(), 0)

    def __deepcopy__(self, memo: object) -> Self:
        return self


class UrlConnection(Connection):
    """A connection of redis-py's to where a RedisUrl leads, over TCP or a unix socket.

    The addresses of a name share `seconds` for connecting.
    """

    def __init__(self, url: RedisUrl, seconds: float) -> None:
        self._url = url
        self._seconds = seconds
        self.extend: Callable[[float], object] = lambda seconds: None
        """Told how many seconds of resolving the name do not count."""
        self._owner = os.getpid()
        self._transport: asyncio.WriteTransport | None = None
        super().__init__(
            host=url.host or f"unix socket {url.unix_path!r}",
            port=url.port or 0,
            **settings(url, NoRetry()),
        )
        without_set_info(self)

    async def _connect(self) -> None:
        self._reader, self._writer = await _open_stream(self._url, self._seconds, self.extend)
        self._transport = self._writer.transport

    def abort(self) -> None:
        """Close the socket and drop bytes that still wait to be written; redis-py would go on writing them.

        A transport leaves the connection open as long as a child that was forked meanwhile has a copy of the socket.
        """
        if self._transport is None:
            return
        if self._owner == os.getpid() and not self._transport.is_closing():
            _shut(self._transport.get_extra_info("socket").fileno())
        self._transport.abort()


class Link:
    """One connection for one publish."""

    def __init__(self, url: RedisUrl) -> None:
        self._redis: Any = UrlConnection(url, CONNECT_SECONDS)

    async def connect(self, limit: asyncio.Timeout) -> None:
        """Connect, shake hands, and have PING answered, be it with an error."""

        def extend(seconds: float) -> None:
            limit.reschedule((limit.when() or 0.0) + seconds)

        self._redis.extend = extend
        await self._redis.connect()
        await self._redis.send_command("PING")
        try:
            await self._redis.read_response(disconnect_on_error=False)
        except Exception as error:
            if not answers_ping(error):
                raise

    async def publish(self, channel: str, payload: bytes) -> object:
        """Write PUBLISH and return its reply."""
        await self._redis.send_command("PUBLISH", channel.encode(), payload)
        return await self._redis.read_response()

    async def close(self) -> None:
        """Close the socket."""
        self._redis.abort()
        await self._redis.disconnect()


def _shut(descriptor: int) -> None:
    """Shut a connection, for whoever else has a copy of its socket, too."""
    sock = socket.socket(fileno=descriptor)  # uvloop's transports give out a socket that cannot be shut
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the other end was faster
    finally:
        sock.detach()


async def _open_stream(
    url: RedisUrl, seconds: float, extend: Callable[[float], object]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if url.unix_path is not None:
        return await asyncio.open_unix_connection(checked_path(url.unix_path))
    end = time.monotonic() + seconds
    addresses, late = await _resolve(url.host or "", url.port or 0, extend)
    end += late
    for left, (family, *_, address) in zip(range(len(addresses), 0, -1), addresses, strict=True):
        try:
            async with asyncio.timeout((end - time.monotonic()) / left if left > 1 else None):
                return await _try_address(family, address)
        except OSError:
            if left == 1:
                raise
    raise TransportError("the name has no address")


async def _try_address(family: int, address: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await _connect(sock, address)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return await asyncio.open_connection(sock=sock)
    except BaseException:
        sock.close()
        raise


async def _connect(sock: socket.socket, address: Any) -> None:
    """Connect to all parts of an address.

    asyncio's `open_connection` takes a host and a port, without flow and scope; uvloop's `sock_connect` drops both.
    """
    code = sock.connect_ex(address)
    if code == errno.EINPROGRESS:
        loop = asyncio.get_running_loop()
        done = asyncio.Event()
        loop.add_writer(sock, done.set)
        try:
            await done.wait()
        finally:
            loop.remove_writer(sock)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))


async def _resolve(host: str, port: int, extend: Callable[[float], object]) -> tuple[list[Any], float]:
    """The addresses of a host, and for how many seconds the loop stood still for them: without a thread it does.

    The loop's own threads are few, and `asyncio.run` waits for them in the end.
    """
    try:
        return socket.getaddrinfo(host.encode(), port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST), 0.0
    except socket.gaierror:
        pass  # a name, not an address
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Any]] = loop.create_future()

    def settle(found: list[Any] | Exception) -> None:
        if answer.done():
            return  # cancelled
        if isinstance(found, Exception):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def tell(found: list[Any] | Exception) -> None:
        try:
            loop.call_soon_threadsafe(settle, found)
        except RuntimeError:
            pass  # the loop is closed

    late = look_up(host, port, tell)
    if late:
        extend(late)  # before the loop gets a turn: it would find the limit passed
    return await answer, late
