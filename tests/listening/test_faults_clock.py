"""The wall clock is set while a listener listens: the one that it is given, and the one that publishers look at."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from checkpoint_notify import Disconnected, Gap
from checkpoint_notify._asyncio import reader as asyncio_reader
from checkpoint_notify._protocol.timestamps import Clock
from checkpoint_notify._sync import reader

from ..support.faults.scene import Stage
from ..support.flavours import Flavour

HOUR = 3600.0


@pytest.mark.parametrize("hours", [-1, 1])
def test_listener_survives_a_change_of_the_wall_clock(
    flavour: Flavour, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change by hours ends no connection and delays no PING. The next Gap covers the times before and after."""
    moved = [0.0]
    clock = Clock(wall=lambda: datetime.now(UTC) + timedelta(seconds=moved[0]))
    for module in (reader, asyncio_reader):
        monkeypatch.setattr(module, "Clock", lambda: clock)
    with Stage("valkey", flavour).scene(clock=lambda: time.time() + moved[0]) as scene:
        scene.proxy.state.lag = 0.2
        time.sleep(0.4)
        moved[0] = hours * HOUR
        with scene.ledger.fault("rst"):  # what is under way was published before, and is lost
            scene.proxy.reset()
        scene.proxy.state.lag = 0.0
        scene.watch.wait(lambda: len(scene.ledger.gaps) == 1, "a Gap")
        moved[0] = 0.0  # and set back: no fault
        time.sleep(2 * scene.bounds.margin)
    assert scene.ledger.counts.covered > 0
    assert 1 == len(scene.watch.seen(Disconnected))
    assert 1 == len(scene.watch.seen(Gap))
