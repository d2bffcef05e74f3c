"""The event queue: the items it keeps, the messages it drops, and the Gaps for these."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from checkpoint_notify import (
    Connected,
    Disconnected,
    Gap,
)
from checkpoint_notify._protocol.event_decoder import EventDecoder
from checkpoint_notify._protocol.event_queue import MAX_CONTROLS, EventQueue, Item, Message, extend
from checkpoint_notify._protocol.timestamps import Loss

from ..support.listener_world import check_order
from ..support.timestamps import at


def item(second: float, size: int = 1, since: float = 0) -> Message:
    """A message received at this second."""
    return Message(b"x" * size, at(second), at(since))


def drained(inbox: EventQueue) -> list[Item]:
    """All items, in order."""
    return list(iter(inbox.take, None))


def test_queue_drops_the_oldest_messages() -> None:
    """Neighbours share one loss: from the first message's `since` to the last one's receipt."""
    inbox = EventQueue(2, 1000)
    inbox.put([item(1), item(2, since=1), item(3, since=1), item(4, since=2)])
    assert [Loss(at(0), at(2), "overflow"), item(3, since=1), item(4, since=2)] == drained(inbox)
    assert 2 == inbox.dropped


def test_queue_counts_bytes() -> None:
    """A single message is kept, however large. A message that was taken no longer counts."""
    inbox = EventQueue(100, 10)
    inbox.put([item(1, 10)])
    assert [item(1, 10)] == drained(inbox)
    inbox.put([item(1, 5), item(2, 5), item(3, 100)])
    assert [Loss(at(0), at(2), "overflow"), item(3, 100)] == drained(inbox)
    inbox.put([item(4, 10)])
    assert [item(4, 10)] == drained(inbox)


def test_queue_keeps_connection_events_in_order() -> None:
    """Messages between them are dropped, and they stay."""
    outage: list[Item] = [Disconnected(ConnectionError()), Connected(), Loss(at(2), at(4), "reconnected")]
    inbox = EventQueue(1, 1000)
    inbox.put([Connected(), item(1), *outage, item(5, since=4), item(6, since=4)])
    first, second = Loss(at(0), at(1), "overflow"), Loss(at(4), at(5), "overflow")
    assert [Connected(), first, *outage, second, item(6, since=4)] == drained(inbox)


def test_queue_stays_small_without_a_consumer() -> None:
    """After a million outages it holds a few events in order, and the Gaps cover every loss."""
    inbox = EventQueue(4, 1000)
    outages = 20_000
    inbox.put([Connected(), item(0)])
    for number in range(outages):
        since, until = at(10 * number + 1), at(10 * number + 5)
        inbox.put([Disconnected(ConnectionError(str(number))), Connected(), Loss(since, until, "reconnected")])
        if number % 5000 == 0:
            inbox.put([item(10 * number + 6, since=10 * number + 5)])
    items = drained(inbox)
    assert len(items) <= 5 * (MAX_CONTROLS + 1) + 4
    decoder = EventDecoder(100)
    events = [decoder.decode(each) for each in items]
    check_order(events)
    gaps = [event for event in events if isinstance(event, Gap)]
    for number in range(outages):
        assert any(gap.since <= at(10 * number + 1).wall and at(10 * number + 5).wall <= gap.until for gap in gaps)
    errors = [str(event.error) for event in events if isinstance(event, Disconnected)]
    assert str(outages - 1) == errors[-1]
    widths = [gap.until - gap.since for gap in gaps]
    assert timedelta(seconds=4) == widths[-1], "the newest are told one by one"


def test_gap_follows_a_connected_that_was_taken() -> None:
    """Its Gap is the next event, however many outages follow."""
    inbox = EventQueue(4, 1000)
    inbox.put([Connected()])
    for second in range(10, 10 * MAX_CONTROLS, 10):
        loss = Loss(at(second), at(second + 5), "reconnected")
        inbox.put([Disconnected(ConnectionError()), Connected(), loss])
        if second == 10:
            events = [inbox.take() for _ in range(3)]
    events += drained(inbox)
    assert Loss(at(10), at(15), "reconnected") == events[3]
    check_order([EventDecoder(100).decode(each) for each in events if each is not None])


@given(st.lists(st.sampled_from(["outage", "overflow"]), max_size=60), st.booleans())
def test_summary_keeps_the_order(happenings: list[str], starts_connected: bool) -> None:
    """However much happens between two messages, few events remain, they cover each loss, and connections alternate."""
    run: list[Any] = []
    second = 0.0
    losses: list[Loss] = []
    if not starts_connected:
        extend(run, [Connected()])
    for happening in happenings:
        second += 10
        loss = Loss(at(second), at(second + 5), "reconnected" if happening == "outage" else "overflow")
        losses.append(loss)
        extend(run, [Disconnected(ConnectionError()), Connected(), loss] if happening == "outage" else [loss])
    assert len(run) <= MAX_CONTROLS
    changes = [type(each) for each in run if not isinstance(each, Loss)]
    assert all(first is not second for first, second in itertools.pairwise(changes))
    assert not changes or changes[-1] is Connected
    assert not changes or (changes[0] is Disconnected) == starts_connected
    covers = [each for each in run if isinstance(each, Loss)]
    assert all(any(c.since <= loss.since and loss.until <= c.until for c in covers) for loss in losses)
