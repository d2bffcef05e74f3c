"""The counters for OpenTelemetry; needs `pip install opentelemetry-api`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from checkpoint_notify import CheckpointListener, CheckpointNotifier
from checkpoint_notify.asyncio import CheckpointListener as AsyncListener
from checkpoint_notify.asyncio import CheckpointNotifier as AsyncNotifier

Callback = Callable[[CallbackOptions], list[Observation]]


def observe_listener(
    meter: Meter, listener: CheckpointListener | AsyncListener
) -> None:
    """A counter for each field of ListenerCounters; a gauge for the connection."""
    _observe(meter, "checkpoint.listener", lambda: listener.counters)
    meter.create_observable_gauge(
        "checkpoint.listener.connected",
        [lambda _: [Observation(int(listener.connected))]],
    )


def observe_notifier(
    meter: Meter, notifier: CheckpointNotifier | AsyncNotifier
) -> None:
    """A counter for each field of NotifierCounters."""
    _observe(meter, "checkpoint.notifier", lambda: notifier.counters)


def _observe(meter: Meter, prefix: str, counters: Callable[[], Any]) -> None:
    for name in asdict(counters()):
        meter.create_observable_counter(
            f"{prefix}.{name}", [_reading(counters, name)]
        )


def _reading(counters: Callable[[], Any], name: str) -> Callback:
    return lambda _: [Observation(getattr(counters(), name))]
