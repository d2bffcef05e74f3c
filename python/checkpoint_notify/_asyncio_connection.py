"""The asyncio twin of `_connection.py`; imports redis, so import this module late.

It has no time limits of its own: the caller's `asyncio.timeout` covers a phase as a whole, name resolution included.
"""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any, Final, Self

from redis.asyncio.connection import Connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from checkpoint_notify._connection import checked_path, settings, without_set_info
from checkpoint_notify._publishing import answers_ping
from checkpoint_notify.redis_url import RedisUrl

_NEXT_ADDRESS_SECONDS: Final = 0.1
"""How long one address of a host may keep silent before the next is tried beside it."""


class Once(Retry):
    """The asyncio twin of `_connection.Once`."""

    def __init__(self) -> None:
        super().__init__(NoBackoff(), 0)

    def __deepcopy__(self, memo: object) -> Self:
        return self


class UrlConnection(Connection):
    """A connection of redis-py's to where a RedisUrl leads, over TCP or a unix socket."""

    def __init__(self, url: RedisUrl) -> None:
        self._url = url
        self._transport: asyncio.WriteTransport | None = None
        super().__init__(
            host=url.host or f"unix socket {url.unix_path!r}",
            port=url.port or 0,
            **settings(url, Once()),
        )
        without_set_info(self)

    async def _connect(self) -> None:
        self._reader, self._writer = await _open_stream(self._url)
        self._transport = self._writer.transport

    def abort(self) -> None:
        """Close the socket and drop bytes that still wait to be written; redis-py would go on writing them."""
        if self._transport is not None:
            self._transport.abort()


class Link:
    """One connection for one publish."""

    def __init__(self, url: RedisUrl) -> None:
        self._redis: Any = UrlConnection(url)

    async def connect(self) -> None:
        """Connect, shake hands, and have PING answered, be it with an error."""
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


async def _open_stream(url: RedisUrl) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if url.unix_path is not None:
        return await asyncio.open_unix_connection(checked_path(url.unix_path))
    delay = None if _is_address(url.host) else _NEXT_ADDRESS_SECONDS
    return await asyncio.open_connection(url.host, url.port, happy_eyeballs_delay=delay)


def _is_address(host: str | None) -> bool:
    """Whether this is one address and no name: racing a lone one costs a third of a publish."""
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return False
    return True
