"""The two flavours of the package, and the notifier of either, called alike."""

from __future__ import annotations

import asyncio
from typing import Any, Final, Literal, TypeAlias

import checkpoint_notify.asyncio
from checkpoint_notify import CheckpointNotification, CheckpointNotifier, CheckpointNotifierConfig

Flavour: TypeAlias = Literal["sync", "asyncio"]
FLAVOURS: Final[tuple[Flavour, ...]] = ("sync", "asyncio")


class FlavourNotifier:
    """The notifier of one flavour, called as if it were blocking; a new one for each call."""

    def __init__(self, flavour: Flavour) -> None:
        self._is_async = flavour == "asyncio"

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
