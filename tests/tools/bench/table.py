"""The figures as text."""

from __future__ import annotations

from collections.abc import Iterator

from .contenders import OURS, RUST
from .figures import Figures, Result, ratio, results
from .operations import NOTES

_VERDICTS = {True: "met", False: "MISSED", None: "not measured"}


def table(figures: Figures) -> Iterator[str]:
    """Line by line: the times of each operation, then the goals."""
    yield ", ".join(f"{name} {number}" for name, number in figures.versions.items())
    yield f"{figures.rounds} rounds, in each of which all run once. µs for one call; ratio: ours to that one"
    for operation in figures.times:
        yield ""
        yield from _operation(figures, operation)
        if operation in NOTES:
            yield f"  {NOTES[operation]}"
    yield ""
    yield f"{'goals':56}{'limit':>8}{'ratio':>8}"
    yield from map(_goal, results(figures))


def _operation(figures: Figures, operation: str) -> Iterator[str]:
    times = figures.times[operation]
    verdict = times.get(RUST, times[OURS])[1]
    yield f"{operation:36}{'median':>9}{'p10':>9}{'p90':>9}{'ratio':>8}"
    for name, (timing, accepts) in times.items():
        shown = "".join(f"{nanoseconds / 1000:9.3f}" for nanoseconds in timing)
        note = "" if accepts == verdict else "  accepts it" if accepts else "  refuses it"
        yield f"  {name:34}{shown}{ratio(figures, operation, name):8.2f}{note}"


def _goal(result: Result) -> str:
    number, operation, against, limit = result.goal
    shown = "-" if result.ratio is None else f"{result.ratio:.2f}"
    return f"{number:3} {f'{operation}: {against}':52}{limit:8.2f}{shown:>8}  {_VERDICTS[result.met]}"
