"""The figures of one run, for the table, the plot and the file of `--json`."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any, NamedTuple, TypeAlias

from . import rust
from .contenders import OURS, RUST
from .goals import GOALS, Goal
from .operations import Job
from .rounds import Timing

Times: TypeAlias = dict[str, dict[str, tuple[Timing, bool]]]
"""By operation and contender: its timing, and whether it accepts the payload."""


class Figures(NamedTuple):
    """The measurements, and the versions of the software."""

    versions: dict[str, str]
    rounds: int
    times: Times


class Result(NamedTuple):
    """The result of a goal."""

    goal: Goal
    ratio: float | None
    """None if one of the two was not measured."""

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None if it is not known."""
        return None if self.ratio is None else self.ratio <= self.goal.limit


def figures_of(jobs: list[Job], timings: list[Timing], rounds: int) -> Figures:
    """The figures of a run."""
    times: Times = {}
    for job, timing in zip(jobs, timings, strict=True):
        times.setdefault(job.operation, {})[job.contender] = (timing, job.accepts)
    return Figures(_versions(with_rust=any(job.contender == RUST for job in jobs)), rounds, times)


def ratio(figures: Figures, operation: str, against: str) -> float | None:
    """How many times as long as `against` this package takes."""
    times = figures.times[operation]
    return times[OURS][0].median / times[against][0].median if against in times else None


def results(figures: Figures) -> list[Result]:
    """Return each goal and its result."""
    return [Result(goal, ratio(figures, goal.operation, goal.against)) for goal in GOALS]


def as_json(figures: Figures) -> dict[str, Any]:
    """For other programs; times are in nanoseconds for one call."""
    return {
        "versions": figures.versions,
        "rounds": figures.rounds,
        "operations": {
            operation: {name: {**timing._asdict(), "accepts": accepts} for name, (timing, accepts) in times.items()}
            for operation, times in figures.times.items()
        },
        "goals": [{**result.goal._asdict(), "ratio": result.ratio, "met": result.met} for result in results(figures)],
    }


def _versions(*, with_rust: bool) -> dict[str, str]:
    found = {name: version(name) for name in ("checkpoint-notify", "msgspec", "pydantic", "orjson")}
    python = {platform.python_implementation(): platform.python_version()}
    return python | found | (rust.versions() if with_rust else {})
