"""Whether a record keeps the listener's promise: nothing lost in silence, and no Gap wider than it may be.

A Gap may begin `ping_interval + ping_timeout` before the outage that it tells of, and not earlier: a PING that was sent
before, and answered, lies no further back on a connection that was alive when the outage began. So its width is bounded
by the outage, from the fault to the new subscription, and those two.
"""

from __future__ import annotations

from dataclasses import dataclass

from .ledger import Fault, Ledger, SeenGap


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much wider than the outage a Gap may be, in seconds."""

    ping_interval: float
    ping_timeout: float
    slack: float = 0.5
    """For a machine that is busy: the PING due goes out late."""

    @property
    def margin(self) -> float:
        """The sum without the slack."""
        return self.ping_interval + self.ping_timeout


@dataclass(frozen=True, slots=True)
class JudgedGap:
    """A Gap beside its bound."""

    gap: SeenGap
    outage: float
    """Seconds from the fault, or from the first loss, to the end of the Gap."""
    bound: float
    """Outage + ping_interval + ping_timeout, without slack."""
    fault: str
    """The kinds of the faults that may have caused it."""

    @property
    def width(self) -> float:
        """Seconds."""
        return self.gap.until - self.gap.since

    @property
    def ratio(self) -> float:
        """Width to bound."""
        return self.width / self.bound


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a record shows."""

    problems: list[str]
    """Everything that breaks the promise; empty when it is kept."""
    gaps: list[JudgedGap]

    @property
    def kept(self) -> bool:
        """Whether the promise is kept."""
        return not self.problems


def judge(ledger: Ledger, bounds: Bounds) -> Verdict:
    """The verdict over a record that is finished."""
    problems = list(ledger.problems)
    gaps = []
    alive_from = ledger.first_connected or 0.0
    for gap in ledger.gaps:
        judged = _judged(gap, _causes(gap, ledger.faults, alive_from, bounds), bounds)
        if gap.reason == "reconnected":
            alive_from = gap.until
        if judged is None:
            problems.append(f"{gap} without any fault or loss")
            continue
        gaps.append(judged)
        if judged.width > judged.bound + bounds.slack:
            problems.append(f"{gap} is {judged.width:.3f} s wide, and may be {judged.bound:.3f} s ({judged.fault})")
    return Verdict(problems, gaps)


def _judged(gap: SeenGap, causes: list[Fault], bounds: Bounds) -> JudgedGap | None:
    begins = [fault.begin for fault in causes] if gap.reason == "reconnected" else []
    if gap.reason == "reconnected" and not causes:
        return None
    if gap.first_lost is not None:
        begins.append(gap.first_lost)
    if not begins:
        return None
    outage = gap.until - max(min(begins), gap.since)
    kinds = "+".join(dict.fromkeys(fault.kind for fault in causes)) or gap.reason
    return JudgedGap(gap, outage, outage + bounds.margin, kinds)


def _causes(gap: SeenGap, faults: list[Fault], alive_from: float, bounds: Bounds) -> list[Fault]:
    """The faults that may have broken the connection that was alive from then on.

    A fault that began earlier, but was not over, or may not have shown itself yet, counts only when there is no other.
    """
    possible = [
        fault for fault in faults if fault.begin <= gap.until and fault.end + bounds.margin + bounds.slack >= gap.since
    ]
    fresh = [fault for fault in possible if fault.begin >= alive_from]
    deadly = [fault for fault in fresh if fault.deadly and fault.begin <= gap.disconnected_at]
    return (deadly or fresh or possible[-1:])[:1]
