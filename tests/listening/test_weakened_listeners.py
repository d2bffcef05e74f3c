"""The suite finds out a listener that keeps less than it promises: each is weak in one way, and meets one fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from checkpoint_notify import CheckpointListener, CheckpointListenerConfig
from checkpoint_notify._protocol.subscription import Subscription

from ..support.faults import rows_alive, rows_connection
from ..support.faults.scene import Stage
from ..support.faults.weakened import (
    GapFirst,
    LeavesTheBusy,
    NeverAgain,
    NoGap,
    NoPongRequired,
    OverflowInSilence,
    Patient,
    PingsTooSeldom,
    Silent,
    SinceTheEpoch,
    SinceTheLastMessage,
    SlowToReturn,
    Twice,
    with_core,
)
from ..support.waiting import PATIENCE
from ..tools.soak.plan import Step
from ..tools.soak.report import Report
from ..tools.soak.run import Settings, run

Make = Callable[[CheckpointListenerConfig], Any]

RST: Final = Step(0.7, "rst", 0)
LATE_RST: Final = Step(3.5, "rst", 0)
SLOW_RST: Final = Step(0.7, "rst_on_a_slow_line", 0.7)
HALF_OPEN: Final = Step(0.7, "half_open_both", 0.0)
SLOW_CONSUMER: Final = Step(0.7, "slow_consumer", 1.0)

NEVER_HEARD: Final = "the last message, "
"""What is said of a listener for which waiting is no use."""
WEAKNESSES: Final[list[tuple[str, Make, Step, str]]] = [
    ("no PONG required", with_core(NoPongRequired), HALF_OPEN, NEVER_HEARD),
    ("pings too seldom", with_core(PingsTooSeldom), LATE_RST, "s wide, and may be"),
    ("since the last message", with_core(SinceTheLastMessage), SLOW_RST, "lost in silence"),
    ("silent resubscribe", with_core(Silent), SLOW_RST, "lost in silence"),
    ("no Gap", with_core(NoGap), RST, "where the Gap of a reconnect was due"),
    ("overflow in silence", OverflowInSilence, SLOW_CONSUMER, "lost in silence"),
    ("a Gap from the epoch", with_core(SinceTheEpoch), RST, "s wide, and may be"),
    ("ends with its connection", with_core(NeverAgain), RST, NEVER_HEARD),
    ("delivers twice", with_core(Twice), RST, "delivered twice"),
    ("the Gap first", with_core(GapFirst), RST, "where the Gap of a reconnect was due"),
]


def soaked(make: Make, step: Step, patience: float) -> Report:
    """What a short run with one fault shows of a listener."""
    return run(
        Settings(
            seconds=step.at + step.seconds + 0.3,
            flavour="sync",
            plan=[step],
            beside_plain=False,
            patience=patience,
            listener=make,
        )
    )


@pytest.mark.parametrize(
    ("make", "step", "problem"), [row[1:] for row in WEAKNESSES], ids=[row[0] for row in WEAKNESSES]
)
def test_a_weakened_listener_is_found_out(make: Make, step: Step, problem: str) -> None:
    """The checker says no, and names what is wrong."""
    report = soaked(make, step, patience=2.5 if problem == NEVER_HEARD else PATIENCE)
    assert not report.kept
    assert any(problem in line for line in report.verdict.problems), report.text()


@pytest.mark.parametrize(
    ("core", "row"),
    [
        (SlowToReturn, rows_connection.rst),
        (Patient, rows_connection.subscribe_never_answered),
        (LeavesTheBusy, rows_alive.misconf),
    ],
    ids=["comes back too late", "gives up too late", "gives up a living server"],
)
def test_a_row_has_demands_of_its_own(core: type[Subscription], row: Callable[[Stage], None]) -> None:
    """A listener that keeps the promise and takes its time fails the row that gives it none."""
    with pytest.raises(AssertionError, match=r"subscribed again after|given up after|was given up"):
        row(Stage("valkey", "sync", listener=with_core(core)))


@pytest.mark.parametrize("step", [RST, LATE_RST, SLOW_RST, HALF_OPEN, SLOW_CONSUMER], ids=str)
def test_the_real_listener_passes_the_same(step: Step) -> None:
    """None of these faults makes the checker refuse a listener that keeps its promise."""
    report = soaked(CheckpointListener, step, patience=PATIENCE)
    assert report.kept, report.text()
    assert report.ledger.gaps
