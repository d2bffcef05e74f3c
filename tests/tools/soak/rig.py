"""What the faults are done to: one server, one publisher, and a proxy in front of each listener."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from ...support.faults.ledger import Ledger
from ...support.faults.publisher import Publisher
from ...support.faults.resp import Resp
from ...support.proxy import FaultProxy, Way
from ...support.server import Server
from ...support.waiting import PATIENCE
from .plan import Step

LAG_SECONDS: Final = 0.15
SLOW_SECONDS: Final = 0.05
"""How long the slow consumer takes for an event."""
CROWD: Final = 100
"""Messages at once: more than a queue holds, however slow the machine is."""


@dataclass
class Rig:
    """One server and all that is connected to it."""

    server: Server
    proxies: list[FaultProxy]
    publisher: Publisher
    ledger: Ledger
    set_pause: Callable[[float], None]
    """How long the consumers take for each event, in seconds."""

    def inject(self, step: Step) -> None:
        """Do what a step says; returns when it is over."""
        _INJECTORS[step.kind](self, step.seconds)

    def kill(self, seconds: float) -> None:
        """CLIENT KILL."""
        with self.ledger.fault("kill"), Resp(self.server.port) as admin:
            admin.ask("CLIENT", "KILL", "TYPE", "pubsub")

    def rst(self, seconds: float) -> None:
        """RST."""
        with self.ledger.fault("rst"):
            for proxy in self.proxies:
                proxy.reset()

    def fin(self, seconds: float) -> None:
        """FIN."""
        with self.ledger.fault("fin"):
            for proxy in self.proxies:
                proxy.finish()

    def double_drop(self, seconds: float) -> None:
        """FIN, and RST a moment later."""
        self.fin(0)
        time.sleep(seconds)
        self.rst(0)

    def rst_on_a_slow_line(self, seconds: float) -> None:
        """Replies are under way for a while; then all of them are lost."""
        for proxy in self.proxies:
            proxy.state.lag = LAG_SECONDS
        time.sleep(seconds)
        self.rst(0)
        for proxy in self.proxies:
            proxy.state.lag = 0.0

    def half_open(self, seconds: float, way: Way) -> None:
        """Connections are dead, without a word, and new ones as well for a while."""
        with self.ledger.fault(f"half_open_{way}"), ExitStack() as stack:
            for proxy in self.proxies:
                stack.enter_context(proxy.half_open(way))
            time.sleep(seconds)

    def standstill(self, seconds: float) -> None:
        """Nothing passes, and then everything, late."""
        with self.ledger.fault("standstill", deadly=False):
            self._stand_still(lambda: time.sleep(seconds))

    def sigstop(self, seconds: float) -> None:
        """The server stands still."""
        with self.ledger.fault("sigstop", deadly=False):
            os.kill(self.server.pid, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(self.server.pid, signal.SIGCONT)

    def sigkill_and_restart(self, seconds: float) -> None:
        """The server dies, and an empty one takes its place."""
        with self.ledger.fault("sigkill_and_restart"):
            self.server.kill()
            time.sleep(seconds)
            self.server.restart()

    def buffer_overrun(self, seconds: float) -> None:
        """Much is published while nothing passes, until the server gives the subscribers up."""
        with self.ledger.fault("buffer_overrun"):
            self._stand_still(self._overrun)

    def slow_consumer(self, seconds: float) -> None:
        """The consumer takes longer than the messages leave it."""
        with self.ledger.fault("slow_consumer", deadly=False):
            self.set_pause(SLOW_SECONDS)
            self.publisher.burst(CROWD)
            time.sleep(seconds)
            self.set_pause(0.0)

    def drops_while_slow(self, seconds: float) -> None:
        """Drops, and a consumer that is not there yet when the next one comes."""
        self.set_pause(SLOW_SECONDS)
        for _ in range(3):
            time.sleep(seconds / 3)
            self.rst(0)
        self.set_pause(0.0)

    def _stand_still(self, meanwhile: Callable[[], None]) -> None:
        with ExitStack() as stack:
            for proxy in self.proxies:
                stack.enter_context(proxy.standing_still())
            meanwhile()

    def _overrun(self) -> None:
        # Those that are dead already take everything, and do not overrun.
        spared = sum(proxy.dead_links for proxy in self.proxies)
        deadline = time.monotonic() + PATIENCE
        with Resp(self.server.port) as admin:
            while len(admin.text("CLIENT", "LIST", "TYPE", "pubsub").splitlines()) > spared:
                if time.monotonic() > deadline:
                    raise TimeoutError("the server keeps subscribers whose output buffers are full")
                self.publisher.burst(20, size=50_000)


_INJECTORS: Final[dict[str, Callable[[Rig, float], None]]] = {
    "kill": Rig.kill,
    "rst": Rig.rst,
    "fin": Rig.fin,
    "double_drop": Rig.double_drop,
    "rst_on_a_slow_line": Rig.rst_on_a_slow_line,
    "half_open_both": lambda rig, seconds: rig.half_open(seconds, "both"),
    "half_open_replies": lambda rig, seconds: rig.half_open(seconds, "replies"),
    "standstill": Rig.standstill,
    "sigstop": Rig.sigstop,
    "sigkill_and_restart": Rig.sigkill_and_restart,
    "buffer_overrun": Rig.buffer_overrun,
    "slow_consumer": Rig.slow_consumer,
    "drops_while_slow": Rig.drops_while_slow,
}
