"""The asyncio notifier; `_sync/notifier.py` is its twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checkpoint_notify import _logging as _log
from checkpoint_notify._config import CheckpointNotifierConfig
from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify._protocol.publishing import (
    BaseNotifier,
    Progress,
    PublishRequest,
    connecting,
    publishing,
    receivers,
)
from checkpoint_notify.errors import PublishError, RedisUrlError

if TYPE_CHECKING:
    from checkpoint_notify._asyncio.connection import PublishConnection


def import_connection() -> type[PublishConnection]:
    """Return the connection's class; importing it imports redis."""
    from checkpoint_notify._asyncio.connection import PublishConnection

    return PublishConnection


class CheckpointNotifier(BaseNotifier):
    """Publishes to the channel of one instance without blocking; see `checkpoint_notify.CheckpointNotifier`.

    It holds no connection and belongs to no event loop: each publish opens its own connection in the loop it runs in.

    The constructor of an enabled notifier imports redis-py, which takes 0.2 s once: construct it before the loop
    serves, because the import blocks the loop. The constructor raises EncodeError for an `instance_id` that a Rust
    String cannot hold.
    """

    def __init__(self, config: CheckpointNotifierConfig) -> None:
        super().__init__(config, import_connection)

    async def publish(self, notification: CheckpointNotification) -> int | None:
        """Publish once, within 1.5 s; never retries.

        Returns and raises what the blocking `publish` does. If it is cancelled after it began to write PUBLISH, the
        notification may have gone out. A call that is cancelled before its task starts has not begun: nothing is sent,
        and no counter counts it.
        """
        progress = None
        try:
            progress = Progress()
            request = self._request(notification)
            if request is None:
                return None
            count = await self._deliver(request, progress)
            _log.published(self._channel, notification)
            return count
        finally:
            # Not in a function: an interrupt at its start would leave this call uncounted. An append is one step.
            if self._config.enabled:
                self._counters.ended.append("not_sent" if progress is None else progress.outcome)
                self._counters.settle()

    async def try_publish(self, notification: CheckpointNotification) -> bool:
        """Publish once, and log errors instead of raising them; see the blocking `try_publish`."""
        try:
            return await self.publish(notification) is not None
        except (PublishError, RedisUrlError) as error:
            _log.not_published(self._channel, notification, error)
            return False

    async def _deliver(self, request: PublishRequest, progress: Progress) -> int:
        """Connect and publish; returns the number of receivers, or raises PublishError."""
        connection = import_connection()(request.url)
        try:
            with connecting(request, progress):
                await connection.connect()
            with publishing(request, progress):
                return receivers(await connection.publish(request.channel, request.payload))
        finally:
            await connection.close()
