"""Draws the figures as an SVG."""

from __future__ import annotations

from typing import Final

from .chart import Bar, Panel, chart
from .contenders import OURS, RUST
from .figures import Figures
from .operations import DECODE, DECODE_UNKNOWN, ENCODE, REFUSE
from .rounds import Timing

_PANELS: Final = {
    DECODE: "Decode the README's message as Rust writes it",
    DECODE_UNKNOWN: "Decode it with three unknown fields",
    REFUSE["wrong type"]: "Judge it with a string for the version",
    ENCODE: "Encode it",
}


def plot(figures: Figures) -> str:
    """Return the whole SVG."""
    return chart(
        "Time to decode and encode a checkpoint notification",
        [_panel(figures, operation, title) for operation, title in _PANELS.items()],
        [
            "Microseconds for one call, median; the line is from the 10th to the 90th percentile.",
            ", ".join(f"{name} {number}" for name, number in figures.versions.items()),
        ],
    )


def _panel(figures: Figures, operation: str, title: str) -> Panel:
    times = figures.times[operation]
    verdict = times.get(RUST, times[OURS])[1]
    fastest_first = sorted(times.items(), key=lambda item: item[1][0].median)
    return Panel(title, [_bar(name, timing, accepts, verdict) for name, (timing, accepts) in fastest_first])


def _bar(name: str, timing: Timing, accepts: bool, verdict: bool) -> Bar:
    note = "" if accepts == verdict else ", accepts it" if accepts else ", refuses it"
    kind = {OURS: "ours", RUST: "rust"}.get(name, "other")
    return Bar(name, kind, *timing, label=f"{timing.median / 1000:.2f}{note}")
