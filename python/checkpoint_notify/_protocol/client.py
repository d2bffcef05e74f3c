"""What the four public classes share: notifiers and listeners, of both flavours."""

from __future__ import annotations

from typing import Generic, TypeVar

from checkpoint_notify._config import CheckpointListenerConfig, CheckpointNotifierConfig
from checkpoint_notify._message import checkpoint_channel

ConfigT = TypeVar("ConfigT", CheckpointNotifierConfig, CheckpointListenerConfig)


class BaseClient(Generic[ConfigT]):
    """A configuration, and the channel that it names."""

    def __init__(self, config: ConfigT) -> None:
        self._config: ConfigT = config
        self._channel = checkpoint_channel(config.instance_id)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._config!r})"

    @property
    def channel(self) -> str:
        """The Redis channel of this instance: `fks:{instance_id}:model_checkpoints`."""
        return self._channel
