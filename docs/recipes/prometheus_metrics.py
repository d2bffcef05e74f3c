"""The counters as Prometheus metrics; needs `pip install prometheus-client`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from checkpoint_notify import CheckpointListener, CheckpointNotifier
from checkpoint_notify.asyncio import CheckpointListener as AsyncListener
from checkpoint_notify.asyncio import CheckpointNotifier as AsyncNotifier


class ListenerCollector(Collector):
    """Reads a listener whenever Prometheus asks; any thread may do that."""

    def __init__(self, listener: CheckpointListener | AsyncListener) -> None:
        self._listener = listener

    def collect(self) -> Iterator[Metric]:
        """One counter for each field of ListenerCounters, and the connection."""
        for name, value in asdict(self._listener.counters).items():
            metric = f"checkpoint_listener_{name}"
            yield CounterMetricFamily(
                metric, f"ListenerCounters.{name}", value=value
            )
        yield GaugeMetricFamily(
            "checkpoint_listener_connected",
            "1 while the subscription is confirmed and the connection holds",
            value=float(self._listener.connected),
        )


class NotifierCollector(Collector):
    """Reads a notifier whenever Prometheus asks."""

    def __init__(self, notifier: CheckpointNotifier | AsyncNotifier) -> None:
        self._notifier = notifier

    def collect(self) -> Iterator[Metric]:
        """One counter for each field of NotifierCounters."""
        for name, value in asdict(self._notifier.counters).items():
            metric = f"checkpoint_notifier_{name}"
            yield CounterMetricFamily(
                metric, f"NotifierCounters.{name}", value=value
            )
