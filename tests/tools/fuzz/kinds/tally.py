"""What a run met, which minimums it missed, and the tables that show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ..messages import ACCEPTED
from ..paths import CANONICAL, EXACT, FAST
from .texts import KNOWN_ANYWHERE, Cell, reachable
from .types import Fuzzed, kinds_of_fields

WHOLE_RUN: Final = 3_000_000
"""The number of payloads that the minimums are for; a shorter run has smaller ones."""
LEAST_OF_FIELD: Final = 50_000
LEAST_OF_TEXT: Final = 100
LEAST_ACCEPTED: Final = 0.3
LEAST_OF_PATH: Final = 1 / 30


@dataclass
class Tally:
    """The results of a run."""

    types: Counter[str] = field(default_factory=Counter)
    """Payloads by type."""
    accepted: Counter[str] = field(default_factory=Counter)
    """Accepted payloads by type."""
    fields: Counter[str] = field(default_factory=Counter)
    """Payloads by the kinds of the fields in them."""
    texts: Counter[Cell] = field(default_factory=Counter)
    """Refused payloads by the kind of the value with the fault, and the error text."""
    paths: Counter[str] = field(default_factory=Counter)
    """Payloads by the path that decoded them."""
    disagreements: list[tuple[str, bytes, dict[str, Any]]] = field(default_factory=list)
    """The type, the payload and Rust's answer."""

    def add(self, other: Tally) -> None:
        """Add the results of another run."""
        for name in ("types", "accepted", "fields", "texts", "paths"):
            getattr(self, name).update(getattr(other, name))
        self.disagreements += other.disagreements


def shortfalls(tally: Tally, types: Sequence[Fuzzed]) -> list[str]:
    """Return the minimums that the run missed."""
    total = tally.types.total()
    missed = []
    for each in types:
        if tally.accepted[each.name] < LEAST_ACCEPTED * tally.types[each.name] or not tally.types[each.name]:
            missed.append(f"{each.name}: {tally.accepted[each.name]:,} of {tally.types[each.name]:,} accepted")
    missed += [
        f"fields {kind}: {tally.fields[kind]:,} payloads"
        for kind in kinds_of_fields(types)
        if tally.fields[kind] < LEAST_OF_FIELD * total / WHOLE_RUN
    ]
    cells = reachable(types)
    missed += [
        f"{fault}: {tally.texts[fault, text]:,} payloads were answered {text!r}"
        for fault, text in cells
        if tally.texts[fault, text] < int(LEAST_OF_TEXT * total / WHOLE_RUN)
    ]
    known = {text for _, text in cells} | KNOWN_ANYWHERE
    missed += [f"an answer of an unknown kind: {text!r}" for text in {text for _, text in tally.texts} - known]
    missed += [
        f"path {path}: {tally.paths[path]:,} payloads"
        for path in (CANONICAL, FAST, EXACT)
        if tally.paths[path] < LEAST_OF_PATH * total
    ]
    return missed


def report(tally: Tally, types: Sequence[Fuzzed], seconds: float) -> str:
    """Return the run as tables: by type, by kind of field, by kind of the value with the fault."""
    total = tally.types.total()
    lines = ["| type | payloads | accepted |", "|---|--:|--:|"]
    for each in types:
        share = tally.accepted[each.name] / (tally.types[each.name] or 1)
        lines.append(f"| {each.name} | {tally.types[each.name]:,} | {share:.0%} |")
    lines += ["", "| kind of field | payloads |", "|---|--:|"]
    lines += [f"| `{kind}` | {tally.fields[kind]:,} |" for kind in sorted(kinds_of_fields(types))]
    lines += ["", "| fault in | payloads refused | error texts | rarest | times |", "|---|--:|--:|---|--:|"]
    lines += _fault_lines(tally, types)
    lines.append(
        f"\n{total:,} payloads of {len(types)} types in {seconds:.0f} s: {tally.accepted.total() / total:.1%} accepted;"
        f" {tally.paths[CANONICAL]:,} decoded on the fast path as Rust writes them, {tally.paths[FAST]:,} but for white"
        f" space or defaults, {tally.paths[EXACT]:,} by the exact parser; {len(tally.disagreements)} disagreements"
    )
    return "\n".join(lines)


def _fault_lines(tally: Tally, types: Sequence[Fuzzed]) -> list[str]:
    cells = reachable(types)
    lines = []
    for fault in dict.fromkeys([*(fault for fault, _ in cells), *(fault for fault, _ in tally.texts)]):
        of_fault = {text: count for (name, text), count in tally.texts.items() if name == fault and text != ACCEPTED}
        due = {text: of_fault.get(text, 0) for name, text in cells if name == fault}
        rarest = min(due, key=lambda text: due[text], default="")
        shown = f"{rarest} | {due[rarest]:,}" if due else " | "
        lines.append(f"| {fault} | {sum(of_fault.values()):,} | {len(due)} | {shown} |")
    return lines
