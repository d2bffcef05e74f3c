"""Rows of the fault table: the server answers PING with an error, and its subscribers miss nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from checkpoint_notify import Disconnected

from ..waiting import wait_until
from .resp import ReplyError, Resp
from .rows_server import LISTENER_URL
from .scene import Scene, Stage, make_server

PINGS: Final = 4
"""How many PINGs are answered with the error before the fault is over."""
ENDLESS: Final = "while true do end"


def busy(stage: Stage) -> None:
    """A Lua script runs for a long time: BUSY, and nobody can publish."""
    with stage.scene("--busy-reply-threshold", "100", direct=True) as scene, scene.admin() as admin:
        with _meanwhile(scene, lambda runner: _error_of(runner, "EVAL", ENDLESS, 0)):
            _answered_with(scene, admin, "BUSY")
            admin.ask("SCRIPT", "KILL")
        _heard_all(scene)


def misconf(stage: Stage) -> None:
    """The server cannot write its snapshot: MISCONF, while PUBLISH goes on."""
    with stage.scene("--save", "3600 1", direct=True) as scene, scene.admin() as admin:
        (scene.server.unix_path.parent / "dump.rdb").mkdir()  # no file can take its place
        admin.ask("BGSAVE")
        _answered_with(scene, admin, "MISCONF")
        _heard_all(scene)


def noperm_to_ping(stage: Stage) -> None:
    """The user may subscribe, and may not ping: NOPERM."""
    with stage.scene(
        direct=True,
        url=lambda place: LISTENER_URL.format(place.port),
        prepare=lambda admin: admin.ask(
            "ACL", "SETUSER", "listener", "on", ">secret", "allchannels", "-@all", "+subscribe"
        ),
    ) as scene:
        time.sleep(PINGS * scene.bounds.ping_interval)
        _heard_all(scene)


def ping_renamed(stage: Stage) -> None:
    """The server does not know PING: ERR unknown command."""
    with stage.scene("--rename-command", "PING", "", direct=True) as scene, scene.admin() as admin:
        _answered_with(scene, admin, "ERR unknown command")
        _heard_all(scene)


def masterdown(stage: Stage) -> None:
    """A replica lost its primary, and serves no stale data: MASTERDOWN."""
    with make_server(stage.server) as primary:
        replica = ["--replicaof", f"127.0.0.1 {primary.port}", "--replica-serve-stale-data", "no"]
        with stage.scene(*replica, direct=True) as scene, scene.admin() as admin:
            wait_until(lambda: _ping_error(admin) is None, "the link to the primary")
            primary.kill()
            _answered_with(scene, admin, "MASTERDOWN")
            _heard_all(scene)


def loading(stage: Stage) -> None:
    """The server loads its data: LOADING, and every message that is published meanwhile arrives."""
    slowly = ["--key-load-delay", "2000", "--loading-process-events-interval-bytes", "1024", "--rdbcompression", "no"]
    with stage.scene("--enable-debug-command", "yes", *slowly, direct=True) as scene, scene.admin() as admin:
        admin.ask("DEBUG", "POPULATE", 1500, "key", 2048)
        with _meanwhile(scene, lambda reloading: reloading.ask("DEBUG", "RELOAD")):
            _answered_with(scene, admin, "LOADING")
        _heard_all(scene)


@contextmanager
def _meanwhile(scene: Scene, work: Callable[[Resp], object]) -> Iterator[None]:
    def run() -> None:
        with scene.admin() as link:
            work(link)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _answered_with(scene: Scene, admin: Resp, code: str) -> None:
    """Wait until the server answers PING with this error, and for a few PINGs more."""
    wait_until(lambda: (_ping_error(admin) or "").startswith(code), f"{code} in reply to PING")
    begun = time.monotonic()
    time.sleep(PINGS * scene.bounds.ping_interval)
    assert (_ping_error(admin) or "").startswith(code), "it was over too soon to show anything"
    scene.measure(f"{code} for", f"{time.monotonic() - begun:.3f} s")


def _ping_error(admin: Resp) -> str | None:
    return _error_of(admin, "PING")


def _error_of(link: Resp, *words: str | int) -> str | None:
    try:
        link.ask(*words)
    except ReplyError as error:
        return str(error)
    return None


def _heard_all(scene: Scene) -> None:
    """The connection was kept, and messages still arrive."""
    scene.watch.wait_delivered(scene.ledger.next_number)
    assert [] == scene.watch.seen(Disconnected), "a connection to a living server was given up"
    assert [] == scene.ledger.gaps
    assert 0 == scene.ledger.counts.covered
