"""The events of a listener: messages, connection changes, and possible losses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify.errors import DecodeError, PayloadTooLargeError

Reason: TypeAlias = Literal["reconnected", "overflow"]
"""`reconnected`: the connection was lost. `overflow`: messages arrived faster than the consumer took them."""

_SHOWN_BYTES: Final = 60


@dataclass(frozen=True, slots=True)
class Connected:
    """The server has confirmed the subscription. If an earlier subscription was lost, a `Gap` follows."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection was lost, or the first connection failed; the listener retries.

    There is one for each outage. Further failures before the next `Connected` are only logged.
    """

    error: Exception
    """The cause: an OSError, or an exception of redis-py. It has no traceback and does not contain the password."""


@dataclass(frozen=True, slots=True)
class Received:
    """A notification was received."""

    notification: CheckpointNotification
    """What `CheckpointNotification.from_json` reads from the payload."""
    raw: bytes
    """The payload as received."""

    def __repr__(self) -> str:
        return f"Received(notification={self.notification!r}, raw={_short(self.raw)})"


@dataclass(frozen=True, slots=True)
class Invalid:
    """A payload was received that is not a notification.

    The Rust service refuses it too, unless the error is a PayloadTooLargeError: only this listener has that limit.
    """

    raw: bytes
    """The payload as received."""
    error: DecodeError | PayloadTooLargeError
    """Why the payload is not a notification."""

    def __repr__(self) -> str:
        return f"Invalid(raw={_short(self.raw)}, error={self.error!r})"


@dataclass(frozen=True, slots=True)
class Gap:
    """Messages published from `since` to `until` may be missing; no other message is missing.

    Both are aware UTC datetimes, and `since <= until`. If the wall clock was set in between, the interval covers its
    readings before and after the change.
    """

    since: datetime
    """The send time of the last PING answered before the first loss; SUBSCRIBE counts as the first PING."""
    until: datetime
    """When the new subscription was confirmed; for an overflow, when the last dropped message arrived."""
    reason: Reason
    """`reconnected` also if the Gap covers an overflow too: both are merged if the consumer takes no event for long."""


Event: TypeAlias = Connected | Disconnected | Received | Invalid | Gap
"""What a listener delivers, one at a time and in order."""


def _short(raw: bytes) -> str:
    """Return the repr of a payload, cut short for logs: a payload may have 64 MiB."""
    return repr(raw) if len(raw) <= _SHOWN_BYTES else f"{raw[:_SHOWN_BYTES]!r}… ({len(raw)} bytes)"
