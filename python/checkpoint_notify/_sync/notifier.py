"""Publishes notifications, blocking; `checkpoint_notify.asyncio` has the same for asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checkpoint_notify import _logging as _log
from checkpoint_notify import _redis_py
from checkpoint_notify._config import CheckpointNotifierConfig
from checkpoint_notify._counters import CounterSet, NotifierCounters
from checkpoint_notify._message import CheckpointNotification, checkpoint_channel
from checkpoint_notify._protocol.publishing import Progress, PublishRequest, connecting, prepare, publishing, receivers
from checkpoint_notify.errors import PublishError, RedisUrlError

if TYPE_CHECKING:
    from checkpoint_notify._sync.connection import Link


def _import_link() -> type[Link]:
    from checkpoint_notify._sync.connection import Link  # imports redis

    return Link


class CheckpointNotifier:
    """Publishes to the channel of one instance; counterpart of the Rust type of that name.

    Holds no connection: each publish opens its own, so one notifier may be shared by threads and outlive a fork.

    Constructing an enabled one imports redis-py, which takes 0.2 s once: do so before the program serves. If that
    fails, it is said at each publish.
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

    def publish(self, notification: CheckpointNotification) -> int | None:
        """Publish once, in 1.5 s at most; never tries again.

        Returns the number of receivers on that server, or None where nothing was to be sent: the notifier is disabled,
        or there is no redis-py that can be used, of which a warning tells. 0 is no failure: a replica, or another node
        of a cluster, does not count its peers' subscribers. Where no thread can be started, such as in the end of the
        interpreter, a host name is resolved without one, and the 1.5 s do not cover that.

        Raises EncodeError, RedisUrlError, NotSentError, RejectedError, OutcomeUnknownError.
        """
        progress = None
        try:
            progress = Progress()
            return self._publish(notification, progress)
        finally:
            if self._config.enabled:  # an append is one step: an interrupt comes before or after it
                self._tally.ended.append("not_sent" if progress is None else progress.outcome)

    def try_publish(self, notification: CheckpointNotification) -> bool:
        """Publish once, and log instead of raising: for a training loop, whose checkpoint is safe on disk already.

        True when the server took the notification. Raises EncodeError only: that one is a mistake of the caller.
        """
        try:
            return self.publish(notification) is not None
        except (PublishError, RedisUrlError) as error:
            _log.not_published(self._channel, notification, error)
            return False

    def _publish(self, notification: CheckpointNotification, progress: Progress) -> int | None:
        self._tally.settle()
        order = prepare(self._config, self._channel, notification, _import_link)
        if order is None:
            return None
        count = self._deliver(order, progress)
        _log.published(self._channel, notification)
        return count

    def _deliver(self, order: PublishRequest, progress: Progress) -> int:
        """Carry out one publish, and return the number of receivers; raises PublishError."""
        link = _import_link()(order.url)
        try:
            with connecting(order, progress):
                link.connect()
            with publishing(order, progress):
                return receivers(link.publish(order.channel, order.payload))
        finally:
            link.close()
