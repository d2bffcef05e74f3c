"""If no thread can be started, the host name is resolved in place, without a time limit."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import Any, Final

import pytest

from checkpoint_notify import (
    CheckpointNotification,
    CheckpointNotifier,
    CheckpointNotifierConfig,
    Connected,
    NotSentError,
)
from checkpoint_notify._protocol import connecting

from ..support.flavours import FlavourNotifier
from ..support.listeners import Listen
from ..support.loopback import LoopbackServer, Recorder
from ..support.server import Server

SAVED: Final = CheckpointNotification.new("model.bin", "lstm")
LONG: Final = 60.0
LIMIT: Final = 3.0
"""Seconds, in a test that is about a time limit; long enough for a slow machine to connect."""
GETADDRINFO: Final = connecting._getaddrinfo
AT_EXIT: Final = """
import asyncio, atexit, sys
import checkpoint_notify.asyncio as aio
from checkpoint_notify import *
config = CheckpointNotifierConfig(redis_url=sys.argv[1])
saved = CheckpointNotification.new("model.bin", "lstm")
blocking, asynchronous = CheckpointNotifier(config), aio.CheckpointNotifier(config)
atexit.register(lambda: print(blocking.publish(saved)))
atexit.register(lambda: print(asyncio.run(asynchronous.publish(saved))))
"""


@pytest.fixture(params=["can't start new thread", "can't create new thread at interpreter shutdown"])
def no_new_threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the thread of the resolver fail as it does at a process limit, and in the end of the interpreter."""
    start = threading.Thread.start

    def fail(thread: Any) -> None:
        if "run_in_thread" in getattr(thread._target, "__qualname__", ""):
            raise RuntimeError(request.param)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", fail)


@pytest.mark.usefixtures("no_new_threads")
def test_publish_without_threads(publisher: FlavourNotifier) -> None:
    """The publish goes out."""
    with LoopbackServer(Recorder()) as server:
        assert 3 == publisher.publish(server.url.replace("127.0.0.1", "localhost"), SAVED)


@pytest.fixture
def slow_resolver(no_new_threads: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a name take longer than the time limit, and no thread to resolve it in."""

    def slow(host: str, port: int, flags: int) -> Any:
        if not flags:
            time.sleep(LIMIT * 1.1)
        return GETADDRINFO(host, port, flags)

    monkeypatch.setattr(connecting, "_getaddrinfo", slow)


@pytest.mark.usefixtures("slow_resolver")
@pytest.mark.time_limits(CONNECT_SECONDS=LIMIT)
def test_the_notifiers_limit_does_not_include_a_slow_resolver(publisher: FlavourNotifier) -> None:
    """The limit is extended by the time that resolving in place takes."""
    with LoopbackServer(Recorder()) as server:
        assert 3 == publisher.publish(server.url.replace("127.0.0.1", "localhost"), SAVED)


@pytest.mark.usefixtures("slow_resolver")
def test_the_listeners_limit_does_not_include_a_slow_resolver(listen: Listen, server: Server) -> None:
    """It is extended alike, up to the confirmation of SUBSCRIBE."""
    with listen(redis_url=server.url.replace("127.0.0.1", "localhost"), connect_timeout=LIMIT) as listener:
        assert Connected() == listener.ask().result(60.0)


@pytest.mark.usefixtures("no_new_threads")
def test_unknown_name_raises_the_resolvers_error(publisher: FlavourNotifier) -> None:
    """The error of `publish` has the resolver's text."""
    with pytest.raises(NotSentError, match="failed to lookup address information"):
        publisher.publish("redis://unknown.invalid", SAVED)


@pytest.mark.usefixtures("no_new_threads")
def test_listen_without_threads(listen: Listen, server: Server) -> None:
    """A listener connects as well."""
    listener = listen(redis_url=server.url.replace("127.0.0.1", "localhost"), connect_timeout=LONG)
    with listener:
        assert Connected() == listener.ask().result(60.0)


def test_publish_at_interpreter_exit() -> None:
    """Both notifiers publish from `atexit`, where Python 3.12 starts no thread."""
    recorder = Recorder()
    with LoopbackServer(recorder) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        done = subprocess.run([sys.executable, "-c", AT_EXIT, url], capture_output=True, text=True, check=True)
    assert ("3\n3\n", "") == (done.stdout, done.stderr)
    assert 2 == len([command for command in recorder.commands if command[0] == b"PUBLISH"])


def test_a_thread_resolves_the_name_if_threads_can_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the time limit covers it."""
    seen: list[threading.Thread] = []

    def spy(host: str, port: int, flags: int) -> Any:
        if not flags:
            seen.append(threading.current_thread())
        return GETADDRINFO(host, port, flags)

    monkeypatch.setattr(connecting, "_getaddrinfo", spy)
    with LoopbackServer(Recorder()) as server:
        config = CheckpointNotifierConfig(redis_url=server.url.replace("127.0.0.1", "localhost"))
        assert 3 == CheckpointNotifier(config).publish(SAVED)
    assert [threading.main_thread()] != seen
    assert 1 == len(seen)
