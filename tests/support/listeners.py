"""The listeners of both flavours behind one blocking interface; a wait without end becomes a TimeoutError."""

from __future__ import annotations

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Final, Self, TypeAlias, TypeVar

import checkpoint_notify.asyncio
from checkpoint_notify import (
    CheckpointListener,
    CheckpointListenerConfig,
    CheckpointNotification,
    Event,
    ListenerCounters,
)

from .flavours import Flavour
from .waiting import PATIENCE

CHANNEL: Final = "fks:default:model_checkpoints"
"""Of the instance that is listened to unless another is named."""
_CONSUMERS: Final = 2
"""How many events may be asked for at a time."""

E = TypeVar("E")
T = TypeVar("T")
Handler: TypeAlias = Callable[[Event], float | None]
"""Handles an event; the consumer then sleeps for so many seconds, as one that is slow does."""


class Listening(ABC):
    """A listener, entered by `with`; what it does not do within PATIENCE is a TimeoutError."""

    def __init__(self, listener: Any) -> None:
        self.listener = listener

    @abstractmethod
    def __enter__(self) -> Self: ...

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @abstractmethod
    def ask(self) -> Future[Event | None]:
        """Ask for the next event; None at the end."""

    @abstractmethod
    def consume(self, handle: Handler) -> None:
        """Hand each event to a function where the listener is consumed, until the end."""

    @abstractmethod
    def notifications(self, **options: Any) -> Iterator[CheckpointNotification]:
        """The listener's; its callbacks run where the listener is consumed."""

    @abstractmethod
    def close(self) -> None:
        """Close, from a thread that does not consume."""

    @abstractmethod
    def close_in_callback(self) -> Any:
        """Close where the listener is consumed; what a callback has to return then."""

    @property
    def counters(self) -> ListenerCounters:
        """The listener's."""
        counters: ListenerCounters = self.listener.counters
        return counters

    def take(self, kind: type[E]) -> E:
        """The next event, which is of this kind."""
        event = self.ask().result(PATIENCE)
        assert isinstance(event, kind), event
        return event

    def at_end(self) -> bool:
        """Whether there is no next event; waits for it, or for the end."""
        return self.ask().result(PATIENCE) is None


class SyncListening(Listening):
    """The blocking listener; other threads wait for its events."""

    def __init__(self, listener: Any) -> None:
        super().__init__(listener)
        self._consumers = ThreadPoolExecutor(_CONSUMERS)

    def __enter__(self) -> Self:
        self.listener.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.listener.__exit__(kind, error, trace)
        self._consumers.shutdown()

    def ask(self) -> Future[Event | None]:
        """See `Listening`."""
        return self._consumers.submit(next, self.listener, None)

    def consume(self, handle: Handler) -> None:
        """See `Listening`."""
        for event in self.listener:
            if seconds := handle(event):
                time.sleep(seconds)

    def notifications(self, **options: Any) -> Iterator[CheckpointNotification]:
        """See `Listening`."""
        values = self.listener.notifications(**options)
        while (value := self._consumers.submit(next, values, None).result(PATIENCE)) is not None:
            yield value

    def close(self) -> None:
        """See `Listening`."""
        self.listener.close()

    def close_in_callback(self) -> Any:
        """See `Listening`."""
        return self.listener.close()


class AsyncListening(Listening):
    """The asyncio listener, with its loop in a thread of its own; leaving it fails if a task is left."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        try:
            self._run(self.listener.__aenter__())
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._run(self.listener.__aexit__(kind, error, trace))
        finally:
            self._stop()

    def ask(self) -> Future[Event | None]:
        """See `Listening`."""
        return asyncio.run_coroutine_threadsafe(_next(self.listener), self._loop)

    def consume(self, handle: Handler) -> None:
        """See `Listening`."""
        asyncio.run_coroutine_threadsafe(self._consume(handle), self._loop).result()

    async def _consume(self, handle: Handler) -> None:
        async for event in self.listener:
            if seconds := handle(event):
                await asyncio.sleep(seconds)

    def notifications(self, **options: Any) -> Iterator[CheckpointNotification]:
        """See `Listening`."""
        values = self.listener.notifications(**options)
        while (value := self._run(_next(values))) is not None:
            yield value

    def close(self) -> None:
        """See `Listening`."""
        self._run(self.listener.aclose())

    def close_in_callback(self) -> Any:
        """See `Listening`."""
        return self.listener.aclose()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def _stop(self) -> None:
        try:
            self._run(self._loop.shutdown_asyncgens())
            self._run(self._loop.shutdown_default_executor())
            left = asyncio.all_tasks(self._loop)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
        assert set() == left


class Consumer:
    """Hands each event of a listener to a function, in a thread, from `start()` to `close()`."""

    def __init__(self, listening: Listening, handle: Handler) -> None:
        self._listening = listening
        self._handle = handle
        self._opened = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="consumer", daemon=True)

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
        if not self.ended:
            self._listening.close()
        self._thread.join(PATIENCE)
        took = time.monotonic() - begun
        assert self.ended, "the listener did not end"
        if self._error is not None:
            raise self._error
        return took

    def release(self) -> None:
        """Drop the reference to the listener, so that its threads and descriptors can go."""
        self._listening.listener = None

    def _run(self) -> None:
        try:
            with self._listening:
                self._opened.set()
                self._listening.consume(self._handle)
        except BaseException as error:
            self._error = error
        finally:
            self._opened.set()


LISTENINGS: Final[dict[Flavour, type[Listening]]] = {"sync": SyncListening, "asyncio": AsyncListening}
LISTENERS: Final[dict[Flavour, Callable[[CheckpointListenerConfig], Any]]] = {
    "sync": CheckpointListener,
    "asyncio": checkpoint_notify.asyncio.CheckpointListener,
}

Listen: TypeAlias = Callable[..., Listening]
"""Makes a listener from settings."""


def listening(
    flavour: Flavour,
    config: CheckpointListenerConfig,
    make: Callable[[CheckpointListenerConfig], Any] | None = None,
) -> Listening:
    """A listener of that flavour; `make` makes another than the flavour's own."""
    return LISTENINGS[flavour]((make or LISTENERS[flavour])(config))


async def _next(iterator: Any) -> Any:
    return await anext(iterator, None)
