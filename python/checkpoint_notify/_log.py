"""The logger `checkpoint_notify`, and what notifiers log: Rust's messages, word for word, first.

A warning is one line: then comes the channel, and then what to do. No handler is installed, not even a `NullHandler`:
where a program has not set up logging, Python prints warnings on stderr.
"""

from __future__ import annotations

import logging
from typing import Final

from checkpoint_notify._foreign import one_line
from checkpoint_notify.errors import RedisUrlError
from checkpoint_notify.notification import CheckpointNotification

LOGGER: Final = logging.getLogger("checkpoint_notify")


def disabled() -> None:
    """Publishing is switched off by the configuration."""
    LOGGER.debug("Checkpoint notification disabled — skipping publish")


def redis_unusable(channel: str, error: ImportError) -> None:
    """There is no redis-py that can be used; counterpart of the crate's feature `redis`."""
    LOGGER.warning(
        "Redis feature not enabled — checkpoint notification not published on %r: %s",
        channel,
        error,
        extra={"channel": channel},
    )


def published(channel: str, notification: CheckpointNotification) -> None:
    """The server took a notification."""
    LOGGER.info("Published model checkpoint notification", extra=_fields(channel, notification))


def not_published(channel: str, notification: CheckpointNotification, error: Exception) -> None:
    """What `try_publish` says instead of raising; the Rust notifier leaves this to its caller."""
    text = one_line(str(error))
    if isinstance(error, RedisUrlError):
        text += f"; nothing was sent on {channel!r}: correct REDIS_URL"
    elif repr(channel) not in text:  # an error that a program gave to a fake
        text += f"; channel {channel!r}: see the documentation of {type(error).__name__}"
    LOGGER.warning("Failed to publish model checkpoint notification: %s", text, extra=_fields(channel, notification))


def _fields(channel: str, notification: CheckpointNotification) -> dict[str, object]:
    return {"channel": channel, "model_path": notification.model_path, "version": notification.version}
