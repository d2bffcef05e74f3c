"""Both listeners behind one blocking face, so that one test serves both, and none waits for ever."""

from __future__ import annotations

import asyncio
import threading
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

from .waiting import PATIENCE

CHANNEL: Final = "fks:default:model_checkpoints"
"""Of the instance that is listened to unless another is named."""
_CONSUMERS: Final = 2
"""How many events may be asked for at a time."""

E = TypeVar("E")
T = TypeVar("T")


class Listening(ABC):
    """A listener, entered by `with`; what it does not do within PATIENCE is a TimeoutError."""

    listener: Any

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

    def __init__(self, config: CheckpointListenerConfig) -> None:
        self.listener = CheckpointListener(config)
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

    def __init__(self, config: CheckpointListenerConfig) -> None:
        self.listener = checkpoint_notify.asyncio.CheckpointListener(config)

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


LISTENINGS: Final[dict[str, Callable[[CheckpointListenerConfig], Listening]]] = {
    "sync": SyncListening,
    "asyncio": AsyncListening,
}


Listen: TypeAlias = Callable[..., Listening]
"""Makes a listener from settings."""


async def _next(iterator: Any) -> Any:
    return await anext(iterator, None)
