"""What both flavours do to connect: look up a name, share the time among its addresses, and configure redis-py.

It opens no socket. It imports redis, so import it late. Works with redis-py 5 to 8.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Final, TypeAlias

from redis.credentials import CredentialProvider

from checkpoint_notify._redaction import TransportError
from checkpoint_notify.redis_url import RedisUrl

Addresses: TypeAlias = list[tuple[int, Any]]
"""The family and the socket address of each, in the order of `getaddrinfo`."""

_DRIVER: Final[dict[str, Any]] = {}
try:
    from redis.driver_info import DriverInfo
except ImportError:
    pass  # a release before 7
else:
    _DRIVER["driver_info"] = DriverInfo()  # once: redis-py reads its package metadata for each connection otherwise


def numeric_addresses(host: str, port: int) -> Addresses:
    """Return the addresses of a host that is an IP address; empty if it is a name."""
    try:
        return _getaddrinfo(host, port, socket.AI_NUMERICHOST)
    except socket.gaierror:
        return []


def look_up(host: str, port: int) -> Addresses:
    """Return the addresses of a name. This may take minutes: a resolver has no time limit."""
    return _getaddrinfo(host, port, 0)


def _getaddrinfo(host: str, port: int, flags: int) -> Addresses:
    # As bytes: for a str, Python applies rules for domain names that redis-rs does not have.
    found = socket.getaddrinfo(host.encode(), port, type=socket.SOCK_STREAM, flags=flags)
    return [(family, address) for family, _, _, _, address in found]


class Attempt:
    """One attempt to connect. As a context manager it suppresses an OSError, unless it is the last attempt."""

    def __init__(self, family: int, address: Any, seconds: float, *, is_last: bool) -> None:
        self.family = family
        self.address = address
        self.seconds = seconds
        """The time limit of this attempt."""
        self.is_last = is_last

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        return isinstance(error, OSError) and not self.is_last


def attempts(addresses: Addresses, seconds_left: Callable[[], float]) -> Iterator[Attempt]:
    """Yield an attempt for each address; each gets an equal part of the time that is left."""
    for number, (family, address) in enumerate(addresses):
        remaining = len(addresses) - number
        yield Attempt(family, address, seconds_left() / remaining, is_last=remaining == 1)


def no_address() -> TransportError:
    """The error if there was no attempt: the answer of the resolver was empty."""
    return TransportError("the name has no address")


def socket_path(path: str) -> str:
    """Return the path of a unix socket. The system would cut it at a NUL, and connect to another socket."""
    if "\0" in path:
        raise TransportError("paths must not contain interior null bytes")
    return path


class Credentials(CredentialProvider):
    """The arguments of AUTH. Unlike redis-py's own arguments, they can hold an empty password."""

    def __init__(self, username: str | None, password: str) -> None:
        self._credentials = (password,) if username is None else (username, password)

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        """For redis-py's blocking connections."""
        return self._credentials

    async def get_credentials_async(self) -> tuple[str] | tuple[str, str]:
        """For redis-py's asyncio connections."""
        return self._credentials


def connection_arguments(url: RedisUrl, retry: Any) -> dict[str, Any]:
    """Return the arguments for redis-py's connection classes, so that they log in as redis-rs does.

    redis-rs: `connection_setup_pipeline` in src/connection.rs. redis-py gets no time limits: its own count from one
    read to the next, while ours end a whole phase.
    """
    return {
        "host": url.host or f"unix socket {url.unix_path!r}",
        "port": url.port or 0,
        "db": url.db,
        "protocol": url.protocol,
        "credential_provider": None if url.password is None else Credentials(url.username, url.password),
        "retry": retry,
        "socket_timeout": None,
        "socket_connect_timeout": None,
        **_DRIVER,
    }


def disable_set_info(connection: Any) -> None:
    """Have a new connection skip CLIENT SETINFO: it takes two round trips, and a refusal would end the connection.

    The arguments for it differ between releases (`lib_name` before 7, `driver_info` since, and 7 ignores None). The
    attributes that they set are the same.
    """
    for name in ("driver_info", "lib_name", "lib_version"):
        setattr(connection, name, None)
