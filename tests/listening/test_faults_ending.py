"""A listener ends within 0.5 s and leaves nothing, whatever ends it. A fork does not affect it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

import checkpoint_notify.asyncio
from checkpoint_notify import CheckpointListenerConfig

from ..support.faults.ledger import Ledger
from ..support.faults.leftovers import held, left_behind
from ..support.faults.messages import INSTANCE
from ..support.faults.program import FORK_AT
from ..support.faults.publisher import Publisher
from ..support.faults.resp import Resp
from ..support.faults.scene import ENDS_SECONDS, Stage
from ..support.faults.watch import Watch
from ..support.flavours import Flavour
from ..support.proxy import FaultProxy
from ..support.server import Server
from ..support.waiting import PATIENCE, wait_until

ROOT: Final = Path(__file__).parents[2]

ENDINGS: Final = [
    ("sync", "sigterm", signal.SIGTERM, "returned"),
    ("sync", "interrupt", signal.SIGINT, "KeyboardInterrupt"),
    ("asyncio", "sigterm", signal.SIGTERM, "returned"),
    ("asyncio", "interrupt", signal.SIGINT, "KeyboardInterrupt"),
    ("asyncio", "cancel", signal.SIGTERM, "CancelledError"),
]
CHILD_ENDED: Final = "the child that uses it ended with 0"


class Program:
    """tests.support.faults.program, running; its lines as they come."""

    def __init__(self, flavour: str, mode: str, url: str) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.faults.program", flavour, mode, url],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(["python", *sys.path])},
            stdout=subprocess.PIPE,
            text=True,
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def numbers(self) -> list[int]:
        """The messages that it has received."""
        return [int(line) for line in self.lines if line.isdigit()]

    @property
    def words(self) -> list[str]:
        """Everything else that it has printed."""
        return [line for line in self.lines if not line.isdigit()]

    def wait_for_numbers(self, count: int) -> None:
        """Wait until it has received so many messages."""
        wait_until(lambda: len(self.numbers) >= count, f"{count} messages")

    def signal(self, number: signal.Signals) -> float:
        """Send a signal; returns the time before."""
        before = time.time()
        self._process.send_signal(number)
        return before

    def wait(self) -> dict[str, Any]:
        """Wait for its end; returns what it reports."""
        self._process.wait(PATIENCE)
        self._thread.join()
        report: dict[str, Any] = json.loads(self.lines[-1])
        return report

    def close(self) -> None:
        """Kill it if it still runs."""
        self._process.kill()
        self._process.wait()
        self._thread.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.strip())


@contextmanager
def listening(flavour: str, mode: str) -> Iterator[tuple[Program, Server]]:
    """The program, connected, with messages coming."""
    with Server() as server, Publisher(server.port, Ledger(), every=0.005) as publisher:
        program = Program(flavour, mode, f"redis://127.0.0.1:{server.port}")
        try:
            program.wait_for_numbers(10)
            yield program, server
        finally:
            program.close()
            publisher.close()


@pytest.mark.parametrize(("flavour", "mode", "number", "how"), ENDINGS, ids=[f"{row[1]}-{row[0]}" for row in ENDINGS])
def test_a_signal_ends_the_listener(
    flavour: str, mode: str, number: signal.Signals, how: str, record_property: Any
) -> None:
    """SIGTERM that closes or cancels, and KeyboardInterrupt, end it within 0.5 s. Nothing is left, here or there."""
    with listening(flavour, mode) as (program, server):
        signalled = program.signal(number)
        report = program.wait()
        took = report["ended"] - signalled
        record_property("ended", f"{took:.3f} s (limit {ENDS_SECONDS:g})")
        assert took <= ENDS_SECONDS
        assert how == report["how"]
        assert report["before"] == report["after"]
        with Resp(server.port) as admin:
            assert "" == admin.text("CLIENT", "LIST", "TYPE", "pubsub")
    assert "Disconnected" not in program.lines


def test_a_forked_child_does_not_affect_the_parent(flavour: Flavour) -> None:
    """A child that uses the listener, closes it and ends takes no message and no connection from its parent."""
    with listening(flavour, "fork") as (program, server):
        program.wait_for_numbers(FORK_AT + 400)  # 2 s: pings have gone out and have been answered
        with Resp(server.port) as admin:
            assert 1 == len(admin.text("CLIENT", "LIST", "TYPE", "pubsub").splitlines())
    first = program.numbers[0]
    assert list(range(first, first + len(program.numbers))) == program.numbers
    assert ["Connected", CHILD_ENDED] == program.words


def test_connection_survives_a_suspended_process(flavour: Flavour) -> None:
    """SIGSTOP lasts longer than ping + deadline. The PONG arrived in time, so there is no drop and no Gap."""
    with listening(flavour, "sleep") as (program, _):
        program.signal(signal.SIGSTOP)
        time.sleep(3.5)
        program.signal(signal.SIGCONT)
        program.wait_for_numbers(len(program.numbers) + 600)
    assert ["Connected"] == program.words
    first = program.numbers[0]
    assert list(range(first, first + len(program.numbers))) == program.numbers


def test_a_child_that_runs_the_parents_loop_causes_a_gap() -> None:
    """A child that lets a running loop unwind undoes what the parent's loop waits for: they share it, says asyncio.

    The listener cannot help that. It notices, and says so.
    """
    with listening("asyncio", "fork and unwind") as (program, _):
        program.wait_for_numbers(FORK_AT + 100)
    assert ["Connected", CHILD_ENDED, "Disconnected", "Connected", "Gap"] == program.words
    assert sorted(set(program.numbers)) == program.numbers


@contextmanager
def no_answer(kind: str) -> Iterator[str]:
    """The URL of a place that keeps a listener busy with nothing, in one of several ways."""
    with Server() as server:
        if kind == "in the back-off":
            server.kill()
            yield server.url
            return
        proxy = FaultProxy(server.port, deaf=True) if kind == "connecting" else FaultProxy(server.port, swallow="both")
        with proxy:
            yield proxy.url


@pytest.mark.parametrize("kind", ["connecting", "subscribing", "in the back-off"])
def test_close_interrupts_connecting(kind: str, flavour: Flavour, record_property: Any) -> None:
    """Without a connection it ends just as soon, and does not wait for the long times that are set."""
    with no_answer(kind) as url:
        config = CheckpointListenerConfig(
            redis_url=url, instance_id=INSTANCE, connect_timeout=PATIENCE, backoff_initial=3600, backoff_max=3600
        )
        watch = Watch(config, flavour, Ledger())
        watch.start()
        time.sleep(0.3)
        took = watch.close()
    record_property("ended", f"{took:.3f} s (limit {ENDS_SECONDS:g})")
    assert took <= ENDS_SECONDS
    assert {type(event).__name__ for _, event in watch.events} <= {"Disconnected"}


def test_close_with_a_full_queue(flavour: Flavour, record_property: Any) -> None:
    """With a slow handler and messages on the way, too, it ends after the current event."""
    slow = [0.0]
    stage = Stage("valkey", flavour)
    with Server() as server:
        ledger = Ledger()
        publisher = Publisher(server.port, ledger, every=0.001)
        config = CheckpointListenerConfig(redis_url=server.url, instance_id=INSTANCE, max_queue=100)
        watch = Watch(config, stage.flavour, ledger, pause=lambda: slow[0])
        with watch, publisher:
            watch.wait_delivered(10)
            slow[0] = 0.1
            publisher.burst(5000)
            took = watch.close()
            with Resp(server.port) as admin:
                assert "" == admin.text("CLIENT", "LIST", "TYPE", "pubsub")
        publisher.close()
    record_property("ended", f"{took:.3f} s (limit {ENDS_SECONDS:g})")
    assert took <= ENDS_SECONDS


def test_a_cancelled_task_leaves_no_resources() -> None:
    """It is cancelled many times while it waits for an event. No task, descriptor or client on the server is left."""

    async def listen(url: str, connected: asyncio.Event) -> None:
        config = CheckpointListenerConfig(redis_url=url, instance_id=INSTANCE)
        async with checkpoint_notify.asyncio.CheckpointListener(config) as listener:
            async for _ in listener:
                connected.set()

    async def cancel_many(url: str) -> float:
        longest = 0.0
        for _ in range(20):
            connected = asyncio.Event()
            task = asyncio.create_task(listen(url, connected))
            await connected.wait()
            begun = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            longest = max(longest, time.monotonic() - begun)
            assert {asyncio.current_task()} == asyncio.all_tasks()
        return longest

    with Server() as server:
        before = held()
        longest = asyncio.run(cancel_many(server.url))
        assert (0, 0) == left_behind(before)
        with Resp(server.port) as admin:
            assert "" == admin.text("CLIENT", "LIST", "TYPE", "pubsub")
    assert longest <= ENDS_SECONDS
