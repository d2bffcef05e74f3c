"""The least rights that docs/deploying.md names: enough for each side, for Rust and for `doctor`, and all needed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

import pytest
from redis import Redis

from checkpoint_notify import (
    CheckpointListener,
    CheckpointListenerConfig,
    CheckpointNotification,
    CheckpointNotifier,
    CheckpointNotifierConfig,
    Connected,
    Disconnected,
    Received,
    RejectedError,
)

from ..conftest import RustBin
from ..support.docs import DOCS
from ..support.server import Server
from ..support.waiting import PATIENCE, wait_until

PAGE: Final = (DOCS / "deploying.md").read_text(encoding="utf-8")
RULES: Final = dict(re.findall(r"^\| (publisher|listener) \| `(\w+ on .*?)` \|$", PAGE, re.MULTILINE))
SAVED: Final = CheckpointNotification.new("model.bin", "lstm")
EVERY_INSTANCE: Final = "&fks:*:model_checkpoints"


class Guarded:
    """A server, and users whose rules can be set."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client = Redis(port=server.port, protocol=2)

    def user(self, side: str, more: str = "", without: str = "") -> str:
        """Make the page's user for a side, with more or fewer rights; returns the URL."""
        name, *rule = [word for word in RULES[side].split() if word != without]
        self.ask("ACL", "SETUSER", name, "reset")
        self.ask("ACL", "SETUSER", name, *rule, *more.split())
        return f"redis://{name}:change-me@{self._server.host}:{self._server.port}"

    def ask(self, *words: str) -> object:
        """The reply to one command of the default user."""
        return self._client.execute_command(*words)  # type: ignore[no-untyped-call]

    def refused(self) -> set[object]:
        """The commands that the server refused to a user."""
        log = self.ask("ACL", "LOG")
        assert isinstance(log, list)
        return {dict(zip(entry[::2], entry[1::2], strict=True))[b"object"] for entry in log}

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


@pytest.fixture
def guarded() -> Iterator[Guarded]:
    """A server of its own."""
    with Server() as server:
        guarded = Guarded(server)
        yield guarded
        guarded.close()


def publish(url: str) -> int | None:
    """Publish once."""
    return CheckpointNotifier(CheckpointNotifierConfig(redis_url=url)).publish(SAVED)


def test_a_publisher(guarded: Guarded) -> None:
    """PING is refused, which is an answer; without +publish or without the channel, PUBLISH is refused."""
    assert publish(guarded.user("publisher")) == 0
    assert guarded.refused() == {b"ping"}
    guarded.ask("ACL", "LOG", "RESET")
    assert publish(guarded.user("publisher", "+ping")) == 0
    assert guarded.refused() == set()
    for word in ("+publish", "&fks:default:model_checkpoints"):
        with pytest.raises(RejectedError):
            publish(guarded.user("publisher", without=word))


def test_a_rust_publisher(guarded: Guarded, rust_bin: RustBin) -> None:
    """The real notifier needs no more, and the same right."""
    for without, status in (("", 0), ("+publish", 1)):
        environment = {**os.environ, "REDIS_URL": guarded.user("publisher", without=without)}
        environment.pop("FKS_INSTANCE_ID", None)
        done = subprocess.run([rust_bin("readme")], env=environment, capture_output=True, timeout=PATIENCE, check=False)
        assert done.returncode == status


@pytest.mark.parametrize("without", ["", "+ping"])
def test_a_listener(guarded: Guarded, without: str) -> None:
    """It receives, and its connection outlives PINGs, also where they are refused."""
    config = CheckpointListenerConfig(redis_url=guarded.user("listener", without=without), ping_interval=0.05)
    with CheckpointListener(config) as listener:
        assert isinstance(next(listener), Connected)
        if without:
            wait_until(lambda: b"ping" in guarded.refused(), "a PING is refused")
        guarded.ask("PUBLISH", "fks:default:model_checkpoints", SAVED.to_json())
        assert isinstance(next(listener), Received)
        assert listener.connected


@pytest.mark.parametrize("without", ["+subscribe", "&fks:default:model_checkpoints"])
def test_a_listener_without_a_right(guarded: Guarded, without: str) -> None:
    """The server refuses SUBSCRIBE."""
    config = CheckpointListenerConfig(redis_url=guarded.user("listener", without=without))
    with CheckpointListener(config) as listener:
        event = next(listener)
    assert isinstance(event, Disconnected)
    assert "NOPERM" in str(event.error)


def test_a_database_needs_a_right_of_its_own(guarded: Guarded) -> None:
    """+select, except for database 0."""
    assert publish(f"{guarded.user('publisher')}/0") == 0
    with pytest.raises(RejectedError, match="select"):
        publish(f"{guarded.user('publisher')}/1")
    assert publish(f"{guarded.user('publisher', '+select')}/1") == 0
    for more, first in (("", Disconnected), ("+select", Connected)):
        config = CheckpointListenerConfig(redis_url=f"{guarded.user('listener', more)}/1")
        with CheckpointListener(config) as listener:
            assert isinstance(next(listener), first)


def doctor(url: str, purpose: str) -> tuple[int, str]:
    """Exit status and output."""
    environment = {**os.environ, "REDIS_URL": url}
    environment.pop("FKS_INSTANCE_ID", None)
    done = subprocess.run(
        [sys.executable, "-m", "checkpoint_notify", "doctor", "--for", purpose],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout


def test_doctor_works_with_the_least_rights(guarded: Guarded) -> None:
    """No line fails. With more rights there is more that it can test, as the page says."""
    status, told = doctor(guarded.user("publisher"), "publish")
    assert (0, True) == (status, "warning  right to publish           allowed, but not on fks:doctor-" in told)
    status, told = doctor(guarded.user("publisher", "+multi +discard"), "publish")
    assert (0, True) == (status, "ok       right to publish           allowed on fks:default:" in told)
    status, told = doctor(guarded.user("listener"), "watch")
    assert (0, True) == (status, "ok       right to subscribe         allowed on fks:default:" in told)
    assert "warning  round trip                 Redis SUBSCRIBE error: NOPERM" in told
    status, told = doctor(guarded.user("listener", f"+publish {EVERY_INSTANCE}"), "watch")
    assert (0, 1) == (status, len(re.findall(r"^ok       round trip  .* ms on fks:doctor-", told, re.MULTILINE)))
    assert 4 == doctor(guarded.user("listener", without="+subscribe"), "watch")[0]
    assert 4 == doctor(guarded.user("publisher", without="+publish"), "publish")[0]


@pytest.mark.parametrize("page", ["publishing.md", "listening.md", "deploying.md"])
def test_each_page_shows_the_same_rule(page: str) -> None:
    """One channel, and the commands of the table."""
    shown = set(re.findall(r"resetchannels (&\S+)", (DOCS / page).read_text(encoding="utf-8")))
    assert shown == {"&fks:default:model_checkpoints"}
