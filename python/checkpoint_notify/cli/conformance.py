"""`checkpoint-notify conformance`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from checkpoint_notify.cli._options import Json


def conformance(
    command: Annotated[
        list[str] | None, typer.Argument(metavar="COMMAND", help="Starts the peer.", show_default=False)
    ] = None,
    known: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Known divergences, TOML or JSON; each must still diverge.",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="Only checks so named, such as 'decode/refused/*'; repeatable.",
            show_default=False,
        ),
    ] = None,
    list_checks: Annotated[bool, typer.Option("--list", help="Print the names of the checks; run none.")] = False,
    timeout: Annotated[float, typer.Option(metavar="S", min=0.001, max=86_400, help="Seconds for each answer.")] = 10.0,
    start_timeout: Annotated[
        float, typer.Option(metavar="S", min=0.001, max=86_400, help="Seconds for the first.")
    ] = 60.0,
    restarts: Annotated[int, typer.Option(metavar="N", min=0, help="How often to start the peer anew, at most.")] = 20,
    show: Annotated[int, typer.Option(metavar="N", min=0, help="How many failures to show of each kind.")] = 3,
    as_json: Json = False,
) -> None:
    """Judge an implementation of the message by the golden vectors of the real Rust crate.

    COMMAND starts a peer: a program that reads requests and writes answers, one JSON line each (docs/protocol.md).
    Exit status 0 if every answer is Rust's, or diverges as the list of known divergences says; 1 if not.

    Example: checkpoint-notify conformance -- python -m checkpoint_notify.conformance.peer
    """
    from checkpoint_notify.cli import _conforming
    from checkpoint_notify.conformance import Limits

    limits = Limits(start=start_timeout, answer=timeout, restarts=restarts)
    if list_checks:
        _conforming.show_names(only, as_json=as_json)
    else:
        _conforming.judge_peer(command, known, only, limits, most=None if as_json else show)
