"""The blocking notifier; `_asyncio/notifier.py` is its twin."""

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
    from checkpoint_notify._sync.connection import PublishConnection


def import_connection() -> type[PublishConnection]:
    """Return the connection's class; importing it imports redis."""
    from checkpoint_notify._sync.connection import PublishConnection

    return PublishConnection


class CheckpointNotifier(BaseNotifier):
    """Publishes to the channel of one instance; counterpart of the Rust type of that name.

    It holds no connection: each publish opens its own. So threads may share a notifier, and it works after a fork.

    The constructor of an enabled notifier imports redis-py, which takes 0.2 s once: construct it before the program
    serves. If the import fails, each publish logs a warning. The constructor raises EncodeError for an `instance_id`
    that a Rust String cannot hold.
    """

    def __init__(self, config: CheckpointNotifierConfig) -> None:
        super().__init__(config, import_connection)

    def publish(self, notification: CheckpointNotification) -> int | None:
        """Publish once, within 1.5 s; never retries.

        Returns the number of receivers on that server; 0 is not a failure, because a replica, or another node of a
        cluster, does not count the subscribers of its peers. Returns None if nothing was to be sent: the notifier is
        disabled, or there is no usable redis-py, which is logged as a warning. If no thread can be started, for example
        while the interpreter shuts down, a host name is resolved without one; the 1.5 s do not include that.

        Raises EncodeError, RedisUrlError, NotSentError, RejectedError, OutcomeUnknownError; TypeError for an argument
        that is not a notification.
        """
        progress = None
        try:
            progress = Progress()
            request = self._request(notification)
            if request is None:
                return None
            count = self._deliver(request, progress)
            _log.published(self._channel, notification)
            return count
        finally:
            # Not in a function: an interrupt at its start would leave this call uncounted. An append is one step.
            if self._config.enabled:
                self._counters.ended.append("not_sent" if progress is None else progress.outcome)
                self._counters.settle()

    def try_publish(self, notification: CheckpointNotification) -> bool:
        """Publish once, and log errors instead of raising them. For a training loop, which has its checkpoint on disk.

        Returns True if the server took the notification. Raises only the mistakes of the caller: EncodeError and
        TypeError.
        """
        try:
            return self.publish(notification) is not None
        except (PublishError, RedisUrlError) as error:
            _log.not_published(self._channel, notification, error)
            return False

    def _deliver(self, request: PublishRequest, progress: Progress) -> int:
        """Connect and publish; returns the number of receivers, or raises PublishError."""
        connection = import_connection()(request.url)
        try:
            with connecting(request, progress):
                connection.connect()
            with publishing(request, progress):
                return receivers(connection.publish(request.channel, request.payload))
        finally:
            connection.close()
