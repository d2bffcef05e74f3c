"""What a listener tells: messages, and everything that could make one believe that there were none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify.errors import DecodeError, PayloadTooLargeError

Reason: TypeAlias = Literal["reconnected", "overflow"]
"""`reconnected`: there was no connection; `overflow`: the consumer was slower than the messages came."""

_SHOWN_BYTES: Final = 60


@dataclass(frozen=True, slots=True)
class Connected:
    """The server has confirmed the subscription. After a `Disconnected`, a `Gap` comes next."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection was lost, or the first one could not be made; the listener goes on trying.

    One for each outage: further failures before the next `Connected` are logged only.
    """

    error: Exception
    """Why: an OSError, or an exception of redis-py's. It has no traceback, and never shows the password."""


@dataclass(frozen=True, slots=True)
class Received:
    """A notification."""

    notification: CheckpointNotification
    raw: bytes
    """The payload as it came."""

    def __repr__(self) -> str:
        return f"Received(notification={self.notification!r}, raw={_short(self.raw)})"


@dataclass(frozen=True, slots=True)
class Invalid:
    """A payload that is no notification; the Rust service refuses it, too, unless it was only too large for us."""

    raw: bytes
    """The payload as it came."""
    error: DecodeError | PayloadTooLargeError

    def __repr__(self) -> str:
        return f"Invalid(raw={_short(self.raw)}, error={self.error!r})"


@dataclass(frozen=True, slots=True)
class Gap:
    """What was published from `since` to `until` may be missing; everything else is not.

    Both are aware UTC datetimes, `since <= until`. When the wall clock was set in between, they include the times that
    it showed before and after.
    """

    since: datetime
    """When the last PING was sent whose answer was read before the first loss; SUBSCRIBE counts as the first PING."""
    until: datetime
    """When the new subscription was confirmed; for an overflow, when the last dropped message was received."""
    reason: Reason
    """`reconnected` also where both kinds of loss became one Gap, since nobody took the events for a long time."""


Event: TypeAlias = Connected | Disconnected | Received | Invalid | Gap


def _short(raw: bytes) -> str:
    """A payload fit to be logged: it may have 64 MiB."""
    return repr(raw) if len(raw) <= _SHOWN_BYTES else f"{raw[:_SHOWN_BYTES]!r}… ({len(raw)} bytes)"
