"""`checkpoint-notify compat`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from checkpoint_notify.cli._exits import Exit
from checkpoint_notify.cli._guard import CommandError
from checkpoint_notify.cli._options import Json
from checkpoint_notify.compat import Bump, Comparison, Contract, SchemaError, Verdict, compare, read_contract

Old: TypeAlias = Annotated[Path, typer.Argument(metavar="OLD", exists=True, dir_okay=False, show_default=False)]
New: TypeAlias = Annotated[Path, typer.Argument(metavar="NEW", exists=True, dir_okay=False, show_default=False)]

_MEANING: Final = {
    Verdict.FULL: "old and new programs read each other's messages",
    Verdict.BACKWARD: "new programs read old messages, but old ones not all new messages: update the readers first",
    Verdict.FORWARD: "old programs read new messages, but new ones not all old messages: update the writers first",
    Verdict.BREAKING: "neither old nor new programs read all messages of the other",
}
_ASKS: Final = {
    Bump.NONE: "none",
    Bump.PATCH: "patch",
    Bump.MINOR: "minor",
    Bump.MAJOR: "major (before 1.0.0: minor)",
}


def compat(old: Old, new: New, as_json: Json = False) -> None:
    """Say whether the schema NEW may follow the schema OLD, and why not.

    Exit status 0 only if they are fully compatible; 1 if not; 2 if a file is no schema that can be judged.

    Example: checkpoint-notify compat schema/released/0.1.0/checkpoint_notification.schema.json my.schema.json
    """
    comparison = compare(_contract(old), _contract(new))
    if as_json:
        typer.echo(json.dumps(comparison.to_json(), indent=2))
    else:
        typer.echo("\n".join(_lines(comparison)))
    if comparison.verdict is not Verdict.FULL:
        raise typer.Exit(Exit.INVALID)


def _contract(file: Path) -> Contract:
    try:
        return read_contract(file.read_bytes())
    except (OSError, SchemaError) as error:
        raise CommandError(f"{file}: {_ascii(str(error))}") from None


def _lines(comparison: Comparison) -> Iterator[str]:
    for change in comparison.changes:
        yield _ascii(f"{change.field or 'the message'}: {change.what}")
        yield from (_ascii(f"    not backward: {why}") for why in [change.backward] if why)
        yield from (_ascii(f"    not forward: {why}") for why in [change.forward] if why)
    yield f"{comparison.verdict.value.upper()}: {_MEANING[comparison.verdict]}"
    yield f"version bump: {_ASKS[comparison.bump]}"


def _ascii(text: str) -> str:
    """No name in a schema can mislead a terminal."""
    return text.encode("unicode_escape").decode()
