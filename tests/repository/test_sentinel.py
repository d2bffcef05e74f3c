"""What docs/deploying.md says about Sentinel, with a real one: a failover behind one address, planned or not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import pytest

from checkpoint_notify import (
    CheckpointListener,
    CheckpointListenerConfig,
    CheckpointNotification,
    CheckpointNotifier,
    CheckpointNotifierConfig,
    Connected,
    Disconnected,
    Gap,
    Received,
    RejectedError,
)

from ..support.sentinel import Sentinel
from ..support.server import Server
from ..support.waiting import PATIENCE, wait_until
from .test_deploying import AT_ONCE, Address, ask, follow

SAVED: Final = CheckpointNotification.new("model.bin", "lstm")


class Servers:
    """A primary, a replica that can replace it, a Sentinel, and one address that leads to the primary."""

    def __init__(self, old: Server, new: Server, sentinel: Sentinel, address: Address) -> None:
        self.old, self.new, self.sentinel, self.address = old, new, sentinel, address

    def move(self) -> None:
        """Wait until the Sentinel names the new primary; the address leads there from now on."""
        wait_until(lambda: self.sentinel.primary_port() == self.new.port, "there is a new primary")
        self.address.primary = self.new

    def publish(self, version: int) -> int | None:
        """Publish through the address; returns the number of receivers."""
        config = CheckpointNotifierConfig(redis_url=self.address.url)
        return CheckpointNotifier(config).publish(SAVED.with_version(version))


@pytest.fixture
def servers() -> Iterator[Servers]:
    """Two servers and their Sentinel."""
    with Server(*AT_ONCE) as old, Server(*AT_ONCE) as new, Address(old) as address:
        follow(new, old)
        with Sentinel(old) as sentinel:
            yield Servers(old, new, sentinel, address)


def test_a_primary_that_dies(servers: Servers) -> None:
    """The listener reports the outage, and is at the new primary as soon as the address leads there."""
    with CheckpointListener(CheckpointListenerConfig(redis_url=servers.address.url)) as listener:
        assert isinstance(next(listener), Connected)
        died_at = datetime.now(UTC)
        servers.old.kill()
        assert isinstance(next(listener), Disconnected)
        servers.move()
        assert isinstance(next(listener), Connected)
        gap = next(listener)
        assert isinstance(gap, Gap)
        assert gap.since <= died_at < gap.until
        assert servers.publish(1) == 1
        event = next(listener)
        assert isinstance(event, Received)
        assert event.notification.version == 1


def test_a_planned_failover(servers: Servers) -> None:
    """Until Sentinel makes the old primary a replica, a listener stays there, and misses what the new one takes.

    That loss is between two servers: the Gap does not cover it. But the Gap comes after it, so who looks at the file
    then finds what the message was about.
    """
    config = CheckpointListenerConfig(redis_url=servers.address.url, ping_interval=0.05)
    with CheckpointListener(config) as listener:
        assert isinstance(next(listener), Connected)
        servers.sentinel.fail_over()
        servers.move()
        assert servers.publish(1) == 0
        published_at = datetime.now(UTC)
        before = pings(servers.old)
        wait_until(lambda: pings(servers.old) > before + 2, "the old primary answers the listener")
        assert listener.connected
        servers.sentinel.demote_soon()  # it closes the connections of the server that it changes
        assert [Disconnected, Connected] == [type(next(listener)) for _ in range(2)]
        gap = next(listener)
        assert isinstance(gap, Gap)
        assert published_at < gap.since
        assert servers.publish(2) == 1
        event = next(listener)
        assert isinstance(event, Received)
        assert event.notification.version == 2


def pings(server: Server) -> int:
    """How many commands the listener at this server has sent; the Sentinel subscribes there, too."""
    clients = ask(server, "CLIENT", "LIST", "TYPE", "pubsub").decode().splitlines()
    (listener,) = [client for client in clients if "name=sentinel" not in client]
    return int(listener.partition("tot-cmds=")[2].split()[0])


def test_a_listener_at_the_promoted_replica(servers: Servers) -> None:
    """Sentinel closes its connection too, as of every server that it changes."""
    with CheckpointListener(CheckpointListenerConfig(redis_url=servers.new.url)) as listener:
        assert isinstance(next(listener), Connected)
        servers.sentinel.fail_over()
        assert [Disconnected, Connected, Gap] == [type(next(listener)) for _ in range(3)]


def test_a_sentinel_is_no_server_for_messages(servers: Servers) -> None:
    """It refuses PUBLISH, but a listener connects and hears nothing; `doctor` tells, and names the primary."""
    url = servers.sentinel.url
    with pytest.raises(RejectedError, match="Only HELLO messages are accepted by Sentinel"):
        CheckpointNotifier(CheckpointNotifierConfig(redis_url=url)).publish(SAVED)
    with CheckpointListener(CheckpointListenerConfig(redis_url=url)) as listener:
        assert isinstance(next(listener), Connected)
    done = subprocess.run(
        [sys.executable, "-m", "checkpoint_notify", "doctor"],
        env={**os.environ, "REDIS_URL": url},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 4
    assert "failed   server state               a Sentinel: it takes no messages" in done.stdout
    assert f"checkpoints is at 127.0.0.1:{servers.old.port}" in done.stdout
