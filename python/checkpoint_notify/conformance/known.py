"""Reads the list of known divergences: a file that names each divergence and its reason. All others fail the run."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Final, NamedTuple

from checkpoint_notify.conformance.checks import MISMATCHES, Check, OutcomeKind

EVERY: Final = "*"


class KnownFileError(ValueError):
    """The file cannot be read, or is not a valid list; the text names the place."""


class Entry(NamedTuple):
    """One known divergence, or all divergences of one kind."""

    kind: OutcomeKind
    vector: str
    """The name of a vector, or `*` for all mismatches of this kind that no other entry names."""
    reason: str


def read_known(file: Path, checks: list[Check]) -> list[Entry]:
    """Read the entries of a JSON file if the name ends with `.json`, else of a TOML file.

    Raises KnownFileError; also if an entry names a vector that none of the checks has.
    """
    try:
        text = file.read_text(encoding="utf-8")
        content = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise KnownFileError(f"{file}: {error}") from error
    if not isinstance(content, dict) or content.keys() != {"known"} or not isinstance(content["known"], list):
        raise KnownFileError(f"{file}: it must hold a list `known`, and nothing else")
    entries = [entry for number, item in enumerate(content["known"], 1) for entry in _entries(file, number, item)]
    _check_names(file, entries, checks)
    return entries


def _entries(file: Path, number: int, item: Any) -> list[Entry]:
    def wrong(what: str) -> KnownFileError:
        return KnownFileError(f"{file}: entry {number} of `known`: {what}")

    if not isinstance(item, dict) or item.keys() != {"kind", "vectors", "reason"}:
        raise wrong("it must have `kind`, `vectors` and `reason`, and nothing else")
    kind, names, reason = item["kind"], item["vectors"], item["reason"]
    if kind not in [*MISMATCHES]:
        raise wrong(f"`kind` must be one of {', '.join(MISMATCHES)}: nothing else can be known")
    if not isinstance(reason, str) or not reason.strip():
        raise wrong("`reason` must say why")
    if names == EVERY:
        return [Entry(OutcomeKind(kind), EVERY, reason)]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name != EVERY for name in names):
        raise wrong('`vectors` must be a list of names, or "*"')
    return [Entry(OutcomeKind(kind), name, reason) for name in names]


def _check_names(file: Path, entries: list[Entry], checks: list[Check]) -> None:
    existing = {(check.op, check.vector.name) for check in checks}
    seen = set()
    for kind, name, _ in entries:
        if name != EVERY and (MISMATCHES[kind], name) not in existing:
            raise KnownFileError(f"{file}: there is no vector {name!r} to {MISMATCHES[kind]}")
        if (kind, name) in seen:
            raise KnownFileError(f"{file}: {name!r} is listed twice as {kind}")
        seen.add((kind, name))
