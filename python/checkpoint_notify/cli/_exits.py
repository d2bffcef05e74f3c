"""What the exit status of `checkpoint-notify` means, and which error leads to which."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from checkpoint_notify.errors import (
    DecodeError,
    EncodeError,
    NotSentError,
    OutcomeUnknownError,
    RedisUrlError,
    RejectedError,
)


class Exit(IntEnum):
    """The documented exit statuses."""

    OK = 0
    INVALID = 1
    """A payload that is refused, or a contract that is not kept."""
    USAGE = 2
    """A wrong command line, setting or file."""
    NO_CONNECTION = 3
    """No server answered, and nothing was sent."""
    REFUSED = 4
    """The server refused: authentication, permission, state."""
    UNKNOWN = 5
    """PUBLISH was written and no reply came."""
    TOO_FEW_RECEIVERS = 6
    GAP = 7
    """A gap, where the command was told to fail on one."""
    EXPIRED = 124
    """The wait was over before enough had come."""
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    """Whoever read the output has gone."""
    TERMINATED = 143


BY_ERROR: Final[tuple[tuple[type[Exception], Exit], ...]] = (
    (DecodeError, Exit.INVALID),
    (EncodeError, Exit.INVALID),
    (RedisUrlError, Exit.USAGE),
    (NotSentError, Exit.NO_CONNECTION),
    (RejectedError, Exit.REFUSED),
    (OutcomeUnknownError, Exit.UNKNOWN),
)
"""Looked through in this order."""
