"""The listener's two clocks, and the Gap between two moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkpoint_notify import (
    Gap,
)
from checkpoint_notify._protocol.timestamps import Clock, Loss, Timestamp

from ..support.timestamps import START, at


@pytest.mark.parametrize(
    ("since", "until", "gap"),
    [
        (at(10), at(20), (10, 20)),
        (at(10), at(20, wall=80), (10, 80)),  # set forward by 60 s
        (at(100), at(110, wall=50), (40, 110)),  # set back by 60 s
        (at(10), at(10), (10, 10)),
    ],
)
def test_gap_covers_both_readings_of_a_clock_that_was_set(
    since: Timestamp, until: Timestamp, gap: tuple[float, float]
) -> None:
    """Any time that a publisher may have noted in between lies within it."""
    expected = Gap(START + timedelta(seconds=gap[0]), START + timedelta(seconds=gap[1]), "reconnected")
    assert expected == Loss(since, until, "reconnected").gap()


def test_clock_reads_the_system_clocks() -> None:
    """It reads a clock that cannot be set, and UTC."""
    before, moment, after = datetime.now(UTC), Clock().now(), datetime.now(UTC)
    assert before <= moment.wall <= after
    assert moment.wall.tzinfo is UTC
    assert 3.5 == Clock(monotonic=lambda: 3.5).now().monotonic


@given(*(st.floats(0, 10) for _ in range(3)))
def test_gap_covers_a_suspension_between_two_clock_readings(first: float, elapsed: float, second: float) -> None:
    """It covers the time from the first moment to the second, and does not end in the future."""
    now = 100.0

    def moment(stop: float) -> Timestamp:
        """The thread stands still for so long once it has read a clock."""

        def read() -> float:
            nonlocal now
            now += stop
            return now - stop

        return Clock(read, lambda: at(read()).wall).now()

    since = moment(first)
    now += elapsed
    ended = now
    gap = Loss(since, moment(second), "reconnected").gap()
    assert gap.since <= at(100).wall
    assert at(ended).wall <= gap.until <= at(now).wall
