"""A consumer that enters each event in a ledger, keeps all but messages, and waits for what a test expects."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from checkpoint_notify import CheckpointListenerConfig, Event, Received

from ..flavours import Flavour
from ..listeners import Consumer, listening
from ..waiting import PATIENCE
from .ledger import Ledger

_LOOK_SECONDS: Final = 0.02


class Watch(Consumer):
    """Listens from `start()` to `close()`. `events` holds all events but `Received`, each with the time it was seen.

    `listener` makes the listener from the config; `pause` says how long the consumer takes for the next event; `keep`
    has `Received` kept as well.
    """

    def __init__(
        self,
        config: CheckpointListenerConfig,
        flavour: Flavour,
        ledger: Ledger,
        *,
        listener: Callable[[CheckpointListenerConfig], Any] | None = None,
        pause: Callable[[], float] = lambda: 0.0,
        keep: bool = False,
    ) -> None:
        super().__init__(listening(flavour, config, listener), self._take)
        self._pause = pause
        self._keep = keep
        self._changed = threading.Condition()
        self.ledger: Final = ledger
        self.events: Final[list[tuple[float, Event]]] = []

    def wait(self, condition: Callable[[], bool], what: str, timeout: float = PATIENCE) -> None:
        """Wait until the condition holds; looked at after each event, and otherwise now and then."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not condition():
                if self.ended or time.monotonic() > deadline:
                    state = "the listener has ended" if self.ended else f"in {timeout} s"
                    raise AssertionError(f"no {what}, {state}: {self.events[-10:]!r:.1500}") from self._error
                self._changed.wait(_LOOK_SECONDS)

    def wait_connected(self) -> None:
        """Wait until it is subscribed."""
        self.wait(lambda: self.ledger.connected_at is not None, "Connected")

    def seen(self, kind: type[Event], since: float = 0.0) -> list[tuple[float, Event]]:
        """The events of one kind since a time."""
        return [(at, event) for at, event in self.events if isinstance(event, kind) and at >= since]

    def wait_seen(self, kind: type[Event], since: float) -> tuple[float, Event]:
        """The first event of that kind since a time, waited for."""
        self.wait(lambda: bool(self.seen(kind, since)), kind.__name__)
        return self.seen(kind, since)[0]

    def wait_delivered(self, number: int) -> None:
        """Wait until this message, or a later one, was delivered."""
        self.wait(lambda: self.ledger.last_delivered >= number, f"message {number}")

    def hears(self, number: int, timeout: float) -> bool:
        """Whether this message, or a later one, is delivered in that time."""
        try:
            self.wait(lambda: self.ledger.last_delivered >= number, f"message {number}", timeout)
        except AssertionError:
            return False
        return True

    def _take(self, event: Event) -> float:
        with self._changed:
            self.ledger.see(event)
            if self._keep or not isinstance(event, Received):
                self.events.append((time.time(), event))
            self._changed.notify_all()
        return self._pause()
