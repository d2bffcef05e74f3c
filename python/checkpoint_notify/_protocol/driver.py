"""What both shells do round the core: tell it the time, log, deliver. Left to them is to move bytes and to wait."""

from __future__ import annotations

from collections.abc import Callable

from checkpoint_notify._logging import OutageLog
from checkpoint_notify._protocol.event_queue import Item
from checkpoint_notify._protocol.outage import presentable
from checkpoint_notify._protocol.status import Status
from checkpoint_notify._protocol.subscription import Subscription
from checkpoint_notify._protocol.timestamps import Clock
from checkpoint_notify.redis_url import RedisUrl


class Driver:
    """Drives a core; the methods are the core's, which explains them.

    The status changes first, then the log is written, then the items are delivered: who reacts to an event finds both
    as they should be.
    """

    def __init__(
        self,
        core: Subscription,
        channel: str,
        url: RedisUrl,
        deliver: Callable[[list[Item]], None],
        status: Status,
        clock: Clock | None = None,
    ) -> None:
        self._core = core
        self._password = url.password
        self._deliver = deliver
        self._status = status
        self._clock = clock or Clock()
        self._log = OutageLog(channel)

    @property
    def wake_at(self) -> float:
        """When to call `receive` with None unless bytes come before, on the monotonic clock."""
        return self._core.wake_at

    def begin(self) -> None:
        """A new try begins."""
        self._core.begin(self._clock.now())

    def subscribe(self) -> bytes:
        """The server is ready for commands: what to write."""
        return self._core.subscribe(self._clock.now())

    def receive(self, data: bytes | None) -> bytes:
        """Bytes came, or nothing is left to read: what to write. Raises OSError when the connection is of no use."""
        at = self._clock.now()
        try:
            return self._core.receive(data, at)
        finally:
            if self._core.connected and not self._status.connected:
                self._status.connected = True
                self._log.subscribed(at.monotonic)
            self._deliver_items()

    def fail(self, error: Exception) -> float | None:
        """The connection, or the try, ended: the pause until the next, None to end for good."""
        error = presentable(error, self._password)
        at = self._clock.now()
        pause = self._core.fail(error, at)
        self._status.connected = False
        if pause is None:
            self._status.end(error)
            self._log.gave_up(error)
        else:
            self._log.failed(error, pause, at.monotonic)
        self._deliver_items()
        return pause

    def end(self, fault: BaseException | None) -> None:
        """The shell's reader has ended; `fault` is one of its own."""
        self._status.end(fault)

    def _deliver_items(self) -> None:
        items = self._core.take_items()
        if items:
            self._deliver(items)
