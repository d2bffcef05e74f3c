"""Panels of horizontal bars as an SVG: the same figures give the same bytes, and nothing is loaded from outside.

It is as wide as a phone, so that its text can be read there: the name of a bar stands above it, and lines are wrapped.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final, NamedTuple

_WIDTH: Final = 400
_MARGIN: Final = 8
_BARS_WIDTH: Final = 240
_OVERHANG: Final = 20
"""Where the line that shows the spread is cut off."""
_ROW: Final = 38
_NAME: Final = 16
_BAR: Final = 14
_TITLE: Final = 28
_GAP: Final = 18
_NOTE: Final = 16
_TITLE_COLUMNS: Final = 50
_NOTE_COLUMNS: Final = 60
"""Characters that fit into a line, in a wide font."""

_STYLE: Final = """
text { font: 14px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; }
.note { font-size: 12px; fill: #59636e; }
.ours { fill: #0969da; } .rust { fill: #bc4c00; } .other { fill: #afb8c1; }
.label { dominant-baseline: central; }
.spread { stroke: #1f2328; stroke-width: 1; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .note { fill: #9198a1; } .spread { stroke: #e6edf3; }
.ours { fill: #4493f8; } .rust { fill: #db6d28; } .other { fill: #656c76; }
}
"""


class Bar(NamedTuple):
    """A bar of length `median`, with a line from `p10` to `p90`."""

    name: str
    kind: str
    """`ours`, `rust` or `other`: its colour."""
    median: float
    p10: float
    p90: float
    label: str
    """The text after the bar."""


class Panel(NamedTuple):
    """Bars of one unit, drawn in this order."""

    title: str
    bars: Sequence[Bar]


def chart(title: str, panels: Sequence[Panel], notes: Sequence[str]) -> str:
    """The whole SVG; each note is a line below the panels."""
    body: list[str] = []
    y = _MARGIN
    for panel in panels:
        body += _panel(panel, y)
        y += _height(panel)
    y += 8
    for note in notes:
        for line in textwrap.wrap(note, _NOTE_COLUMNS):
            body.append(_text(_MARGIN, y, "note", line))
            y += _NOTE
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y}"'
            f' viewBox="0 0 {_WIDTH} {y}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style>",
            *body,
            "</svg>\n",
        ]
    )


def _title(panel: Panel) -> list[str]:
    return textwrap.wrap(panel.title, _TITLE_COLUMNS)


def _height(panel: Panel) -> int:
    return _NOTE * (len(_title(panel)) - 1) + _TITLE + _ROW * len(panel.bars) + _GAP


def _panel(panel: Panel, y: int) -> Iterator[str]:
    for line in _title(panel):
        yield _text(_MARGIN, y + 16, "title", line)
        y += _NOTE
    y += _TITLE - _NOTE
    scale = _BARS_WIDTH / max(bar.median for bar in panel.bars)
    for row, bar in enumerate(panel.bars):
        yield from _bar(bar, y + _ROW * row, scale)


def _bar(bar: Bar, y: int, scale: float) -> Iterator[str]:
    low, high = (_MARGIN + min(edge * scale, _BARS_WIDTH + _OVERHANG) for edge in (bar.p10, bar.p90))
    yield _text(_MARGIN, y + _BAR - 2, "name", bar.name)
    y += _NAME
    middle = y + _BAR / 2
    yield (
        f'<rect class="{bar.kind}" x="{_MARGIN}" y="{y}" width="{bar.median * scale:.1f}" height="{_BAR}" rx="2"/>'
        f'<path class="spread" d="M{low:.1f} {middle:g}H{high:.1f}"/>'
    )
    yield _text(max(high, _MARGIN + bar.median * scale) + 8, middle, "label", bar.label)


def _text(x: float, y: float, kind: str, words: str) -> str:
    return f'<text class="{kind}" x="{x:.4g}" y="{y:g}">{escape(words, quote=False)}</text>'
