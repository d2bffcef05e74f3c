"""The server of a command: what its errors mean, in the same words in every command, and a connection to ask it.

It is also the one place that uses the library's own parts beyond its public names. Import it late: it loads sockets and
logging.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from checkpoint_notify import CheckpointListener, _redis_py
from checkpoint_notify._config import environment_text, parse_unsigned, without_password
from checkpoint_notify._protocol.publishing import (
    CONNECT_SECONDS,
    REPLY_SECONDS,
    answers_ping,
    is_error_reply,
    reply_text,
)
from checkpoint_notify._protocol.subscription import RefusedError as SubscriptionRefusedError
from checkpoint_notify._redaction import redact_errors
from checkpoint_notify.cli._command import CommandError
from checkpoint_notify.cli._process import Exit
from checkpoint_notify.cli._settings import Settings
from checkpoint_notify.cli._terminal import quoted, shortened, visible
from checkpoint_notify.errors import NotSentError, PublishError, RejectedError
from checkpoint_notify.redis_url import RedisUrl

__all__ = ["environment_text", "parse_unsigned", "without_password"]

STATES: Final = {
    "BUSY": "wait for the script or function to end, or end it by SCRIPT KILL or FUNCTION KILL",
    "LOADING": "wait until the server has loaded its data",
    "MASTERDOWN": "start the primary of this replica, or name it in {source}",
    "MISCONF": "see the log and the disk of the server, which cannot save its data",
}
"""Replies that tell the state of a server, and are no matter of rights: what to do."""

_CONNECTING: Final = re.compile(r"Error (-?\d+|.*) connecting to .*?\.(?: (.*)\.)?", re.DOTALL)
"""What redis-py makes of an error of the system."""


def require_redis() -> None:
    """Refuse to go on without redis-py, for publishing would only log a warning then; take over the library's log.

    A command tells in its own words what the library logs, and must not tell it twice.
    """
    try:
        _redis_py.check()
    except ImportError as error:
        raise CommandError(shortened(str(error))) from None
    logging.getLogger("checkpoint_notify").addHandler(library_log)


def require_enabled(variable: str, *, enabled: bool) -> None:
    """Refuse to go on where the environment switches the command's job off: it would do nothing, and look well."""
    if not enabled:
        raise CommandError(f"switched off: {variable} is false; to go on, set it for this command: {variable}=true")


class _Log(logging.Handler):
    """Keeps the last warning of the library."""

    last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning."""
        if record.levelno >= logging.WARNING:
            self.last = record.getMessage()


library_log: Final = _Log()


def address(url: RedisUrl) -> str:
    """The server's address, for people; without credentials."""
    return visible(url.address)


class Fault(NamedTuple):
    """What went wrong."""

    what: str
    advice: str
    status: Exit
    lasts: bool = False
    """Whether trying again is of no use before somebody has done something about it."""


class Faults:
    """What errors mean to the user of these settings."""

    def __init__(self, settings: Settings) -> None:
        self._source = settings.source
        url = settings.url()
        self._password = url.password
        self._address = address(url)
        self._channel = quoted(settings.channel)

    def connecting(self, error: BaseException) -> Fault:
        """A connection that could not be made, or a login that was refused."""
        if isinstance(error, Exception) and is_error_reply(error):
            reply = shortened(reply_text(error, self._password))
            return Fault(f"Redis connection error: {reply}", self._about_login(reply), Exit.REFUSED, _lasts(reply))
        words = _words(error, f"timed out, no answer within {CONNECT_SECONDS:g} s")
        return Fault(f"Redis connection error: {words}", self._about_server(), Exit.NO_CONNECTION)

    def publishing(self, error: PublishError) -> Fault:
        """A notification that was not published, or may not have been."""
        what = shortened(error.cause)
        if isinstance(error, RejectedError):
            reply = shortened(error._reply)
            advice = self._about_login(reply) if error._at_login else self._about_refusal("PUBLISH", reply)
            return Fault(what, advice, Exit.REFUSED, _lasts(reply))
        if isinstance(error, NotSentError):
            return Fault(what, self._about_server(), Exit.NO_CONNECTION)
        return Fault(what, "publish again only if they may get it twice", Exit.UNKNOWN)

    def listening(self, error: Exception, *, before: bool) -> Fault:
        """A subscription that was lost, or could not be made `before` there was one."""
        if isinstance(error, SubscriptionRefusedError):
            reply = shortened(error.quoted).rstrip(". ")
            return self.refused("SUBSCRIBE" if before else "PING", reply)
        if before:
            return self.connecting(error)
        return Fault(_words(error, None), self._about_server(), Exit.NO_CONNECTION)

    def refused(self, command: str, reply: str) -> Fault:
        """A command that the server refused with these words."""
        return Fault(
            f"Redis {command} error: {reply}", self._about_refusal(command, reply), Exit.REFUSED, _lasts(reply)
        )

    def _about_server(self) -> str:
        return f"check that a Redis server answers at {self._address} ({self._source})"

    def _about_login(self, reply: str) -> str:
        if "DB index" in reply or "database" in reply:
            return f"check the database in {self._source}"
        return self._about_state(reply) or f"check the user and the password in {self._source}"

    def _about_refusal(self, command: str, reply: str) -> str:
        if code_of(reply) == "NOPERM":
            rights = "+publish" if command == "PUBLISH" else "+subscribe +ping"
            return f"allow this user {rights} and &{self._channel}"
        return self._about_state(reply) or "try again once the server allows it"

    def _about_state(self, reply: str) -> str:
        """What holds for any command; empty if nothing is known."""
        code = code_of(reply)
        if code in STATES:
            return STATES[code].format(source=self._source)
        if code == "NOAUTH":
            return f"add the user and the password to {self._source}"
        if code == "DENIED":
            return f"set a password on the server, which is in protected mode, and add it to {self._source}"
        return f"name the primary in {self._source}, not a Sentinel" if "Sentinel" in reply else ""


def code_of(reply: str) -> str:
    """The code with which an error reply begins."""
    return reply.partition(" ")[0]


def _lasts(reply: str) -> bool:
    return code_of(reply) not in STATES


def _words(error: BaseException, on_timeout: str | None) -> str:
    """What went wrong, without a full stop: the system's words as in Rust, or those of the error.

    `on_timeout` stands in for the words of a time limit; None keeps them.
    """
    from redis import exceptions

    text = str(error)
    if on_timeout is not None and isinstance(error, TimeoutError | exceptions.TimeoutError):
        return on_timeout
    match = _CONNECTING.fullmatch(text)
    number, words = (
        (match[1], match[2]) if match else (str(getattr(error, "errno", None)), getattr(error, "strerror", ""))
    )
    if number.isdecimal():
        return f"{os.strerror(int(number))} (os error {number})"
    if number.startswith("-"):
        return f"failed to lookup address information: {shortened(words or text)}"
    return shortened(number if match else text or type(error).__name__).rstrip(". ")


class RefusedError(Exception):
    """The server answered with an error; its text has no password in it, and begins with the code."""


class LostError(Exception):
    """The server did not answer."""


class Server:
    """A connection for commands, made as a publish makes its own."""

    def __init__(self, url: RedisUrl) -> None:
        from checkpoint_notify._sync.connection import Deadline, RedisConnection  # imports redis

        self.url: Final = url
        self._deadline = Deadline(CONNECT_SECONDS)
        self._redis: Any = RedisConnection(url, self._deadline)

    def connect(self) -> str:
        """Connect, log in, choose the database, and have PING answered: the words in which it is refused, or nothing.

        Raises what redis-py raises, without the password.
        """
        self._deadline.restart(CONNECT_SECONDS)
        is_connected = False
        try:
            self._redis.connect()
            is_connected = True
            self._redis.send_command("PING")
            self._redis.read_response(disconnect_on_error=False)
        except Exception as error:
            redact_errors(error, self.url.password)
            if not is_connected or not answers_ping(error):
                raise
            self._redis.forget_reply()
            return shortened(reply_text(error, self.url.password))
        return ""

    def ask(self, *command: str | bytes) -> Any:
        """The reply to a command; raises RefusedError, LostError."""
        self._deadline.restart(REPLY_SECONDS)
        try:
            self._redis.send_command(*command)
            return self._redis.read_response(disconnect_on_error=False)
        except Exception as error:
            redact_errors(error, self.url.password)
            if is_error_reply(error):
                self._redis.forget_reply()
                raise RefusedError(shortened(reply_text(error, self.url.password))) from None
            raise LostError(_words(error, f"timed out, no reply within {REPLY_SECONDS:g} s")) from None

    def close(self) -> None:
        """Close the socket."""
        self._redis.disconnect()


def addresses(host: str, port: int) -> list[str]:
    """The addresses of a host; raises OSError."""
    from checkpoint_notify._sync.connection import Deadline, resolve

    found = resolve(host, port, Deadline(CONNECT_SECONDS))
    return list(dict.fromkeys(address[0] for _, address in found))


@contextmanager
def closing_after(seconds: float | None, listener: CheckpointListener) -> Iterator[threading.Event]:
    """Close the listener once the time is up, which sets the event; None for never."""
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        listener.close()

    timer = threading.Timer(seconds or 0.0, expire)
    timer.daemon = True
    if seconds is not None:
        timer.start()
    try:
        yield expired
    finally:
        timer.cancel()
