"""Rows of the fault table: a consumer that is slower than the messages come."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from checkpoint_notify import Disconnected, Gap

from .scene import Stage

_PAGE: Final = 4096
STORM: Final = 30_000
SLOW_GAPS: Final = 5
LARGE: Final = 64 * 1024
MOST_GROWTH: Final = 32 * 1024 * 1024
"""Bytes that a process may grow by while many times as much goes through a queue of a quarter of them."""


def handler_asleep(stage: Stage) -> None:
    """The handler sleeps for longer than ping + deadline. The reader still reads, and the connection stays."""
    sleeps = [0.0]
    with stage.scene(pause=lambda: sleeps.pop() if sleeps else 0.0, max_queue=50, ping_timeout=1, direct=True) as scene:
        sleeps.append(2 * scene.bounds.margin)
        scene.watch.wait(lambda: not sleeps, "sleep of the handler")
        time.sleep(scene.bounds.margin)
        with scene.admin() as admin:
            waiting = _of_subscriber(admin.text("CLIENT", "LIST", "TYPE", "pubsub"), "omem")
        scene.measure("waiting on the server", f"{waiting} bytes")
        assert 0 == waiting
    assert [] == scene.watch.seen(Disconnected)
    assert ["overflow"] == [gap.reason for gap in scene.ledger.gaps]


def handler_slow(stage: Stage) -> None:
    """The handler is slower than the messages come, all the time: the oldest are dropped, each within a Gap.

    It gets messages all the same, and not just one Gap after the other.
    """
    slow = [0.0]
    with stage.scene(pause=lambda: slow[0], max_queue=16, every=0.002, ping_timeout=2, direct=True) as scene:
        with scene.ledger.fault("slow handler"):
            slow[0] = 0.05  # the publisher is faster, also on a busy machine
            before = scene.ledger.counts.delivered
            scene.watch.wait(lambda: len(scene.ledger.gaps) >= SLOW_GAPS, f"{SLOW_GAPS} gaps")
            handled = scene.ledger.counts.delivered - before
        slow[0] = 0.0
        scene.measure("handled while slow", f"{handled} messages, {len(scene.ledger.gaps)} gaps")
        assert handled >= len(scene.ledger.gaps) // 2 > 0
    assert [] == scene.watch.seen(Disconnected)
    assert {"overflow"} == {gap.reason for gap in scene.ledger.gaps}
    assert scene.ledger.counts.covered > 0


def storm(stage: Stage) -> None:
    """A burst as fast as the server takes it: every message is delivered or lies within a Gap."""
    with stage.scene(ping_timeout=2, direct=True) as scene:
        begun = time.monotonic()
        scene.publisher.burst(STORM)
        took = time.monotonic() - begun
        scene.measure("storm", f"{STORM} messages in {took:.2f} s")
    assert [] == scene.watch.seen(Disconnected)
    assert {"overflow"} >= {gap.reason for gap in scene.ledger.gaps}


def storm_of_large_ones(stage: Stage) -> None:
    """128 MB pass a slow consumer with a queue of 8 MB: memory does not grow."""
    slow = [0.0]
    with stage.scene(pause=lambda: slow[0], max_queue_bytes=MOST_GROWTH // 4, ping_timeout=2, direct=True) as scene:
        scene.publisher.burst(400, LARGE)  # what is needed once: buffers, arenas
        before = _resident()
        slow[0] = 0.05
        with scene.ledger.fault("storm"):
            scene.publisher.burst(2000, LARGE)
        growth = _resident() - before
        slow[0] = 0.0
        scene.measure("memory", f"{growth / 1e6:+.1f} MB while {2000 * LARGE / 1e6:.0f} MB passed")
        assert growth <= MOST_GROWTH
    assert [] == scene.watch.seen(Disconnected)
    assert scene.watch.seen(Gap)


def _of_subscriber(clients: str, name: str) -> int:
    words = dict(word.split("=", 1) for word in clients.split())
    return int(words[name])


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
