"""`checkpoint-notify watch`."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Annotated, Final

import typer

from checkpoint_notify.cli._guard import CommandError
from checkpoint_notify.cli._options import Instance, Json, Url

_LONGEST_WAIT: Final = 1e9


class Format(StrEnum):
    """How events are shown."""

    TEXT = "text"
    JSON = "json"
    RAW = "raw"


def watch(
    count: Annotated[
        int | None, typer.Option("--count", min=1, metavar="N", help="End after N notifications.", show_default=False)
    ] = None,
    wait: Annotated[
        float | None,
        typer.Option(
            "--wait",
            min=0,
            max=_LONGEST_WAIT,
            metavar="S",
            help="End after S seconds; with 124 if fewer than N came (without --count: none).",
            show_default=False,
        ),
    ] = None,
    format_: Annotated[
        Format | None,
        typer.Option(
            "--format",
            metavar="|".join(Format),
            help="Unless given: text on a terminal, else json.",
            show_default=False,
        ),
    ] = None,
    fail_on_gap: Annotated[bool, typer.Option("--fail-on-gap", help="End with 7 at the first gap.")] = False,
    fail_on_invalid: Annotated[
        bool, typer.Option("--fail-on-invalid", help="End with 1 at the first payload that Rust refuses.")
    ] = False,
    url: Url = None,
    instance: Instance = None,
    as_json: Json = False,
) -> None:
    """Show what is published, and each gap, until Ctrl-C.

    On a terminal this is a table that is kept up to date. Elsewhere each event is one JSON object on a line: received,
    invalid, gap, connected, disconnected. There u64 are JSON integers with all digits (readers that use doubles round
    them beyond 2^53), and a payload is "raw" as text, or "raw_base64" if it is not UTF-8; one that is too large to be
    read is left out.
    The format raw gives each payload as it came and a newline, invalid ones too, and tells the rest on stderr.

    A lost connection is made again without end, unless MODEL_RELOAD_MAX_RETRIES says how often to try.

    Example: checkpoint-notify watch --count 1 --wait 600 --fail-on-gap | jq .notification.version
    """
    from checkpoint_notify.cli import _settings, _watching

    if wait is not None and math.isnan(wait):
        raise CommandError("--wait is a number of seconds")
    if as_json and format_ not in (None, Format.JSON):
        raise CommandError(f"--json and --format {format_} contradict each other")
    _settings.require_redis()
    config = _settings.listener_config(url, instance)
    _settings.require_enabled("ENABLE_MODEL_RELOAD", enabled=config.enabled)
    goal = _watching.Goal(count, fail_on_gap=fail_on_gap, fail_on_invalid=fail_on_invalid)
    _watching.watch(config, goal, wait, Format.JSON if as_json else format_)
