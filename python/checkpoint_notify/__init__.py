"""The Python half of `CheckpointNotification`, the Redis pub/sub message whose other half is Rust.

Importing this package imports neither redis nor asyncio; the asyncio notifier is in `checkpoint_notify.asyncio`.
"""

from checkpoint_notify.channel import checkpoint_channel
from checkpoint_notify.config import CheckpointNotifierConfig
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
