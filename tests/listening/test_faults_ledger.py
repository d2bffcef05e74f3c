"""The judge of the promise, without a socket: made-up records with one fault each, and its verdict."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import pytest

from checkpoint_notify import CheckpointNotification, Connected, Disconnected, Event, Gap, Received
from checkpoint_notify._events import Reason

from ..support.faults.ledger import Ledger, Publish
from ..support.faults.messages import numbered
from ..support.faults.promise import Bounds, judge

BOUNDS: Final = Bounds(ping_interval=1.0, ping_timeout=1.0, slack=0.0)
EAST: Final = timezone(timedelta(hours=3))


class Story:
    """A record that is written by hand, on a clock that moves when it is told to: it begins at 1000 s, connected."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.ledger = Ledger(clock=lambda: self.now)
        self.see(Connected())

    def see(self, *events: Event) -> None:
        """The listener hands events over."""
        for event in events:
            self.ledger.see(event)

    def publish(self, taken: bool | None = True) -> Publish:
        """One message, 0.1 s after the last, which takes 0.01 s."""
        self.now += 0.09
        publish = self.ledger.begin()
        self.now += 0.01
        self.ledger.end(publish, taken)
        return publish

    def deliver(self, publish: Publish) -> None:
        """The listener hands it over."""
        raw = numbered(publish.number)
        self.see(Received(CheckpointNotification.from_json(raw), raw))

    def drop(self, seconds: float = 0.5) -> None:
        """The connection drops, and is away for a while."""
        with self.ledger.fault("drop"):
            pass
        self.see(Disconnected(OSError()))
        self.now += seconds

    def again(self, since: float, reason: Reason = "reconnected") -> None:
        """The listener is subscribed again."""
        self.see(Connected(), gap(since, self.now, reason))

    def problems(self) -> list[str]:
        """What the judge says, once one more message was delivered."""
        self.deliver(self.publish())
        self.ledger.finish()
        return judge(self.ledger, BOUNDS).problems


def gap(since: float, until: float, reason: Reason = "reconnected") -> Gap:
    """A Gap of these seconds."""
    return Gap(datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC), reason)


def kept() -> Story:
    """A correct record with faults."""
    story = Story()
    story.deliver(story.publish())
    story.publish(taken=False)
    story.publish(taken=None)
    before = story.now - 1.5
    lost = story.publish()
    story.drop()
    story.publish()
    story.again(before)
    assert lost.taken
    story.deliver(story.publish())
    story.publish()
    story.see(gap(story.now - 0.2, story.now, "overflow"))
    return story


def lost_after_the_gap() -> Story:
    """A message that was published after `until` never comes."""
    story = Story()
    story.drop()
    story.again(story.now - 1)
    story.publish()
    return story


def lost_before_the_gap() -> Story:
    """A message that was published before `since` never comes."""
    story = Story()
    story.publish()
    story.drop()
    story.again(story.now - 0.4)
    return story


def lost_without_a_fault() -> Story:
    """A message is missing."""
    story = Story()
    story.publish()
    return story


def told_too_late() -> Story:
    """The Gap comes after the next message, so the loss was not reported in time."""
    story = Story()
    story.publish()
    story.deliver(story.publish())
    story.see(gap(1000.0, story.now, "overflow"))
    return story


def delivered_twice() -> Story:
    """A message is delivered again."""
    story = Story()
    message = story.publish()
    story.deliver(message)
    story.deliver(message)
    return story


def delivered_backwards() -> Story:
    """Two messages change places within a Gap that would excuse the loss of either."""
    story = Story()
    first, second = story.publish(), story.publish()
    story.see(gap(1000.0, story.now, "overflow"))
    story.deliver(second)
    story.deliver(first)
    return story


def too_wide() -> Story:
    """A Gap begins 2.1 s before the drop, where 2 s is the most."""
    story = Story()
    story.now += 5
    story.drop()
    story.again(story.now - 0.5 - 2.1)
    return story


def without_any_reason() -> Story:
    """A Gap without a fault."""
    story = Story()
    story.see(Disconnected(OSError()))
    story.again(story.now)
    return story


def overflow_without_loss() -> Story:
    """An overflow Gap, though every message was delivered."""
    story = Story()
    story.deliver(story.publish())
    story.see(gap(story.now, story.now, "overflow"))
    return story


def no_gap_after_a_drop() -> Story:
    """A second Connected without a Gap."""
    story = Story()
    story.drop()
    story.see(Connected())
    return story


def connected_twice() -> Story:
    """Two Connected without a Disconnected between them."""
    story = Story()
    story.again(story.now)
    return story


def disconnected_twice() -> Story:
    """Two Disconnected for one outage."""
    story = Story()
    story.drop()
    story.drop()
    story.again(story.now - 2)
    return story


def message_without_connection() -> Story:
    """A message between Disconnected and Connected."""
    story = Story()
    message = story.publish()
    story.drop()
    story.deliver(message)
    story.again(story.now - 1)
    return story


def backwards_gap() -> Story:
    """A Gap that ends before it begins."""
    story = Story()
    story.drop()
    story.again(story.now + 1)
    return story


def unknown_message() -> Story:
    """A message that nobody published."""
    story = Story()
    raw = numbered(99)
    story.see(Received(CheckpointNotification.from_json(raw), raw))
    return story


BROKEN: Final[list[tuple[Callable[[], Story], str]]] = [
    (lost_after_the_gap, "lost in silence"),
    (lost_before_the_gap, "lost in silence"),
    (lost_without_a_fault, "lost in silence"),
    (told_too_late, "lost in silence"),
    (delivered_twice, "delivered twice"),
    (delivered_backwards, "delivered after"),
    (too_wide, "s wide, and may be"),
    (without_any_reason, "without any fault or loss"),
    (overflow_without_loss, "without any fault or loss"),
    (no_gap_after_a_drop, "where the Gap of a reconnect was due"),
    (connected_twice, "Connected twice"),
    (disconnected_twice, "Disconnected twice"),
    (message_without_connection, "without a connection"),
    (backwards_gap, "ends before it begins"),
    (unknown_message, "nobody published"),
]


def test_judge_accepts_a_correct_record() -> None:
    """It finds no problem, and the sums are right."""
    story = kept()
    assert [] == story.problems()
    counts = story.ledger.counts
    assert (6, 3, 3, 0) == (counts.published, counts.delivered, counts.covered, counts.uncovered)
    assert (1, 1) == (counts.refused, counts.unknown)


@pytest.mark.parametrize(("story", "problem"), BROKEN, ids=[story.__name__ for story, _ in BROKEN])
def test_judge_names_the_problem(story: Callable[[], Story], problem: str) -> None:
    """It names the problem first, before its consequences."""
    problems = story().problems()
    assert problems
    assert problem in problems[0]


def test_judge_demands_the_last_message() -> None:
    """A Gap does not excuse the last message, which is published after all faults are over."""
    story = Story()
    story.deliver(story.publish())
    last = story.publish()
    story.ledger.finish()
    assert any(f"the last message, {last.number}, " in line for line in judge(story.ledger, BOUNDS).problems)


def test_judge_demands_nothing_before_the_first_connected() -> None:
    """A message published before it may be lost without a Gap. A Gap before it is wrong."""
    ledger = Ledger()
    early = ledger.begin()
    ledger.end(early, True)
    ledger.see(Connected())
    last = ledger.begin()
    ledger.end(last, True)
    raw = numbered(last.number)
    ledger.see(Received(CheckpointNotification.from_json(raw), raw))
    ledger.finish()
    assert [] == judge(ledger, BOUNDS).problems
    assert 1 == ledger.counts.unpromised
    ledger = Ledger()
    ledger.see(gap(1.0, 2.0))
    assert any("before the first Connected" in problem for problem in ledger.problems)


def test_judge_demands_gaps_in_utc() -> None:
    """A Gap in another time zone breaks the promise."""
    story = Story()
    story.drop()
    moment = datetime.fromtimestamp(story.now, EAST)
    story.see(Connected(), Gap(moment, moment, "reconnected"))
    assert any("is not in UTC" in problem for problem in story.problems())


def test_judge_excuses_a_message_that_overlaps_the_gap() -> None:
    """A message whose publish was under way when the Gap began may have been taken after that."""
    story = Story()
    edge = story.publish()
    story.drop()
    story.again((edge.before + edge.after) / 2)
    assert [] == story.problems()
