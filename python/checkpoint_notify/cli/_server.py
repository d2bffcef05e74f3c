"""What the commands share about the server: messages for its errors, and a connection for commands.

Only this module of `cli` uses private parts of the library. Import it late: it loads sockets and logging.
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
from checkpoint_notify._protocol.subscription import SubscriptionRefusedError
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
"""The advice for error replies that report a state of the server and not a missing right."""

_CONNECTING: Final = re.compile(r"Error (-?\d+|.*) connecting to .*?\.(?: (.*)\.)?", re.DOTALL)
"""The text that redis-py makes of an OSError."""


def require_redis() -> None:
    """Raise CommandError without redis-py, because publishing would only log a warning; take over the library's log.

    A command reports in its own words what the library logs, so the log must not reach stderr as well.
    """
    try:
        _redis_py.check()
    except ImportError as error:
        raise CommandError(shortened(str(error))) from None
    logging.getLogger("checkpoint_notify").addHandler(library_log)


def require_enabled(variable: str, *, enabled: bool) -> None:
    """Raise CommandError if the environment switches this off: the command would do nothing and seem to succeed."""
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
    """An error in the user's words: what went wrong, what to do, and the exit status."""

    what: str
    advice: str
    status: Exit
    lasts: bool = False
    """Whether a retry cannot help until somebody has changed the settings or the server."""


class Faults:
    """Turns errors into messages for the user of these settings."""

    def __init__(self, settings: Settings) -> None:
        self._source = settings.source
        url = settings.url()
        self._password = url.password
        self._address = address(url)
        self._channel = quoted(settings.channel)

    def connecting(self, error: BaseException) -> Fault:
        """Return the message for a failed connection or a refused login."""
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
        """Return the message for a lost subscription; `before`: for a failure before the first subscription."""
        if isinstance(error, SubscriptionRefusedError):
            reply = shortened(error.quoted).rstrip(". ")
            return self.refused("SUBSCRIBE" if before else "PING", reply)
        if before:
            return self.connecting(error)
        return Fault(_words(error, None), self._about_server(), Exit.NO_CONNECTION)

    def refused(self, command: str, reply: str) -> Fault:
        """Return the message for a command that the server refused with this reply."""
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
        """Return the advice that holds for any command; empty if there is none."""
        code = code_of(reply)
        if code in STATES:
            return STATES[code].format(source=self._source)
        if code == "NOAUTH":
            return f"add the user and the password to {self._source}"
        if code == "DENIED":
            return f"set a password on the server, which is in protected mode, and add it to {self._source}"
        return f"name the primary in {self._source}, not a Sentinel" if "Sentinel" in reply else ""


def code_of(reply: str) -> str:
    """Return the code at the start of an error reply."""
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


class CommandRefusedError(Exception):
    """The server answered with an error; the text begins with the code and contains no password."""


class LostError(Exception):
    """The server did not answer."""


class Server:
    """A connection for commands; it connects in the same way as a publish."""

    def __init__(self, url: RedisUrl) -> None:
        from checkpoint_notify._sync.connection import Deadline, RedisConnection  # imports redis

        self.url: Final = url
        self._deadline = Deadline(CONNECT_SECONDS)
        self._redis: Any = RedisConnection(url, self._deadline)

    def connect(self) -> str:
        """Connect, log in, select the database and send PING; return the error reply to PING, or an empty text.

        Raises the exceptions of redis-py, without the password.
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
        """Return the reply to a command; raises RefusedError, LostError."""
        self._deadline.restart(REPLY_SECONDS)
        try:
            self._redis.send_command(*command)
            return self._redis.read_response(disconnect_on_error=False)
        except Exception as error:
            redact_errors(error, self.url.password)
            if is_error_reply(error):
                self._redis.forget_reply()
                raise CommandRefusedError(shortened(reply_text(error, self.url.password))) from None
            raise LostError(_words(error, f"timed out, no reply within {REPLY_SECONDS:g} s")) from None

    def close(self) -> None:
        """Close the socket."""
        self._redis.disconnect()


def addresses(host: str, port: int) -> list[str]:
    """Return the addresses of a host; raises OSError."""
    from checkpoint_notify._sync.connection import Deadline, resolve

    found = resolve(host, port, Deadline(CONNECT_SECONDS))
    return list(dict.fromkeys(address[0] for _, address in found))


@contextmanager
def closing_after(seconds: float | None, listener: CheckpointListener) -> Iterator[threading.Event]:
    """Close the listener and set the yielded event after so many seconds; None means never."""
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
