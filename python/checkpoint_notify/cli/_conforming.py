"""The work of `conformance`: the checks are chosen, run, and shown."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import typer
from rich.table import Table

from checkpoint_notify.cli._exits import Exit
from checkpoint_notify.cli._guard import CommandError
from checkpoint_notify.cli._screen import Screen
from checkpoint_notify.conformance import (
    Check,
    CommandNotFoundError,
    Kind,
    KnownFileError,
    Limits,
    Outcome,
    Report,
    all_checks,
    read_known,
    run,
)
from checkpoint_notify.conformance.checks import MISMATCHES
from checkpoint_notify.conformance.lines import Answer, payload_of

_SHOWN: Final = 400
"""Characters of an answer."""
_MEANING: Final = {
    Kind.PASSED: "as Rust does",
    Kind.VERDICT: "accepts what Rust refuses, or refuses what Rust accepts",
    Kind.VALUE: "reads other fields than Rust",
    Kind.ERROR: "refuses as Rust does, with another error",
    Kind.BYTES: "writes other bytes than Rust, or none",
    Kind.SKIPPED: "says that it is unsupported",
    Kind.ERRORED: "fails, or gives no answer of the protocol",
    Kind.TIMED_OUT: "gives no answer in time",
    Kind.CRASHED: "ends before it answers",
    Kind.NOT_RUN: "was not asked: the run was given up",
}


def show_names(patterns: list[str] | None, *, as_json: bool) -> None:
    """The names of the checks, one a line or as a list."""
    names = [check.name for check in _chosen(list(all_checks()), patterns)]
    typer.echo(json.dumps(names, indent=2) if as_json else "\n".join(names))


def judge_peer(
    command: list[str] | None, known: Path | None, patterns: list[str] | None, limits: Limits, most: int | None
) -> None:
    """Run the checks and show the report, with at most so many failures of each kind, or None for JSON."""
    if not command:
        raise CommandError("which command starts the peer? checkpoint-notify conformance -- COMMAND...")
    everything = list(all_checks())
    chosen = _chosen(everything, patterns)
    try:
        entries = read_known(known, everything) if known else []
        report = Report(run(command, chosen, limits), entries, complete=not patterns)
    except (CommandNotFoundError, KnownFileError) as error:
        raise CommandError(str(error)) from None
    if most is None:
        typer.echo(json.dumps(report.to_json(), indent=2))
    else:
        _show(report, most)
    if not report.ok:
        if os.environ.get("GITHUB_ACTIONS") == "true":
            typer.echo(f"::error title=checkpoint-notify conformance::{_summary(report)}", err=True)
        raise typer.Exit(Exit.INVALID)


def _chosen(checks: list[Check], patterns: list[str] | None) -> list[Check]:
    if not patterns:
        return checks
    for pattern in patterns:
        if not any(fnmatchcase(check.name, pattern) for check in checks):
            raise CommandError(f"no check is named {pattern!r}; --list names all")
    return [check for check in checks if any(fnmatchcase(check.name, pattern) for pattern in patterns)]


def _show(report: Report, most: int) -> None:
    screen = Screen()
    peer = report.run.peer
    screen.line(_ascii(f"{peer['name']} {peer['version']}" if peer else shlex.join(report.run.command)))
    screen.console.print(_table(report))
    for line in _details(report, most):
        screen.line(_ascii(line))
    screen.line((_summary(report), "bold green" if report.ok else "bold red"))


def _table(report: Report) -> Table:
    counts, known = report.counts, report.known
    table = Table("", "checks", "known", "what the peer does")
    for column in table.columns[1:3]:
        column.justify = "right"
    for kind in Kind:
        style = "green" if kind is Kind.PASSED else "red" if counts[kind] > known[kind] else "dim"
        shown = f"{known[kind]:,}" if kind in MISMATCHES else ""
        table.add_row(_words(kind), f"{counts[kind]:,}", shown, _MEANING[kind], style=style)
    return table


def _details(report: Report, most: int) -> Iterator[str]:
    for kind in Kind:
        if kind is Kind.NOT_RUN:
            continue  # why that is so is told once
        failures = [failure for failure in report.failures if failure.kind is kind]
        for failure in failures[:most]:
            yield from _detail(failure)
        if len(failures) > most:
            yield f"... and {len(failures) - most:,} more: {_words(kind)} (--show, --json)"
    yield from map(str, report.stale)
    if report.run.remark:
        yield f"Note: {report.run.remark}"
    if report.run.gave_up:
        yield f"Given up: {report.run.gave_up}"


def _detail(failure: Outcome) -> Iterator[str]:
    check = failure.check
    yield f"{_words(failure.kind)}: {check.name}: {check.vector.description}"
    if failure.actual is None:
        yield f"    {failure.detail}"
    else:
        yield f"    expected  {_answer(check.expected)}"
        yield f"    actual    {_answer(failure.actual)}"


def _answer(answer: Answer) -> str:
    """On one line, so that neither a terminal nor a log can be misled."""
    shown = ascii(payload_of(answer))[1:] if "payload" in answer else json.dumps(answer, sort_keys=True)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}... ({len(shown):,} characters)"


def _words(kind: Kind) -> str:
    return kind.replace("_", " ")


def _ascii(text: str) -> str:
    return "".join(char if " " <= char <= "~" else ascii(char)[1:-1] for char in text)


def _summary(report: Report) -> str:
    run = report.run
    known = sum(report.known.values())
    parts = [f"{report.counts[Kind.PASSED]:,} of {len(run.outcomes):,} checks passed in {run.seconds:.1f} s"]
    parts += [f"{known:,} known to diverge"] * bool(known)
    parts += [f"{len(report.failures):,} failed"] * bool(report.failures)
    parts += [f"{len(report.stale):,} no longer as known"] * bool(report.stale)
    parts += ["the run was given up"] * bool(run.gave_up)
    verdict = "DOES NOT CONFORM" if not report.ok else "CONFORMS, BUT FOR WHAT IS KNOWN" if known else "CONFORMS"
    return f"{verdict}: {', '.join(parts)}"
