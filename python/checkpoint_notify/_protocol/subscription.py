"""When to ping, when to give a connection up, when to try again, and from when to when something may be missing.

A state machine: it is told what happened and when, and says what to write and when it wants to be asked next.

    begin → subscribe → receive, receive, … → fail → (a pause) → begin → …
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Final

from checkpoint_notify._config import CheckpointListenerConfig
from checkpoint_notify._events import Connected, Disconnected
from checkpoint_notify._protocol.event_queue import Item, Message
from checkpoint_notify._protocol.resp import Reply, RespParser, answers_ping, command
from checkpoint_notify._protocol.timestamps import Loss, Timestamp
from checkpoint_notify._redaction import TransportError, text_of

STABLE_SECONDS: Final = 1.0
"""A connection that has lasted this long starts the back-off anew."""
LEAST_PAUSE: Final = 0.001
"""A refused connection takes microseconds: without a pause, trying again would keep a core busy."""
LATE_BYTES: Final = 16 * 1024 * 1024
"""How much may be read while a PONG is overdue. It may lie behind bytes that came in time, in the system's buffers,
because this process stood still; these hold less."""
_MOST_DOUBLINGS: Final = 64

_PING: Final = command(b"PING")


class RefusedError(TransportError):
    """The server answered SUBSCRIBE with an error, or sent an error that shows no living server."""


class Subscription:
    """One listener's dealings with its server, over any number of connections."""

    def __init__(
        self, config: CheckpointListenerConfig, channel: str, jitter: Callable[[], float] = random.random
    ) -> None:
        self._config = config
        self._channel = channel.encode()
        self._confirmation = [b"*", b"$subscribe", b"$" + self._channel, b":1"]
        self._jitter = jitter
        self._wire = RespParser(self._channel)
        self._out: list[Item] = []
        self._give_up_at = 0.0
        self._subscribing: Timestamp | None = None
        """When SUBSCRIBE was written, until it is confirmed."""
        self._connected: Timestamp | None = None
        """When the subscription was confirmed; None without one."""
        self._since: Timestamp | None = None
        """Where the next Gap starts: nothing that was published before can be lost any more."""
        self._outage_told = False
        self._failures = 0
        self._pings: deque[Timestamp] = deque()
        """When the PINGs were sent that are not answered yet."""
        self._next_ping = 0.0
        self._heard = False
        """Whether anything came since the last look at the clock alone."""
        self._late_bytes = 0
        self.reconnects = 0
        """How many subscriptions were confirmed after the first."""

    @property
    def wake_at(self) -> float:
        """When to call `receive` with None unless bytes come before, on the monotonic clock."""
        if self._connected is None:
            return self._give_up_at
        if self._pings:
            return min(self._next_ping, self._pings[0].monotonic + self._config.ping_timeout)
        return self._next_ping

    @property
    def connected(self) -> bool:
        """Whether the subscription is confirmed."""
        return self._connected is not None

    def take_items(self) -> list[Item]:
        """What the consumer is to be told, and was not taken before."""
        items, self._out = self._out, []
        return items

    def begin(self, at: Timestamp) -> None:
        """A new try begins; it fails unless SUBSCRIBE is confirmed by `wake_at`."""
        self._give_up_at = at.monotonic + self._config.connect_timeout
        self._wire = RespParser(self._channel)
        self._subscribing = None
        self._pings.clear()
        self._heard = False
        self._late_bytes = 0

    def subscribe(self, at: Timestamp) -> bytes:
        """The server is ready for commands: what to write now. `at` is a moment before it is written."""
        self._subscribing = at
        return command(b"SUBSCRIBE", self._channel)

    def receive(self, data: bytes | None, at: Timestamp) -> bytes:
        """Bytes came; or None: nothing is left to read. Returns what to write.

        `at` is a moment after the bytes were read, and before the returned ones are written. Raises OSError when this
        connection is of no more use; items from before that can be taken all the same.
        """
        if data is not None:
            self._heard = True
            self._take_in(data, at)
        self._check_time(data, at)
        return self._ping(at)

    def fail(self, error: Exception, at: Timestamp) -> float | None:
        """The connection, or the try, ended. Returns the pause until the next in seconds; None to end for good.

        The error goes to the consumer as it is.
        """
        if self._connected is not None and at.monotonic - self._connected.monotonic >= STABLE_SECONDS:
            self._failures = 0
        self._connected = None
        if not self._outage_told:
            self._outage_told = True
            self._out.append(Disconnected(error))
        if 0 < self._config.max_reconnects <= self._failures:
            return None
        doubled = self._config.backoff_initial * 2.0 ** min(self._failures, _MOST_DOUBLINGS)
        self._failures += 1
        return max(LEAST_PAUSE, min(self._config.backoff_max, doubled) * self._jitter())

    def _take_in(self, data: bytes, at: Timestamp) -> None:
        for frame in self._wire.feed(data):
            if self._connected is None or self._since is None or not isinstance(frame, bytes):
                self._answer(frame, at)
            else:
                self._out.append(Message(frame, at, self._since))

    def _answer(self, frame: Reply, at: Timestamp) -> None:
        if self._pings and answers_ping(frame):
            self._since = self._pings.popleft()  # the server answers in order
            self._late_bytes = 0
        elif self._subscribing is not None and frame == self._confirmation:
            self._confirmed(self._subscribing, at)
            self._subscribing = None
        else:
            raise _unexpected(frame)

    def _confirmed(self, subscribing: Timestamp, at: Timestamp) -> None:
        self._out.append(Connected())
        if self._since is not None:
            self._out.append(Loss(self._since, at, "reconnected"))
            self.reconnects += 1
        self._since = subscribing  # the confirmation is as good as a PONG
        self._connected = at
        self._outage_told = False
        self._next_ping = subscribing.monotonic + self._config.ping_interval

    def _check_time(self, data: bytes | None, at: Timestamp) -> None:
        if self._connected is None:
            if at.monotonic >= self._give_up_at:
                raise TimeoutError(f"no answer within {self._config.connect_timeout:g} s")
        elif self._pings and at.monotonic >= self._pings[0].monotonic + self._config.ping_timeout:
            self._late_bytes += len(data or b"")
            if not self._heard or self._late_bytes > LATE_BYTES:
                raise TimeoutError(f"no answer to PING within {self._config.ping_timeout:g} s")
        if data is None:
            self._heard = False

    def _ping(self, at: Timestamp) -> bytes:
        if self._connected is None or at.monotonic < self._next_ping:
            return b""
        self._pings.append(at)
        self._next_ping = at.monotonic + self._config.ping_interval
        return _PING


def _unexpected(frame: Reply) -> ConnectionError:
    """The error for a reply after which a connection is of no more use."""
    if isinstance(frame, list) and frame[0].startswith(b"-"):
        return RefusedError("the server answered: ", text_of(frame[0][1:]))
    parts = [frame] if isinstance(frame, bytes) else frame
    return TransportError("the server sent '", text_of(b" ".join(parts)), "' to a subscriber")
