"""Publishes notifications, blocking; `checkpoint_notify.asyncio` has the same for asyncio."""

from __future__ import annotations

from checkpoint_notify import _log
from checkpoint_notify._publishing import Order, connecting, counting, prepare, publishing, receivers
from checkpoint_notify.channel import checkpoint_channel
from checkpoint_notify.config import CheckpointNotifierConfig
from checkpoint_notify.counters import NotifierCounters, Tally
from checkpoint_notify.errors import PublishError, RedisUrlError
from checkpoint_notify.notification import CheckpointNotification


class CheckpointNotifier:
    """Publishes to the channel of one instance; counterpart of the Rust type of that name.

    Holds no connection: each publish opens its own, so one notifier may be shared by threads and outlive a fork.
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

    def publish(self, notification: CheckpointNotification) -> int | None:
        """Publish once, in 1.5 s at most; never tries again.

        Returns the number of receivers on that server, or None where nothing was to be sent: the notifier is disabled,
        or the extra `checkpoint-notify[redis]` is not installed. 0 is no failure: a replica, or another node of a
        cluster, does not count its peers' subscribers.

        Raises EncodeError, RedisUrlError, NotSentError, RejectedError, OutcomeUnknownError.
        """
        order = prepare(self._config, self._channel, notification)
        if order is None:
            return None
        with counting(self._tally):
            count = self._deliver(order)
        _log.published(self._channel, notification)
        return count

    def try_publish(self, notification: CheckpointNotification) -> bool:
        """Publish once, and log instead of raising: for a training loop, whose checkpoint is safe on disk already.

        True when the server took the notification. Raises EncodeError only: that one is a mistake of the caller.
        """
        try:
            return self.publish(notification) is not None
        except (PublishError, RedisUrlError) as error:
            _log.not_published(self._channel, notification, error)
            return False

    def _deliver(self, order: Order) -> int:
        """Carry out one publish, and return the number of receivers; raises PublishError."""
        from checkpoint_notify._connection import Link  # imports redis, before the clock starts

        link = Link(order.url)
        try:
            with connecting(order):
                link.connect()
            with publishing(order):
                return receivers(link.publish(order.channel, order.payload))
        finally:
            link.close()
