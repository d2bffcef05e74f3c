"""The connection of `doctor`, and the findings of making it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import redis.exceptions

from checkpoint_notify._connection import Deadline, TimedConnection
from checkpoint_notify._listening.outage import presentable
from checkpoint_notify._publishing import (
    CONNECT_SECONDS,
    REPLY_SECONDS,
    Order,
    Progress,
    connecting,
    is_error_reply,
)
from checkpoint_notify.cli._exits import Exit
from checkpoint_notify.cli._finding import Finding
from checkpoint_notify.errors import NotSentError, RejectedError
from checkpoint_notify.redis_url import RedisUrl


class RefusedError(Exception):
    """The server answered with an error; its text has no password in it."""


class LostError(Exception):
    """The server did not answer."""


class Server:
    """A connection for commands, made as a publish makes its own."""

    def __init__(self, url: RedisUrl) -> None:
        self.url: Final = url
        self._deadline = Deadline(CONNECT_SECONDS)
        self._redis: Any = TimedConnection(url, self._deadline)
        self.is_ready = False
        """Whether commands can be asked."""

    def connect(self) -> None:
        """Connect, log in and choose the database; raises NotSentError, RejectedError."""
        self._deadline.restart(CONNECT_SECONDS)
        with connecting(Order(self.url, "", b""), Progress()):
            self._redis.connect()

    def ask(self, *command: str | bytes) -> Any:
        """The reply to a command; raises RefusedError, LostError."""
        self._deadline.restart(REPLY_SECONDS)
        try:
            self._redis.send_command(*command)
            return self._redis.read_response(disconnect_on_error=False)
        except Exception as error:
            text = str(presentable(error, self.url.password)) or type(error).__name__
            if is_error_reply(error):
                self._redis.forget_reply()
                raise RefusedError(text) from None
            late = isinstance(error, TimeoutError | redis.exceptions.TimeoutError)
            raise LostError(f"timed out, no reply within {REPLY_SECONDS:g} s" if late else text) from None

    def close(self) -> None:
        """Close the socket."""
        self._redis.disconnect()


def connect(server: Server) -> Iterator[Finding]:
    """Connect and log in; the server is ready afterwards unless a finding failed."""
    target = Order(server.url, "", b"").target
    try:
        server.connect()
        answer = _ping(server)
    except NotSentError as error:
        what = str(error).partition("; nothing was sent: ")[0]
        yield Finding("connection", what, f"check that a Redis server answers at {target}", Exit.NO_CONNECTION)
        return
    except LostError as error:
        yield Finding("connection", str(error), f"check that a Redis server answers at {target}", Exit.NO_CONNECTION)
        return
    except RejectedError as error:
        what, _, advice = str(error).partition("; nothing was published: ")
        yield Finding("connection", target)
        yield Finding("user", what, advice, Exit.REFUSED)
        return
    yield Finding("connection", target)
    user = _user(server, answer)
    yield user
    server.is_ready = not user.status


def _ping(server: Server) -> str:
    """The words of its refusal; empty if it answers."""
    try:
        server.ask("PING")
    except RefusedError as error:
        return str(error)
    return ""


def _user(server: Server, refusal: str) -> Finding:
    try:
        whoami = server.ask("ACL", "WHOAMI")
    except RefusedError as error:
        if "uthentication required" in f"{refusal}{error}":
            return Finding("user", str(error), "add the user and the password to REDIS_URL", Exit.REFUSED)
        name = server.url.username if server.url.password is not None else None
        detail = f"{name or 'default'}, as the URL says; ACL WHOAMI: {error}"
        return Finding("user", detail, "no harm: nothing needs that right")
    return Finding("user", f"logged in as {whoami.decode(errors='replace')}")
