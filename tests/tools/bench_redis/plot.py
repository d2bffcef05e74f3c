"""Draws the figures as an SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ..bench.chart import Bar, Panel, chart
from . import consumer as listening
from . import publishing
from .figures import Figures, pooled, spread, versions

_OURS: Final = {publishing.OURS, publishing.OURS_ASYNCIO, listening.OURS, listening.OURS_ASYNCIO}


def plot(figures: Figures) -> str:
    """Return the whole SVG."""
    latency = {name: pooled(rounds) for name, rounds in figures.latency.items()}
    return chart(
        "Time to publish and to receive a checkpoint notification, and how many are received a second",
        [
            _panel("One publish, in microseconds", figures.publish, 1e6),
            _panel("From a publish to its event, in microseconds", latency, 1e-3),
            _panel("Messages received a second", figures.rate, 1.0),
        ],
        [
            "Medians; the line is from the 10th to the 90th percentile. All on one machine, with one server.",
            ", ".join(f"{name} {number}" for name, number in versions().items()),
        ],
    )


def _panel(title: str, by_name: Mapping[str, Sequence[float]], unit: float) -> Panel:
    return Panel(title, [_bar(name, samples, unit) for name, samples in by_name.items()])


def _bar(name: str, samples: Sequence[float], unit: float) -> Bar:
    median, p10, p90 = (value * unit for value in spread(samples)[:3])
    kind = "ours" if name in _OURS else "rust" if name == publishing.RUST else "other"
    return Bar(name, kind, median, p10, p90, label=f"{median:,.0f}")
