"""Publishes notifications with asyncio; the twin of `_sync/notifier.py`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from checkpoint_notify import _logging as _log
from checkpoint_notify import _redis_py
from checkpoint_notify._config import CheckpointNotifierConfig
from checkpoint_notify._counters import CounterSet, NotifierCounters
from checkpoint_notify._message import CheckpointNotification, checkpoint_channel
from checkpoint_notify._protocol.publishing import (
    CONNECT_SECONDS,
    REPLY_SECONDS,
    Progress,
    PublishRequest,
    connecting,
    prepare,
    publishing,
    receivers,
)
from checkpoint_notify.errors import PublishError, RedisUrlError

if TYPE_CHECKING:
    from checkpoint_notify._asyncio.connection import Link


def _import_link() -> type[Link]:
    from checkpoint_notify._asyncio.connection import Link  # imports redis

    return Link


class CheckpointNotifier:
    """Publishes to the channel of one instance, as `checkpoint_notify.CheckpointNotifier` does, without blocking.

    Holds no connection and belongs to no event loop: each publish opens its own connection in the loop it runs in.

    Constructing an enabled one imports redis-py, which takes 0.2 s once: do so before the loop serves, or the loop
    stands still for that long.
    """

    def __init__(self, config: CheckpointNotifierConfig) -> None:
        self._config = config
        self._channel = checkpoint_channel(config.instance_id)
        self._tally = CounterSet(NotifierCounters)
        if config.enabled:
            _redis_py.preload(_import_link)

    def __repr__(self) -> str:
        return f"CheckpointNotifier({self._config!r})"

    @property
    def channel(self) -> str:
        """The Redis channel that this notifier publishes to."""
        return self._channel

    @property
    def counters(self) -> NotifierCounters:
        """What became of the publishes so far; for any thread, at any time."""
        return self._tally.snapshot()

    async def publish(self, notification: CheckpointNotification) -> int | None:
        """Publish once, in 1.5 s at most; never tries again.

        Returns and raises what the sync `publish` does. Cancelled once PUBLISH is being written, it may have gone out.
        """
        progress = None
        try:
            progress = Progress()
            return await self._publish(notification, progress)
        finally:
            if self._config.enabled:  # an append is one step: an interrupt comes before or after it
                self._tally.ended.append("not_sent" if progress is None else progress.outcome)

    async def try_publish(self, notification: CheckpointNotification) -> bool:
        """Publish once, and log instead of raising; see the sync `try_publish`."""
        try:
            return await self.publish(notification) is not None
        except (PublishError, RedisUrlError) as error:
            _log.not_published(self._channel, notification, error)
            return False

    async def _publish(self, notification: CheckpointNotification, progress: Progress) -> int | None:
        self._tally.settle()
        order = prepare(self._config, self._channel, notification, _import_link)
        if order is None:
            return None
        count = await self._deliver(order, progress)
        _log.published(self._channel, notification)
        return count

    async def _deliver(self, order: PublishRequest, progress: Progress) -> int:
        """Carry out one publish, and return the number of receivers; raises PublishError."""
        link = _import_link()(order.url)
        try:
            with connecting(order, progress):
                async with asyncio.timeout(CONNECT_SECONDS) as limit:
                    await link.connect(limit)
            with publishing(order, progress):
                async with asyncio.timeout(REPLY_SECONDS):
                    return receivers(await link.publish(order.channel, order.payload))
        finally:
            await link.close()
