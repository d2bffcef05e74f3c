"""What the strategies claim about Rust, asked of the real crate; and that they shrink, and miss nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, TypeVar, get_args

import pytest
from hypothesis import Phase, find, given, seed, settings
from hypothesis import strategies as st

from checkpoint_notify import CheckpointNotification, DecodeError, _generated
from checkpoint_notify.conformance.values import to_protocol
from checkpoint_notify.conformance.verdict import answer_to
from checkpoint_notify.errors import Category
from checkpoint_notify.testing import (
    RefusedPayload,
    canonical_payloads,
    notifications,
    refused_payloads,
    unusual_payloads,
)
from checkpoint_notify.testing._json import compact
from checkpoint_notify.testing.strategies import strategies_for

from ..support.peer import Peer
from ..tools.fuzz.messages import REACHABLE, kind_of

T = TypeVar("T")

thousands: Final = settings(max_examples=2000)
"""No health check is suppressed."""

CORNERS: Final[dict[str, Callable[[CheckpointNotification], bool]]] = {
    "the largest u64": lambda notification: notification.version == 2**64 - 1,
    "no i64": lambda notification: notification.training_step >= 2**63,
    "beyond the first plane": lambda notification: max(notification.model_path, default="") > "\uffff",
    "control characters": lambda notification: min(notification.saved_at, default=" ") < " ",
    "metadata": lambda notification: len(notification.metadata) > 1,
}

MINIMAL: Final = b'{"model_path":"","model_name":"","version":0,"saved_at":"","training_step":0,"metadata":{}}'


def written_by_rust(peer: Peer, value: dict[str, Any]) -> bytes:
    """The real crate's bytes for a value, with the entries of metadata in the order of the value's."""
    payload = peer.encode(value)
    fields = json.loads(payload)
    assert payload == compact(fields)
    return compact({**fields, "metadata": {key: fields["metadata"][key] for key in value["metadata"]}})


def answer(refused: RefusedPayload) -> dict[str, Any]:
    """A refused payload's error, in the words of the peer."""
    error = refused.error
    if error.category == "utf8":
        return {"error": {"category": "utf8", "offset": error.offset}}
    fields = ("category", "message", "line", "column", "text")
    return {"error": {name: getattr(error, name) for name in fields}}


def test_rust_can_hold_all_notifications(peer: Peer) -> None:
    """The real crate writes each, as Python does, and reads it back; the corners of Unicode and u64 are among them."""
    seen: Counter[str] = Counter()

    @settings(max_examples=1000)
    @given(notifications())
    def judge(notification: CheckpointNotification) -> None:
        value = to_protocol(notification)
        assert notification.to_json_bytes() == written_by_rust(peer, value)
        assert {"value": value} == peer.decode(notification.to_json_bytes())
        seen.update(name for name, is_in in CORNERS.items() if is_in(notification))

    judge()
    assert CORNERS.keys() == seen.keys()


@settings(max_examples=1000)
@given(canonical_payloads())
def test_rust_writes_all_canonical_payloads(peer: Peer, payload: bytes) -> None:
    """The real crate reads each, and writes just these bytes for the value."""
    fields = json.loads(payload)
    value = {**fields, **{name: str(fields[name]) for name in ("version", "training_step")}}
    assert {"value": value} == peer.decode(payload)
    assert payload == written_by_rust(peer, value)


@settings(max_examples=1000)
@given(strategies_for(CheckpointNotification, _generated.CheckpointNotification).unusual)
def test_rust_reads_and_never_writes_all_unusual_payloads(
    peer: Peer, message: tuple[CheckpointNotification, bytes]
) -> None:
    """The real crate reads the value that the payload was made for, and writes other bytes for it."""
    value = to_protocol(message[0])
    assert {"value": value} == peer.decode(message[1])
    assert message[1] != written_by_rust(peer, value)


def test_rust_refuses_all_refused_payloads_with_that_error(peer: Peer) -> None:
    """Category, message, line, column and text are the real crate's, or the place of the byte that is not UTF-8.

    Every kind of error that its decoder knows is among them.
    """
    seen: Counter[str] = Counter()

    @thousands
    @given(refused_payloads())
    def judge(refused: RefusedPayload) -> None:
        expected = peer.decode(refused.payload)
        assert expected == answer(refused)
        seen[kind_of(expected)] += 1

    judge()
    assert set() == set(seen) - set(REACHABLE)
    for kind in set(REACHABLE) - set(seen):  # chance is uneven: look longer
        assert can_be_found(kind)


@pytest.mark.parametrize("number", range(5))
def test_a_run_of_ordinary_length_meets_every_category(number: int) -> None:
    """Within the hundred examples that Hypothesis gives by default, so that no reader passes that knows but one."""
    seen: Counter[Category] = Counter()

    @seed(number)
    @settings(max_examples=100, database=None)
    @given(refused_payloads())
    def look(refused: RefusedPayload) -> None:
        seen[refused.error.category] += 1

    look()
    assert {*get_args(Category)} == seen.keys()


def can_be_found(kind: str) -> bool:
    """Whether a refused payload can have an error of this kind; NoSuchExample if not."""
    longer = settings(max_examples=20_000, phases=[Phase.generate], database=None)
    return bool(find(refused_payloads(), lambda refused: kind == kind_of(answer(refused)), settings=longer))


@given(refused_payloads())
def test_python_refuses_payloads_with_the_same_error(refused: RefusedPayload) -> None:
    """This package's own decoder gives that error, and its offset."""
    assert answer(refused) == answer_to(refused.payload)
    with pytest.raises(DecodeError) as caught:
        CheckpointNotification.from_json(refused.payload)
    assert refused.error.offset == caught.value.offset


def smallest(strategy: st.SearchStrategy[T], wanted: Callable[[T], bool] = lambda example: True) -> T:
    """What an example shrinks to; without the phase that tries others afterwards, to explain it."""
    return find(strategy, wanted, settings=settings(thousands, phases=[Phase.generate, Phase.shrink], database=None))


def test_examples_shrink_to_the_minimum() -> None:
    """An example for a person to read is small."""
    assert MINIMAL == smallest(canonical_payloads())
    assert MINIMAL == smallest(notifications()).to_json_bytes()
    assert MINIMAL + b" " == smallest(unusual_payloads())


@pytest.mark.parametrize("category", get_args(Category))
def test_refused_payloads_shrink_to_one_fault(category: str) -> None:
    """They shrink to a payload with one fault, and little more."""
    refused = smallest(refused_payloads(), lambda refused: refused.error.category == category)
    assert len(refused.payload) <= len(MINIMAL), refused


@given(st.data())
def test_strategies_can_be_filtered_and_drawn(data: st.DataObject) -> None:
    """They are plain Hypothesis strategies."""
    refused = data.draw(refused_payloads().filter(lambda refused: refused.error.category == "data"))
    assert refused.error.text == f"{refused.error.message} at line {refused.error.line} column {refused.error.column}"
