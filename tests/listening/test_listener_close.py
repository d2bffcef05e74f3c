"""How listeners are closed, and used otherwise than by their rules; test_faults_ending.py has signals and forks."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

import checkpoint_notify.asyncio
from checkpoint_notify import (
    CheckpointListener,
    CheckpointListenerConfig,
    CheckpointNotification,
    Connected,
    Invalid,
    Received,
    _counters,
)
from checkpoint_notify._protocol.event_queue import EventQueue
from checkpoint_notify._sync.reader import ConsumerQueue

from ..support.faults.leftovers import held, left_behind, wait_until_held
from ..support.faults.resp import Resp
from ..support.listeners import CHANNEL, Listen
from ..support.loopback import LoopbackServer, silent
from ..support.server import Server
from ..support.waiting import PATIENCE, wait_until

PAYLOAD: Final = CheckpointNotification.new("model.bin", "lstm").to_json_bytes()
HOUR: Final = 3600.0
"""How long a listener would take to end that waits for what it does next. That it ends within 0.5 s is a matter of
test_faults_ending.py."""


def subscribers(port: int) -> list[str]:
    """The subscribed connections, as the server describes them."""
    with Resp(port) as admin:
        return admin.text("CLIENT", "LIST", "TYPE", "pubsub").splitlines()


def test_close_ends_a_wait_in_another_thread(listen: Listen, record_property: Any) -> None:
    """It is called twice. The wait ends, later calls find the end, and nothing is left."""
    before = held()
    with Server() as server:
        listening = listen(redis_url=server.url, ping_interval=HOUR, ping_timeout=HOUR)
        with listening:
            listening.take(Connected)
            waiting = listening.ask()
            begun = time.monotonic()
            listening.close()
            listening.close()
            assert waiting.result(PATIENCE) is None
            wait_until(lambda: not subscribers(server.port))
            took = time.monotonic() - begun
            assert [True, True] == [listening.at_end(), listening.at_end()]
            assert [] == list(listening.notifications())
        with pytest.raises(RuntimeError, match="make a new one for each"):
            listening.__enter__()
        del listening
    wait_until_held(before, PATIENCE)
    record_property("ended", f"{took:.3f} s")
    assert took < PATIENCE


def test_close_drops_queued_events(listen: Listen, server: Server) -> None:
    """The current event is the last one, though more have arrived."""
    with listen(redis_url=server.url, max_queue=2) as listening, Resp(server.port) as admin:
        listening.take(Connected)
        for _ in range(3):
            admin.ask("PUBLISH", CHANNEL, PAYLOAD)
        wait_until(lambda: listening.counters.dropped == 1)
        listening.close()
        assert listening.at_end()
        assert 0 == listening.counters.received


def test_a_listener_closed_before_entering_ends_at_once(server: Server) -> None:
    """It yields no event."""
    config = CheckpointListenerConfig(redis_url=server.url)
    listener = CheckpointListener(config)
    listener.close()
    with listener:
        assert [] == list(listener)

    async def enter() -> list[object]:
        closed = checkpoint_notify.asyncio.CheckpointListener(config)
        await closed.aclose()
        async with closed:
            return [event async for event in closed]

    assert [] == asyncio.run(enter())


def test_close_in_the_body_of_the_loop(server: Server) -> None:
    """The iteration ends after the current event."""
    config = CheckpointListenerConfig(redis_url=server.url)
    events: list[object] = []
    with CheckpointListener(config) as listener:
        for event in listener:
            events.append(event)
            listener.close()

    async def listen() -> None:
        async with checkpoint_notify.asyncio.CheckpointListener(config) as listener:
            async for event in listener:
                events.append(event)
                await listener.aclose()

    asyncio.run(listen())
    assert [Connected(), Connected()] == events


def test_close_takes_no_lock(server: Server) -> None:
    """A signal handler may have interrupted the thread that holds the lock."""
    with CheckpointListener(CheckpointListenerConfig(redis_url=server.url)) as listener:
        closing = threading.Thread(target=listener.close, daemon=True)
        with listener._queue._lock, _counters._LOCK:
            closing.start()
            closing.join(PATIENCE)
            assert not closing.is_alive()


def test_close_does_not_wait_for_the_reader() -> None:
    """If the reader cannot end, all waiting consumers are still woken."""
    mailbox = ConsumerQueue(EventQueue(1, 1))
    with ThreadPoolExecutor(3) as consumers:
        waiting = [consumers.submit(mailbox.get) for _ in range(3)]
        try:
            wait_until(lambda: mailbox._waiting == 3)
            mailbox.close()
            assert [None] * 3 == [each.result(PATIENCE) for each in waiting]
        finally:
            mailbox.end()


SIGNALLED: Final = """
import itertools, signal, sys, threading
import redis
from checkpoint_notify import *

config = CheckpointListenerConfig(redis_url=sys.argv[1])
payload = CheckpointNotification.new("model.bin", "lstm").to_json()
stop = threading.Event()

def publish():
    with redis.Redis.from_url(sys.argv[1]) as client:
        while not stop.is_set():
            client.publish(checkpoint_channel(config.instance_id), payload)

def handle(*_):
    listener.close()
    counted.append(listener.counters)

counted = []
publisher = threading.Thread(target=publish)
publisher.start()
signal.signal(signal.SIGALRM, handle)
for attempt in itertools.count():  # later and later, until some have received something, however slow that is
    with CheckpointListener(config) as listener:
        signal.setitimer(signal.ITIMER_REAL, 0.001 + attempt / 1000)
        for _ in listener if attempt % 2 else listener.notifications():
            pass
    if attempt >= 20 and any(each.received for each in counted):
        break
stop.set()
publisher.join()
print(len(counted) == attempt + 1, threading.active_count())
"""


def test_close_from_a_signal_handler_at_any_point() -> None:
    """It interrupts the listening thread, twenty times at random points. Each listener ends, and no lock stays held."""
    with Server() as server:
        done = subprocess.run(
            [sys.executable, "-c", SIGNALLED, server.url], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    assert ("True 1\n", "") == (done.stdout, done.stderr)


FORKED: Final = """
import os, select, sys
from checkpoint_notify import *

config = CheckpointListenerConfig(redis_url=sys.argv[1])
notifier = CheckpointNotifier(CheckpointNotifierConfig(redis_url=sys.argv[1]))
notification = CheckpointNotification.new("model.bin", "lstm")
with CheckpointListener(config) as listener:
    assert Connected() == next(listener)
    if (child := os.fork()) == 0:
        for misuse in (listener.__next__, listener.__enter__):
            try:
                misuse()
            except RuntimeError as error:
                print(str(error).split(":")[0], flush=True)
        with CheckpointListener(config) as own:
            assert Connected() == next(own)
            print(notifier.publish(notification), next(own).notification == notification, flush=True)
        sys.exit(0)
    print(next(listener).notification == notification, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    print(notifier.publish(notification), next(listener).notification == notification, flush=True)
    print("called away:", select.select([listener._waker], [], [], 0)[0], flush=True)
"""


def test_a_forked_child_can_open_its_own_listener() -> None:
    """An error tells it to. Parent and child both receive, and the child's end does not affect the parent."""
    with Server() as server:
        command = [sys.executable, "-W", "ignore", "-c", FORKED, server.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    belongs = "the listener belongs to the process that this one was forked from, and so does its connection"
    entered = "the listener was entered before"
    assert ("", [belongs, entered]) == (done.stderr, done.stdout.splitlines()[:2])
    assert ["1 True", "2 True", "True 0", "called away: []"] == sorted(done.stdout.splitlines()[2:])


# The rules.


def test_error_for_a_listener_not_entered_or_entered_twice(server: Server) -> None:
    """An error that says what to do."""
    config = CheckpointListenerConfig(redis_url=server.url)
    listener = CheckpointListener(config)
    with pytest.raises(RuntimeError, match="use it in a `with` block"):
        next(listener)
    with listener, pytest.raises(RuntimeError, match="make a new one for each"):
        listener.__enter__()

    async def misuse() -> None:
        listener = checkpoint_notify.asyncio.CheckpointListener(config)
        with pytest.raises(RuntimeError, match="`async with` for asyncio"):
            await anext(listener)
        async with listener:
            with pytest.raises(RuntimeError, match="make a new one for each"):
                await listener.__aenter__()

    asyncio.run(misuse())


# For asyncio alone.


@pytest.mark.parametrize("state", ["connecting", "pausing"])
def test_cancelling_without_a_connection_leaves_no_resources(state: str, record_property: Any) -> None:
    """The listening task is cancelled an hour before its time limit. No other task and no descriptor is left."""

    async def cancel(config: CheckpointListenerConfig, in_state: Callable[[], bool]) -> float:
        before = held()
        seen: list[object] = []
        task = asyncio.create_task(listen_to(config, seen))
        while not (in_state() or seen):
            await asyncio.sleep(0.005)
        begun = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        took = time.monotonic() - begun
        assert {asyncio.current_task()} == asyncio.all_tasks()
        wait_until_held(before, PATIENCE)  # the other end is this process's as well
        return took

    async def listen_to(config: CheckpointListenerConfig, seen: list[object]) -> None:
        async with checkpoint_notify.asyncio.CheckpointListener(config) as listener:
            async for event in listener:
                seen.append(event)

    with LoopbackServer(silent) as nobody, Server() as gone:
        gone.kill()
        url = nobody.url if state == "connecting" else gone.url
        config = CheckpointListenerConfig(redis_url=url, connect_timeout=HOUR, backoff_initial=HOUR, backoff_max=HOUR)
        took = asyncio.run(cancel(config, lambda: nobody.accepted > 0))
    record_property("ended", f"{took:.3f} s")
    assert took < PATIENCE


def test_a_cancelled_wait_loses_no_event(server: Server) -> None:
    """It is cancelled at each turn of the loop from a message's arrival to its event. Every event comes, in order."""

    async def receive() -> list[int]:
        versions: list[int] = []
        config = CheckpointListenerConfig(redis_url=server.url)
        async with checkpoint_notify.asyncio.CheckpointListener(config) as listener:
            assert Connected() == await anext(listener)
            with Resp(server.port) as admin:
                for number in range(60):
                    waiting = asyncio.create_task(listener.__anext__())
                    await asyncio.sleep(0)
                    notification = CheckpointNotification.new("p", "n").with_version(number)
                    admin.ask("PUBLISH", CHANNEL, notification.to_json_bytes())
                    for _ in range(number % 6):
                        await asyncio.sleep(0)
                    waiting.cancel()
                    try:
                        event = await waiting
                    except asyncio.CancelledError:
                        event = await anext(listener)
                    assert isinstance(event, Received)
                    versions.append(event.notification.version)
        return versions

    assert list(range(60)) == asyncio.run(asyncio.wait_for(receive(), PATIENCE))


def test_a_cancelled_notifications_generator_loses_no_value(server: Server) -> None:
    """It ends, as any generator does. Another call continues, and no value is lost."""

    async def receive() -> CheckpointNotification:
        config = CheckpointListenerConfig(redis_url=server.url)
        async with checkpoint_notify.asyncio.CheckpointListener(config) as listener:
            assert Connected() == await anext(listener)
            values = listener.notifications()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await anext(values)
            with Resp(server.port) as admin:
                admin.ask("PUBLISH", CHANNEL, PAYLOAD)
            assert [] == [value async for value in values]
            return await anext(listener.notifications())

    assert PAYLOAD == asyncio.run(receive()).to_json_bytes()


def test_aclose_may_be_called_by_several_tasks_and_again(server: Server) -> None:
    """All calls return once nothing is left. The last call comes after the loop has ended."""

    async def close_thrice() -> checkpoint_notify.asyncio.CheckpointListener:
        before = held()
        listener = checkpoint_notify.asyncio.CheckpointListener(CheckpointListenerConfig(redis_url=server.url))
        async with listener:
            assert Connected() == await anext(listener)
            await asyncio.gather(listener.aclose(), listener.aclose(), listener.aclose())
            assert {asyncio.current_task()} == asyncio.all_tasks()
            assert (0, 0) == left_behind(before)
        return listener

    listener = asyncio.run(close_thrice())
    asyncio.run(listener.aclose())


def test_callbacks_may_be_coroutine_functions(server: Server) -> None:
    """They are awaited before the next value comes."""
    seen: list[object] = []

    async def note(event: Invalid) -> None:
        await asyncio.sleep(0.01)
        seen.append(event.raw)

    async def receive() -> None:
        config = CheckpointListenerConfig(redis_url=server.url)
        async with checkpoint_notify.asyncio.CheckpointListener(config) as listener:
            assert Connected() == await anext(listener)
            with Resp(server.port) as admin:
                for payload in (b"{", PAYLOAD, b"["):
                    admin.ask("PUBLISH", CHANNEL, payload)
            async for notification in listener.notifications(on_invalid=note):
                seen.append(notification.model_name)
                break

    asyncio.run(receive())
    assert [b"{", "lstm"] == seen
