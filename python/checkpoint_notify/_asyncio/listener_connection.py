"""The asyncio listener's connection; imports redis, so import this module late.

redis-py connects and logs in; from then on its streams are read and written directly.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from checkpoint_notify._asyncio.connection import UrlConnection
from checkpoint_notify._redaction import TransportError
from checkpoint_notify.redis_url import RedisUrl

_READ_SIZE: Final = 64 * 1024


class _StreamConnection(UrlConnection):
    @property
    def reader(self) -> Any:
        return self._reader

    @property
    def writer(self) -> Any:
        return self._writer


class Link:
    """One connection of a listener."""

    def __init__(self, url: RedisUrl, seconds: float) -> None:
        self._redis: Any = _StreamConnection(replace(url, protocol=2), seconds)
        self._error: Exception = TransportError("the server closed the connection")

    async def connect(self) -> None:
        """Connect and log in."""
        await self._redis.connect()

    def send(self, data: bytes) -> None:
        """Write a short command, now or when the system takes it."""
        self._redis.writer.write(data)

    async def receive(self) -> bytes:
        """What has come, as soon as there is something; raises at the end of the stream what `abort` was told."""
        data: bytes = await self._redis.reader.read(_READ_SIZE)
        if not data:
            raise self._error
        return data

    def abort(self, error: Exception) -> None:
        """Close the socket at once, for this reason."""
        self._error = error
        self._redis.abort()

    async def close(self) -> None:
        """Close the socket at once, and wait until it is."""
        self._redis.abort()
        await self._redis.disconnect()
