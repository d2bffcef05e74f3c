"""What the sync and the asyncio notifier share, without I/O: what is to be sent, and what each failure means."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from checkpoint_notify import _logging as _log
from checkpoint_notify import _redis_py
from checkpoint_notify._config import CheckpointNotifierConfig
from checkpoint_notify._message import CheckpointNotification
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
"""What became of one publish; the names of the counters."""

_OUTCOMES: Final[dict[type[PublishError], Outcome]] = {
    NotSentError: "not_sent",
    RejectedError: "rejected",
    OutcomeUnknownError: "unknown",
}


class Progress:
    """How far one publish is: what it counts as if it ends now, whatever ends it."""

    def __init__(self) -> None:
        self.outcome: Outcome = "not_sent"

    def failed(self, error: PublishError) -> PublishError:
        """It ends with this error, which is returned."""
        self.outcome = _OUTCOMES[type(error)]
        return error


@dataclass(frozen=True, slots=True)
class PublishRequest:
    """One publish that is to be carried out."""

    url: RedisUrl
    channel: str
    payload: bytes

    @property
    def target(self) -> str:
        """The server's address, for people to read; without credentials."""
        if self.url.unix_path is not None:
            return f"unix socket '{redact(self.url.unix_path, self.url.password)}'"
        host = redact(self.url.host or "", self.url.password)
        return f"[{host}]:{self.url.port}/{self.url.db}" if ":" in host else f"{host}:{self.url.port}/{self.url.db}"


def prepare(
    config: CheckpointNotifierConfig,
    channel: str,
    notification: CheckpointNotification,
    import_link: Callable[[], object],
) -> PublishRequest | None:
    """The order for a notification, or None where nothing is to be sent; the order of the steps is Rust's.

    `import_link` imports what the order is carried out with, before the clock starts.

    Raises EncodeError, RedisUrlError; TypeError for what is no notification.
    """
    try:
        if config.enabled:
            _redis_py.load(import_link)
        else:
            _redis_py.check()
    except ImportError as error:
        _log.redis_unusable(channel, error)
        return None
    if not config.enabled:
        _log.publishing_disabled()
        return None
    if not isinstance(notification, CheckpointNotification):
        raise TypeError(f"publish takes a CheckpointNotification, not {type(notification).__name__}")
    payload = notification.to_json_bytes()
    return PublishRequest(parse_redacted(config.redis_url), channel, payload)


@contextmanager
def connecting(order: PublishRequest, progress: Progress) -> Iterator[None]:
    """Nothing is written yet but the handshake: whatever goes wrong here, the notification did not go out."""
    handled = sys.exception()
    try:
        yield
    except Exception as error:
        redact_errors(error, order.url.password, handled)
        raise progress.failed(_not_connected(order, error, handled)) from error


@contextmanager
def publishing(order: PublishRequest, progress: Progress) -> Iterator[None]:
    """From the first byte of PUBLISH to its reply: without a reply that says no, it may have gone out."""
    handled = sys.exception()
    progress.outcome = "unknown"
    try:
        yield
    except Exception as error:
        redact_errors(error, order.url.password, handled)
        raise progress.failed(_not_confirmed(order, error, handled)) from error
    progress.outcome = "published"


def is_error_reply(error: Exception) -> bool:
    """Whether a redis-py exception is an answer of the server, rather than the lack of one.

    redis-py derives some answers from its ConnectionError. `max number of clients reached`, after which the server
    hangs up, stays on the side of no answer.
    """
    from redis import exceptions

    return isinstance(error, (exceptions.ResponseError, exceptions.AuthenticationError, exceptions.BusyLoadingError))


def answers_ping(error: Exception) -> bool:
    """Whether this reply to PING shows a server that will read PUBLISH and answer it, too.

    NOPERM, NOAUTH, LOADING and BUSY do: PUBLISH has an answer of its own. DENIED (protected mode) comes with a hang-up.
    """
    return is_error_reply(error) and not str(error).startswith("DENIED")


def receivers(reply: object) -> int:
    """The number of receivers from the reply to PUBLISH; from a string of digits too, as redis-rs reads it."""
    if isinstance(reply, int) or (isinstance(reply, bytes) and reply.isdigit()):
        return int(reply)
    if isinstance(reply, bytes):
        raise TransportError("the reply is '", text_of(reply), "' instead of a number")
    kind = "nil" if reply is None else f"of type {type(reply).__name__}"
    raise TransportError(f"the reply is {kind} instead of a number")


def _not_connected(order: PublishRequest, error: Exception, handled: BaseException | None) -> PublishError:
    if is_error_reply(error):
        return RejectedError(
            f"Redis connection error: {_words(order, error, handled)}; nothing was published{_on(order)}:"
            f" check the user, the password and the database that REDIS_URL names for {order.target}"
        )
    words = (
        f"timed out, no answer within {CONNECT_SECONDS:g} s" if _is_timeout(error) else _words(order, error, handled)
    )
    return NotSentError(
        f"Redis connection error: {words}; nothing was sent{_on(order)}:"
        f" check that a Redis server answers at {order.target} (REDIS_URL), then publish again"
    )


def _not_confirmed(order: PublishRequest, error: Exception, handled: BaseException | None) -> PublishError:
    if is_error_reply(error):
        words = _words(order, error, handled)
        remedy = _remedy(order, error)
        return RejectedError(f"Redis PUBLISH error: {words}; nothing was published{_on(order)}: {remedy}")
    words = f"timed out, no reply within {REPLY_SECONDS:g} s" if _is_timeout(error) else _words(order, error, handled)
    return OutcomeUnknownError(
        f"Redis PUBLISH error: {words}; subscribers of {order.channel!r} may have it or not:"
        " publish it again only if they can bear it twice"
    )


def _on(order: PublishRequest) -> str:
    return f" on {order.channel!r}" if order.channel else ""


def _remedy(order: PublishRequest, error: Exception) -> str:
    from redis import exceptions

    if isinstance(error, exceptions.AuthenticationError):
        return f"add the user and the password that {order.target} asks for to REDIS_URL"
    if isinstance(error, exceptions.NoPermissionError):
        return "allow this user +publish and this channel"
    return "publish again once the server allows it"


def _is_timeout(error: Exception) -> bool:
    from redis import exceptions

    return isinstance(error, (TimeoutError, exceptions.TimeoutError))


def _words(order: PublishRequest, error: Exception, handled: BaseException | None) -> str:
    """What went wrong, without full stop: the system's words as in Rust, else those of the server or of redis-py."""
    behind = None if is_error_reply(error) or error.__context__ is handled else error.__context__
    cause = behind if isinstance(behind, OSError) else error
    if isinstance(cause, socket.gaierror):
        return f"failed to lookup address information: {cause.strerror}"
    if isinstance(cause, OSError):
        text = str(cause) if cause.errno is None else f"{os.strerror(cause.errno)} (os error {cause.errno})"
    else:
        text = _with_code(str(error), getattr(error, "status_code", None), order.url.password)
    return text.rstrip(". ") or type(error).__name__


def _with_code(text: str, code: object, password: str | None) -> str:
    """The server's text with its code before it, which newer releases of redis-py cut off."""
    if not isinstance(code, str) or text.startswith(code):
        return text
    return f"{redact(code, password)} {text}"
