"""What happens when: a list of faults that a seed determines."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

FIRST_AT: Final = 1.0
QUIET_END: Final = 1.5
"""Seconds without a new fault at the end."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault, and how long it lasts: any time between the two, in seconds."""

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
    """Seconds after the start, at the earliest: it waits for the one before it to be over."""
    kind: str
    seconds: float

    def __str__(self) -> str:
        lasting = f" for {self.seconds:.2f} s" if self.seconds else ""
        return f"{self.at:8.2f} s  {self.kind}{lasting}"


def make_plan(seed: int, seconds: float) -> list[Step]:
    """The faults for a run of that many seconds. Every kind comes before one comes again."""
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
