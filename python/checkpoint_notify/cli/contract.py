"""`checkpoint-notify schema`, `compat` and `conformance`: print the schema, compare two, test implementations."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import click

from checkpoint_notify.cli._command import CommandError, File, IntegerInRange, Seconds, command, with_json
from checkpoint_notify.cli._inputs import UnreadableError, check_stdin_once, read, shown
from checkpoint_notify.cli._process import Exit, putting_back
from checkpoint_notify.cli._terminal import Screen, quoted, shortened
from checkpoint_notify.compat import Bump, Comparison, Contract, SchemaError, Verdict, compare, read_contract
from checkpoint_notify.conformance import (
    Check,
    CommandNotFoundError,
    KnownFileError,
    Limits,
    Outcome,
    OutcomeKind,
    Report,
    all_checks,
    read_known,
    run,
)
from checkpoint_notify.conformance.checks import MISMATCHES
from checkpoint_notify.conformance.lines import Answer, payload_of
from checkpoint_notify.resources import schema_text


@command("[OPTIONS]")
def schema() -> None:
    """Print the JSON Schema of the message.

    Example: checkpoint-notify schema > checkpoint_notification.schema.json
    """
    click.echo(schema_text(), nl=False)


_VERDICTS: Final = {
    Verdict.FULL: "old and new programs read each other's messages",
    Verdict.BACKWARD: "new programs read old messages, but old ones not all new messages: update the readers first",
    Verdict.FORWARD: "old programs read new messages, but new ones not all old messages: update the writers first",
    Verdict.BREAKING: "neither old nor new programs read all messages of the other",
}
_BUMPS: Final = {
    Bump.NONE: "none",
    Bump.PATCH: "patch",
    Bump.MINOR: "minor",
    Bump.MAJOR: "major (before 1.0.0: minor)",
}


@command("[OPTIONS] OLD NEW")
@click.argument("old", metavar="OLD", type=File())
@click.argument("new", metavar="NEW", type=File())
@with_json
def compat(*, old: str, new: str, as_json: bool) -> Exit:
    """Say whether the schema NEW may follow the schema OLD, and why not.

    Either of the two files may be -, which is stdin.

    Exit status 0 only if they are fully compatible; 1 if not; 2 if a file is not a schema that can be judged.

    Example: checkpoint-notify compat schema/released/0.1.0/checkpoint_notification.schema.json my.schema.json
    """
    check_stdin_once(old, new)
    comparison = compare(_contract(old), _contract(new))
    if as_json:
        click.echo(json.dumps(comparison.to_json(), indent=2))
    else:
        _show_comparison(comparison)
    return Exit.OK if comparison.verdict is Verdict.FULL else Exit.INVALID


def _contract(file: str) -> Contract:
    try:
        return read_contract(read(file))
    except SchemaError as error:
        raise CommandError(f"{shown(file)}: {shortened(str(error))}") from None


def _show_comparison(comparison: Comparison) -> None:
    screen = Screen()
    for change in comparison.changes:
        screen.line(f"{shortened(change.where)}: {shortened(change.what)}", indent=4)
        for direction, why in (("backward", change.backward), ("forward", change.forward)):
            if why:
                screen.line(f"    not {direction}: {shortened(why)}", indent=8)
    screen.line(f"{comparison.verdict.value.upper()}: {_VERDICTS[comparison.verdict]}", indent=4)
    screen.line(f"version bump: {_BUMPS[comparison.bump]}")


_LIMITS: Final = Limits()
_LONGEST_WAIT: Final = Seconds(0.001, 86_400)
_KINDS: Final = {
    OutcomeKind.PASSED: "as Rust does",
    OutcomeKind.VERDICT: "accepts what Rust refuses, or refuses what Rust accepts",
    OutcomeKind.VALUE: "reads other fields than Rust",
    OutcomeKind.ERROR: "refuses as Rust does, with another error",
    OutcomeKind.BYTES: "writes other bytes than Rust, or none",
    OutcomeKind.SKIPPED: "says that it is unsupported",
    OutcomeKind.ERRORED: "fails, or gives no answer of the protocol",
    OutcomeKind.TIMED_OUT: "gives no answer in time",
    OutcomeKind.CRASHED: "ends before it answers",
    OutcomeKind.NOT_RUN: "was not asked: the run was given up",
}


@command("[OPTIONS] -- COMMAND...", "[OPTIONS] --list")
@click.argument("words", nargs=-1, metavar="COMMAND...")
@click.option("--known", type=File(), metavar="FILE", help="Known divergences, TOML or JSON; each must still diverge.")
@click.option(
    "--only", multiple=True, metavar="PATTERN", help="Only checks with these names, as 'decode/refused/*'; repeatable."
)
@click.option("--list", "list_checks", is_flag=True, help="Print the names of the checks; run none.")
@click.option(
    "--timeout",
    type=_LONGEST_WAIT,
    default=_LIMITS.answer,
    metavar="S",
    help=f"Seconds for each answer; {_LIMITS.answer:g} unless given.",
)
@click.option(
    "--start-timeout",
    type=_LONGEST_WAIT,
    default=_LIMITS.start,
    metavar="S",
    help=f"Seconds for the first answer; {_LIMITS.start:g} unless given.",
)
@click.option(
    "--restarts",
    type=IntegerInRange(0),
    default=_LIMITS.restarts,
    metavar="N",
    help=f"How often to restart the peer, at most; {_LIMITS.restarts} unless given.",
)
@click.option(
    "--show",
    type=IntegerInRange(0),
    default=3,
    metavar="N",
    help="How many failures to show of each kind; 3 unless given.",
)
@with_json
def conformance(
    *,
    words: tuple[str, ...],
    known: str | None,
    only: tuple[str, ...],
    list_checks: bool,
    timeout: float,
    start_timeout: float,
    restarts: int,
    show: int,
    as_json: bool,
) -> Exit:
    """Judge an implementation of the message by the golden vectors of the real Rust crate.

    COMMAND starts a peer: a program that reads requests and writes answers, one JSON line each (docs/protocol.md).
    Exit status 0 if every answer equals Rust's or is a known divergence; 1 if not.

    Example: checkpoint-notify conformance -- python -m checkpoint_notify.conformance.peer
    """
    everything = list(all_checks())
    chosen = _chosen(everything, only)
    if list_checks:
        names = [check.name for check in chosen]
        click.echo(json.dumps(names, indent=2) if as_json else "\n".join(names))
        return Exit.OK
    if not words:
        raise CommandError("which command starts the peer? checkpoint-notify conformance -- COMMAND...")
    try:
        entries = read_known(Path(known), everything) if known is not None else []
        with putting_back():  # a signal must kill the peer too
            found = run(list(words), chosen, Limits(start=start_timeout, answer=timeout, restarts=restarts))
    except KnownFileError as error:
        if isinstance(error.__cause__, OSError):
            raise UnreadableError(known or "", error.__cause__.strerror or "") from None
        raise CommandError(shortened(str(error))) from None
    except CommandNotFoundError as error:
        raise CommandError(shortened(str(error))) from None
    report = Report(found, entries, complete=not only)
    if as_json:
        click.echo(json.dumps(report.to_json(), indent=2))
    else:
        _show_report(report, show)
    if report.ok:
        return Exit.OK
    if os.environ.get("GITHUB_ACTIONS") == "true":
        click.echo(f"::error title=checkpoint-notify conformance::{_summary(report)}", err=True)
    return Exit.INVALID


def _chosen(checks: list[Check], patterns: tuple[str, ...]) -> list[Check]:
    for pattern in patterns:
        if not any(fnmatchcase(check.name, pattern) for check in checks):
            raise CommandError(f"no check is named {pattern!r}; --list names all")
    return [check for check in checks if not patterns or any(fnmatchcase(check.name, pattern) for pattern in patterns)]


def _show_report(report: Report, most: int) -> None:
    screen = Screen()
    peer = report.run.peer
    name = f"{quoted(str(peer['name']))} {quoted(str(peer['version']))}" if peer else shlex.join(report.run.command)
    screen.line(shortened(name), indent=4)
    screen.line(f"{'':12}{'checks':>8}{'known':>8}  what the peer does")
    for kind in OutcomeKind:
        count, known = report.counts[kind], report.known[kind]
        style = "green" if kind is OutcomeKind.PASSED else "red" if count > known else "dim"
        shown_known = f"{known:,}" if kind in MISMATCHES else ""
        screen.line((f"{_kind(kind):12}{count:>8,}{shown_known:>8}  {_KINDS[kind]}", style), indent=30)
    for line in _details(report, most):
        screen.line(line, indent=8)
    screen.line((_summary(report), "bold green" if report.ok else "bold red"), indent=4)


def _details(report: Report, most: int) -> Iterator[str]:
    for kind in OutcomeKind:
        if kind is OutcomeKind.NOT_RUN:
            continue  # "Given up" below gives the reason once
        failures = [failure for failure in report.failures if failure.kind is kind]
        for failure in failures[:most]:
            yield from _detail(failure)
        if len(failures) > most:
            yield f"... and {len(failures) - most:,} more: {_kind(kind)} (--show, --json)"
    yield from (shortened(str(stale)) for stale in report.stale)
    if report.run.remark:
        yield f"Note: {shortened(report.run.remark)}"
    if report.run.gave_up:
        yield f"Given up: {shortened(report.run.gave_up)}"


def _detail(failure: Outcome) -> Iterator[str]:
    check = failure.check
    yield f"{_kind(failure.kind)}: {check.name}: {check.vector.description}"
    if failure.actual is None:
        yield f"    {shortened(failure.detail)}"
    else:
        yield f"    expected  {_answer(check.expected)}"
        yield f"    actual    {_answer(failure.actual)}"


def _answer(answer: Answer) -> str:
    if "payload" in answer:
        return quoted(payload_of(answer).decode(errors="surrogateescape"), always=True)
    return shortened(json.dumps(answer, sort_keys=True))


def _kind(kind: OutcomeKind) -> str:
    return kind.replace("_", " ")


def _summary(report: Report) -> str:
    run = report.run
    known = sum(report.known.values())
    parts = [f"{report.counts[OutcomeKind.PASSED]:,} of {len(run.outcomes):,} checks passed in {run.seconds:.1f} s"]
    parts += [f"{known:,} known to diverge"] * bool(known)
    parts += [f"{len(report.failures):,} failed"] * bool(report.failures)
    parts += [f"{len(report.stale):,} no longer as known"] * bool(report.stale)
    parts += ["the run was given up"] * bool(run.gave_up)
    verdict = "DOES NOT CONFORM" if not report.ok else "CONFORMS, BUT FOR WHAT IS KNOWN" if known else "CONFORMS"
    return f"{verdict}: {', '.join(parts)}"
