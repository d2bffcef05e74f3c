"""What the sync and the asyncio notifier share, without I/O: what is to be sent, and what each failure means."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from checkpoint_notify import _log
from checkpoint_notify.config import CheckpointNotifierConfig, hide_password
from checkpoint_notify.counters import NotifierCounters, Tally
from checkpoint_notify.errors import (
    NotSentError,
    OutcomeUnknownError,
    PublishError,
    RedisUrlError,
    RejectedError,
)
from checkpoint_notify.notification import CheckpointNotification
from checkpoint_notify.redis_url import RedisUrl

CONNECT_SECONDS: Final = 1.0
"""Limit for everything before PUBLISH: resolving the name, connecting, the handshake and one answered PING."""

REPLY_SECONDS: Final = 0.5
"""Limit for writing PUBLISH and reading its reply."""


_COUNTED: Final[dict[type, str]] = {NotSentError: "not_sent", RejectedError: "rejected", OutcomeUnknownError: "unknown"}


@dataclass(frozen=True, slots=True)
class Order:
    """One publish that is to be carried out."""

    url: RedisUrl
    channel: str
    payload: bytes

    @property
    def target(self) -> str:
        """The server's address, for people to read; without credentials."""
        if self.url.unix_path is not None:
            return f"unix socket {self.url.unix_path!r}"
        host = f"[{self.url.host}]" if ":" in (self.url.host or "") else self.url.host
        return f"{host}:{self.url.port}/{self.url.db}"


def prepare(config: CheckpointNotifierConfig, channel: str, notification: CheckpointNotification) -> Order | None:
    """The order for a notification, or None where nothing is to be sent; the order of the steps is Rust's.

    Raises EncodeError, RedisUrlError.
    """
    if find_spec("redis") is None:
        _log.redis_absent()
        return None
    if not config.enabled:
        _log.disabled()
        return None
    payload = notification.to_json_bytes()
    try:
        url = RedisUrl.parse(config.redis_url)
    except RedisUrlError as error:
        raise RedisUrlError(f"Redis client error: {error}") from None
    import redis  # noqa: F401  # as a whole, before any part: threads that import different parts lock each other out

    return Order(url, channel, payload)


@contextmanager
def counting(tally: Tally[NotifierCounters]) -> Iterator[None]:
    """Count what becomes of one publish."""
    try:
        yield
    except PublishError as error:
        tally.add(_COUNTED[type(error)])
        raise
    tally.add("published")


@contextmanager
def connecting(order: Order) -> Iterator[None]:
    """Nothing is written yet but the handshake: whatever goes wrong here, the notification did not go out."""
    try:
        yield
    except Exception as error:
        raise _not_connected(order, error) from error


@contextmanager
def publishing(order: Order) -> Iterator[None]:
    """From the first byte of PUBLISH to its reply: without a reply that says no, it may have gone out."""
    try:
        yield
    except Exception as error:
        raise _not_confirmed(order, error) from error


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
    raise ValueError(f"the reply is {reply!r:.50} instead of a number")


def _not_connected(order: Order, error: Exception) -> PublishError:
    if is_error_reply(error):
        return RejectedError(
            f"Redis connection error: {_words(order, error)}; nothing was published:"
            f" check the user, the password and the database that REDIS_URL names for {order.target}"
        )
    words = f"timed out, no answer within {CONNECT_SECONDS:g} s" if _is_timeout(error) else _words(order, error)
    return NotSentError(
        f"Redis connection error: {words}; nothing was sent:"
        f" check that a Redis server answers at {order.target} (REDIS_URL), then publish again"
    )


def _not_confirmed(order: Order, error: Exception) -> PublishError:
    if is_error_reply(error):
        words = _words(order, error)
        return RejectedError(f"Redis PUBLISH error: {words}; nothing was published: {_remedy(order, error)}")
    words = f"timed out, no reply within {REPLY_SECONDS:g} s" if _is_timeout(error) else _words(order, error)
    return OutcomeUnknownError(
        f"Redis PUBLISH error: {words}; subscribers of {order.channel!r} may have it or not:"
        " publish it again only if they can bear it twice"
    )


def _remedy(order: Order, error: Exception) -> str:
    from redis import exceptions

    if isinstance(error, exceptions.AuthenticationError):
        return f"add the user and the password that {order.target} asks for to REDIS_URL"
    if isinstance(error, exceptions.NoPermissionError):
        return f"allow this user +publish and the channel {order.channel!r}"
    return "publish again once the server allows it"


def _is_timeout(error: Exception) -> bool:
    from redis import exceptions

    return isinstance(error, (TimeoutError, exceptions.TimeoutError))


def _words(order: Order, error: Exception) -> str:
    """What went wrong, without full stop: the system's words as in Rust, else those of the server or of redis-py."""
    cause = error.__context__
    if isinstance(cause, socket.gaierror):
        return f"failed to lookup address information: {cause.strerror}"
    if isinstance(cause, OSError) and cause.errno is not None:
        return f"{os.strerror(cause.errno)} (os error {cause.errno})"
    text = hide_password(error, order.url.password)
    code = getattr(error, "status_code", None)  # newer releases of redis-py cut it off the text
    if isinstance(code, str) and not text.startswith(code):
        text = f"{code} {text}"
    return (text or type(error).__name__).rstrip(". ")
