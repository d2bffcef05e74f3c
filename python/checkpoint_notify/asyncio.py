"""The notifier and the listener for asyncio; their names are those of the blocking ones."""

from __future__ import annotations

import asyncio

from checkpoint_notify import _log
from checkpoint_notify._asyncio_listener import CheckpointListener
from checkpoint_notify._publishing import (
    CONNECT_SECONDS,
    REPLY_SECONDS,
    Order,
    connecting,
    counting,
    prepare,
    publishing,
    receivers,
)
from checkpoint_notify.channel import checkpoint_channel
from checkpoint_notify.config import CheckpointNotifierConfig
from checkpoint_notify.counters import NotifierCounters, Tally
from checkpoint_notify.errors import PublishError, RedisUrlError
from checkpoint_notify.notification import CheckpointNotification

__all__ = ["CheckpointListener", "CheckpointNotifier"]


class CheckpointNotifier:
    """Publishes to the channel of one instance, as `checkpoint_notify.CheckpointNotifier` does, without blocking.

    Holds no connection and belongs to no event loop: each publish opens its own connection in the loop it runs in.
    """

    def __init__(self, config: CheckpointNotifierConfig) -> None:
        self._config = config
        self._channel = checkpoint_channel(config.instance_id)
        self._tally = Tally(NotifierCounters)

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
        order = prepare(self._config, self._channel, notification)
        if order is None:
            return None
        with counting(self._tally):
            count = await self._deliver(order)
        _log.published(self._channel, notification)
        return count

    async def try_publish(self, notification: CheckpointNotification) -> bool:
        """Publish once, and log instead of raising; see the sync `try_publish`."""
        try:
            return await self.publish(notification) is not None
        except (PublishError, RedisUrlError) as error:
            _log.not_published(self._channel, notification, error)
            return False

    async def _deliver(self, order: Order) -> int:
        """Carry out one publish, and return the number of receivers; raises PublishError."""
        from checkpoint_notify._asyncio_connection import Link  # imports redis, before the clock starts

        link = Link(order.url)
        try:
            with connecting(order):
                async with asyncio.timeout(CONNECT_SECONDS):
                    await link.connect()
            with publishing(order):
                async with asyncio.timeout(REPLY_SECONDS):
                    return receivers(await link.publish(order.channel, order.payload))
        finally:
            await link.close()
