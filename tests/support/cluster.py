"""A Valkey cluster on 127.0.0.1: three nodes, each with a part of the slots, and no replicas."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .closing import Closing
from .loopback import free_port
from .server import Server
from .waiting import PATIENCE, wait_until

SLOTS: Final = 16384
NODE_TIMEOUT_MS: Final = 3000
"""After this silence a node counts as failing, twice as long until the others agree; after half of it, a link is opened
anew and loses what is on it. So it is long enough for a machine that is busy."""
BAN_SECONDS: Final = 60
"""How long a node that was told to forget another takes no hint of it from a third; the server's own default."""

_HIGHEST_PORT: Final = 55535
"""A node talks to the others at its port + 10000."""
_TRIES: Final = 50
_PROBE: Final = "probe"
_PASSING_SECONDS: Final = 0.2
"""A message between nodes takes less than 1 ms; one that has not come by then counts as lost."""
_ROUNDS: Final = 50
"""Of three messages each, some tenths of a second in all: longer than a node takes to open a link anew (0.1 s)."""
_OPTIONS: Final = {
    "cluster-enabled": "yes",
    "cluster-config-file": "nodes.conf",  # in the server's own folder, and gone with it
    "cluster-node-timeout": str(NODE_TIMEOUT_MS),
}


class Node(Server):
    """One node; `restart()` brings it back as the member it was."""

    def __init__(self, ban_seconds: int) -> None:
        options = _OPTIONS | {"cluster-blacklist-ttl": str(ban_seconds)}
        super().__init__(*(word for name, value in options.items() for word in (f"--{name}", value)))

    def _start_somewhere(self) -> tuple[int, Any]:
        # As the server does it, at a port that leaves room above; the one above may be taken while this one is free.
        for _ in range(_TRIES):
            port = free_port(Node.host)
            if port <= _HIGHEST_PORT and (run := self._start_at(port)):
                return port, run
        raise RuntimeError(f"none of {_TRIES} ports was free for a node of a cluster")

    def ask(self, *words: object) -> Any:
        """The reply to one command, over a connection of its own; never sent twice."""
        with contextlib.closing(
            Redis(self.host, self.port, protocol=2, retry=Retry(NoBackoff(), 0), socket_timeout=PATIENCE)
        ) as client:
            return client.execute_command(*words)  # type: ignore[no-untyped-call]

    @property
    def id(self) -> str:
        """What the other nodes call it."""
        answer: bytes = self.ask("CLUSTER", "MYID")
        return answer.decode()

    def meet(self, other: Node) -> None:
        """CLUSTER MEET; it takes a moment until both know each other."""
        self.ask("CLUSTER", "MEET", other.host, other.port)

    def forget(self, other: Node) -> None:
        """CLUSTER FORGET; until the ban is over, the other one is not taken back on hearsay."""
        self.ask("CLUSTER", "FORGET", other.id)

    def info(self) -> dict[str, str]:
        """CLUSTER INFO; `cluster_state` is `ok`, or `fail` while a slot has no node."""
        text: bytes = self.ask("CLUSTER", "INFO")
        return dict(line.split(":", 1) for line in text.decode().splitlines())

    def wait_state(self, state: str) -> None:
        """Wait for this `cluster_state`."""
        wait_until(lambda: self.info()["cluster_state"] == state, f"cluster_state:{state} at {self.url}")

    def pings(self) -> int:
        """How many PINGs it has answered, to whom ever."""
        commands: dict[str, dict[str, int]] = self.ask("INFO", "commandstats")
        return commands.get("cmdstat_ping", {"calls": 0})["calls"]

    def reaches(self) -> set[int]:
        """The ports of the other nodes that it is connected to, and which it does not hold to have failed.

        None while a handshake goes on: it may be with a node that is known already, and end the link to that one.
        """
        lines: bytes = self.ask("CLUSTER", "NODES")
        fields = [line.split() for line in lines.decode().splitlines()]
        if any("handshake" in flags.split(",") for _, _, flags, *_ in fields):
            return set()
        return {_port(address) for _, address, flags, _, _, _, _, link, *_ in fields if _is_reached(flags, link)}


class Cluster(Closing):
    """Three nodes that know each other, from construction to `close()`; they die with this process."""

    def __init__(self, ban_seconds: int = BAN_SECONDS) -> None:
        with contextlib.ExitStack() as started:
            self.nodes = [started.enter_context(Node(ban_seconds)) for _ in range(3)]
            self._join()
            self._started = started.pop_all()

    def close(self) -> None:
        """End all nodes."""
        self._started.close()

    def wait_whole(self) -> None:
        """Wait until each node reaches all others, all slots are served, and messages pass and go on to pass.

        Where two nodes get to know each other in two ways at once, by CLUSTER MEET and by hearsay, the link of the
        second handshake ends that of the first, with all messages on it; so "connected" alone is no promise.
        """
        ports = {node.port for node in self.nodes}
        wait_until(
            lambda: all(node.reaches() | {node.port} == ports for node in self.nodes), "each node reaches the others"
        )
        for node in self.nodes:
            node.wait_state("ok")
        with contextlib.ExitStack() as open_:
            wait_until(_Passing(self.nodes, open_).for_a_while, "messages pass from each node to each other")

    def _join(self) -> None:
        first, *others = self.nodes
        for node in others:
            first.meet(node)
        size = SLOTS // len(self.nodes)
        for number, node in enumerate(self.nodes):
            last = SLOTS - 1 if node is self.nodes[-1] else (number + 1) * size - 1
            node.ask("CLUSTER", "ADDSLOTSRANGE", number * size, last)
        self.wait_whole()


class _Passing:
    """Whether what is published at each node comes out at all others, seen by a subscriber at each."""

    def __init__(self, nodes: list[Node], open_: contextlib.ExitStack) -> None:
        self._nodes = nodes
        self._probes = [open_.enter_context(_probe(node)) for node in nodes]
        self._round = 0

    def for_a_while(self) -> bool:
        """Round after round without a loss; False at the first."""
        return all(self._passes() for _ in range(_ROUNDS))

    def _passes(self) -> bool:
        self._round += 1
        sent = {node: b"%d from %d" % (self._round, node.port) for node in self._nodes}
        for node, message in sent.items():
            node.ask("PUBLISH", _PROBE, message)
        return all(_receives(probe, set(sent.values())) for probe in self._probes)


def _receives(probe: Any, missing: set[bytes]) -> bool:
    while missing and (found := probe.get_message(timeout=_PASSING_SECONDS)):
        missing.discard(found["data"])  # whatever else it is, it is late and of an earlier round
    return not missing


@contextlib.contextmanager
def _probe(node: Node) -> Iterator[Any]:
    with contextlib.closing(Redis(node.host, node.port, protocol=2)) as client:
        probe: Any = client.pubsub()  # type: ignore[no-untyped-call]
        probe.subscribe(_PROBE)
        yield probe


def _is_reached(flags: str, link: str) -> bool:
    return link == "connected" and not {"myself", "fail", "noaddr"} & set(flags.split(","))


def _port(address: str) -> int:
    """From `127.0.0.1:30001@40001`, which may go on with a comma."""
    return int(address.partition("@")[0].rpartition(":")[2])
