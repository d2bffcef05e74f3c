"""A redis-py connection that is opened as redis-rs opens one; imports redis, so import this module late.

redis-py's own limits count from one read to the next, and name resolution has none. Here a `Deadline` ends the whole
phase it stands for, however many reads, writes and addresses the phase takes. Works with redis-py 5 to 8.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Self

from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.credentials import CredentialProvider
from redis.retry import Retry

from checkpoint_notify._protocol.publishing import CONNECT_SECONDS, REPLY_SECONDS, answers_ping
from checkpoint_notify._redaction import TransportError
from checkpoint_notify.redis_url import RedisUrl

_RESOLVER_LOOK_SECONDS: Final = 0.05
"""How often the wait for an address is interrupted to see whether it is still wanted."""


_DRIVER: Final[dict[str, Any]] = {}
try:
    from redis.driver_info import DriverInfo
except ImportError:
    pass  # a release before 7
else:
    _DRIVER["driver_info"] = DriverInfo()  # once: redis-py reads its own package's metadata for each that it makes


class NoRetry(Retry):
    """One try and no more. Nothing in it changes, so the copy that redis-py makes for each connection is itself."""

    def __init__(self) -> None:
        super().__init__(NoBackoff(), 0)

    def __deepcopy__(self, memo: object) -> Self:
        return self


class Deadline:
    """A moment on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self.restart(seconds)

    def restart(self, seconds: float) -> None:
        """Move the moment to this many seconds from now."""
        self._end = time.monotonic() + seconds

    def extend(self, seconds: float) -> None:
        """Move the moment back by this many seconds."""
        self._end += seconds

    def left(self) -> float:
        """Seconds until the moment, above 0; TimeoutError once it has passed."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("timed out")
        return seconds


class Credentials(CredentialProvider):
    """What to AUTH with; unlike redis-py's own arguments it can hold an empty password."""

    def __init__(self, username: str | None, password: str) -> None:
        self._credentials = (password,) if username is None else (username, password)

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        """The arguments of AUTH."""
        return self._credentials

    async def get_credentials_async(self) -> tuple[str] | tuple[str, str]:
        """The same, for redis-py's asyncio connections."""
        return self._credentials


def settings(url: RedisUrl, retry: Any) -> dict[str, Any]:
    """Arguments for redis-py's connection classes, sync and asyncio: what redis-rs would do with this URL."""
    return {
        "db": url.db,
        "protocol": url.protocol,
        "credential_provider": None if url.password is None else Credentials(url.username, url.password),
        "retry": retry,
        "socket_timeout": None,
        "socket_connect_timeout": None,
        **_DRIVER,
    }


def without_set_info(connection: Any) -> None:
    """Have a new connection skip CLIENT SETINFO: two round trips, which redis-py takes seriously when they fail.

    Its arguments for that differ from release to release (`lib_name` before 7, `driver_info` since, of which 7 ignores
    None); what they set does not.
    """
    for name in ("driver_info", "lib_name", "lib_version"):
        setattr(connection, name, None)


class TimedSocket:
    """A connected socket, each call of which ends at the deadline at the latest."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def recv(self, *args: Any) -> bytes:
        """As `socket.recv`."""
        self._sock.settimeout(self._deadline.left())
        return self._sock.recv(*args)

    def recv_into(self, *args: Any) -> int:
        """As `socket.recv_into`."""
        self._sock.settimeout(self._deadline.left())
        return self._sock.recv_into(*args)

    def sendall(self, data: Any) -> None:
        """As `socket.sendall`, whose time limit is for all the data."""
        self._sock.settimeout(self._deadline.left())
        self._sock.sendall(data)

    def settimeout(self, seconds: float | None) -> None:
        """Not obeyed: the deadline rules."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class TimedConnection(Connection):
    """A connection of redis-py's that ends each call at its deadline, over TCP or a unix socket."""

    def __init__(self, url: RedisUrl, deadline: Deadline) -> None:
        self._url = url
        self._deadline = deadline
        connect: Any = super().__init__
        connect(
            host=url.host or f"unix socket {url.unix_path!r}",
            port=url.port or 0,
            **settings(url, NoRetry()),
        )
        without_set_info(self)

    def _connect(self) -> TimedSocket:
        return TimedSocket(_open_socket(self._url, self._deadline), self._deadline)

    def forget_reply(self) -> None:
        """Drop an error reply that was read and raised: redis-py's parser would raise some of them once more."""
        self._parser.on_connect(self)


class Link:
    """One connection for one publish."""

    def __init__(self, url: RedisUrl) -> None:
        self._deadline = Deadline(CONNECT_SECONDS)
        self._redis: Any = TimedConnection(url, self._deadline)

    def connect(self) -> None:
        """Connect, shake hands, and have PING answered, be it with an error."""
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


def checked_path(path: str) -> str:
    """The path of a unix socket, if it is one: the system would end it at a NUL and so reach another socket."""
    if "\0" in path:
        raise TransportError("paths must not contain interior null bytes")
    return path


def _open_socket(url: RedisUrl, deadline: Deadline) -> socket.socket:
    if url.unix_path is not None:
        return _try_address(socket.AF_UNIX, checked_path(url.unix_path), deadline.left())
    addresses = resolve(url.host or "", url.port or 0, deadline.left, deadline.extend)
    for number, (family, *_, address) in enumerate(addresses):
        try:
            return _try_address(family, address, deadline.left() / (len(addresses) - number))
        except OSError:
            if number == len(addresses) - 1:
                raise
    raise TransportError("the name has no address")


def _try_address(family: int, address: Any, seconds: float) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(seconds)
        sock.connect(address)
        if family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock


def resolve(
    host: str, port: int, left: Callable[[], float], extend: Callable[[float], object] = lambda seconds: None
) -> list[Any]:
    """The addresses of a host; a resolver that does not answer is left behind in its thread.

    `left` says how many seconds there are; what it raises, now or later, ends the wait. `extend` is told how many
    seconds passed without a thread.
    """
    try:
        return _addresses(host, port, socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass  # a name, not an address
    box: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()
    extend(look_up(host, port, box.put))
    while True:
        try:
            found = box.get(timeout=min(left(), _RESOLVER_LOOK_SECONDS))
        except queue.Empty:
            continue
        if isinstance(found, Exception):
            raise found
        return found


def look_up(host: str, port: int, tell: Callable[[list[Any] | Exception], object]) -> float:
    """Have a thread of its own, which nobody waits for, resolve a name, and tell the addresses or the error.

    Where no thread can be started, such as in the end of the interpreter, it is done right here: late is better than
    never. Returns how many seconds that took; 0 with a thread.
    """

    def work() -> None:
        try:
            found: list[Any] | Exception = _addresses(host, port, 0)
        except Exception as error:
            found = error
        tell(found)

    start = time.monotonic()
    try:
        threading.Thread(target=work, daemon=True).start()
    except RuntimeError:
        work()
        return time.monotonic() - start
    return 0.0


def _addresses(host: str, port: int, flags: int) -> list[Any]:
    # As bytes, or Python would apply rules for domain names that redis-rs knows nothing of.
    return socket.getaddrinfo(host.encode(), port, type=socket.SOCK_STREAM, flags=flags)
