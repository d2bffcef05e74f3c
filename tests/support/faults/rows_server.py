"""Rows of the fault table: what a server goes through, or refuses."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from checkpoint_notify import Disconnected, Gap

from ..waiting import PATIENCE
from .messages import CHANNEL
from .resp import Resp
from .rows_connection import AGAIN_SECONDS, BUSY_SECONDS
from .scene import BACKOFF_MAX, CONNECT_TIMEOUT, SMALL_BUFFERS, Scene, Stage

OUTAGE_SECONDS: Final = 0.8
"""How long the short ones last: the back-off is at its longest by then."""
LISTENER_URL: Final = "redis://listener:secret@127.0.0.1:{}"
LEAST_RIGHTS: Final = ("ACL", "SETUSER", "listener", "on", ">secret", "resetchannels", "-@all", "+subscribe", "+ping")


def sigkill_and_restart(stage: Stage) -> None:
    """The server dies and comes back, empty: subscribed again within the back-off + 1 s."""
    with stage.scene(direct=True) as scene:
        with scene.ledger.fault("sigkill") as fault:
            scene.server.kill()
            time.sleep(OUTAGE_SECONDS)
            back = time.time()
            scene.server.restart()
        scene.again_after(fault, back, BACKOFF_MAX + AGAIN_SECONDS)
        assert 1 == len(scene.watch.seen(Disconnected))


def sigstop(stage: Stage) -> None:
    """The server is suspended with open sockets: noticed within ping + deadline."""
    with stage.scene(direct=True) as scene:
        with scene.ledger.fault("sigstop") as fault, scene.stopped():
            scene.noticed_after(fault, scene.bounds.margin + BUSY_SECONDS)
            time.sleep(0.3)
        scene.again_after(fault, fault.end, CONNECT_TIMEOUT + BACKOFF_MAX + BUSY_SECONDS)


def buffer_overrun_by_size(stage: Stage) -> None:
    """One message is larger than a subscriber's output buffer may be: the server drops it and the connection."""
    with stage.scene(*SMALL_BUFFERS[stage.server], direct=True) as scene:
        with scene.ledger.fault("overrun") as fault:
            assert scene.publisher.publish(size=1_500_000).taken
        scene.again_after(fault, fault.begin, AGAIN_SECONDS)
    assert scene.ledger.counts.covered > 0


def buffer_overrun_by_standstill(stage: Stage) -> None:
    """The line stalls while much is published, until the server disconnects the subscriber."""
    with stage.scene(*SMALL_BUFFERS[stage.server], proxy={"receive_buffer": 4096}) as scene:
        with scene.ledger.fault("overrun") as fault, scene.proxy.standing_still(), scene.admin() as admin:
            deadline = time.monotonic() + PATIENCE
            while admin.text("CLIENT", "LIST", "TYPE", "pubsub"):
                assert time.monotonic() < deadline, "the server did not give the subscriber up"
                scene.publisher.burst(20, size=50_000)
        scene.again_after(fault, fault.end, CONNECT_TIMEOUT + BACKOFF_MAX + BUSY_SECONDS)
    assert scene.ledger.counts.covered > 0


def password_rotated(stage: Stage) -> None:
    """The password is changed, and changed back: the listener says so, tries on, and recovers."""
    with stage.scene(
        password="first", direct=True, url=lambda place: f"redis://:first@127.0.0.1:{place.port}"
    ) as scene:

        def rotate(admin: Resp) -> None:
            admin.ask("CONFIG", "SET", "requirepass", "second")
            admin.ask("CLIENT", "KILL", "TYPE", "pubsub")

        _refused(scene, rotate, lambda admin: admin.ask("CONFIG", "SET", "requirepass", "first"), "invalid username")
        assert not any("first" in record.getMessage() for record in scene.log)


def channel_taken_away(stage: Stage) -> None:
    """ACL SETUSER … resetchannels, which makes the server drop the subscriber; and given back."""
    with stage.scene(
        direct=True,
        url=lambda place: LISTENER_URL.format(place.port),
        prepare=lambda admin: admin.ask(*LEAST_RIGHTS, f"&{CHANNEL}"),
    ) as scene:
        _refused(
            scene,
            lambda admin: admin.ask("ACL", "SETUSER", "listener", "resetchannels"),
            lambda admin: admin.ask("ACL", "SETUSER", "listener", f"&{CHANNEL}"),
            "permissions to access",
        )


def noperm(stage: Stage) -> None:
    """The user may not subscribe from the beginning; granted later: no Gap, as there was no connection."""
    with stage.scene(
        direct=True,
        url=lambda place: LISTENER_URL.format(place.port),
        prepare=lambda admin: admin.ask(*LEAST_RIGHTS),
        connected=False,
    ) as scene:
        scene.watch.wait(lambda: scene.said("permissions to access"), "a word of NOPERM")
        with scene.admin() as admin:
            granted = time.time()
            admin.ask("ACL", "SETUSER", "listener", f"&{CHANNEL}")
        scene.watch.wait_connected()
        assert scene.ledger.first_connected is not None
        took = scene.ledger.first_connected - granted
        scene.measure("subscribed", f"{took:.3f} s after it was granted")
        assert took <= BACKOFF_MAX + AGAIN_SECONDS
        assert 1 == len(scene.watch.seen(Disconnected))
    assert [] == scene.watch.seen(Gap)


def maxclients(stage: Stage) -> None:
    """The server takes no more clients, and later does."""
    with stage.scene(direct=True) as scene:

        def fill(admin: Resp) -> None:
            admin.ask("CONFIG", "SET", "maxclients", 2)  # this one and the publisher
            admin.ask("CLIENT", "KILL", "TYPE", "pubsub")

        _refused(scene, fill, lambda admin: admin.ask("CONFIG", "SET", "maxclients", 100), "max number of clients")


def _refused(scene: Scene, take: Callable[[Resp], object], give: Callable[[Resp], object], text: str) -> None:
    """Something is taken away for a while: one Disconnected, a log that names it, and a Gap once it is back."""
    with scene.admin() as admin, scene.ledger.fault("refused") as fault:
        take(admin)
        scene.watch.wait_seen(Disconnected, fault.begin)
        scene.watch.wait(lambda: scene.said(text), f"a word of {text}")
        time.sleep(OUTAGE_SECONDS)
        assert not scene.watch.ended
        give(admin)
    scene.again_after(fault, fault.end, BACKOFF_MAX + AGAIN_SECONDS)
    assert 1 == len(scene.watch.seen(Disconnected))
