"""The counters that notifiers and listeners share."""

from __future__ import annotations

import pytest

from checkpoint_notify import (
    NotifierCounters,
)
from checkpoint_notify._counters import CounterSet


def test_counter_set_counts_known_fields_only() -> None:
    """It also counts for the notifier. A name that is no field is a KeyError."""
    tally = CounterSet(NotifierCounters)
    tally.add("published")
    tally.add("unknown", 2)
    assert NotifierCounters(published=1, unknown=2) == tally.snapshot()
    with pytest.raises(KeyError):
        tally.add("publisched")
