"""What the notifiers of both flavours share, without I/O: their state, what they send, and what each failure means."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from checkpoint_notify import _logging as _log
from checkpoint_notify import _redis_py
from checkpoint_notify._config import CheckpointNotifierConfig
from checkpoint_notify._counters import CounterSet, NotifierCounters
from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify._protocol.client import BaseClient
from checkpoint_notify._redaction import TransportError, redact, redact_errors, text_of
from checkpoint_notify.errors import (
    NotSentError,
    OutcomeUnknownError,
    PublishError,
    RejectedError,
)
from checkpoint_notify.redis_url import RedisUrl, parse_redacted

CONNECT_SECONDS: Final = 1.0
"""Limit for everything before PUBLISH: resolving the name, connecting, the handshake and one answered PING."""

REPLY_SECONDS: Final = 0.5
"""Limit for writing PUBLISH and reading its reply."""

Outcome: TypeAlias = Literal["published", "not_sent", "rejected", "unknown"]
"""How one publish ended; the names of the counters."""

_OUTCOMES: Final[dict[type[PublishError], Outcome]] = {
    NotSentError: "not_sent",
    RejectedError: "rejected",
    OutcomeUnknownError: "unknown",
}
_CODE: Final = re.compile("(?!AUTH )[A-Z]{3,} ")
"""The code at the start of an error reply."""


class Progress:
    """How far one publish is: what it counts as if it ends now, for whatever reason."""

    def __init__(self) -> None:
        self.outcome: Outcome = "not_sent"

    def failed(self, error: PublishError) -> PublishError:
        """Note that it ends with this error, and return the error."""
        self.outcome = _OUTCOMES[type(error)]
        return error


@dataclass(frozen=True, slots=True)
class PublishRequest:
    """What one publish sends, and where to."""

    url: RedisUrl
    channel: str
    payload: bytes


class BaseNotifier(BaseClient[CheckpointNotifierConfig]):
    """The parts of a notifier that do no I/O."""

    def __init__(self, config: CheckpointNotifierConfig, import_connection: Callable[[], object]) -> None:
        super().__init__(config)
        self._import_connection = import_connection
        self._counters = CounterSet(NotifierCounters)
        if config.enabled:
            _redis_py.preload(import_connection)

    @property
    def counters(self) -> NotifierCounters:
        """How the publishes so far have ended; for any thread, at any time."""
        return self._counters.snapshot()

    def _request(self, notification: CheckpointNotification) -> PublishRequest | None:
        """Return what to send; None if nothing is to be sent. The steps come in the order of Rust's notifier.

        jflow-core: `CheckpointNotifier::publish`. redis-py is imported here if the constructor did not, before the time
        limits begin.

        Raises EncodeError, RedisUrlError; TypeError for what is not a notification.
        """
        try:
            if self._config.enabled:
                _redis_py.load(self._import_connection)
            else:
                _redis_py.check()
        except ImportError as error:
            _log.redis_unusable(self._channel, error)
            return None
        if not self._config.enabled:
            _log.publishing_disabled()
            return None
        if not isinstance(notification, CheckpointNotification):
            raise TypeError(f"publish takes a CheckpointNotification, not {type(notification).__name__}")
        payload = notification.to_json_bytes()
        return PublishRequest(parse_redacted(self._config.redis_url), self._channel, payload)


@contextmanager
def connecting(request: PublishRequest, progress: Progress) -> Iterator[None]:
    """Until PUBLISH is written: whatever fails here, the notification did not go out."""
    outer = sys.exception()
    try:
        yield
    except Exception as error:
        redact_errors(error, request.url.password, outer)
        raise progress.failed(_not_connected(request, error, outer)) from error


@contextmanager
def publishing(request: PublishRequest, progress: Progress) -> Iterator[None]:
    """From the first byte of PUBLISH to its reply: unless the reply is an error, the notification may have gone out."""
    outer = sys.exception()
    progress.outcome = "unknown"
    try:
        yield
    except Exception as error:
        redact_errors(error, request.url.password, outer)
        raise progress.failed(_not_confirmed(request, error, outer)) from error
    progress.outcome = "published"


def is_error_reply(error: Exception) -> bool:
    """Whether a redis-py exception is an error reply of the server, rather than a lost connection.

    redis-py derives the classes of some error replies from its ConnectionError. `max number of clients reached` does
    not count as a reply, because the server closes the connection after it.
    """
    from redis import exceptions

    return isinstance(error, (exceptions.ResponseError, exceptions.AuthenticationError, exceptions.BusyLoadingError))


def answers_ping(error: Exception) -> bool:
    """Whether this reply to PING shows a server that will answer PUBLISH as well.

    NOPERM, NOAUTH, LOADING and BUSY do: PUBLISH gets an answer of its own. After DENIED (protected mode) the server
    closes the connection.
    """
    return is_error_reply(error) and not str(error).startswith("DENIED")


def receivers(reply: object) -> int:
    """Return the number of receivers from the reply to PUBLISH; also from a string of digits.

    redis-rs: `from_redis_value_for_num_internal` in src/types.rs.
    """
    if isinstance(reply, int) or (isinstance(reply, bytes) and reply.isdigit()):
        return int(reply)
    if isinstance(reply, bytes):
        raise TransportError("the reply is '", text_of(reply), "' instead of a number")
    kind = "nil" if reply is None else f"of type {type(reply).__name__}"
    raise TransportError(f"the reply is {kind} instead of a number")


def reply_text(error: BaseException, password: str | None) -> str:
    """Return the text of an error reply with its code, and without a full stop.

    redis-py cuts off a code that it knows. Newer releases keep it in `status_code`; for older ones the exception's
    class and the text tell it.
    """
    from redis import exceptions

    text = str(error).rstrip(". ")
    code = getattr(error, "status_code", "")
    if not code:
        known = (
            ("NOAUTH", text.startswith("Authentication required")),
            ("WRONGPASS", text.startswith("invalid username-password pair")),
            ("LOADING", isinstance(error, exceptions.BusyLoadingError)),
            ("MASTERDOWN", isinstance(error, exceptions.MasterDownError)),
            ("NOPERM", isinstance(error, exceptions.NoPermissionError)),
            ("ERR", not _CODE.match(text)),
        )
        code = next((name for name, holds in known if holds), "")
    return _with_code(text, code, password)


def _with_code(text: str, code: str, password: str | None) -> str:
    return text if text.startswith(code) else f"{redact(code, password)} {text}".rstrip()


def _not_connected(request: PublishRequest, error: Exception, outer: BaseException | None) -> PublishError:
    if is_error_reply(error):
        advice = f"check the user, the password and the database that REDIS_URL names for {request.url.address}"
        return _rejected(request, error, advice, at_login=True)
    words = _words(request, error, outer, f"timed out, no answer within {CONNECT_SECONDS:g} s")
    advice = f"check that a Redis server answers at {request.url.address} (REDIS_URL), then publish again"
    return NotSentError(f"Redis connection error: {words}", advice, request.channel)


def _not_confirmed(request: PublishRequest, error: Exception, outer: BaseException | None) -> PublishError:
    if is_error_reply(error):
        return _rejected(request, error, _advice(error, request.url), at_login=False)
    words = _words(request, error, outer, f"timed out, no reply within {REPLY_SECONDS:g} s")
    advice = "publish it again only if subscribers tolerate duplicates"
    return OutcomeUnknownError(f"Redis PUBLISH error: {words}", advice, request.channel)


def _rejected(request: PublishRequest, error: Exception, advice: str, *, at_login: bool) -> RejectedError:
    reply = reply_text(error, request.url.password)
    step = "connection" if at_login else "PUBLISH"
    rejected = RejectedError(f"Redis {step} error: {reply}", advice, request.channel)
    rejected._reply, rejected._at_login = reply, at_login
    return rejected


def _advice(error: Exception, url: RedisUrl) -> str:
    from redis import exceptions

    if isinstance(error, exceptions.AuthenticationError):
        return f"add the user and the password that {url.address} asks for to REDIS_URL"
    if isinstance(error, exceptions.NoPermissionError):
        return "allow this user +publish and this channel"
    return "publish again once the server allows it"


def _words(request: PublishRequest, error: Exception, outer: BaseException | None, on_timeout: str) -> str:
    """Return what went wrong, without a full stop: the system's words as in Rust, else those of redis-py.

    `outer` is the exception that the caller was handling; it has nothing to do with the publish.
    """
    from redis import exceptions

    if isinstance(error, (TimeoutError, exceptions.TimeoutError)):
        return on_timeout
    behind = None if error.__context__ is outer else error.__context__
    cause = behind if isinstance(behind, OSError) else error
    if isinstance(cause, socket.gaierror):
        return f"failed to lookup address information: {cause.strerror}"
    if isinstance(cause, OSError) and cause.errno is not None:
        return f"{os.strerror(cause.errno)} (os error {cause.errno})"
    text = _with_code(str(cause), getattr(error, "status_code", "") or "", request.url.password)
    return text.rstrip(". ") or type(error).__name__
