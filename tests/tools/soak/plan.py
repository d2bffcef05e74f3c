"""The plan of a run: a list of faults with their times; a seed determines it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

FIRST_AT: Final = 1.0
QUIET_END: Final = 1.5
"""The seconds at the end without a new fault."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault, and the least and the greatest duration in seconds."""

    name: str
    shortest: float = 0.0
    longest: float = 0.0


KINDS: Final = (
    Kind("kill"),
    Kind("rst"),
    Kind("fin"),
    Kind("double_drop", 0.02, 0.5),
    Kind("rst_on_a_slow_line", 0.3, 1.0),
    Kind("half_open_both", 0.1, 2.5),
    Kind("half_open_replies", 0.1, 2.5),
    Kind("standstill", 0.1, 2.5),
    Kind("sigstop", 0.1, 2.5),
    Kind("sigkill_and_restart", 0.0, 1.0),
    Kind("buffer_overrun"),
    Kind("slow_consumer", 0.5, 1.5),
    Kind("drops_while_slow", 0.5, 1.5),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One fault to be injected."""

    at: float
    """The earliest start in seconds after the start of the run; the fault also waits for the end of the one before."""
    kind: str
    seconds: float

    def __str__(self) -> str:
        lasting = f" for {self.seconds:.2f} s" if self.seconds else ""
        return f"{self.at:8.2f} s  {self.kind}{lasting}"


def make_plan(seed: int, seconds: float) -> list[Step]:
    """Return the faults for a run of that many seconds. No kind repeats before every kind has occurred."""
    chance = random.Random(seed)
    plan: list[Step] = []
    deck: list[Kind] = []
    at = FIRST_AT
    while True:
        if not deck:
            deck = chance.sample(KINDS, len(KINDS))
        kind = deck.pop()
        lasts = round(chance.uniform(kind.shortest, kind.longest), 3)
        if at + lasts > seconds - QUIET_END:
            return plan
        plan.append(Step(round(at, 3), kind.name, lasts))
        at += lasts + chance.uniform(0.1, 2.0)
