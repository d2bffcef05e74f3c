"""The list of mutants that may survive, each with the reason why it behaves like the codec."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TypeAlias

from .changes import Mutant

FILE: Final = Path(__file__).parent / "survivors.toml"

Key: TypeAlias = tuple[str, str, str, str]
"""File, function, source line, change."""


def listed(file: Path = FILE) -> dict[Key, str]:
    """Return the reason of each: its own, or the shared reason that it names.

    Raises ValueError if an entry is listed twice or has no reason. A reason must end with a full stop, so that a
    misspelt name of a shared reason is detected.
    """
    parsed = tomllib.loads(file.read_text(encoding="utf-8"))
    found: dict[Key, str] = {}
    for entry in parsed.get("survivor", []):
        reason = parsed["reasons"].get(entry["reason"], entry["reason"])
        for change in entry["changes"]:
            key = (entry["file"], entry["place"], entry["line"], change)
            if key in found or not reason.endswith("."):
                raise ValueError(f"listed twice, or without a reason: {key}")
            found[key] = reason
    return found


def as_toml(mutants: Iterable[Mutant]) -> str:
    """Return entries for these mutants with empty reasons to fill in."""
    lines: dict[Key, list[str]] = {}
    for file, place, line, change in (mutant.key for mutant in mutants):
        lines.setdefault((file, place, line, ""), []).append(change)
    return "\n".join(
        f'[[survivor]]\nfile = "{file}"\nplace = "{place}"\nline = {_literal(line)}\nreason = ""\nchanges = [\n'
        + "".join(f"  {_literal(change)},\n" for change in changes)
        + "]\n"
        for (file, place, line, _), changes in lines.items()
    )


def _literal(text: str) -> str:
    """A TOML string that needs no escapes, where that is possible."""
    if "'" not in text:
        return f"'{text}'"
    if "'''" not in text and not text.endswith("'"):
        return f"'''{text}'''"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
