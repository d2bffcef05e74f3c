"""Publishes, receives and reads `CheckpointNotification`, a Redis pub/sub message that a Rust crate defines.

Importing this package imports only its exceptions. Every other name is imported at its first use. Neither imports redis
or asyncio. The notifier and the listener for asyncio are in `checkpoint_notify.asyncio`.
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
"""Names that are imported at their first use, and their modules. So a program that only reads messages does not load
sockets and logging, and the help of the command line does not load the codec."""


if not TYPE_CHECKING:  # with a module-level __getattr__, a type checker accepts every name

    def __getattr__(name: str) -> object:
        if name not in _LATE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value: object = getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
