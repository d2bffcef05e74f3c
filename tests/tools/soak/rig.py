"""The system under test: one server, one publisher, and a proxy in front of each listener; it injects the faults."""

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
"""How long the slow consumer spends on an event."""
CROWD: Final = 100
"""The number of messages in a burst: more than a queue holds, on any machine."""


@dataclass
class Rig:
    """One server, its publisher and its listeners."""

    server: Server
    proxies: list[FaultProxy]
    publisher: Publisher
    ledger: Ledger
    set_pause: Callable[[float], None]
    """How long the consumers take for each event, in seconds."""

    def inject(self, step: Step) -> None:
        """Inject the fault of a step; return when it is over."""
        _INJECTORS[step.kind](self, step.seconds)

    def kill(self, seconds: float) -> None:
        """Disconnect the listeners with CLIENT KILL."""
        with self.ledger.fault("kill"), Resp(self.server.port) as admin:
            admin.ask("CLIENT", "KILL", "TYPE", "pubsub")

    def rst(self, seconds: float) -> None:
        """Close the connections with RST."""
        with self.ledger.fault("rst"):
            for proxy in self.proxies:
                proxy.reset()

    def fin(self, seconds: float) -> None:
        """Close the connections with FIN."""
        with self.ledger.fault("fin"):
            for proxy in self.proxies:
                proxy.finish()

    def double_drop(self, seconds: float) -> None:
        """Close the connections with FIN, and shortly after with RST."""
        self.fin(0)
        time.sleep(seconds)
        self.rst(0)

    def rst_on_a_slow_line(self, seconds: float) -> None:
        """Delay all replies for a while, then lose them."""
        for proxy in self.proxies:
            proxy.state.lag = LAG_SECONDS
        time.sleep(seconds)
        self.rst(0)
        for proxy in self.proxies:
            proxy.state.lag = 0.0

    def half_open(self, seconds: float, way: Way) -> None:
        """Stop all traffic on the connections without closing them, and for a while on new ones too."""
        with self.ledger.fault(f"half_open_{way}"), ExitStack() as stack:
            for proxy in self.proxies:
                stack.enter_context(proxy.half_open(way))
            time.sleep(seconds)

    def standstill(self, seconds: float) -> None:
        """Hold all traffic back, then let it pass late."""
        with self.ledger.fault("standstill", deadly=False):
            self._stand_still(lambda: time.sleep(seconds))

    def sigstop(self, seconds: float) -> None:
        """Suspend the server."""
        with self.ledger.fault("sigstop", deadly=False):
            os.kill(self.server.pid, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(self.server.pid, signal.SIGCONT)

    def sigkill_and_restart(self, seconds: float) -> None:
        """Kill the server, and start an empty one in its place."""
        with self.ledger.fault("sigkill_and_restart"):
            self.server.kill()
            time.sleep(seconds)
            self.server.restart()

    def buffer_overrun(self, seconds: float) -> None:
        """Publish while no traffic passes, until the server disconnects the subscribers for full output buffers."""
        with self.ledger.fault("buffer_overrun"):
            self._stand_still(self._overrun)

    def slow_consumer(self, seconds: float) -> None:
        """Slow the consumer down so that messages arrive faster than it takes them."""
        with self.ledger.fault("slow_consumer", deadly=False):
            self.set_pause(SLOW_SECONDS)
            self.publisher.burst(CROWD)
            time.sleep(seconds)
            self.set_pause(0.0)

    def drops_while_slow(self, seconds: float) -> None:
        """Break the connection three times while the consumer is too slow to take the events in between."""
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
        # A connection that an earlier fault made dead reads everything, so its output buffer does not fill.
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
