"""Rows of the fault table: what happens to a connection on its way."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from checkpoint_notify import CheckpointListenerConfig, Disconnected, Gap

from .scene import BACKOFF_MAX, CONNECT_TIMEOUT, Scene, Stage

AGAIN_SECONDS: Final = 1.0
"""Subscribed again after a drop."""
BUSY_SECONDS: Final = 0.5
"""What a busy machine may add to a bound that is the sum of two settings."""

PLAIN_BACKOFF: Final[dict[str, Any]] = {"backoff_max": CheckpointListenerConfig().backoff_max}
"""What nobody has to set to be back within AGAIN_SECONDS."""

Drop = Callable[[Scene], None]


def client_kill(stage: Stage) -> None:
    """CLIENT KILL: subscribed again, with a Gap, within 1 s."""
    _dropped(stage, Scene.kill_clients)


def rst(stage: Stage) -> None:
    """RST: subscribed again, with a Gap, within 1 s."""
    _dropped(stage, lambda scene: scene.proxy.reset())


def fin(stage: Stage) -> None:
    """FIN after some PINGs under traffic: subscribed again within 1 s. The Gap begins at one of the last PINGs."""
    _dropped(stage, lambda scene: scene.proxy.finish(), after=2.0)


def rst_with_replies_under_way(stage: Stage) -> None:
    """RST on a slow line: replies under way are lost, though messages newer than the last PING had arrived."""
    with stage.scene() as scene:
        scene.proxy.state.lag = 0.2
        time.sleep(0.6)
        with scene.ledger.fault("rst") as fault:
            scene.proxy.reset()
        scene.proxy.state.lag = 0.0
        scene.again_after(fault, fault.begin, AGAIN_SECONDS)
    assert scene.ledger.counts.covered > 0


def two_drops(stage: Stage) -> None:
    """The connection drops, and the next one 0.25 s later: subscribed again within 1 s after either."""
    with stage.scene(**PLAIN_BACKOFF) as scene:
        with scene.ledger.fault("fin") as first:
            scene.proxy.finish()
        time.sleep(0.25)
        with scene.ledger.fault("rst") as second:
            scene.proxy.reset()
        scene.measure("second drop", f"{second.begin - first.begin:.3f} s after the first")
        scene.again_after(second, second.begin, AGAIN_SECONDS)


def many_drops_at_once(stage: Stage) -> None:
    """Ten drops within 0.5 s, whatever the listener was doing."""
    with stage.scene() as scene:
        with scene.ledger.fault("rst") as fault:
            for _ in range(10):
                scene.proxy.reset()
                time.sleep(0.04)
        scene.again_after(fault, fault.end, AGAIN_SECONDS)


def swallowed_both_ways(stage: Stage) -> None:
    """Both directions are swallowed silently: noticed within ping + deadline."""
    with stage.scene() as scene:
        with scene.ledger.fault("half open") as fault, scene.proxy.half_open("both"):
            scene.noticed_after(fault, scene.bounds.margin + BUSY_SECONDS)
            time.sleep(0.3)
        scene.again_after(fault, fault.end, CONNECT_TIMEOUT + BACKOFF_MAX + BUSY_SECONDS)


def swallowed_replies(stage: Stage) -> None:
    """Only the replies are swallowed: noticed within ping + deadline."""
    with stage.scene() as scene:
        time.sleep(1.0)  # the pings go on after the first one
        with scene.ledger.fault("half open") as fault, scene.proxy.half_open("replies"):
            scene.noticed_after(fault, scene.bounds.margin + BUSY_SECONDS)
            time.sleep(0.3)
        scene.again_after(fault, fault.end, CONNECT_TIMEOUT + BACKOFF_MAX + BUSY_SECONDS)


def forgotten(stage: Stage) -> None:
    """A gateway forgets the connection; a new one works at once."""
    with stage.scene() as scene:
        with scene.ledger.fault("half open") as fault, scene.proxy.half_open("both"):
            pass
        scene.noticed_after(fault, scene.bounds.margin + BUSY_SECONDS)
        scene.again_after(fault, fault.begin, scene.bounds.margin + AGAIN_SECONDS)


def connect_never_answered(stage: Stage) -> None:
    """No answer to SYN: given up after 1 s, tried again, and connected once there is one."""
    with stage.scene(connected=False, proxy={"deaf": True}) as scene:
        _given_up_and_tried_again(scene)
        scene.proxy.accept()
        scene.watch.wait_connected()
    assert [] == scene.watch.seen(Gap)


def subscribe_never_answered(stage: Stage) -> None:
    """A server accepts the connection and answers nothing: given up after 1 s, tried again, and connected later."""
    with stage.scene(connected=False, proxy={"swallow": "replies"}) as scene:
        _given_up_and_tried_again(scene)
        scene.proxy.state.swallow = None
        scene.watch.wait_connected()
    assert [] == scene.watch.seen(Gap)


def auth_never_answered(stage: Stage) -> None:
    """A server does not answer AUTH: given up after 1 s, tried again, and connected later."""
    with stage.scene(
        password="secret",
        url=lambda place: f"redis://:secret@127.0.0.1:{place.port}",
        connected=False,
        proxy={"swallow": "replies"},
    ) as scene:
        _given_up_and_tried_again(scene)
        scene.proxy.state.swallow = None
        scene.watch.wait_connected()
    assert [] == scene.watch.seen(Gap)


def _dropped(stage: Stage, drop: Drop, after: float = 0.0) -> None:
    with stage.scene(**PLAIN_BACKOFF) as scene:
        time.sleep(after)
        with scene.ledger.fault("drop") as fault:
            drop(scene)
        scene.again_after(fault, fault.begin, AGAIN_SECONDS)
    assert 1 == len(scene.ledger.gaps)
    assert 1 == len(scene.watch.seen(Disconnected))


def _given_up_and_tried_again(scene: Scene) -> None:
    """Two tries, each of which ends after 1 s, and one Disconnected for both."""
    begun = time.time()
    scene.watch.wait(lambda: len(scene.failures) >= 2, "two tries given up")
    first = scene.failures[0].created - begun
    between = scene.failures[1].created - scene.failures[0].created
    scene.measure("given up", f"{first:.3f} s, tried again, given up {between:.3f} s later")
    assert first <= CONNECT_TIMEOUT + BUSY_SECONDS, f"given up after {first:.3f} s"
    assert CONNECT_TIMEOUT <= between <= CONNECT_TIMEOUT + BACKOFF_MAX + BUSY_SECONDS, f"given up after {between:.3f} s"
    assert 1 == len(scene.watch.seen(Disconnected))
