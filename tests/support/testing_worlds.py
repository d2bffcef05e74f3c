"""Situations that are set up for the real notifier or listener and for the fake one.

What both tell of it, in the same words, is an account; a test compares it with what the contract says.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import redis

import checkpoint_notify.asyncio
import checkpoint_notify.testing.asyncio
from checkpoint_notify import (
    CheckpointListenerConfig,
    CheckpointNotification,
    CheckpointNotifier,
    CheckpointNotifierConfig,
    Connected,
    Event,
    Gap,
    Invalid,
    NotSentError,
    OutcomeUnknownError,
    PublishError,
    Received,
    RejectedError,
)
from checkpoint_notify.testing import ScriptedListener, Step

from .flavours import Flavour
from .listeners import LISTENERS, LISTENINGS
from .proxy import FaultProxy
from .server import Server
from .subscriber import Subscriber
from .waiting import PATIENCE

Outcome = int | type[NotSentError] | type[RejectedError] | type[OutcomeUnknownError]
Records = list[tuple[str, str, str | None]]
"""Level, message without its arguments, and channel."""

_numbers = itertools.count()


def new_instance() -> str:
    """An instance id, and so a channel, that nobody else uses."""
    return f"testing-{next(_numbers)}"


def records(logged: list[logging.LogRecord]) -> Records:
    """What was logged by this package."""
    return [
        (record.levelname, record.msg, getattr(record, "channel", None))
        for record in logged
        if record.name == "checkpoint_notify"
    ]


# Notifiers.


class Published(NamedTuple):
    """What a call came to."""

    result: int | bool | type[Exception] | None
    counters: dict[str, int]
    delivered: list[CheckpointNotification]


class RealOrFakeNotifier:
    """Publishes with the real notifier, or with the fake one, of either flavour."""

    def __init__(self, *, fake: bool, flavour: Flavour) -> None:
        self.fake = fake
        self._flavour = flavour

    def account(
        self,
        method: str,
        notification: CheckpointNotification,
        server: Server,
        *,
        outcome: Outcome = 0,
        **config: Any,
    ) -> Published:
        """Call `publish` or `try_publish` where it ends with this outcome; the server has one subscriber for each."""
        config = {"redis_url": server.url, "instance_id": new_instance(), **config}
        if self.fake:
            notifier = self._fake_notifier(CheckpointNotifierConfig(**config), outcome)
            result = called(notifier, method, notification)
            return Published(result, _counted(notifier), notifier.published)
        with real_outcome(server, outcome) as url:
            settings = CheckpointNotifierConfig(**{**config, "redis_url": url or config["redis_url"]})
            notifier = self._real_notifier(settings)
            count = outcome if isinstance(outcome, int) else 0
            with subscribers(server, notifier.channel, count) as listening:
                result = called(notifier, method, notification)
                payloads = [subscriber.receive() for subscriber in listening][:1]
        return Published(result, _counted(notifier), [CheckpointNotification.from_json(raw) for raw in payloads])

    def _fake_notifier(self, config: CheckpointNotifierConfig, outcome: Outcome) -> Any:
        fakes = checkpoint_notify.testing.asyncio if self._flavour == "asyncio" else checkpoint_notify.testing
        return fakes.RecordingNotifier(config, outcomes=[outcome if isinstance(outcome, int) else outcome("a reason")])

    def _real_notifier(self, config: CheckpointNotifierConfig) -> Any:
        return (checkpoint_notify.asyncio.CheckpointNotifier if self._flavour == "asyncio" else CheckpointNotifier)(
            config
        )


def called(notifier: Any, method: str, notification: CheckpointNotification) -> Any:
    """The result of a call, or the class of the exception it raised."""
    try:
        result = getattr(notifier, method)(notification)
        return asyncio.run(result) if inspect.iscoroutine(result) else result
    except (PublishError, ValueError) as error:
        return type(error)


@contextmanager
def real_outcome(server: Server, outcome: Outcome) -> Iterator[str | None]:
    """The URL at which a publish ends like this; None where the server's own does."""
    if outcome is NotSentError:
        yield "redis://127.0.0.1:1"
    elif outcome is RejectedError:
        yield server.url.replace("redis://", "redis://nobody:wrong@")
    elif outcome is OutcomeUnknownError:
        with FaultProxy(server.port, lose_replies_from=b"PUBLISH") as proxy:
            yield proxy.url
    else:
        yield None


@contextmanager
def subscribers(server: Server, channel: str, count: int) -> Iterator[list[Subscriber]]:
    """As many subscribers."""
    listening: list[Subscriber] = []
    try:
        for _ in range(count):
            listening.append(Subscriber(server.url, channel))
            listening[-1].start()
        yield listening
    finally:
        for subscriber in listening:
            subscriber.stop()


def _counted(notifier: Any) -> dict[str, int]:
    counters = notifier.counters
    return {name: getattr(counters, name) for name in counters.__slots__ if getattr(counters, name)}


# Listeners.


class Outage(NamedTuple):
    """In a story: the connection is cut."""


Story = Sequence[bytes | Outage]
"""What happens from the first `Connected` on: payloads that are published, and outages."""

_CONFIG: Final[dict[str, Any]] = {"connect_timeout": 30.0, "backoff_initial": 0.001, "max_payload": 1000}


class RealOrFakeListener:
    """Listens with the real listener, or with the fake one, of either flavour."""

    def __init__(self, *, fake: bool, flavour: Flavour) -> None:
        self.fake = fake
        self._flavour = flavour

    def listener(self, steps: list[Step], **config: Any) -> Any:
        """A listener; the fake one with this script."""
        settings = CheckpointListenerConfig(**{**_CONFIG, "instance_id": new_instance(), **config})
        if self.fake:
            fake = (
                checkpoint_notify.testing.asyncio.ScriptedListener if self._flavour == "asyncio" else ScriptedListener
            )
            return fake(steps, settings)
        return LISTENERS[self._flavour](settings)

    def events(self, listener: Any, count: int, after: Callable[[int, Event], object]) -> list[Event]:
        """Take so many events, calling `after` with each and its number, and close; what came in all."""
        seen: list[Event] = []
        with LISTENINGS[self._flavour](listener) as listening:
            while (event := listening.ask().result(PATIENCE)) is not None:
                seen.append(event)
                after(len(seen), event)
                if len(seen) == count:
                    listening.close()
        return seen

    def values(self, listener: Any, count: int, **options: Any) -> list[CheckpointNotification]:
        """Take so many from `notifications()`, and close; what came in all."""
        values: list[CheckpointNotification] = []
        with LISTENINGS[self._flavour](listener) as listening:
            for notification in listening.notifications(**options):
                values.append(notification)
                if len(values) == count:
                    listening.close()
        return values


def narrator(server: Server, channel: str, story: Story) -> Callable[[int, Event], None]:
    """Makes a story happen to a real listener: the next part, once the events of the one before have come."""
    parts = list(story)
    pending = 1

    def tell(_: int, __: Event) -> None:
        nonlocal pending
        pending -= 1
        if pending or not parts:
            return
        with redis.Redis(port=server.port, protocol=2) as client:
            part = parts.pop(0)
            if isinstance(part, Outage):
                client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
                pending = 3  # Disconnected, Connected, Gap
            else:
                client.publish(channel, part)
                pending = 1

    return tell


def script(story: Story, gap: Gap, disconnected: Event) -> list[Step]:
    """The same story for a fake listener."""
    steps: list[Step] = [Connected()]
    for part in story:
        steps += [disconnected, Connected(), gap] if isinstance(part, Outage) else [part]
    return steps


def plainly(event: Event) -> tuple[str, ...]:
    """An event without what chance decides: the times, and why a connection broke."""
    words = [type(event).__name__]
    match event:
        case Gap():
            words.append(event.reason)
        case Invalid():
            words += [repr(event.raw), repr(event.error)]
        case Received():
            words += [repr(event.raw), repr(event.notification)]
    return tuple(words)
