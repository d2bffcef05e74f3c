"""One run: starts everything, injects the faults of the plan, waits until the listener has recovered, and judges."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from checkpoint_notify import CheckpointListenerConfig

from ...support.faults.ledger import Ledger
from ...support.faults.messages import INSTANCE
from ...support.faults.promise import Bounds, judge
from ...support.faults.publisher import Publisher
from ...support.faults.scene import SMALL_BUFFERS, ServerName, make_server
from ...support.faults.watch import Watch
from ...support.flavours import Flavour
from ...support.proxy import FaultProxy
from ...support.waiting import PATIENCE
from .plain import PlainListener
from .plan import Step
from .report import Plain, Report
from .rig import Rig

PING_INTERVAL: Final = 0.5
PING_TIMEOUT: Final = 1.0
MAX_QUEUE: Final = 32
"""The queue is small and PING_TIMEOUT short, so that faults have an effect. A run without faults uses the listener's
defaults, which even a busy machine does not exceed."""
RECEIVE_BUFFER: Final = 16 * 1024
"""The receive buffer of a proxy in bytes. It is small, so that unread data stays in the server's output buffer."""
SLACK: Final = 0.5
_PAGE: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a run."""

    seconds: float
    flavour: Flavour
    plan: list[Step]
    server: ServerName = "valkey"
    rate: float = 200.0
    """Messages per second."""
    beside_plain: bool = True
    """Whether redis-py's plain listener runs under the same faults."""
    listener: Callable[[CheckpointListenerConfig], Any] | None = None
    """Makes another listener than the flavour's own."""
    timeout: float = PATIENCE
    """How long to wait for the listener to recover in the end, in seconds."""
    say: Callable[[str], object] = lambda line: None
    """Called with a line for each fault."""


def run(settings: Settings) -> Report:
    """Run it; this takes a little longer than `settings.seconds`."""
    with ExitStack() as stack:
        server = stack.enter_context(make_server(settings.server, *SMALL_BUFFERS[settings.server]))
        ledger = Ledger()
        proxies = [stack.enter_context(FaultProxy(server.port, receive_buffer=RECEIVE_BUFFER))]
        pauses = [0.0]
        plain = None
        if settings.beside_plain:
            proxies.append(stack.enter_context(FaultProxy(server.port, receive_buffer=RECEIVE_BUFFER)))
            plain = stack.enter_context(PlainListener(proxies[1].port))
        tight: dict[str, Any] = {"ping_timeout": PING_TIMEOUT, "max_queue": MAX_QUEUE} if settings.plan else {}
        config = CheckpointListenerConfig(
            redis_url=proxies[0].url, instance_id=INSTANCE, ping_interval=PING_INTERVAL, backoff_max=1.0, **tight
        )
        watch = Watch(config, settings.flavour, ledger, listener=settings.listener, pause=lambda: pauses[0])
        stack.enter_context(watch)
        publisher = Publisher(server.port, ledger, every=1 / settings.rate)
        stack.callback(publisher.close)
        watch.wait_connected()

        def set_pause(seconds: float) -> None:
            pauses[0] = seconds
            if plain is not None:
                plain.set_pause(seconds)

        rig = Rig(server, proxies, publisher, ledger, set_pause)
        publisher.start()
        begun = time.time()
        memory = _inject(rig, settings, begun)
        _finish(watch, publisher, ledger, settings.timeout)
        ended = time.time()
        watch.close()
        publisher.close()
        ledger.finish()
        beside = _plain_report(plain, ledger, timeout=1.0 if settings.plan else settings.timeout)
    verdict = judge(ledger, Bounds(PING_INTERVAL, config.ping_timeout, SLACK))
    return Report(settings.plan, ledger, verdict, ended - begun, memory, beside)


def _inject(rig: Rig, settings: Settings, begun: float) -> tuple[int, int]:
    """Inject the faults of the plan; return the memory of this process in bytes, early and at the end."""
    early = _sleep_until(begun + min(5.0, settings.seconds / 3), settings.plan == [])
    for step in settings.plan:
        time.sleep(max(0.0, begun + step.at - time.time()))
        settings.say(str(step))
        rig.inject(step)
        if early is None and time.time() > begun + settings.seconds / 3:
            early = _resident()
    time.sleep(max(0.0, begun + settings.seconds - time.time()))
    return early or _resident(), _resident()


def _sleep_until(moment: float, wanted: bool) -> int | None:
    if not wanted:
        return None
    time.sleep(max(0.0, moment - time.time()))
    return _resident()


def _finish(watch: Watch, publisher: Publisher, ledger: Ledger, timeout: float) -> None:
    """The listener has to hear again, by itself; then the last message is published, and should arrive."""
    watch.hears(ledger.next_number, timeout)
    publisher.stop()
    last = publisher.publish()
    if not last.taken:
        raise RuntimeError("the server did not take the last message, though all faults are over")
    watch.hears(last.number, timeout)


def _plain_report(plain: PlainListener | None, ledger: Ledger, timeout: float) -> Plain | None:
    if plain is None:
        return None
    plain.wait(ledger.next_number - 1, timeout)
    told, silent = plain.lost(ledger.taken)
    return Plain(plain.received, told, silent, plain.errors, plain.last)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
