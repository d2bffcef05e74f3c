"""The list of known divergences: a file that says which, and why, so that all others fail."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Final, NamedTuple

from checkpoint_notify.conformance.checks import MISMATCHES, Check, Kind

EVERY: Final = "*"


class KnownFileError(ValueError):
    """The file cannot be read, or is not such a list; the text says where."""


class Entry(NamedTuple):
    """One divergence, or all of a kind."""

    kind: Kind
    vector: str
    """A name, or `*` for all mismatches of this kind that have no entry of their own."""
    reason: str


def read_known(file: Path, checks: list[Check]) -> list[Entry]:
    """The entries of a TOML file, or of a JSON file by its name; the checks say which vectors there are."""
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
        return [Entry(Kind(kind), EVERY, reason)]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name != EVERY for name in names):
        raise wrong('`vectors` must be a list of names, or "*"')
    return [Entry(Kind(kind), name, reason) for name in names]


def _check_names(file: Path, entries: list[Entry], checks: list[Check]) -> None:
    there = {(check.op, check.vector.name) for check in checks}
    seen = set()
    for kind, name, _ in entries:
        if name != EVERY and (MISMATCHES[kind], name) not in there:
            raise KnownFileError(f"{file}: there is no vector {name!r} to {MISMATCHES[kind]}")
        if (kind, name) in seen:
            raise KnownFileError(f"{file}: {name!r} is listed twice as {kind}")
        seen.add((kind, name))
