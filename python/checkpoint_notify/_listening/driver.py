"""What both shells do round the core: tell it the time, log, deliver. Left to them is to move bytes and to wait."""

from __future__ import annotations

from collections.abc import Callable

from checkpoint_notify._listening import log
from checkpoint_notify._listening.core import Core
from checkpoint_notify._listening.inbox import Item
from checkpoint_notify._listening.moments import Clock
from checkpoint_notify._listening.outage import presentable
from checkpoint_notify.redis_url import RedisUrl


class Driver:
    """Drives a core; the methods are the core's, which explains them."""

    def __init__(
        self, core: Core, channel: str, url: RedisUrl, deliver: Callable[[list[Item]], None], clock: Clock | None = None
    ) -> None:
        self._core = core
        self._channel = channel
        self._password = url.password
        self._deliver = deliver
        self._clock = clock or Clock()

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
        was_connected = self._core.connected
        try:
            answer = self._core.receive(data, self._clock.now())
        finally:
            self._deliver_items()
        if self._core.connected and not was_connected:
            log.subscribed(self._channel)
        return answer

    def fail(self, error: Exception) -> float | None:
        """The connection, or the try, ended: the pause until the next, None to end for good."""
        error = presentable(error, self._password)
        pause = self._core.fail(error, self._clock.now())
        self._deliver_items()
        if pause is None:
            log.gave_up(self._channel, error)
        else:
            log.trying_again(self._channel, error, pause)
        return pause

    def _deliver_items(self) -> None:
        items = self._core.take_items()
        if items:
            self._deliver(items)
