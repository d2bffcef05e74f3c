"""The Python half of `CheckpointNotification`, the Redis pub/sub message whose other half is Rust.

Importing this package imports neither redis nor asyncio, and what publishes only once it is asked for; the asyncio
notifier is in `checkpoint_notify.asyncio`.
"""

from typing import TYPE_CHECKING

from checkpoint_notify.channel import checkpoint_channel
from checkpoint_notify.errors import (
    DecodeError,
    EncodeError,
    NotSentError,
    OutcomeUnknownError,
    PayloadTooLargeError,
    PublishError,
    RedisUrlError,
    RejectedError,
)
from checkpoint_notify.notification import CheckpointNotification

if TYPE_CHECKING:
    from checkpoint_notify.config import CheckpointNotifierConfig
    from checkpoint_notify.notifier import CheckpointNotifier

__all__ = [
    "CheckpointNotification",
    "CheckpointNotifier",
    "CheckpointNotifierConfig",
    "DecodeError",
    "EncodeError",
    "NotSentError",
    "OutcomeUnknownError",
    "PayloadTooLargeError",
    "PublishError",
    "RedisUrlError",
    "RejectedError",
    "checkpoint_channel",
]

_LATE = {
    "CheckpointNotifier": "notifier",
    "CheckpointNotifierConfig": "config",
}
"""Names that are imported at their first use, and their modules: reading a message needs no sockets and no logging."""


if not TYPE_CHECKING:  # a type checker would take any name for one of these

    def __getattr__(name: str) -> object:
        if name not in _LATE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value: object = getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
