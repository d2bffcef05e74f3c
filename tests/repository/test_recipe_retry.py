"""The recipe for a retry: it goes on until the server is there, and no message arrives twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

import pytest
from redis import Redis

from checkpoint_notify import (
    CheckpointNotification,
    CheckpointNotifier,
    CheckpointNotifierConfig,
    NotSentError,
    OutcomeUnknownError,
    PublishError,
    RejectedError,
)

from ..support.proxy import FaultProxy
from ..support.server import Server
from ..support.subscriber import Subscriber
from .test_recipes import load_recipe

publish_with_retry: Final = load_recipe("publish_with_retry").publish_with_retry
SAVED: Final = CheckpointNotification.new("model.bin", "lstm").with_version(1)
LAST: Final = SAVED.with_version(2)


def notifier(url: str) -> CheckpointNotifier:
    """A notifier for that server."""
    return CheckpointNotifier(CheckpointNotifierConfig(redis_url=url, instance_id="retry"))


def retry_on_every_error(notifier: CheckpointNotifier, saved: CheckpointNotification) -> None:
    """What the recipe must not be."""
    for _ in range(3):
        try:
            notifier.publish(saved)
        except PublishError:
            continue


def test_it_publishes_once_the_server_is_there() -> None:
    """The server is down at the first try; it is there for a later one, and has one message."""
    with Server() as redis:
        redis.kill()
        there = notifier(redis.url)
        results: list[int | None] = []
        thread = threading.Thread(target=lambda: results.append(publish_with_retry(there, SAVED, pause=0.02)))
        thread.start()
        while there.counters.not_sent < 2:
            time.sleep(0.01)
        redis.restart()
        thread.join()
    assert [0] == results
    assert there.counters.published == 1


def test_it_gives_up() -> None:
    """After the time that it was given, with the last error; by then it has tried more than once."""
    nowhere = notifier("redis://127.0.0.1:1")
    with pytest.raises(NotSentError):
        publish_with_retry(nowhere, SAVED, seconds=0.5, pause=0.02)
    assert nowhere.counters.not_sent > 1


def test_a_refusal_is_raised_at_once() -> None:
    """A server that wants a password is asked once."""
    with Server(password="secret") as redis:
        refused = notifier(f"redis://{redis.host}:{redis.port}")
        with pytest.raises(RejectedError):
            publish_with_retry(refused, SAVED)
    assert (1, 0) == (refused.counters.rejected, refused.counters.published)


def received(publish: Callable[[CheckpointNotifier], object]) -> list[int]:
    """The versions that a subscriber gets when the reply to each PUBLISH is lost; the last one marks the end."""
    with Server() as redis, FaultProxy(redis.port, lose_replies_from=b"PUBLISH") as proxy:
        lossy = notifier(proxy.url)
        with Subscriber(redis.url, lossy.channel) as subscriber, Redis(port=redis.port, protocol=2) as direct:
            publish(lossy)
            direct.publish(lossy.channel, LAST.to_json())
            versions: list[int] = []
            while not versions or versions[-1] != LAST.version:
                versions.append(CheckpointNotification.from_json(subscriber.receive()).version)
    return versions


@pytest.mark.time_limits("REPLY_SECONDS")
def test_nothing_is_sent_twice() -> None:
    """The reply is lost: the error is raised at once, and the message was delivered once."""

    def publish(lossy: CheckpointNotifier) -> None:
        with pytest.raises(OutcomeUnknownError):
            publish_with_retry(lossy, SAVED)

    assert [SAVED.version, LAST.version] == received(publish)


@pytest.mark.time_limits("REPLY_SECONDS")
def test_a_retry_on_every_error_sends_twice() -> None:
    """This is what the recipe avoids, and what the test above would see."""
    assert [SAVED.version] * 3 + [LAST.version] == received(lambda lossy: retry_on_every_error(lossy, SAVED))
