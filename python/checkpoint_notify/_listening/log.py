"""What a listener logs: each change of its connection; and what `notifications()` was given no callback for."""

from __future__ import annotations

from checkpoint_notify._log import LOGGER
from checkpoint_notify.events import Gap, Invalid


def disabled() -> None:
    """Listening is switched off by the configuration."""
    LOGGER.debug("Checkpoint listener disabled")


def subscribed(channel: str) -> None:
    """The server has confirmed the subscription."""
    LOGGER.info("Subscribed to model checkpoint notifications", extra={"channel": channel})


def trying_again(channel: str, error: Exception, pause: float) -> None:
    """A connection was lost, or could not be made."""
    LOGGER.warning(
        "No subscription to model checkpoint notifications: %s; trying again in %.3g s",
        error,
        pause,
        extra={"channel": channel},
    )


def gave_up(channel: str, error: Exception) -> None:
    """The reconnects that were opted in for are used up."""
    LOGGER.error(
        "No subscription to model checkpoint notifications: %s; max_reconnects is reached, the listener ends",
        error,
        extra={"channel": channel},
    )


def gap(channel: str, event: Gap) -> None:
    """Notifications may be missing."""
    LOGGER.warning(
        "Model checkpoint notifications from %s to %s may be missing (%s)",
        event.since.isoformat(),
        event.until.isoformat(),
        event.reason,
        extra={"channel": channel},
    )


def invalid(channel: str, event: Invalid) -> None:
    """A payload is no notification; only its size is logged."""
    LOGGER.warning(
        "Invalid model checkpoint notification of %d bytes: %s", len(event.raw), event.error, extra={"channel": channel}
    )
