"""About a minute of soak: faults by chance for both flavours, and a run without any."""

from __future__ import annotations

import random

import pytest
import redis

from ..support.flavours import Flavour
from ..tools.soak.plan import KINDS, make_plan
from ..tools.soak.run import Settings, run

SECONDS = 25.0
REDIS_PY_TRIES_AGAIN = int(redis.__version__.split(".")[0]) >= 6
"""Since then its `listen()` connects anew by itself, in silence; before, it raised at each outage."""


def test_the_seed_determines_the_plan() -> None:
    """Another seed makes another plan. A long plan has every kind of fault."""
    assert make_plan(7, 60) == make_plan(7, 60) != make_plan(8, 60)
    assert {kind.name for kind in KINDS} == {step.kind for step in make_plan(7, 60)}


def test_the_promise_is_kept_through_faults(flavour: Flavour, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing lost in silence, nothing twice, no Gap too wide; redis-py's listen() loses messages in the same run.

    Without a word, that is; a release that does not try again by itself loses them, too, and says so.
    """
    seed = random.randrange(10**6)
    report = run(Settings(seconds=SECONDS, flavour=flavour, plan=make_plan(seed, SECONDS)))
    text = f"python -m tests.tools.soak --flavour {flavour} --seconds {SECONDS:g} --seed {seed}\n{report.text()}"
    print(text)
    assert report.kept, text
    assert report.ledger.gaps
    assert report.plain is not None
    lost = report.plain.lost_without_a_word if REDIS_PY_TRIES_AGAIN else report.plain.lost_with_an_exception
    assert lost > 0


def test_no_gap_without_faults(flavour: Flavour) -> None:
    """Everything is delivered, to redis-py as well."""
    report = run(Settings(seconds=5.0, flavour=flavour, plan=[]))
    assert report.kept, report.text()
    counts = report.ledger.counts
    assert (counts.published, 0) == (counts.delivered, len(report.ledger.gaps))
    assert report.plain is not None
    assert counts.published == report.plain.delivered
