"""Listeners and the system: signals, forks, resolvers that do not answer, and no free descriptors or threads."""

from __future__ import annotations

import asyncio
import copy
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from typing import Any, Final

import pytest

import checkpoint_notify.asyncio
from checkpoint_notify import (
    CheckpointListener,
    CheckpointListenerConfig,
    CheckpointNotification,
    CheckpointNotifier,
    CheckpointNotifierConfig,
    Connected,
    NotifierCounters,
    Received,
    _counters,
)
from checkpoint_notify._counters import CounterSet

from ..support.faults.resp import Resp
from ..support.listeners import CHANNEL, Listen
from ..support.server import Server
from ..support.waiting import PATIENCE, wait_until

NOTIFICATION: Final = CheckpointNotification.new("model.bin", "lstm")

# Interrupts.


def test_an_interrupt_loses_no_event(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C comes while an event is made. The next call returns this event, once."""
    decode = CheckpointNotification.from_json
    interrupts = iter([True])

    def interrupted(payload: Any) -> CheckpointNotification:
        if next(interrupts, False):
            raise KeyboardInterrupt
        return decode(payload)

    monkeypatch.setattr(CheckpointNotification, "from_json", interrupted)
    with CheckpointListener(CheckpointListenerConfig(redis_url=server.url)) as listener, Resp(server.port) as admin:
        assert Connected() == next(listener)
        for version in (1, 2, 3):
            admin.ask("PUBLISH", CHANNEL, NOTIFICATION.with_version(version).to_json())
        with pytest.raises(KeyboardInterrupt):
            next(listener)
        events = [next(listener), next(listener)]
    assert [1, 2] == [event.notification.version for event in events if isinstance(event, Received)]


INTERRUPTED: Final = """
import random, signal, sys, threading
import redis
from checkpoint_notify import *

MESSAGES = 2000
config = CheckpointListenerConfig(redis_url=sys.argv[1], max_queue=MESSAGES)
notification = CheckpointNotification.new("model.bin", "lstm")

def publish():
    with redis.Redis.from_url(sys.argv[1]) as client:
        for version in range(MESSAGES):
            client.publish(listener.channel, notification.with_version(version).to_json())

def handle(_, frame):
    while frame is not None:
        if frame.f_code.co_name == "__next__":
            raise KeyboardInterrupt
        frame = frame.f_back

signal.signal(signal.SIGALRM, handle)
received, interrupts = [], 0
with CheckpointListener(config) as listener:
    assert Connected() == next(listener)
    publisher = threading.Thread(target=publish)
    publisher.start()
    while len(received) < MESSAGES and received[-1:] != [MESSAGES - 1]:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 3e-4))  # one at a time
        try:
            event = next(listener)
        except KeyboardInterrupt:
            interrupts += 1
        else:
            received.append(event.notification.version)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    publisher.join()
print(received == list(range(MESSAGES)), interrupts > 10)
"""


def test_interrupts_at_any_point_lose_no_event() -> None:
    """A signal handler raises at many points of `next`. Every event comes, once and in order."""
    with Server() as server:
        command = [sys.executable, "-c", INTERRUPTED, server.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ("True True\n", "") == (done.stdout, done.stderr)


# Forks.

FORKED: Final = {
    "sync": """
import os, sys
from checkpoint_notify import *

with CheckpointListener(CheckpointListenerConfig(redis_url=sys.argv[1])) as listener:
    next(listener)
    if (child := os.fork()) == 0:
        sys.stdin.read()
        os._exit(0)
print("closed", flush=True)
os.waitpid(child, 0)
""",
    "asyncio": """
import asyncio, os, sys
from checkpoint_notify.asyncio import *
from checkpoint_notify import CheckpointListenerConfig

async def main():
    async with CheckpointListener(CheckpointListenerConfig(redis_url=sys.argv[1])) as listener:
        await anext(listener)
        if (child := os.fork()) == 0:
            sys.stdin.read()
            os._exit(0)
    return child

child = asyncio.run(main())
print("closed", flush=True)
os.waitpid(child, 0)
""",
}


@pytest.mark.parametrize("flavour", FORKED)
def test_a_child_does_not_keep_the_connection_open(flavour: str) -> None:
    """It has a copy of the socket. The server still sees the connection closed when the listener closes."""
    with Server() as server, Resp(server.port) as admin:
        program = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", FORKED[flavour], server.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            assert program.stdout is not None
            assert b"closed\n" == program.stdout.readline()
            wait_until(lambda: admin.text("CLIENT", "LIST", "TYPE", "pubsub") == "")
        finally:
            program.communicate(timeout=PATIENCE)  # ends the child, with its input
    assert 0 == program.returncode


def test_counters_work_in_a_forked_child() -> None:
    """Another thread of the parent was counting at the moment of the fork."""
    tally = CounterSet(NotifierCounters)
    counting, forking = threading.Event(), threading.Event()

    def count() -> None:
        with _counters._LOCK:
            counting.set()
            forking.wait(PATIENCE)
            time.sleep(0.1)  # the main thread is in the fork by now, or has it behind it

    thread = threading.Thread(target=count)
    thread.start()
    counting.wait(PATIENCE)
    forking.set()
    child = os.fork()
    if child == 0:
        threading.Timer(PATIENCE, os._exit, [1]).start()
        tally.add("published")
        os._exit(0 if tally.snapshot() == NotifierCounters(published=1) else 2)
    thread.join()
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("kind", [CheckpointNotifier, checkpoint_notify.asyncio.CheckpointNotifier])
def test_a_notifier_can_be_pickled_and_copied(kind: Any) -> None:
    """Multiprocessing pickles it where it starts a new interpreter."""
    notifier = kind(CheckpointNotifierConfig(redis_url="redis://:pw@h", instance_id="prod", enabled=False))
    for same in (pickle.loads(pickle.dumps(notifier)), copy.deepcopy(notifier)):
        assert (notifier.channel, notifier.counters, repr(notifier)) == (same.channel, same.counters, repr(same))
        same._counters.add("unknown")
    assert NotifierCounters() == notifier.counters


# The event loop.


def test_queued_events_do_not_block_the_loop(server: Server) -> None:
    """The consumer handles each without a pause. The loop still reads, pings and runs other tasks."""
    waiting = 100

    async def main() -> list[int]:
        ticks, seen = 0, []

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        async with checkpoint_notify.asyncio.CheckpointListener(config) as listener:
            await anext(listener)
            await asyncio.to_thread(publish)
            await asyncio.sleep(0.2)
            ticker = asyncio.create_task(tick())
            async for _ in listener:
                time.sleep(0.015)
                seen.append(ticks)
                if len(seen) == waiting:
                    break
            ticker.cancel()
        return seen

    def publish() -> None:
        with Resp(server.port) as admin:
            for _ in range(waiting):
                admin.ask("PUBLISH", CHANNEL, NOTIFICATION.to_json())

    config = CheckpointListenerConfig(redis_url=server.url)
    seen = asyncio.run(main())
    assert waiting / 2 < len(set(seen))


# What the system does not give.


def test_close_does_not_wait_for_the_resolver(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that does not answer delays neither the listener's end nor the loop's."""
    answered = threading.Event()
    asked = threading.Event()
    resolve = socket.getaddrinfo

    def silent(host: Any, *args: Any, **options: Any) -> Any:
        if host in ("slow.invalid", b"slow.invalid") and not options.get("flags"):
            asked.set()
            answered.wait(2 * PATIENCE)
        return resolve(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    try:
        with listen(redis_url="redis://slow.invalid", connect_timeout=2 * PATIENCE):
            assert asked.wait(PATIENCE)
            begun = time.monotonic()
        assert PATIENCE > time.monotonic() - begun
    finally:
        answered.set()


EXHAUSTED: Final = """
import os, resource, sys, threading
import redis
from checkpoint_notify import *

def attempt():
    listener = CheckpointListener(CheckpointListenerConfig(redis_url=sys.argv[1]))
    for act in (listener.__enter__, listener.__next__):
        try:
            act()
        except (OSError, RuntimeError) as error:
            print(str(error).split(":")[0])
    listener.close()

_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/dev/fd")) + 8, most))
held = []
try:
    while True:
        held.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
attempt()
for descriptor in held:
    os.close(descriptor)

def start(thread):
    raise RuntimeError("can't start new thread")

threading.Thread.start = start
attempt()
"""


def test_entering_without_descriptors_or_threads_raises() -> None:
    """Nothing else is printed, and no consumer waits for events."""
    done = subprocess.run(
        [sys.executable, "-c", EXHAUSTED, "redis://127.0.0.1:1"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    refusals = ["[Errno 24] Too many open files", "can't start new thread"]
    assert "" == done.stderr
    assert [line for text in refusals for line in (text, "the listener was not entered")] == done.stdout.splitlines()
