"""A program that listens until something ends it: `python -m tests.support.faults.program FLAVOUR MODE URL`.

Prints each number that it receives, and any other event's name; at the end, as JSON, when that was and what is left.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from typing import Final, NoReturn

import redis.asyncio  # noqa: F401  # what it opens when it is imported is nobody's leftover

import checkpoint_notify.asyncio
from checkpoint_notify import CheckpointListener, CheckpointListenerConfig, Event, Received

from .leftovers import held
from .messages import INSTANCE, number_in

FORK_AT: Final = 20
"""After how many messages the modes that fork do."""


def say(event: Event, received: Iterator[int]) -> bool:
    """Print an event; returns whether it is the message to fork at."""
    if not isinstance(event, Received):
        print(type(event).__name__, flush=True)
        return False
    print(number_in(event.raw), flush=True)
    return next(received) == FORK_AT


def fork(child: str) -> bool:
    """Fork, and in the parent wait for the child, which must end well; True in the child."""
    pid = os.fork()
    if pid == 0:
        return True
    _, status = os.waitpid(pid, 0)
    print(f"the child that {child} ended with {os.waitstatus_to_exitcode(status)}", flush=True)
    return False


def sync(config: CheckpointListenerConfig, mode: str) -> None:
    """The blocking listener."""
    with CheckpointListener(config) as listener:
        if mode == "sigterm":
            signal.signal(signal.SIGTERM, lambda number, frame: listener.close())
        received = itertools.count(1)
        for event in listener:
            if say(event, received) and mode == "fork" and fork("uses it"):
                use_in_child(listener)


def use_in_child(listener: CheckpointListener) -> NoReturn:
    """All that a child might do with its parent's listener; leaves the `with` block, too."""
    try:
        next(listener)
    except RuntimeError:
        listener.close()
        sys.exit(0)
    sys.exit(1)


async def asynchronous(config: CheckpointListenerConfig, mode: str) -> None:
    """The one for asyncio."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    async with checkpoint_notify.asyncio.CheckpointListener(config) as listener:
        if mode == "sigterm":
            loop.add_signal_handler(signal.SIGTERM, lambda: loop.create_task(listener.aclose()))
        if mode == "cancel":
            loop.add_signal_handler(signal.SIGTERM, task.cancel)
        received = itertools.count(1)
        async for event in listener:
            if say(event, received) and mode in ("fork", "fork and unwind") and fork("uses it"):
                await use_in_async_child(listener, mode)


async def use_in_async_child(listener: checkpoint_notify.asyncio.CheckpointListener, mode: str) -> NoReturn:
    """The same; a child of a running loop had better end at once, and may not know that."""
    try:
        await anext(listener)
    except RuntimeError:
        await listener.aclose()
        if mode == "fork":
            os._exit(0)
        sys.exit(0)
    os._exit(1)


def main() -> None:
    """Listen, and report."""
    flavour, mode, url = sys.argv[1:]
    config = CheckpointListenerConfig(redis_url=url, instance_id=INSTANCE, ping_interval=0.3, ping_timeout=2.0)
    before = held()
    owner = os.getpid()
    how = "returned"
    try:
        if flavour == "sync":
            sync(config, mode)
        else:
            asyncio.run(asynchronous(config, mode))
    except BaseException as error:
        how = type(error).__name__
    ended = time.time()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # our handler refers to the listener
    if os.getpid() == owner:
        print(json.dumps({"how": how, "ended": ended, "before": before, "after": held()}), flush=True)


if __name__ == "__main__":
    main()
