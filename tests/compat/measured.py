"""The pairs of tests/kinds/pairs.json, each with what became of its messages in compiled structs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

from checkpoint_notify.compat import Verdict

KINDS: Final = Path(__file__).parents[1] / "kinds"
_PAIRS: Final[dict[str, dict[str, Any]]] = json.loads((KINDS / "pairs.json").read_bytes())
_FACTS: Final = [
    json.loads(line) for line in (KINDS / "vectors" / "pairs" / "facts.jsonl").read_text(encoding="utf-8").splitlines()
]
_VERDICTS: Final = {
    (True, True): Verdict.FULL,
    (True, False): Verdict.BACKWARD,
    (False, True): Verdict.FORWARD,
    (False, False): Verdict.BREAKING,
}


class Measured(NamedTuple):
    """An old and a new schema, as text."""

    old: str
    new: str
    verdict: Verdict
    """By the definition in docs/evolution.md: backward are old messages in every form, forward new ones as written."""


MEASURED: Final = {
    facts["pair"]: Measured(
        json.dumps(_PAIRS[facts["pair"]]["old"]),
        json.dumps(_PAIRS[facts["pair"]]["new"]),
        _VERDICTS[facts["backward_spelled"], facts["forward_written"]],
    )
    for facts in _FACTS
}
assert MEASURED.keys() == _PAIRS.keys(), "make golden measures each pair"
