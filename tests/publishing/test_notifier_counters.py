"""Each call of an enabled notifier that has ended is counted once, however it ended; those of a disabled one never."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import gc
import inspect
import logging
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import pytest

import checkpoint_notify.asyncio
import checkpoint_notify.testing.asyncio
from checkpoint_notify import (
    CheckpointNotification,
    CheckpointNotifier,
    CheckpointNotifierConfig,
    EncodeError,
    RedisUrlError,
    _logging,
    redis_url,
)
from checkpoint_notify._asyncio import connection as _asyncio_connection
from checkpoint_notify._sync import connection as _connection
from checkpoint_notify.testing import RecordingNotifier

from ..support.loopback import LoopbackServer, Recorder, scripted

SAVED: Final = CheckpointNotification.new("model.bin", "lstm")
PONG: Final = (b"PING", b"+PONG\r\n")
LONG: Final = 60.0
KINDS: Final[dict[str, Any]] = {
    "sync": CheckpointNotifier,
    "asyncio": checkpoint_notify.asyncio.CheckpointNotifier,
}


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Makes a notifier from settings."""
    return lambda **config: KINDS[request.param](CheckpointNotifierConfig(**config))


def call(notifier: Any, method: str, notification: Any = SAVED) -> Any:
    """The result of a call."""
    result = getattr(notifier, method)(notification)
    return asyncio.run(result) if inspect.iscoroutine(result) else result


def counted(notifier: Any) -> dict[str, int]:
    """The counters that are not 0."""
    return {name: number for name, number in dataclasses.asdict(notifier.counters).items() if number}


def invalid() -> CheckpointNotification:
    """A notification that became invalid after it was made."""
    notification = CheckpointNotification.new("p", "n")
    notification.metadata["loss"] = 0.5  # type: ignore[assignment]
    return notification


@pytest.mark.parametrize("method", ["publish", "try_publish"])
@pytest.mark.parametrize(
    ("url", "notification", "kind"),
    [
        pytest.param("redis://h", invalid(), EncodeError, id="encoding"),
        pytest.param("redis://h", "a text", TypeError, id="no-notification"),
        pytest.param("redis://h", None, TypeError, id="none"),
        pytest.param("redis://", SAVED, RedisUrlError, id="url"),
        pytest.param("rediss://h", SAVED, RedisUrlError, id="tls"),
    ],
)
def test_errors_before_connecting_count_as_not_sent(
    make: Callable[..., Any], method: str, url: str, notification: Any, kind: type[Exception]
) -> None:
    """What is refused was not sent."""
    notifier = make(redis_url=url)
    if method == "try_publish" and kind is RedisUrlError:
        assert False is call(notifier, method, notification)
    else:
        with pytest.raises(kind):
            call(notifier, method, notification)
    assert {"not_sent": 1} == counted(notifier)


@pytest.mark.parametrize("method", ["publish", "try_publish"])
def test_without_redis(make: Callable[..., Any], method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without redis-py nothing is sent; a disabled notifier counts nothing."""
    monkeypatch.setitem(sys.modules, "redis", None)
    for enabled, expected in ((True, {"not_sent": 1}), (False, {})):
        notifier = make(enabled=enabled)
        assert not call(notifier, method)
        assert expected == counted(notifier)


def test_disabled(make: Callable[..., Any]) -> None:
    """A disabled notifier counts nothing."""
    notifier = make(enabled=False)
    assert None is call(notifier, "publish", invalid())
    assert {} == counted(notifier)


def interrupted(error: BaseException) -> Callable[..., Any]:
    """A function that raises, as a signal handler that runs in it does."""

    def raising(*args: Any, **options: Any) -> Any:
        raise error

    return raising


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), MemoryError()], ids=lambda error: repr(error))
@pytest.mark.parametrize(
    ("owner", "name", "outcome"),
    [
        pytest.param(CheckpointNotification, "to_json_bytes", "not_sent", id="encoding"),
        pytest.param(redis_url, "_parse", "not_sent", id="url"),
        pytest.param("connection", "__init__", "not_sent", id="connection"),
        pytest.param("connection", "connect", "not_sent", id="connecting"),
        pytest.param("connection", "publish", "unknown", id="publishing"),
        pytest.param("connection", "close", "published", id="closing"),
        pytest.param(_logging, "published", "published", id="logging"),
    ],
)
def test_an_interrupt_counts_by_progress(
    make: Callable[..., Any],
    owner: Any,
    name: str,
    outcome: str,
    error: BaseException,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It counts by how far the publish was."""
    with LoopbackServer(Recorder()) as server:
        notifier = make(redis_url=server.url)
        module = _connection if isinstance(notifier, CheckpointNotifier) else _asyncio_connection
        monkeypatch.setattr(module.PublishConnection if owner == "connection" else owner, name, interrupted(error))
        with pytest.raises(BaseException) as caught:  # noqa: PT011  # MemoryError may be one of ours by then
            call(notifier, "publish")
        monkeypatch.undo()
    assert error in (caught.value, caught.value.__cause__)
    assert {outcome: 1} == counted(notifier)


class Broken(logging.Handler):
    """A handler that raises."""

    def emit(self, record: logging.LogRecord) -> None:
        """Raise."""
        raise ZeroDivisionError


@pytest.mark.parametrize("outcome", ["published", "not_sent", "disabled", "no redis"])
def test_an_exception_in_a_logging_handler_changes_no_count(
    make: Callable[..., Any], outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exception is raised."""
    logger = logging.getLogger("checkpoint_notify")
    handler = Broken()
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    try:
        with LoopbackServer(Recorder()) as server:
            url = "redis://127.0.0.1:1" if outcome == "not_sent" else server.url
            notifier = make(redis_url=url, enabled=outcome != "disabled")
            if outcome == "no redis":
                monkeypatch.setitem(sys.modules, "redis", None)
            with pytest.raises(ZeroDivisionError):
                call(notifier, "try_publish")
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    expected: dict[str, dict[str, int]] = {"disabled": {}, "no redis": {"not_sent": 1}}
    assert expected.get(outcome, {outcome: 1}) == counted(notifier)


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        pytest.param([], "not_sent", id="before-PUBLISH"),
        pytest.param([PONG], "unknown", id="after-PUBLISH"),
    ],
)
def test_cancellation(answers: list[tuple[bytes, bytes]], outcome: str) -> None:
    """A publish that is cancelled counts by whether PUBLISH was written."""
    reached = threading.Event()
    answer = scripted(*answers)

    class Spy:
        def __init__(self, connection: Any) -> None:
            self._connection = connection

        def recv(self, size: int) -> bytes:
            data: bytes = self._connection.recv(size)
            if (b"PUBLISH" if answers else b"PING") in data:
                reached.set()
            return data

        def sendall(self, data: bytes) -> None:
            self._connection.sendall(data)

    async def main(url: str) -> Any:
        notifier = checkpoint_notify.asyncio.CheckpointNotifier(CheckpointNotifierConfig(redis_url=url))
        task = asyncio.create_task(notifier.publish(SAVED))
        assert await asyncio.to_thread(reached.wait, LONG)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        return notifier

    with LoopbackServer(lambda connection: answer(Spy(connection))) as server:  # type: ignore[arg-type]
        assert {outcome: 1} == counted(asyncio.run(main(server.url)))


def test_a_closed_coroutine_counts_once() -> None:
    """A coroutine that has begun counts when it is closed. One that never began does not."""

    async def main(url: str) -> Any:
        notifier = checkpoint_notify.asyncio.CheckpointNotifier(CheckpointNotifierConfig(redis_url=url))
        coroutine = notifier.publish(SAVED)
        coroutine.close()
        assert {} == counted(notifier)
        coroutine = notifier.publish(SAVED)
        coroutine.send(None)
        coroutine.close()
        return notifier

    with LoopbackServer(Recorder()) as server:
        assert {"not_sent": 1} == counted(asyncio.run(main(server.url)))


@pytest.mark.parametrize("kind", [RecordingNotifier, checkpoint_notify.testing.asyncio.RecordingNotifier])
def test_interrupts_at_any_point_count_once(kind: Any) -> None:
    """Publishes are interrupted at a hundred points. There are as many counts as calls."""
    code = inspect.unwrap(kind.__mro__[2].publish).__code__
    calls = interrupts = 0

    def handle(number: int, frame: FrameType | None) -> None:
        while frame is not None and frame.f_code is not code:
            frame = frame.f_back
        if frame is not None and frame.f_lineno != code.co_firstlineno:  # else the call has not begun
            raise KeyboardInterrupt

    notifier = kind()
    before = signal.signal(signal.SIGALRM, handle)
    gc.disable()  # Hypothesis has a callback there, in which an exception would get lost
    try:
        while interrupts < 100:
            calls += 1
            signal.setitimer(signal.ITIMER_REAL, 1e-6 * (1 + calls % 100))
            try:
                result = notifier.publish(SAVED)
                if inspect.iscoroutine(result):
                    result.send(None)
            except StopIteration:
                pass  # the coroutine's result
            except KeyboardInterrupt:
                interrupts += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        gc.enable()
    assert interrupts > 10
    assert calls == sum(counted(notifier).values())


def test_a_copy_continues_the_counts(make: Callable[..., Any]) -> None:
    """A notifier can be copied and pickled, and each copy counts on."""
    notifier = make(redis_url="redis://")
    assert False is call(notifier, "try_publish")
    for twin in (copy.copy(notifier), copy.deepcopy(notifier), pickle.loads(pickle.dumps(notifier))):
        assert {"not_sent": 1} == counted(twin)
