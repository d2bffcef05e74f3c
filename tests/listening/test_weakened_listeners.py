"""A soak and the fault table detect real listeners that keep less than they promise."""

from __future__ import annotations

from typing import Final

import pytest

from checkpoint_notify import CheckpointListener

from ..support.faults.scene import Stage
from ..support.waiting import PATIENCE
from ..support.weakened import (
    HALF_OPEN,
    LATE_RST,
    NEVER_HEARD,
    RST,
    SLOW_CONSUMER,
    SLOW_RST,
    WEAKNESSES,
    Make,
    Weakness,
    weakened,
)
from ..tools.soak.plan import Step
from ..tools.soak.report import Report
from ..tools.soak.run import Settings, run

SOAKED: Final = [weakness for weakness in WEAKNESSES if weakness.soak]
IN_A_ROW: Final = [weakness for weakness in WEAKNESSES if weakness.row]


def soaked(make: Make, step: Step, timeout: float) -> Report:
    """The report of a short run with one fault."""
    return run(
        Settings(
            seconds=step.at + step.seconds + 0.3,
            flavour="sync",
            plan=[step],
            beside_plain=False,
            timeout=timeout,
            listener=make,
        )
    )


@pytest.mark.parametrize("weakness", SOAKED, ids=lambda weakness: weakness.kind.__name__)
def test_soak_detects_weakened_listener(weakness: Weakness) -> None:
    """The verdict is negative and names what is wrong."""
    assert weakness.soak
    step, problem = weakness.soak
    report = soaked(weakened(weakness.kind), step, timeout=2.5 if problem == NEVER_HEARD else PATIENCE)
    assert not report.kept
    assert any(problem in line for line in report.verdict.problems), report.text()


@pytest.mark.parametrize("weakness", IN_A_ROW, ids=lambda weakness: weakness.kind.__name__)
def test_fault_row_detects_weakened_listener(weakness: Weakness) -> None:
    """A row of the fault table also limits times that the promise leaves open."""
    assert weakness.row
    row, problem = weakness.row
    with pytest.raises(AssertionError, match=problem):
        row(Stage("valkey", "sync", listener=weakened(weakness.kind)))


@pytest.mark.parametrize("step", [RST, LATE_RST, SLOW_RST, HALF_OPEN, SLOW_CONSUMER], ids=str)
def test_soak_accepts_the_real_listener(step: Step) -> None:
    """None of these faults makes the checker refuse a listener that keeps its promise."""
    report = soaked(CheckpointListener, step, timeout=PATIENCE)
    assert report.kept, report.text()
    assert report.ledger.gaps


def test_each_weakness_is_detected() -> None:
    """The catalogue has no weakness that no test detects."""
    assert all(weakness.world or weakness.soak or weakness.row for weakness in WEAKNESSES)
