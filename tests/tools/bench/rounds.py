"""Times jobs in turn: every job runs once in each of many short rounds, so that a busy machine slows all equally.

Each round has an order of its own: in a fixed one the scheduler's rhythm can meet the same job again and again.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from statistics import median, quantiles
from typing import Final, NamedTuple

from .operations import Job, Run

ROUND_NANOSECONDS: Final = 400_000
"""About what one job takes in one round."""

_TRIAL_CALLS: Final = 50
_TRIALS: Final = 10


class Timing(NamedTuple):
    """Nanoseconds for one call, over all rounds."""

    median: float
    p10: float
    p90: float


def measure(jobs: Sequence[Job], rounds: int) -> list[Timing]:
    """The timing of each job, in order. The garbage collector runs as it does in a service."""
    counts = [_calls_in_a_round(job.run) for job in jobs]
    found: list[list[float]] = [[] for _ in jobs]
    order = list(range(len(jobs)))
    random = Random(0)
    for _ in range(rounds):
        random.shuffle(order)
        for index in order:
            found[index].append(jobs[index].run(counts[index]) / counts[index])
    return [timing(samples) for samples in found]


def timing(samples: Sequence[float]) -> Timing:
    """Of at least two samples."""
    deciles = quantiles(samples, n=10, method="inclusive")
    return Timing(median(samples), deciles[0], deciles[-1])


def _calls_in_a_round(run: Run) -> int:
    run(_TRIAL_CALLS)  # the first calls are slow
    fastest = min(run(_TRIAL_CALLS) for _ in range(_TRIALS))  # a trial may be interrupted, and a short round runs cold
    return max(1, round(ROUND_NANOSECONDS * _TRIAL_CALLS / fastest))
