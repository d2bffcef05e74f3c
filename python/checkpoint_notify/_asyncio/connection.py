"""The asyncio connections of a publish and of a listener; imports redis, so import this module late.

redis-py connects and logs in on streams of ours; after the login the listener reads and writes these directly. A
`limit` is an `asyncio.timeout`, which ends a whole phase.
"""

from __future__ import annotations

import asyncio
import errno
import functools
import os
import socket
from dataclasses import replace
from typing import Any, Final, Self, TypeAlias

from redis.asyncio.connection import Connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from checkpoint_notify._asyncio import in_thread
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
from checkpoint_notify._redaction import TransportError
from checkpoint_notify.redis_url import RedisUrl

_READ_SIZE: Final = 64 * 1024

Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class NoRetry(Retry):
    """One attempt, no retry. It never changes, so redis-py's copy for each connection is the object itself."""

    def __init__(self) -> None:
        super().__init__(NoBackoff(), 0)

    def __deepcopy__(self, memo: object) -> Self:
        return self


class RedisConnection(Connection):
    """A redis-py connection over our own streams, by TCP or a unix socket."""

    def __init__(self, url: RedisUrl, seconds: float) -> None:
        self._url = url
        self.limit = asyncio.timeout(seconds)
        """For whoever connects; it counts from now."""
        self.extension = 0.0
        """By how many seconds the limit was extended, because a name was looked up without a thread."""
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter | None = None
        self._owner = os.getpid()
        super().__init__(**connection_arguments(url, NoRetry()))
        disable_set_info(self)

    async def _connect(self) -> None:
        self._reader, self._writer = self.reader, self.writer = await self._open()

    async def _open(self) -> Streams:
        if self._url.unix_path is not None:
            return await asyncio.open_unix_connection(socket_path(self._url.unix_path))
        for attempt in attempts(await self._resolve(), self._seconds_left):
            with attempt:
                async with asyncio.timeout(None if attempt.is_last else attempt.seconds):  # `limit` ends the last
                    return await _connect(attempt.family, attempt.address)
        raise no_address()

    async def _resolve(self) -> Addresses:
        """Return the addresses of the host."""
        host, port = self._url.host or "", self._url.port or 0
        if numeric := numeric_addresses(host, port):
            return numeric
        answer, seconds = in_thread(functools.partial(look_up, host, port))
        if seconds:
            # Before the loop gets a turn: the limit has passed by its clock, and would end the attempt.
            self.limit.reschedule((self.limit.when() or 0.0) + seconds)
            self.extension += seconds
        return await answer

    def _seconds_left(self) -> float:
        return (self.limit.when() or 0.0) - asyncio.get_running_loop().time()

    def abort(self) -> None:
        """Close the socket, and drop bytes that are not written yet; redis-py would go on writing them.

        asyncio alone would keep the connection open if a child that was forked meanwhile has a copy of the socket.
        """
        if self.writer is None:
            return
        transport = self.writer.transport
        if self._owner == os.getpid() and not transport.is_closing():
            _shut_down(transport.get_extra_info("socket").fileno())
        transport.abort()


def _shut_down(descriptor: int) -> None:
    """Shut a connection down, for all processes that have a copy of its socket."""
    sock = socket.socket(fileno=descriptor)  # the socket object of uvloop's transports has no `shutdown`
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the peer has closed it already
    finally:
        sock.detach()


async def _connect(family: int, address: Any) -> Streams:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await _connect_socket(sock, address)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return await asyncio.open_connection(sock=sock)
    except BaseException:
        sock.close()
        raise


async def _connect_socket(sock: socket.socket, address: Any) -> None:
    """Connect to an address with its IPv6 flow and scope.

    asyncio's `open_connection` takes only a host and a port; uvloop's `sock_connect` drops flow and scope.
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


class PublishConnection:
    """One connection for one publish."""

    def __init__(self, url: RedisUrl) -> None:
        self._redis: Any = RedisConnection(url, CONNECT_SECONDS)

    async def connect(self) -> None:
        """Connect, log in, and have PING answered; an error may be the answer."""
        async with self._redis.limit:
            await self._redis.connect()
            await self._redis.send_command("PING")
            try:
                await self._redis.read_response(disconnect_on_error=False)
            except Exception as error:
                if not answers_ping(error):
                    raise

    async def publish(self, channel: str, payload: bytes) -> object:
        """Write PUBLISH and return its reply."""
        async with asyncio.timeout(REPLY_SECONDS):
            await self._redis.send_command("PUBLISH", channel.encode(), payload)
            return await self._redis.read_response()

    async def close(self) -> None:
        """Close the socket."""
        self._redis.abort()
        await self._redis.disconnect()


class ListenConnection:
    """One connection of a listener; it speaks RESP2."""

    def __init__(self, url: RedisUrl, seconds: float) -> None:
        self._seconds = seconds
        self._redis: Any = RedisConnection(replace(url, protocol=2), seconds)
        self._error: Exception = TransportError("the server closed the connection")

    async def connect(self) -> float:
        """Connect and log in within `seconds`.

        Returns by how many seconds the limit was extended, because a name was looked up without a thread.
        """
        try:
            async with self._redis.limit:
                await self._redis.connect()
        except TimeoutError:
            raise TimeoutError(f"not connected within {self._seconds:.3g} s") from None
        extension: float = self._redis.extension
        return extension

    def send(self, data: bytes) -> None:
        """Write a short command, now or as soon as the system takes it."""
        self._redis.writer.write(data)

    async def receive(self) -> bytes:
        """Return the bytes that have come; waits for some. At the end of the stream it raises the error of `abort`."""
        data: bytes = await self._redis.reader.read(_READ_SIZE)
        if not data:
            raise self._error
        return data

    def abort(self, error: Exception) -> None:
        """Close the socket at once; `receive` raises this error."""
        self._error = error
        self._redis.abort()

    async def close(self) -> None:
        """Close the socket at once, and wait until it is closed."""
        self._redis.abort()
        await self._redis.disconnect()
