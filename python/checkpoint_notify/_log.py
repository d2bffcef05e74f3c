"""The logger `checkpoint_notify` and the three messages that the Rust notifier logs, word for word."""

from __future__ import annotations

import logging
from typing import Final

from checkpoint_notify.notification import CheckpointNotification

LOGGER: Final = logging.getLogger("checkpoint_notify")
LOGGER.addHandler(logging.NullHandler())


def disabled() -> None:
    """Publishing is switched off by the configuration."""
    LOGGER.debug("Checkpoint notification disabled — skipping publish")


def redis_absent() -> None:
    """The extra `checkpoint-notify[redis]` is not installed; counterpart of the crate's feature `redis`."""
    LOGGER.warning("Redis feature not enabled — checkpoint notification not published")


def published(channel: str, notification: CheckpointNotification) -> None:
    """The server took a notification."""
    LOGGER.info("Published model checkpoint notification", extra=_fields(channel, notification))


def not_published(channel: str, notification: CheckpointNotification, error: Exception) -> None:
    """What `try_publish` says instead of raising; the Rust notifier leaves this to its caller."""
    LOGGER.warning("Failed to publish model checkpoint notification: %s", error, extra=_fields(channel, notification))


def _fields(channel: str, notification: CheckpointNotification) -> dict[str, object]:
    return {"channel": channel, "model_path": notification.model_path, "version": notification.version}
