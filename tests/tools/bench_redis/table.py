"""The figures as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .figures import Figures, Result, pooled, results, spread, versions


def table(figures: Figures) -> Iterator[str]:
    """Line by line."""
    yield ", ".join(f"{name} {number}" for name, number in versions().items())
    yield from _spreads("publish, µs", figures.publish, 1e6)
    latency = {name: pooled(rounds) for name, rounds in figures.latency.items()}
    yield from _spreads("publish → received, µs", latency, 1e-3)
    yield from _spreads("messages per second", figures.rate, 1.0)
    yield from _memory(figures)
    yield ""
    yield f"{'goals':52}{'limit':>15}{'ratio':>8}"
    yield from map(_result, results(figures))


def _spreads(what: str, by_name: Mapping[str, Sequence[float]], unit: float) -> Iterator[str]:
    yield ""
    yield f"{what:32}{'median':>10}{'p10':>10}{'p90':>10}{'p99':>10}{'samples':>10}"
    for name, samples in by_name.items():
        yield f"  {name:30}" + "".join(f"{value * unit:10.0f}" for value in spread(samples)) + f"{len(samples):10}"


def _memory(figures: Figures) -> Iterator[str]:
    yield ""
    yield f"{f'MiB held, {figures.messages:,} messages':32}{'at 10 %':>10}{'at 50 %':>10}{'at 100 %':>10}"
    for name, found in figures.memory.items():
        yield f"  {name:30}" + "".join(f"{value / 2**20:10.1f}" for value in found)


def _result(result: Result) -> str:
    limit = f"{result.bound} {result.limit:.2f}"
    return f"  {result.goal:50}{limit:>15}{result.ratio:8.2f}  {'met' if result.met else 'MISSED'}"
