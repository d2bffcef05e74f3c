"""`connected`, `error`, and the callbacks for connections: what health checks and consumers of plain values rely on."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any, Final

import pytest

import checkpoint_notify._asyncio.connection
import checkpoint_notify._sync.connection
import checkpoint_notify.asyncio
from checkpoint_notify import CheckpointListenerConfig, CheckpointNotification, Connected, Disconnected, Gap, Invalid
from checkpoint_notify._protocol.subscription import Subscription

from ..support.faults.resp import Resp
from ..support.listeners import CHANNEL, Listen
from ..support.server import Server
from ..support.waiting import wait_until

PAYLOAD: Final = CheckpointNotification.new("model.bin", "lstm").to_json_bytes()
PATIENT: Final[dict[str, Any]] = {"connect_timeout": 60, "ping_timeout": 60}
"""For tests that are not about limits."""


@pytest.fixture
def own() -> Iterator[Server]:
    """A server that a test may kill."""
    with Server() as running:
        yield running


def state(listening: Any) -> tuple[bool, object]:
    """What a health check sees."""
    return listening.listener.connected, listening.listener.error


def test_connected_follows_the_connection(listen: Listen, own: Server) -> None:
    """It follows the server even if no consumer takes events."""
    listening = listen(redis_url=own.url, backoff_max=0.02, **PATIENT)
    assert (False, None) == state(listening)
    with listening:
        for _ in range(2):
            wait_until(lambda: listening.listener.connected)
            own.kill()
            wait_until(lambda: not listening.listener.connected)
            own.restart()
        wait_until(lambda: listening.listener.connected)
        listening.close()
        assert (False, None) == state(listening)
    assert (False, None) == state(listening)


def test_connected_changes_before_the_event_is_delivered(listen: Listen, own: Server) -> None:
    """At a Connected, `connected` is true. At a Disconnected it is false, if the server is gone."""
    with listen(redis_url=own.url, **PATIENT) as listening:
        listening.take(Connected)
        assert (True, None) == state(listening)
        own.kill()
        listening.take(Disconnected)
        assert (False, None) == state(listening)


def test_a_closing_listener_is_not_connected(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """`connected` is false from the call on, though the thread has not closed the connection yet."""
    closing = threading.Event()
    close = checkpoint_notify._sync.connection.ListenConnection.close

    def slowly(link: Any) -> None:
        closing.wait()
        close(link)

    monkeypatch.setattr(checkpoint_notify._sync.connection.ListenConnection, "close", slowly)
    with checkpoint_notify.CheckpointListener(CheckpointListenerConfig(redis_url=server.url, **PATIENT)) as listener:
        next(listener)
        try:
            assert listener.connected
            listener.close()
            assert not listener.connected
        finally:
            closing.set()


def test_a_closing_asyncio_listener_is_not_connected(server: Server) -> None:
    """The same for other tasks while `aclose` waits."""

    async def main() -> list[bool]:
        config = CheckpointListenerConfig(redis_url=server.url, **PATIENT)
        async with checkpoint_notify.asyncio.CheckpointListener(config) as listener:
            await anext(listener)
            seen = [listener.connected]
            closing = asyncio.create_task(listener.aclose())
            while not closing.done():
                await asyncio.sleep(0)
                seen.append(listener.connected)
        return seen

    first, *others = asyncio.run(main())
    assert first
    assert len(others) > 1
    assert not any(others)


def test_error_after_the_last_reconnect(listen: Listen, own: Server) -> None:
    """It is the last error, not the one of the Disconnected. Closing does not change it."""
    with listen(redis_url=own.url, max_reconnects=1, backoff_max=0.02, **PATIENT) as listening:
        listening.take(Connected)
        own.kill()
        first = listening.take(Disconnected).error
        assert listening.at_end()
        connected, error = state(listening)
        assert not connected
        assert "connecting to 127.0.0.1" in str(error)
        assert error is not first
    assert (False, error) == state(listening)


@pytest.mark.parametrize("place", ["begin", "connected"])
def test_error_after_an_exception_in_the_reader(
    place: str, listen: Listen, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader fails before there is a connection, or while there is one."""
    fault = ZeroDivisionError()

    def faulty(*_: Any) -> Any:
        raise fault

    if place == "begin":
        monkeypatch.setattr(Subscription, "begin", faulty)
    else:
        monkeypatch.setattr(Subscription, "_ping", faulty)
        monkeypatch.setattr(Subscription, "fail", faulty)
    with listen(redis_url=server.url, **PATIENT) as listening:
        wait_until(lambda: listening.listener.error is not None)
        assert (False, fault) == state(listening)
        with pytest.raises(RuntimeError, match="reader failed"):
            list(iter(listening.at_end, True))


def test_no_error_when_disabled_or_closed_before_entering(listen: Listen, server: Server) -> None:
    """`error` is None."""
    with listen(enabled=False) as listening:
        assert listening.at_end()
        assert (False, None) == state(listening)


def test_no_error_when_closed_during_an_outage(listen: Listen, own: Server) -> None:
    """The outage did not stop the listener."""
    own.kill()
    with listen(redis_url=own.url, **PATIENT) as listening:
        listening.take(Disconnected)
    assert (False, None) == state(listening)


FORKED: Final = """
import asyncio, os, sys
from checkpoint_notify import CheckpointListener, CheckpointListenerConfig
from checkpoint_notify.asyncio import CheckpointListener as Asynchronous

config = CheckpointListenerConfig(redis_url=sys.argv[1], connect_timeout=60)

def fork(listener):
    if (child := os.fork()) == 0:
        print("child", listener.connected, listener.error, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    print("parent", listener.connected, listener.error, flush=True)

with CheckpointListener(config) as listener:
    next(listener)
    fork(listener)

async def main():
    async with Asynchronous(config) as listener:
        await anext(listener)
        fork(listener)

asyncio.run(main())
"""


def test_a_forked_child_is_not_connected(server: Server) -> None:
    """The connection belongs to the parent."""
    command = [sys.executable, "-W", "ignore", "-c", FORKED, server.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ("child False None\nparent True None\n" * 2, "") == (done.stdout, done.stderr)


# Callbacks.


def test_connection_callbacks_run_in_order(listen: Listen, own: Server) -> None:
    """Each runs between the other callbacks and the values."""
    seen: list[object] = []
    with listen(redis_url=own.url, backoff_max=0.02, **PATIENT) as listening:
        listening.take(Connected)  # so that the next one comes with the values
        own.kill()
        own.restart()
        wait_until(lambda: listening.counters.reconnects == 1)
        with Resp(own.port) as admin:
            for payload in (b"{", PAYLOAD):
                admin.ask("PUBLISH", CHANNEL, payload)
        values = listening.notifications(
            on_connected=seen.append, on_disconnected=seen.append, on_gap=seen.append, on_invalid=seen.append
        )
        seen.append(next(values))
    assert [Disconnected, Connected, Gap, Invalid, CheckpointNotification] == [type(each) for each in seen]


def test_callbacks_may_be_coroutine_functions(server: Server) -> None:
    """They are awaited before the next event is handled."""
    seen: list[object] = []

    async def note(event: object) -> None:
        await asyncio.sleep(0.01)
        seen.append(event)

    async def main() -> None:
        config = CheckpointListenerConfig(redis_url=server.url, **PATIENT)
        async with checkpoint_notify.asyncio.CheckpointListener(config) as listener:
            with Resp(server.port) as admin:

                async def connected(event: Connected) -> None:
                    await note(event)
                    admin.ask("PUBLISH", CHANNEL, PAYLOAD)

                async for value in listener.notifications(on_connected=connected):
                    seen.append(value)
                    break

    asyncio.run(asyncio.wait_for(main(), 60))
    assert [Connected(), CheckpointNotification.from_json(PAYLOAD)] == seen


def test_an_exception_in_a_connection_callback_reaches_the_consumer(listen: Listen, server: Server) -> None:
    """So does one in any other callback."""

    def fail(_: Connected) -> None:
        raise ZeroDivisionError

    with listen(redis_url=server.url, **PATIENT) as listening, pytest.raises(ZeroDivisionError):
        next(listening.notifications(on_connected=fail))
