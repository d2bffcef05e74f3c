"""The report of a run, as text and as JSON."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...support.faults.ledger import Ledger
from ...support.faults.promise import Verdict
from .plan import Step


@dataclass(frozen=True, slots=True)
class Plain:
    """The results of redis-py's plain `listen()` in the same run."""

    delivered: int
    lost_with_an_exception: int
    lost_without_a_word: int
    exceptions: int
    last: int
    """The number of the last message that it delivered."""


@dataclass(frozen=True)
class Report:
    """One run."""

    plan: list[Step]
    ledger: Ledger
    verdict: Verdict
    seconds: float
    memory: tuple[int, int]
    """The memory of this process in bytes, early and at the end."""
    plain: Plain | None

    @property
    def kept(self) -> bool:
        """Whether the promise was kept; without faults, that also means: no Gap, and everything delivered."""
        return self.verdict.kept and (bool(self.plan) or self._untroubled)

    @property
    def _untroubled(self) -> bool:
        counts = self.ledger.counts
        return set(self.ledger.events) == {"Connected", "Received"} and counts.delivered == counts.published

    def data(self) -> dict[str, Any]:
        """Return all measurements."""
        gaps = self.verdict.gaps
        worst = max(gaps, key=lambda judged: judged.ratio, default=None)
        return {
            "kept": self.kept,
            "problems": self.verdict.problems,
            "seconds": round(self.seconds, 1),
            "messages": dataclasses.asdict(self.ledger.counts),
            "events": dict(self.ledger.events),
            "faults": dict(Counter(step.kind for step in self.plan)),
            "gaps": {
                "by reason": dict(Counter(judged.gap.reason for judged in gaps)),
                "widest, s": round(max((judged.width for judged in gaps), default=0.0), 3),
                "worst width to bound": worst and round(worst.ratio, 3),
                "worst, by": worst and worst.fault,
            },
            "share of time with a fault": self._share((fault.begin, fault.end) for fault in self.ledger.faults),
            "... with an outage or loss": self._share(
                (judged.gap.until - judged.outage, judged.gap.until) for judged in gaps
            ),
            "... under a Gap": self._share((judged.gap.since, judged.gap.until) for judged in gaps),
            "memory early and late, MB": [round(size / 1e6, 1) for size in self.memory],
            "redis-py listen()": self.plain and dataclasses.asdict(self.plain),
            "each gap": [
                {
                    "reason": judged.gap.reason,
                    "fault": judged.fault,
                    "width": round(judged.width, 3),
                    "bound": round(judged.bound, 3),
                    "lost": judged.gap.lost,
                }
                for judged in gaps
            ],
        }

    def text(self) -> str:
        """Return all measurements except the list of gaps."""
        data = {name: value for name, value in self.data().items() if name not in ("kept", "problems", "each gap")}
        lines = [f"{name:28} {_shown(value)}" for name, value in data.items()]
        lines += [f"PROBLEM: {problem}" for problem in self.verdict.problems]
        lines.append("the promise was kept" if self.kept else "THE PROMISE WAS BROKEN")
        return "\n".join(lines)

    def _share(self, spans: Iterable[tuple[float, float]]) -> float:
        """Return the share of the time that the spans cover together."""
        covered, reached = 0.0, float("-inf")
        for begin, end in sorted(spans):
            covered += max(0.0, end - max(begin, reached))
            reached = max(reached, end)
        return round(covered / self.seconds, 4)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {number}" for name, number in value.items()) or "none"
    return str(value)
