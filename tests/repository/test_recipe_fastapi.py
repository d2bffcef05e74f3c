"""The recipe for FastAPI, run as it stands: on asyncio and on uvloop, with a server that dies, and ended by SIGTERM."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from ..support.docs_programs import Crowd, HttpModelClient, Recipe
from ..support.server import Server
from ..support.waiting import wait_until
from .test_recipes import save, settings, tell, torn

LOOPS: Final = ("asyncio", "uvloop")


@contextmanager
def serving(path: Path, server: Server, loop: str) -> Iterator[tuple[Recipe, HttpModelClient]]:
    """The application, which two clients ask without a pause; it ends by SIGTERM, in order and with no complaint."""
    with Recipe("serve_fastapi.py", path, "--loop", loop, settings=settings(server)) as recipe:
        port = int(recipe.any_line("Uvicorn running on").split(":")[-1].split()[0])
        crowd, client = Crowd(lambda: HttpModelClient(port)), HttpModelClient(port)
        try:
            yield recipe, client
        finally:
            crowd.close()
            client.close()
        assert crowd.answers > 0
        # uvicorn shuts down in order, and then lets the signal do what it does by default.
        assert recipe.terminate() == -signal.SIGTERM
        assert any("Application shutdown complete" in line for line in recipe.lines)
        assert [] == [line for line in recipe.lines if "Traceback" in line or "ERROR" in line]


def health(client: HttpModelClient, probe: str) -> tuple[int, Any]:
    """Status and body of one health route."""
    return client.ask("GET", f"/health/{probe}")


@pytest.mark.parametrize("loop", LOOPS)
def test_it_follows_through_a_restart(redis: Server, path: Path, loop: str) -> None:
    """It swaps the model while it answers, keeps it while the file is torn, and catches up after the server's death."""
    with serving(path, redis, loop) as (recipe, client):
        recipe.wait_line("serve:connected: kept")
        assert (503, {"connected": True, "step": None}) == health(client, "ready")
        assert (200, {"connected": True, "step": None}) == health(client, "live")
        save(path, 1)
        tell(redis, 1)
        client.wait_step(1)
        path.write_bytes(torn(2))
        tell(redis, 2)
        recipe.wait_line("notified of step 2: kept the old model: ")
        assert client.step() == 1
        redis.kill()
        recipe.wait_line("disconnected")
        wait_until(lambda: health(client, "connected")[0] == 503, "the loss is reported")
        # A server that is down is no reason to restart, nor to take away requests that can be answered.
        assert (200, {"connected": False, "step": 1}) == health(client, "live")
        assert (200, {"connected": False, "step": 1}) == health(client, "ready")
        save(path, 3)
        redis.restart()
        client.wait_step(3)
        recipe.wait_line("a gap from")
        assert (200, {"connected": True, "step": 3}) == health(client, "connected")
        save(path, 4)
        tell(redis, 4)
        client.wait_step(4)
        assert (422, {"detail": "send 8 numbers"}) == client.ask("POST", "/predict", "[1]")


@pytest.mark.parametrize("loop", LOOPS)
def test_it_starts_and_ends_without_redis(redis: Server, path: Path, loop: str) -> None:
    """It serves what it finds; SIGTERM ends it although the listener is not connected."""
    save(path, 1)
    redis.kill()
    with serving(path, redis, loop) as (recipe, client):
        recipe.wait_line("disconnected")
        assert client.step() == 1
        assert (503, {"connected": False, "step": 1}) == health(client, "connected")


def test_it_refuses_a_wrong_url(path: Path) -> None:
    """It ends at once, and says what is wrong."""
    with Recipe("serve_fastapi.py", path, settings={"REDIS_URL": "rediss://localhost"}) as recipe:
        recipe.wait_line("can't connect with TLS")
        assert recipe.wait() != 0


def test_it_stays_alive_if_listening_is_switched_off(
    redis: Server, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A probe of the liveness route must not restart it for ever."""
    monkeypatch.setenv("ENABLE_MODEL_RELOAD", "false")
    save(path, 1)
    with serving(path, redis, "asyncio") as (recipe, client):
        recipe.any_line("Application startup complete")
        assert (200, {"connected": False, "step": 1}) == health(client, "live")
        assert (200, {"connected": False, "step": 1}) == health(client, "ready")
        assert (503, {"connected": False, "step": 1}) == health(client, "connected")
