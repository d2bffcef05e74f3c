"""The table in docs/proof.md of the checks that each peer fails."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final, NamedTuple

from checkpoint_notify.conformance import OutcomeKind, Run, all_checks, run
from checkpoint_notify.conformance.checks import MISMATCHES

from ..bench.contenders import JSON, MSGSPEC, PYDANTIC_MODEL

FOLDER: Final = Path(__file__).parent
RUST: Final = FOLDER.parents[1] / "rust" / "target" / "debug" / "peer"
PAGE: Final = FOLDER.parents[2] / "docs" / "proof.md"


class PeerCommand(NamedTuple):
    """How to start a peer, and its known divergences."""

    command: tuple[str, ...]
    known: str | None
    """The file beside this one that lists its divergences."""


def _contender(name: str, known: str) -> PeerCommand:
    return PeerCommand((sys.executable, "-m", "tests.tools.peers.contender", name), known)


PEERS: Final = {
    "rust": PeerCommand((str(RUST),), None),
    "python": PeerCommand((sys.executable, "-m", "checkpoint_notify.conformance.peer"), None),
    "json": _contender(JSON, "json.toml"),
    "msgspec": _contender(MSGSPEC, "msgspec.toml"),
    "pydantic": _contender(PYDANTIC_MODEL, "pydantic.toml"),
    "node": PeerCommand(("node", str(FOLDER / "node.mjs")), "node.toml"),
}

HEADER: Final = [
    "| peer | checks | passed | verdict | value | error | bytes |",
    "|---|--:|--:|--:|--:|--:|--:|",
]


def judged(name: str) -> Run:
    """A run of this peer, with all checks."""
    return run(PEERS[name].command, all_checks())


def row(found: Run) -> str:
    """A line of the table: how many checks, how many passed, and the mismatches of each kind."""
    counts = [sum(outcome.kind is kind for outcome in found.outcomes) for kind in (OutcomeKind.PASSED, *MISMATCHES)]
    return f"| {label(found)} | {' | '.join(f'{count:,}' for count in (len(found.outcomes), *counts))} |"


def label(found: Run) -> str:
    """Return the name and version; for a language only the part of the version that decides its features."""
    if found.peer is None:
        raise ValueError(f"the peer did not answer `hello`: {found.gave_up}")
    name, version = found.peer["name"], found.peer["version"]
    if name == "node":
        return f"tests/tools/peers/node.mjs, Node {version.partition('.')[0]}"
    if name == JSON:
        return f"{name}, Python {'.'.join(version.split('.')[:2])}"
    return f"{name} {version}"


def shown() -> list[str]:
    """Return the rows of the table in docs/proof.md; none if there is no table."""
    _, _, rest = PAGE.read_text(encoding="utf-8").partition("\n".join(HEADER) + "\n")
    rows = re.match(r"(?:\|.*\n)*", rest)
    return rows[0].splitlines() if rows else []
