"""The state machine of a listener: when to ping, when to give a connection up, when to retry, and where a Gap begins.

It does no I/O. The reader of each flavour tells it what happened and when. It returns what to write, says when it is
to be called again, and delivers items for the consumer.

    begin → subscribe → receive, receive, … → fail → (a pause) → begin → …
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Final

from checkpoint_notify._config import CheckpointListenerConfig
from checkpoint_notify._events import Connected, Disconnected
from checkpoint_notify._logging import OutageLog
from checkpoint_notify._protocol.event_queue import Item, Message
from checkpoint_notify._protocol.resp import Reply, RespParser, answers_ping, command
from checkpoint_notify._protocol.timestamps import Loss, Timestamp
from checkpoint_notify._redaction import TransportError, text_of

STABLE_SECONDS: Final = 1.0
"""A connection that has lasted this long resets the back-off."""
MIN_BACKOFF: Final = 0.001
"""Seconds. A refused connection takes microseconds; retries without a pause would keep a core busy."""
MAX_OVERDUE_BYTES: Final = 16 * 1024 * 1024
"""Bytes accepted after a PONG is overdue: it may be in the kernel buffer behind older data if this process was
suspended. Kernel buffers are smaller than this."""
_MAX_DOUBLINGS: Final = 64

_PING: Final = command(b"PING")


class SubscriptionRefusedError(TransportError):
    """The server answered SUBSCRIBE with an error, or sent an error that does not show a living server."""


class Subscription:
    """The subscription of one listener, over any number of connections.

    Methods are called by the reader alone; `connected`, `error` and `reconnects` are for any thread. They change first,
    then the log is written, then the items are delivered. So they are up to date when the consumer gets an event.
    """

    error: BaseException | None = None
    """Why the listener stopped by itself; None as long as it has not."""
    reconnects: int = 0
    """The number of subscriptions confirmed after the first."""

    def __init__(
        self,
        config: CheckpointListenerConfig,
        channel: str,
        deliver: Callable[[list[Item]], object],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._config = config
        self._channel = channel.encode()
        self._confirmation = [b"*", b"$subscribe", b"$" + self._channel, b":1"]
        self._deliver = deliver
        self._jitter = jitter
        self._log = OutageLog(channel)
        self._parser = RespParser(self._channel)
        self._items: list[Item] = []
        """Read, and not delivered yet."""
        self._connect_until = 0.0
        """The time limit of this attempt, on the monotonic clock."""
        self._subscribing: Timestamp | None = None
        """When SUBSCRIBE was written, until it is confirmed."""
        self._connected: Timestamp | None = None
        """When the subscription was confirmed; None without a subscription."""
        self._since: Timestamp | None = None
        """The start of the next Gap: every message published before this time has been read."""
        self._disconnected_sent = False
        """Whether the consumer was told of this outage."""
        self._failures = 0
        """Failed attempts in a row."""
        self._pings: deque[Timestamp] = deque()
        """The send times of the PINGs that are not answered yet."""
        self._next_ping = 0.0
        self._bytes_came = False
        """Whether bytes came since `receive` was last called with None."""
        self._overdue_bytes = 0

    @property
    def wake_at(self) -> float:
        """When to call `receive` with None if no bytes come before, on the monotonic clock."""
        if self._connected is None:
            return self._connect_until
        if self._pings:
            return min(self._next_ping, self._pings[0].monotonic + self._config.ping_timeout)
        return self._next_ping

    @property
    def connected(self) -> bool:
        """Whether the subscription is confirmed."""
        return self._connected is not None

    def begin(self, at: Timestamp) -> None:
        """Begin an attempt to connect; it fails unless SUBSCRIBE is confirmed by `wake_at`."""
        self._connect_until = at.monotonic + self._config.connect_timeout
        self._parser = RespParser(self._channel)
        self._subscribing = None
        self._pings.clear()
        self._bytes_came = False
        self._overdue_bytes = 0

    def subscribe(self, at: Timestamp, extension: float = 0.0) -> bytes:
        """Return the SUBSCRIBE command, once the server is ready for commands. `at` is a time before it is written.

        `extension` is the part of this attempt, in seconds, that does not count for `connect_timeout`.
        """
        self._connect_until += extension
        self._subscribing = at
        return command(b"SUBSCRIBE", self._channel)

    def receive(self, data: bytes | None, at: Timestamp) -> bytes:
        """Take the bytes that were read, or None if there are none to read. Returns the bytes to write.

        `at` is a time after the read and before the write. Raises OSError if this connection must be closed; messages
        that came before the fault are delivered first.
        """
        try:
            if data is not None:
                self._bytes_came = True
                for reply in self._parser.feed(data):
                    if isinstance(reply, bytes) and self._connected is not None and self._since is not None:
                        self._items.append(Message(reply, at, self._since))
                    else:
                        self._answer(reply, at)
            self._check_time(data, at)
            return self._ping(at)
        finally:
            if self._items:
                items, self._items = self._items, []
                self._deliver(items)

    def fail(self, error: Exception, at: Timestamp) -> float | None:
        """End the connection, or the attempt. Returns the pause before the next attempt in seconds; None: no more.

        `error` is shown to the consumer and logged as it is.
        """
        if self._connected is not None and at.monotonic - self._connected.monotonic >= STABLE_SECONDS:
            self._failures = 0
        self._connected = None
        pause = self._next_pause()
        if pause is None:
            self.error = error
            self._log.gave_up(error)
        else:
            self._log.failed(error, pause, at.monotonic)
        if not self._disconnected_sent:
            self._disconnected_sent = True
            self._deliver([Disconnected(error)])
        return pause

    def end(self, fault: BaseException | None = None) -> None:
        """Stop for good: the reader has ended. `fault` is an error in the reader itself."""
        self._connected = None
        self.error = self.error or fault

    def _next_pause(self) -> float | None:
        if 0 < self._config.max_reconnects <= self._failures:
            return None
        doubled = self._config.backoff_initial * 2.0 ** min(self._failures, _MAX_DOUBLINGS)
        self._failures += 1
        return max(MIN_BACKOFF, min(self._config.backoff_max, doubled) * self._jitter())

    def _answer(self, reply: Reply, at: Timestamp) -> None:
        if self._pings and answers_ping(reply):
            self._since = self._pings.popleft()  # the server answers in order
            self._overdue_bytes = 0
        elif self._subscribing is not None and reply == self._confirmation:
            self._confirmed(self._subscribing, at)
            self._subscribing = None
        else:
            raise _unexpected(reply)

    def _confirmed(self, subscribing: Timestamp, at: Timestamp) -> None:
        self._items.append(Connected())
        if self._since is not None:
            self._items.append(Loss(self._since, at, "reconnected"))
            self.reconnects += 1
        self._since = subscribing  # the confirmation answers SUBSCRIBE, as a PONG answers a PING
        self._connected = at
        self._disconnected_sent = False
        self._next_ping = subscribing.monotonic + self._config.ping_interval
        self._log.subscribed(at.monotonic)

    def _check_time(self, data: bytes | None, at: Timestamp) -> None:
        if self._connected is None:
            if at.monotonic >= self._connect_until:
                raise TimeoutError(f"no answer within {self._config.connect_timeout:g} s")
        elif self._pings and at.monotonic >= self._pings[0].monotonic + self._config.ping_timeout:
            self._overdue_bytes += len(data or b"")
            if not self._bytes_came or self._overdue_bytes > MAX_OVERDUE_BYTES:
                raise TimeoutError(f"no answer to PING within {self._config.ping_timeout:g} s")
        if data is None:
            self._bytes_came = False

    def _ping(self, at: Timestamp) -> bytes:
        if self._connected is None or at.monotonic < self._next_ping:
            return b""
        self._pings.append(at)
        self._next_ping = at.monotonic + self._config.ping_interval
        return _PING


def _unexpected(reply: Reply) -> ConnectionError:
    """The error for a reply that a subscriber does not expect: replies and requests may be out of step."""
    if isinstance(reply, list) and reply[0].startswith(b"-"):
        return SubscriptionRefusedError("the server answered: ", text_of(reply[0][1:]))
    parts = [reply] if isinstance(reply, bytes) else reply
    return TransportError("the server sent '", text_of(b" ".join(parts)), "' to a subscriber")
