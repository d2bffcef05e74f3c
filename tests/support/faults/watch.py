"""Runs a listener of either flavour in a thread, hands its events to a ledger, and keeps those that are no messages."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeAlias

import checkpoint_notify.asyncio
from checkpoint_notify import CheckpointListener, CheckpointListenerConfig, Event, Received

from ..waiting import PATIENCE
from .ledger import Ledger

Flavour: TypeAlias = Literal["sync", "asyncio"]
FLAVOURS: Final[tuple[Flavour, ...]] = ("sync", "asyncio")


_LOOK_SECONDS: Final = 0.02


class Watch:
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
        self._config = config
        self._flavour = flavour
        self._make = listener
        self._pause = pause
        self._keep = keep
        self._changed = threading.Condition()
        self._stop: Callable[[], None] = lambda: None
        self._opened = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"{flavour} listener", daemon=True)
        self.ledger: Final = ledger
        self.events: Final[list[tuple[float, Event]]] = []
        self.listener: Any = None
        """The listener itself."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def ended(self) -> bool:
        """Whether the iteration has ended by itself or was closed."""
        return not self._thread.is_alive()

    def start(self) -> None:
        """Open the listener; returns once it is open, connected or not."""
        self._thread.start()
        assert self._opened.wait(PATIENCE), "the listener did not open"

    def close(self) -> float:
        """Close the listener; returns how many seconds it took to end. What it raised is raised here."""
        begun = time.monotonic()
        if self._thread.is_alive():
            self._stop()
        self._thread.join(PATIENCE)
        took = time.monotonic() - begun
        assert not self._thread.is_alive(), "the listener did not end"
        if self._error is not None:
            raise self._error
        return took

    def forget(self) -> None:
        """Refer to the listener no more, so that what it holds is let go of."""
        self.listener = None
        self._stop = lambda: None

    def wait(self, condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Wait until the condition holds; looked at after each event, and otherwise now and then."""
        deadline = time.monotonic() + patience
        with self._changed:
            while not condition():
                if self.ended or time.monotonic() > deadline:
                    state = "the listener has ended" if self.ended else f"in {patience} s"
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

    def hears(self, number: int, patience: float) -> bool:
        """Whether this message, or a later one, is delivered in that time."""
        try:
            self.wait(lambda: self.ledger.last_delivered >= number, f"message {number}", patience)
        except AssertionError:
            return False
        return True

    def _take(self, event: Event) -> None:
        with self._changed:
            self.ledger.see(event)
            if self._keep or not isinstance(event, Received):
                self.events.append((time.time(), event))
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            if self._flavour == "sync":
                self._listen()
            else:
                asyncio.run(self._listen_async())
        except BaseException as error:
            self._error = error
        finally:
            self._opened.set()
            with self._changed:
                self._changed.notify_all()

    def _listen(self) -> None:
        opened: AbstractContextManager[Any] = (self._make or CheckpointListener)(self._config)
        with opened as listener:
            self.listener, self._stop = listener, listener.close
            self._opened.set()
            for event in listener:
                self._take(event)
                if seconds := self._pause():
                    time.sleep(seconds)

    async def _listen_async(self) -> None:
        loop = asyncio.get_running_loop()
        async with (self._make or checkpoint_notify.asyncio.CheckpointListener)(self._config) as listener:
            self.listener = listener
            self._stop = lambda: _aclose(listener, loop)
            self._opened.set()
            async for event in listener:
                self._take(event)
                if seconds := self._pause():
                    await asyncio.sleep(seconds)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks left: {left}"


def _aclose(listener: Any, loop: asyncio.AbstractEventLoop) -> None:
    asyncio.run_coroutine_threadsafe(listener.aclose(), loop).result(PATIENCE)
