"""The sync and the asyncio notifier, called alike."""

from __future__ import annotations

import asyncio
from typing import Any

import checkpoint_notify.asyncio
from checkpoint_notify import CheckpointNotification
from checkpoint_notify._config import CheckpointNotifierConfig
from checkpoint_notify._sync.notifier import CheckpointNotifier


class Shell:
    """One of the two notifiers, `sync` or `asyncio`, called as if it were blocking; a new one for each call."""

    def __init__(self, name: str) -> None:
        self._is_async = name == "asyncio"

    def publish(self, url: str, notification: CheckpointNotification, **config: Any) -> int | None:
        """The result of `publish`."""
        result: int | None = self._call("publish", url, notification, config)
        return result

    def try_publish(self, url: str, notification: CheckpointNotification, **config: Any) -> bool:
        """The result of `try_publish`."""
        result: bool = self._call("try_publish", url, notification, config)
        return result

    def _call(self, method: str, url: str, notification: CheckpointNotification, config: dict[str, Any]) -> Any:
        settings = CheckpointNotifierConfig(redis_url=url, **config)
        if not self._is_async:
            return getattr(CheckpointNotifier(settings), method)(notification)
        return asyncio.run(getattr(checkpoint_notify.asyncio.CheckpointNotifier(settings), method)(notification))
