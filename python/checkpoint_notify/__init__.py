"""The Python half of `CheckpointNotification`, the Redis pub/sub message whose other half is Rust.

Importing this package imports its exceptions; each other name is imported when it is first used, and neither redis nor
asyncio with it. The notifier and the listener for asyncio are in `checkpoint_notify.asyncio`.
"""

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from checkpoint_notify._config import CheckpointListenerConfig, CheckpointNotifierConfig
    from checkpoint_notify._counters import ListenerCounters, NotifierCounters
    from checkpoint_notify._events import Connected, Disconnected, Event, Gap, Invalid, Received
    from checkpoint_notify._message import CheckpointNotification, checkpoint_channel
    from checkpoint_notify._sync.listener import CheckpointListener
    from checkpoint_notify._sync.notifier import CheckpointNotifier

__all__ = [
    "CheckpointListener",
    "CheckpointListenerConfig",
    "CheckpointNotification",
    "CheckpointNotifier",
    "CheckpointNotifierConfig",
    "Connected",
    "DecodeError",
    "Disconnected",
    "EncodeError",
    "Event",
    "Gap",
    "Invalid",
    "ListenerCounters",
    "NotSentError",
    "NotifierCounters",
    "OutcomeUnknownError",
    "PayloadTooLargeError",
    "PublishError",
    "Received",
    "RedisUrlError",
    "RejectedError",
    "checkpoint_channel",
]

_LATE = {
    "CheckpointListener": "_sync.listener",
    "CheckpointListenerConfig": "_config",
    "CheckpointNotification": "_message",
    "CheckpointNotifier": "_sync.notifier",
    "CheckpointNotifierConfig": "_config",
    "Connected": "_events",
    "Disconnected": "_events",
    "Event": "_events",
    "Gap": "_events",
    "Invalid": "_events",
    "ListenerCounters": "_counters",
    "NotifierCounters": "_counters",
    "Received": "_events",
    "checkpoint_channel": "_message",
}
"""Names that are imported at their first use, and their modules: reading a message needs no sockets and no logging, and
the help of the command line no codec."""


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
