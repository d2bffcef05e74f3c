"""Past one machine: a cluster of three nodes, where a PUBLISH at any node reaches the subscribers of all others.

As long as the nodes know each other, that is, and the connection between them holds: a node hands a message to its
peers once, asks for no receipt, and tells nobody when it got lost. The listener's promise is about the server process
that it is connected to, and no client can promise more: PONGs, the reply to PUBLISH and the subscription all come from
that one process. So, for whoever runs the servers:

- Give publisher and listener the same REDIS_URL, one node of the cluster, or a server of its own. Then the promise
  covers every publish. A cluster makes pub/sub no safer: each message goes through all nodes, and another node's death
  loses nothing only because the publisher and the listener were not on it.
- A count of 0 from `publish` is no alarm: subscribers at other nodes are not counted.
- Watch each node, not one of them: `cluster_known_nodes` in CLUSTER INFO has to be the same everywhere, and no link
  in CLUSTER NODES may be `disconnected`. `cluster_state:ok` says nothing of it, it is about slots.
- CLUSTER FORGET is for a node that has been shut down, not for one that runs. Where two nodes have forgotten each
  other: wait until the ban is over (60 s; before that, CLUSTER MEET may work in one direction only), CLUSTER MEET, and
  compare CLUSTER NODES at all of them. Hearsay from a third node may have mended it by then; do not count on it.
- Nobody is told what was missed in the meantime: after such a repair, have the serving side load the newest checkpoint,
  or publish it once more.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self

import pytest

from checkpoint_notify import (
    CheckpointListenerConfig,
    CheckpointNotification,
    Connected,
    Disconnected,
    Event,
    Gap,
    Received,
)
from checkpoint_notify.conformance.values import to_protocol

from ..conftest import RustBin
from ..support.cluster import Cluster, Node
from ..support.flavours import FLAVOURS, Flavour, FlavourNotifier
from ..support.listeners import Consumer, listening
from ..support.rust import RustNotifier
from ..support.waiting import PATIENCE, wait_until

INSTANCE: Final = "cluster"
MESSAGES: Final = [CheckpointNotification.new("m.bin", "m").with_version(number) for number in range(3)]
PING_INTERVAL: Final = 0.1
PINGS_OF_SILENCE: Final = 5
"""How many PONGs go by before a message that has not come counts as lost; between nodes it takes less than 1 ms."""


class Subscribed(Consumer):
    """A listener at a node, subscribed once it is entered; its events are read in order."""

    def __init__(self, flavour: Flavour, node: Node) -> None:
        config = CheckpointListenerConfig(
            redis_url=node.url, instance_id=INSTANCE, ping_interval=PING_INTERVAL, backoff_max=0.2
        )
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        super().__init__(listening(flavour, config), self._events.put)

    def __enter__(self) -> Self:
        self.start()
        assert self.next() == Connected()
        return self

    def next(self) -> Event:
        """The next event; AssertionError if the iteration has ended."""
        wait_until(lambda: self.ended or not self.nothing_waits(), "an event")
        assert not self.nothing_waits(), "the listener ended"
        return self._events.get()

    def nothing_waits(self) -> bool:
        """Whether all events have been read."""
        return self._events.empty()


class Trainer:
    """The real Rust notifier, publishing at one node; its messages are `MESSAGES`."""

    def __init__(self, rust_bin: RustBin, node: Node) -> None:
        settings = {"REDIS_URL": node.url, "FKS_INSTANCE_ID": INSTANCE}
        self._rust = RustNotifier(rust_bin("notifier"), settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rust.close()

    def publish(self, number: int) -> CheckpointNotification:
        """Publish one that Rust says was taken; the counts of receivers it keeps to itself."""
        assert self._rust.publish(to_protocol(MESSAGES[number])) is None
        return MESSAGES[number]


@pytest.fixture(scope="module")
def whole() -> Iterator[Cluster]:
    """A cluster for tests that break nothing."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture
def doomed() -> Iterator[Cluster]:
    """A cluster for one test, which may do with it what it likes."""
    with Cluster() as cluster:
        yield cluster


@pytest.mark.parametrize("listening_flavour", FLAVOURS)
def test_published_at_one_node_received_at_another(
    whole: Cluster, listening_flavour: Flavour, rust_bin: RustBin
) -> None:
    """Rust publishes at each node, and Python receives at every node, in order and once."""
    with contextlib.ExitStack() as open_:
        listeners = [open_.enter_context(Subscribed(listening_flavour, node)) for node in whole.nodes]
        for number, node in enumerate(whole.nodes):
            with Trainer(rust_bin, node) as trainer:
                sent = trainer.publish(number)
            assert [sent] * len(listeners) == [_received(listener) for listener in listeners]
        assert all(listener.nothing_waits() for listener in listeners)


@pytest.mark.parametrize("listening_flavour", FLAVOURS)
def test_publish_counts_the_subscribers_of_its_node_only(
    whole: Cluster, listening_flavour: Flavour, publisher: FlavourNotifier
) -> None:
    """The count is 0, and yet the message arrives at the other node."""
    here, there, _ = whole.nodes
    with Subscribed(listening_flavour, there) as listener:
        assert 0 == publisher.publish(here.url, MESSAGES[1], instance_id=INSTANCE)
        assert MESSAGES[1] == _received(listener)
        assert 1 == publisher.publish(there.url, MESSAGES[2], instance_id=INSTANCE)
        assert MESSAGES[2] == _received(listener)


def test_death_of_another_node_loses_nothing(doomed: Cluster, rust_bin: RustBin) -> None:
    """No client was connected to it. No message is lost and no event delivered, though a third of the slots is down."""
    here, there, dead = doomed.nodes
    with _both(there) as listeners, Trainer(rust_bin, here) as trainer:
        dead.kill()
        at_once = trainer.publish(1)
        for node in (here, there):
            node.wait_state("fail")
        later = trainer.publish(2)
        for listener in listeners:
            assert [at_once, later] == [_received(listener), _received(listener)]
            assert listener.nothing_waits()


def test_death_of_the_listeners_node_causes_a_gap(doomed: Cluster, rust_bin: RustBin) -> None:
    """Disconnected, then try after try; once the node is back, a Gap that covers what the others took, and no end.

    The listener stays with the node that REDIS_URL names: to go elsewhere is a matter for a name that leads elsewhere,
    since names are resolved anew at each try.
    """
    here, there, _ = doomed.nodes
    with _both(there) as listeners, Trainer(rust_bin, here) as trainer:
        there.kill()
        for listener in listeners:
            assert isinstance(listener.next(), Disconnected)
        _await_tries(there, 4 * len(listeners))
        before = datetime.now(UTC)
        trainer.publish(1)  # Rust's PUBLISH succeeds: its own node took it
        after = datetime.now(UTC)
        assert not any(listener.ended for listener in listeners)
        there.restart()
        doomed.wait_whole()
        for listener in listeners:
            assert listener.next() == Connected()
            _assert_covers(listener.next(), before, after)
        again = trainer.publish(2)
        assert [again, again] == [_received(listener) for listener in listeners]


def test_messages_between_nodes_that_forgot_each_other_are_lost_silently(doomed: Cluster, rust_bin: RustBin) -> None:
    """A PUBLISH that succeeds at one is never seen at the other; no Gap, no Disconnected, and a PONG for each PING.

    This is no fault that a client could find: all that the listener can ask is its own node, which is well, answers,
    and delivers what it gets. Only the nodes' own lists of each other tell, to whoever compares them.
    """
    here, there, _ = doomed.nodes
    with Subscribed("sync", here) as witness, _both(there) as listeners, Trainer(rust_bin, here) as trainer:
        here.forget(there)
        there.forget(here)
        assert trainer.publish(1) == _received(witness)
        _let_pings_pass(there, listeners)
        with Trainer(rust_bin, there) as neighbour:
            seen = neighbour.publish(2)
        assert [seen, seen] == [_received(listener) for listener in listeners]
        assert all(listener.nothing_waits() for listener in listeners)
        assert there.port not in here.reaches()  # what an operator can see
        assert here.port not in there.reaches()


def test_cluster_meet_repairs_forgotten_nodes(rust_bin: RustBin) -> None:
    """After the ban, CLUSTER MEET repairs the cluster without a restart. Lost messages stay lost, without an event."""
    ban_seconds = 1
    with Cluster(ban_seconds) as cluster:
        here, there, _ = cluster.nodes
        with _both(there) as listeners, Trainer(rust_bin, here) as trainer:
            here.forget(there)
            there.forget(here)
            trainer.publish(1)
            time.sleep(ban_seconds + 1)
            here.meet(there)
            cluster.wait_whole()
            seen = trainer.publish(2)
            assert [seen, seen] == [_received(listener) for listener in listeners]
            assert all(listener.nothing_waits() for listener in listeners)


@contextlib.contextmanager
def _both(node: Node) -> Iterator[list[Subscribed]]:
    """Both listeners at one node."""
    with contextlib.ExitStack() as open_:
        yield [open_.enter_context(Subscribed(flavour, node)) for flavour in FLAVOURS]


def _received(listener: Subscribed) -> CheckpointNotification:
    """The next event, which has to be a notification."""
    event = listener.next()
    assert isinstance(event, Received), event
    return event.notification


def _assert_covers(event: Any, since: datetime, until: datetime) -> None:
    assert isinstance(event, Gap), event
    assert event.reason == "reconnected"
    assert event.since <= since <= until <= event.until


def _await_tries(dead: Node, tries: int) -> None:
    """See that many connections come in where the node was, each of which fails."""
    with socket.create_server((dead.host, dead.port)) as stand_in:
        stand_in.settimeout(PATIENCE)
        for _ in range(tries):
            stand_in.accept()[0].close()


def _let_pings_pass(node: Node, listeners: list[Subscribed]) -> None:
    """Wait until each of the listeners must have had its PINGs answered several times."""
    enough = node.pings() + PINGS_OF_SILENCE * len(listeners)
    wait_until(lambda: node.pings() >= enough, f"{enough} PINGs at {node.url}")
