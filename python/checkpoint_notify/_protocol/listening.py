"""What the listeners of both flavours share: their state, the checks before they start, and their callbacks."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from checkpoint_notify import _logging, _redis_py
from checkpoint_notify._config import CheckpointListenerConfig
from checkpoint_notify._counters import ListenerCounters
from checkpoint_notify._events import Connected, Disconnected, Event, Gap, Invalid
from checkpoint_notify._protocol.client import BaseClient
from checkpoint_notify._protocol.event_decoder import EventDecoder
from checkpoint_notify._protocol.event_queue import EventQueue
from checkpoint_notify._protocol.subscription import Subscription
from checkpoint_notify.redis_url import RedisUrl, parse_redacted

READER_FAILED: Final = "the listener's reader failed"
_NOT_ENTERED: Final = "the listener was not entered: use it in a `with` block, or `async with` for asyncio"
_USED: Final = "the listener was entered before: make a new one for each `with` block"
_FORKED: Final = (
    "the listener belongs to the process that this one was forked from, and so does its connection:"
    " make a new listener in this process"
)

Callbacks: TypeAlias = dict[type[Event], Callable[[Any], Any]]


class BaseListener(BaseClient[CheckpointListenerConfig]):
    """The parts of a listener that do no I/O."""

    _subscription: Subscription

    def __init__(self, config: CheckpointListenerConfig, import_connection: Callable[[], object]) -> None:
        super().__init__(config)
        self._import_connection = import_connection
        self._events = EventQueue(config.max_queue, config.max_queue_bytes)
        self._decoder = EventDecoder(config.max_payload)
        self._owner: int | None = None
        """The process that entered; None before."""
        if config.enabled:
            _redis_py.preload(import_connection)

    @property
    def connected(self) -> bool:
        """Whether there is a subscription now; for any thread, and for health checks.

        This is the state of the connection, whatever events still wait for the consumer. False before entering, once it
        is closed, once the listener has stopped, and in a forked child.
        """
        return self._subscription.connected and not self._events.closed and self._owner == os.getpid()

    @property
    def error(self) -> BaseException | None:
        """Why the listener stopped: the last error if `max_reconnects` is used up, or an error in its reader.

        None while it has not stopped, after it was closed, and if it is disabled.
        """
        return self._subscription.error

    @property
    def counters(self) -> ListenerCounters:
        """How much was received, skipped, lost, and reconnected so far; for any thread, at any time."""
        counted = self._decoder.counters.snapshot()
        return dataclasses.replace(counted, dropped=self._events.dropped, reconnects=self._subscription.reconnects)

    @property
    def _foreign(self) -> bool:
        """Whether another process has entered this listener: this one is its child."""
        return self._owner not in (None, os.getpid())

    def _check_entered(self) -> None:
        """Raise RuntimeError unless this process has entered."""
        if self._owner != os.getpid():
            raise RuntimeError(_NOT_ENTERED if self._owner is None else _FORKED)

    def _target(self) -> RedisUrl | None:
        """Return the server to connect to; None for a disabled listener, whatever its URL. Imports redis-py if needed.

        The import belongs to the thread that enters: an import in the reader's thread and one in the caller's next line
        could deadlock.

        Raises RuntimeError if it was entered before, RedisUrlError, ImportError.
        """
        if self._owner is not None:
            raise RuntimeError(_USED)
        if not self._config.enabled:
            _logging.listening_disabled()
            return None
        try:
            _redis_py.load(self._import_connection)
        except ImportError as error:
            if isinstance(error.__cause__, OSError):  # no file descriptor is left to read a module with
                raise error.__cause__ from None
            raise
        return parse_redacted(self._config.redis_url)

    def _callbacks(
        self,
        on_gap: Callable[[Gap], Any] | None,
        on_invalid: Callable[[Invalid], Any] | None,
        on_connected: Callable[[Connected], Any] | None,
        on_disconnected: Callable[[Disconnected], Any] | None,
    ) -> Callbacks:
        """The function to call for each event that is no value. By default a Gap and an Invalid are logged."""
        return {
            Gap: on_gap or functools.partial(_logging.gap, self._channel),
            Invalid: on_invalid or functools.partial(_logging.invalid, self._channel),
            Connected: on_connected or _ignore,
            Disconnected: on_disconnected or _ignore,
        }


def _ignore(event: Event) -> None:
    """The log tells of connections already."""
