"""`checkpoint-notify validate`."""

from __future__ import annotations

from typing import Annotated

import typer

from checkpoint_notify.cli._exits import Exit
from checkpoint_notify.cli._options import Json


def validate(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILES|-", help="Payloads; stdin unless given.", show_default=False)
    ] = None,
    lines: Annotated[bool, typer.Option("--lines", help="Each line is a payload, without its newline.")] = False,
    as_json: Json = False,
) -> None:
    """Say whether Rust accepts payloads, and where and why not.

    A file is one payload, to the last byte. The caret stands under the last byte that Rust took or looked at; what
    would not show is shown as a picture, a byte that is not UTF-8 as <FF>.
    With --json, each refusal is one JSON object on a line, and the last line sums up.
    Exit status 0 if all are accepted, 1 if one is refused, 2 if a file cannot be read.

    Example: checkpoint-notify watch --format raw | checkpoint-notify validate --lines
    """
    from checkpoint_notify.cli._validating import validate_all

    summary = validate_all(files or ["-"], lines=lines, as_json=as_json)
    if summary.unreadable:
        raise typer.Exit(Exit.USAGE)
    if summary.refused:
        raise typer.Exit(Exit.INVALID)
