"""The notifier and the listener for asyncio; their names are those of the blocking ones."""

from checkpoint_notify._asyncio.listener import CheckpointListener
from checkpoint_notify._asyncio.notifier import CheckpointNotifier

__all__ = ["CheckpointListener", "CheckpointNotifier"]
