"""The table of docs/publishing.md: what `publish` and `try_publish` return and raise, in both flavours."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, Final

import pytest

from checkpoint_notify import (
    CheckpointNotification,
    CheckpointNotifier,
    CheckpointNotifierConfig,
    EncodeError,
    NotSentError,
    PublishError,
    RedisUrlError,
    RejectedError,
)
from checkpoint_notify.asyncio import CheckpointNotifier as AsyncNotifier

from ..support.loopback import free_port
from ..support.server import Server

SAVED: Final = CheckpointNotification.new("model.bin", "lstm")


def call(method: Callable[..., Any], argument: object) -> Any:
    """Return the result, awaited if needed; or the class of the exception."""
    try:
        result = method(argument)
        return asyncio.run(result) if inspect.iscoroutine(result) else result
    except Exception as error:
        return type(error)


@pytest.mark.parametrize("flavour", [CheckpointNotifier, AsyncNotifier])
def test_what_publishing_returns_and_raises(flavour: Any, server: Server) -> None:
    """Each row, `publish` first; a missing redis-py is another test's subject."""
    unencodable = SAVED.with_version(1)
    object.__setattr__(unencodable, "version", -1)
    nobody = f"redis://127.0.0.1:{free_port()}"
    for url, enabled, argument, returned, tried in (
        (server.url, True, SAVED, 0, True),
        (server.url, False, SAVED, None, False),
        (nobody, True, SAVED, NotSentError, False),
        (f"{server.url}/99", True, SAVED, RejectedError, False),
        ("rediss://localhost", True, SAVED, RedisUrlError, False),
        ("rediss://localhost", False, SAVED, None, False),
        (server.url, True, unencodable, EncodeError, EncodeError),
        (server.url, True, "no notification", TypeError, TypeError),
    ):
        notifier = flavour(CheckpointNotifierConfig(redis_url=url, enabled=enabled))
        assert (returned, tried) == (call(notifier.publish, argument), call(notifier.try_publish, argument))


def test_only_what_became_of_the_message_is_a_publish_error() -> None:
    """The other two are mistakes in a setting or in the program."""
    assert not issubclass(EncodeError, PublishError)
    assert not issubclass(RedisUrlError, PublishError)
    assert issubclass(EncodeError, ValueError)
    assert issubclass(RedisUrlError, ValueError)
