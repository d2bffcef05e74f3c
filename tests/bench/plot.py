"""The figures as an SVG of bars: the same figures give the same bytes, and nothing is loaded from outside."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

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

_WIDTH: Final = 760
_MARGIN: Final = 16
_BARS_X: Final = 216
_BARS_WIDTH: Final = 380
_OVERHANG: Final = 20
"""Where the line that shows the spread is cut off."""
_ROW: Final = 22
_BAR: Final = 14
_TITLE: Final = 34
_GAP: Final = 14

_STYLE: Final = """
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; }
.note { font-size: 11px; fill: #59636e; }
.ours { fill: #0969da; } .rust { fill: #bc4c00; } .other { fill: #afb8c1; }
.name, .time { dominant-baseline: central; } .name { text-anchor: end; }
.spread { stroke: #1f2328; stroke-width: 1; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .note { fill: #9198a1; } .spread { stroke: #e6edf3; }
.ours { fill: #4493f8; } .rust { fill: #db6d28; } .other { fill: #656c76; }
}
"""


def plot(figures: Figures) -> str:
    """The whole SVG."""
    body: list[str] = []
    y = _MARGIN
    for operation, title in _PANELS.items():
        body += _panel(figures, operation, title, y)
        y += _TITLE + _ROW * len(figures.times[operation]) + _GAP
    versions = ", ".join(f"{name} {number}" for name, number in figures.versions.items())
    body.append(
        _text(
            _MARGIN,
            y + 8,
            "note",
            "Microseconds for one call, median; the line is from the 10th to the 90th percentile.",
        )
    )
    body.append(_text(_MARGIN, y + 24, "note", versions))
    height = y + 24 + _MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}"'
            f' viewBox="0 0 {_WIDTH} {height}" role="img">',
            "<title>Time to decode and encode a checkpoint notification</title>",
            f"<style>{_STYLE}</style>",
            *body,
            "</svg>\n",
        ]
    )


def _panel(figures: Figures, operation: str, title: str, y: int) -> Iterator[str]:
    times = figures.times[operation]
    verdict = times.get(RUST, times[OURS])[1]
    longest = max(timing.median for timing, _ in times.values())
    yield _text(_MARGIN, y + 16, "title", title)
    y += _TITLE
    for name, (timing, accepts) in sorted(times.items(), key=lambda item: item[1][0].median):
        note = "" if accepts == verdict else ", accepts it" if accepts else ", refuses it"
        yield from _bar(name, timing, note, y, _BARS_WIDTH / longest)
        y += _ROW


def _bar(name: str, timing: Timing, note: str, y: int, scale: float) -> Iterator[str]:
    middle = y + _BAR / 2
    kind = {OURS: "ours", RUST: "rust"}.get(name, "other")
    low, high = (_BARS_X + min(edge * scale, _BARS_WIDTH + _OVERHANG) for edge in (timing.p10, timing.p90))
    yield _text(_BARS_X - 8, middle, "name", name)
    yield (
        f'<rect class="{kind}" x="{_BARS_X}" y="{y}" width="{timing.median * scale:.1f}" height="{_BAR}" rx="2"/>'
        f'<path class="spread" d="M{low:.1f} {middle:g}H{high:.1f}"/>'
    )
    yield _text(high + 8, middle, "time", f"{timing.median / 1000:.2f}{note}")


def _text(x: float, y: float, kind: str, words: str) -> str:
    return f'<text class="{kind}" x="{x:.4g}" y="{y:g}">{escape(words, quote=False)}</text>'
