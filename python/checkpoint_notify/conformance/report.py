"""Compares a run with the list of known divergences: successes, failures, and entries that no longer apply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from checkpoint_notify.conformance.checks import MISMATCHES, Outcome, OutcomeKind
from checkpoint_notify.conformance.known import EVERY, Entry
from checkpoint_notify.conformance.lines import MESSAGE
from checkpoint_notify.conformance.runner import Run

FORMAT: Final = 1
"""The version of the JSON report's format. It grows when a member is removed or changes its meaning."""


class Stale(NamedTuple):
    """An entry of the list of known divergences that no longer applies and must be removed or changed."""

    entry: Entry
    now: OutcomeKind | None
    """The result of its check now; None for an entry for `*` that matches no check."""

    def __str__(self) -> str:
        kind, vector, _ = self.entry
        if self.now is None:
            return f"known as {kind}: {vector}: no check diverges in this way any more, remove the entry"
        if self.now is OutcomeKind.PASSED:
            return f"known as {kind}: {vector}: no longer diverges, remove the entry"
        return f"known as {kind}: {vector}: now diverges as {self.now}, change the entry"


class Report:
    """A run, judged with the known divergences."""

    def __init__(self, run: Run, known: Iterable[Entry] = (), *, complete: bool = True) -> None:
        """`complete` says that the run had all checks; then an entry for `*` that matches no check is stale."""
        self.run: Final[Run] = run
        entries = {(entry.kind, entry.vector): entry for entry in known}
        self.reasons: Final[dict[str, str | None]] = {
            outcome.check.name: _reason(outcome, entries) for outcome in run.outcomes
        }
        """For each check's name, the reason of the known divergence; None if there is none."""
        self.stale: Final[list[Stale]] = [*_stale(run.outcomes, entries.values(), complete=complete)]

    @property
    def counts(self) -> dict[OutcomeKind, int]:
        """The number of checks of each kind."""
        found = Counter(outcome.kind for outcome in self.run.outcomes)
        return {kind: found[kind] for kind in OutcomeKind}

    @property
    def known(self) -> dict[OutcomeKind, int]:
        """The number of known divergences of each kind."""
        found = Counter(one.kind for one in self.run.outcomes if self.reasons[one.check.name] is not None)
        return {kind: found[kind] for kind in OutcomeKind}

    @property
    def failures(self) -> list[Outcome]:
        """The checks that did not pass and are not known divergences."""
        return [
            one for one in self.run.outcomes if one.kind is not OutcomeKind.PASSED and not self.reasons[one.check.name]
        ]

    @property
    def ok(self) -> bool:
        """Whether every check was run and either passed or is a known divergence, and no entry is stale."""
        return bool(self.run.outcomes) and not (self.failures or self.stale or self.run.gave_up)

    def to_json(self) -> dict[str, Any]:
        """Return the report as the JSON object that docs/protocol.md describes."""
        run = self.run
        return {
            "format": FORMAT,
            "ok": self.ok,
            "message": MESSAGE,
            "command": list(run.command),
            "peer": run.peer and {"name": run.peer["name"], "version": run.peer["version"]},
            "seconds": round(run.seconds, 3),
            "restarts": run.restarts,
            "gave_up": run.gave_up,
            "remark": run.remark,
            "counts": {str(kind): count for kind, count in self.counts.items()},
            "known": {str(kind): self.known[kind] for kind in MISMATCHES},
            "stale": [
                {**stale.entry._asdict(), "now": stale.now and str(stale.now), "text": str(stale)}
                for stale in self.stale
            ],
            "outcomes": [self._outcome(outcome) for outcome in run.outcomes if outcome.kind is not OutcomeKind.PASSED],
        }

    def _outcome(self, outcome: Outcome) -> dict[str, Any]:
        check = outcome.check
        return {
            "check": check.name,
            "description": check.vector.description,
            "kind": str(outcome.kind),
            "known": self.reasons[check.name],
            "expected": check.expected,
            "actual": outcome.actual,
            "detail": outcome.detail,
        }


def _reason(outcome: Outcome, entries: dict[tuple[OutcomeKind, str], Entry]) -> str | None:
    kind, name = outcome.kind, outcome.check.vector.name
    entry = entries.get((kind, name)) or entries.get((kind, EVERY))
    return entry and entry.reason


def _stale(outcomes: Iterable[Outcome], entries: Iterable[Entry], *, complete: bool) -> Iterable[Stale]:
    judged: dict[tuple[str, str], OutcomeKind] = {
        (one.check.op, one.check.vector.name): one.kind
        for one in outcomes
        if one.kind is OutcomeKind.PASSED or one.kind in MISMATCHES
    }
    met = {*judged.values()}
    for entry in entries:
        now = judged.get((MISMATCHES[entry.kind], entry.vector))
        if entry.vector == EVERY:
            if complete and entry.kind not in met:
                yield Stale(entry, None)
        elif now not in (None, entry.kind):
            yield Stale(entry, now)
