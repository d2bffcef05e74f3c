"""A server, a publisher, a listener and what lies between them, set up for one fault, and judged at the end."""

from __future__ import annotations

import dataclasses
import logging
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import pytest

from checkpoint_notify import CheckpointListenerConfig, Disconnected

from ..flavours import Flavour
from ..proxy import FaultProxy
from ..server import Server
from ..waiting import PATIENCE
from .ledger import Fault, Ledger
from .leftovers import held, wait_until_held
from .messages import INSTANCE
from .promise import Bounds, Verdict, judge
from .publisher import Publisher
from .resp import Resp
from .watch import Watch

ServerName: TypeAlias = Literal["valkey", "redis"]
Measure: TypeAlias = Callable[[str, object], None]

_SMALL: Final = ("--client-output-buffer-limit", "pubsub 1mb 512kb 5")

PING_INTERVAL: Final = 0.3
PING_TIMEOUT: Final = 0.5
CONNECT_TIMEOUT: Final = 1.0
BACKOFF_MAX: Final = 0.5
SETTINGS: Final = {
    "ping_interval": PING_INTERVAL,
    "ping_timeout": PING_TIMEOUT,
    "connect_timeout": CONNECT_TIMEOUT,
    "backoff_max": BACKOFF_MAX,
}
"""The listener's times in a scene that says nothing of them."""
SMALL_BUFFERS: Final[dict[ServerName, tuple[str, ...]]] = {
    # Valkey keeps one copy of a large message for all subscribers, and counts it for none of them, unless told not to.
    "valkey": (*_SMALL, "--min-string-size-avoid-copy-reply", "2147483647"),
    "redis": _SMALL,
}
"""Arguments for a server that gives up subscribers soon whose messages pile up."""
ENDS_SECONDS: Final = 0.5
"""How long a listener may take to end, and its server to know."""


class RedisServer(Server):
    """The same with Debian's redis-server, a second implementation."""

    program: Final = shutil.which("redis-server")

    def _command(self, port: int) -> list[str]:
        assert self.program is not None
        return [self.program, *super()._command(port)[1:]]


def make_server(name: ServerName, *arguments: str, password: str | None = None) -> Server:
    """A server of that kind; skips the test where there is none."""
    if name == "valkey":
        return Server(*arguments, password=password)
    if RedisServer.program is None:
        pytest.skip("redis-server, the second kind of server, is not on PATH (Debian: apt-get install redis-server)")
    return RedisServer(*arguments, password=password)


@dataclass
class Scene:
    """One listener and what happens to it."""

    server: Server
    proxy: FaultProxy
    ledger: Ledger
    publisher: Publisher
    watch: Watch
    bounds: Bounds
    log: list[logging.LogRecord]
    measure: Measure
    """Notes down a figure for the report."""

    @contextmanager
    def admin(self) -> Iterator[Resp]:
        """A connection to the server, past the proxy."""
        with Resp(self.server.port, password=self.server.password) as link:
            yield link

    def kill_clients(self) -> None:
        """CLIENT KILL every subscriber."""
        with self.admin() as admin:
            admin.ask("CLIENT", "KILL", "TYPE", "pubsub")

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """SIGSTOP the server for the block."""
        os.kill(self.server.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.server.pid, signal.SIGCONT)

    def again_after(self, fault: Fault, moment: float, limit: float) -> None:
        """Hears again what is published now, after a Gap that ends within `limit` seconds after a moment."""
        self.watch.wait_delivered(self.ledger.next_number)
        ends = [gap.until for gap in self.ledger.gaps if gap.reason == "reconnected" and gap.until > fault.begin]
        assert ends, f"no Gap after {fault.kind}"
        took = max(0.0, max(ends) - moment)
        self.measure("subscribed again", f"{took:.3f} s (limit {limit:g})")
        assert took <= limit, f"subscribed again after {took:.3f} s"

    def noticed_after(self, fault: Fault, limit: float) -> None:
        """The loss is told within `limit` seconds."""
        took = self.watch.wait_seen(Disconnected, fault.begin)[0] - fault.begin
        self.measure("noticed", f"{took:.3f} s (limit {limit:g})")
        assert took <= limit, f"noticed after {took:.3f} s"

    @property
    def failures(self) -> list[logging.LogRecord]:
        """What was logged of each connection that was lost or could not be made."""
        return [record for record in self.log if record.levelno == logging.DEBUG]

    def said(self, text: str) -> bool:
        """Whether the listener has logged this text."""
        return any(text in record.getMessage() for record in self.log)

    def finish(self) -> Verdict:
        """All faults are over. The listener must come to hear again, hear the last message, and end in time."""
        self.watch.wait_delivered(self.ledger.next_number)
        self.publisher.stop()
        last = self.publisher.publish()
        assert last.taken
        self.watch.wait_delivered(last.number)
        begun = time.monotonic()
        self.watch.close()
        self._wait_for_no_client(begun + ENDS_SECONDS)
        self.measure("ended, nothing left", f"{time.monotonic() - begun:.3f} s (limit {ENDS_SECONDS:g})")
        self.publisher.close()
        self.ledger.finish()
        return judge(self.ledger, self.bounds)

    def _wait_for_no_client(self, deadline: float) -> None:
        with self.admin() as admin:
            while clients := admin.text("CLIENT", "LIST", "TYPE", "pubsub"):
                assert time.monotonic() <= deadline, f"still on the server: {clients}"
                time.sleep(0.005)


@dataclass(frozen=True)
class Stage:
    """Sets scenes up."""

    server: ServerName
    flavour: Flavour
    measure: Measure = field(default=lambda name, value: None)
    listener: Callable[[CheckpointListenerConfig], Any] | None = None
    """Makes another listener than the flavour's own."""

    @contextmanager
    def scene(
        self,
        *arguments: str,
        password: str | None = None,
        direct: bool = False,
        url: Callable[[Server | FaultProxy], str] | None = None,
        proxy: dict[str, Any] | None = None,
        prepare: Callable[[Resp], object] = lambda admin: None,
        connected: bool = True,
        every: float = 0.01,
        pause: Callable[[], float] = lambda: 0.0,
        slack: float = 0.5,
        keep: bool = False,
        clock: Callable[[], float] = time.time,
        **config: Any,
    ) -> Iterator[Scene]:
        """A scene that has begun; when the block ends, it is finished, judged, and searched for leftovers.

        `arguments` are the server's; `direct`: without a proxy; `url` makes another URL than the one without
        credentials; `prepare` is run on the server first; `connected`: begin once the listener is; the
        others are those of Publisher, Watch, Bounds and Ledger.
        """
        before = held()
        with ExitStack() as stack:
            server = stack.enter_context(make_server(self.server, *arguments, password=password))
            with Resp(server.port, password=password) as admin:
                prepare(admin)
            between = stack.enter_context(FaultProxy(server.port, **(proxy or {})))
            settings = CheckpointListenerConfig(
                redis_url=(url or _plain_url)(server if direct else between),
                instance_id=INSTANCE,
                **{**SETTINGS, **config},
            )
            ledger = Ledger(clock=clock)
            bounds = Bounds(settings.ping_interval, settings.ping_timeout, slack)
            publisher = Publisher(server.port, ledger, every=every, password=password)
            stack.callback(publisher.close)
            watch = Watch(settings, self.flavour, ledger, listener=self.listener, pause=pause, keep=keep)
            log = stack.enter_context(_logged())
            scene = Scene(server, between, ledger, publisher, watch, bounds, log, self.measure)
            stack.enter_context(watch)
            if connected:
                watch.wait_connected()
            publisher.start()
            if connected:
                watch.wait_delivered(5)
            yield scene
            verdict = scene.finish()
            self._report(scene, verdict)
            assert verdict.kept, "\n".join(verdict.problems)
            watch.release()
        wait_until_held(before, PATIENCE)

    def _report(self, scene: Scene, verdict: Verdict) -> None:
        counts = {name: value for name, value in dataclasses.asdict(scene.ledger.counts).items() if value}
        self.measure("messages", ", ".join(f"{name} {value}" for name, value in counts.items()))
        for judged in verdict.gaps[:3]:
            self.measure(f"gap, {judged.gap.reason}", f"{judged.width:.3f} s (bound {judged.bound:.3f})")


def _plain_url(place: Server | FaultProxy) -> str:
    return f"redis://127.0.0.1:{place.port}"


class _Keeper(logging.Handler):
    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__()
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)


@contextmanager
def _logged() -> Iterator[list[logging.LogRecord]]:
    records: list[logging.LogRecord] = []
    handler = _Keeper(records)
    logger = logging.getLogger("checkpoint_notify")
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        yield records
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
