"""The logger `checkpoint_notify`, and what notifiers and listeners log.

Notifiers log Rust's messages word for word. A warning is one line: what happened, the channel, what to do. No handler
is installed, not even a `NullHandler`: if a program does not set up logging, Python prints warnings on stderr.
"""

from __future__ import annotations

import logging
import math
from typing import Final

from checkpoint_notify._events import Gap, Invalid
from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify._redaction import one_line
from checkpoint_notify.errors import PublishError, RedisUrlError

LOGGER: Final = logging.getLogger("checkpoint_notify")


def publishing_disabled() -> None:
    """Publishing is switched off by the configuration."""
    LOGGER.debug("Checkpoint notification disabled — skipping publish")


def redis_unusable(channel: str, error: ImportError) -> None:
    """There is no usable redis-py; counterpart of the crate's feature `redis`."""
    LOGGER.warning(
        "Redis feature not enabled — checkpoint notification not published on %r: %s",
        channel,
        error,
        extra={"channel": channel},
    )


def published(channel: str, notification: CheckpointNotification) -> None:
    """The server took a notification."""
    LOGGER.info("Published model checkpoint notification", extra=_fields(channel, notification))


def not_published(channel: str, notification: CheckpointNotification, error: PublishError | RedisUrlError) -> None:
    """`try_publish` logs an error instead of raising it; the caller of the Rust notifier does the same."""
    text = one_line(str(error))
    if isinstance(error, RedisUrlError):
        text += f"; nothing was sent on {channel!r}: correct REDIS_URL"
    elif not error.advice:  # an error that a program gave to a fake
        text += f"; channel {channel!r}: see the documentation of {type(error).__name__}"
    LOGGER.warning("Failed to publish model checkpoint notification: %s", text, extra=_fields(channel, notification))


def _fields(channel: str, notification: CheckpointNotification) -> dict[str, object]:
    return {"channel": channel, "model_path": notification.model_path, "version": notification.version}


REMINDER_SECONDS: Final = 60.0
"""How long a lasting outage, or one outage after the other, goes without a warning."""
WARNED_IN_A_ROW: Final = 3
"""How many outages that follow each other closely begin with a warning of their own."""

_ADVICE: Final = (
    "the listener tries again: if this lasts, check the server that REDIS_URL names and the rights of its user"
)


def listening_disabled() -> None:
    """Listening is switched off by the configuration."""
    LOGGER.debug("Checkpoint listener disabled")


class OutageLog:
    """Logs the outages of one listener: each of them, and none too often.

    An outage begins with a WARNING, is recalled once a minute by another while it lasts, and ends with an INFO. A
    connection that breaks again and again must not fill the log: an outage that begins less than a minute after the one
    before ended is in a row with it. The first three in a row begin with a WARNING, later ones with an INFO, unless a
    reminder is due.

    Times are those of the monotonic clock, in seconds.
    """

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._began: float | None = None
        """When the outage began; None without one."""
        self._ended = -math.inf
        self._warned = -math.inf
        self._in_a_row = 0
        self._failures = 0
        """How often the connection was lost or could not be made during this outage."""

    def failed(self, error: Exception, pause: float, at: float) -> None:
        """A connection was lost, or could not be made; the next try comes after a pause."""
        words = _words(error)
        begins = self._began is None
        began = self._count(at)
        if at - self._warned >= REMINDER_SECONDS or (begins and self._in_a_row <= WARNED_IN_A_ROW):
            self._warned = at
            self._say(logging.WARNING, words, at - began)
        elif begins:
            self._say(logging.INFO, words, at - began)
        LOGGER.debug(
            "No subscription to model checkpoint notifications on %r: %s; attempt %d in %.3g s",
            self._channel,
            words,
            self._failures,
            pause,
            extra={"channel": self._channel},
        )

    def gave_up(self, error: Exception) -> None:
        """The reconnects that were opted in for are used up."""
        LOGGER.error(
            "No subscription to model checkpoint notifications on %r: %s; max_reconnects is used up, the listener"
            " has ended: make a new one once its user can subscribe at the server that REDIS_URL names",
            self._channel,
            _words(error),
            extra={"channel": self._channel},
        )

    def subscribed(self, at: float) -> None:
        """The server has confirmed the subscription."""
        after = "" if self._began is None else f" after {at - self._began:.2f} s without a subscription"
        if self._began is not None:
            self._began, self._ended = None, at
        LOGGER.info(
            "Subscribed to model checkpoint notifications on %r%s",
            self._channel,
            after,
            extra={"channel": self._channel},
        )

    def _count(self, at: float) -> float:
        """Count a failure; returns when the outage began."""
        if self._began is None:
            self._in_a_row = self._in_a_row + 1 if at - self._ended < REMINDER_SECONDS else 1
            self._failures = 0
            self._began = at
        self._failures += 1
        return self._began

    def _say(self, level: int, words: str, seconds: float) -> None:
        lasting = f" for {seconds:.2f} s, {self._failures} failures" if self._failures > 1 else ""
        row = f" (outage {self._in_a_row} in a row)" if self._in_a_row > 1 else ""
        LOGGER.log(
            level,
            "No subscription to model checkpoint notifications on %r%s%s: %s; %s",
            self._channel,
            lasting,
            row,
            words,
            _ADVICE,
            extra={"channel": self._channel},
        )


def gap(channel: str, event: Gap) -> None:
    """Notifications may be missing."""
    LOGGER.warning(
        "Model checkpoint notifications on %r from %s to %s may be missing (%s): look at the checkpoint file",
        channel,
        event.since.isoformat(),
        event.until.isoformat(),
        event.reason,
        extra={"channel": channel},
    )


def invalid(channel: str, event: Invalid) -> None:
    """A payload is no notification; only its size is logged."""
    LOGGER.warning(
        "Invalid model checkpoint notification of %d bytes on %r: %s; check who publishes there",
        len(event.raw),
        channel,
        _words(event.error),
        extra={"channel": channel},
    )


def _words(error: Exception) -> str:
    """The text of an error, fit to be followed by more on the same line."""
    return one_line(str(error).strip().rstrip(".")) or type(error).__name__
