"""What holds for every value that a Rust `CheckpointNotification` can hold, and for payloads near to valid ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from checkpoint_notify import CheckpointNotification
from checkpoint_notify.conformance.values import from_protocol, to_protocol
from checkpoint_notify.conformance.verdict import agree, answer_to
from checkpoint_notify.resources import vectors
from checkpoint_notify.testing import notifications

from ..support.peer import Peer

seeds = [vector.payload for kind in ("canonical", "unusual") for vector in vectors(kind) if len(vector.payload) < 2000]


@st.composite
def mutated_payloads(draw: st.DrawFn) -> bytes:
    """A valid payload with a few bytes replaced, removed, doubled or cut off."""
    payload = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(payload)))
        end = draw(st.integers(start, min(start + 4, len(payload))))
        structural = st.sampled_from(list(b'{}[]:,"\\ntf0e.-+ \n\r\t'))
        new = draw(st.lists(structural | st.integers(0, 255), max_size=3))
        payload[start:end] = bytes(new) * draw(st.integers(1, 2))
    return bytes(payload)


@given(notifications())
def test_python_reads_what_python_writes(notification: CheckpointNotification) -> None:
    """Decoding the encoded bytes gives an equal value, whatever type the payload comes in."""
    payload = notification.to_json_bytes()
    for same in (payload, payload.decode(), bytearray(payload), memoryview(payload)):
        assert notification == CheckpointNotification.from_json(same)


@given(notifications())
def test_rust_reads_what_python_writes(peer: Peer, notification: CheckpointNotification) -> None:
    """The real crate decodes Python's bytes to the same value."""
    assert {"value": to_protocol(notification)} == peer.decode(notification.to_json_bytes())


@given(notifications())
def test_python_reads_what_rust_writes(peer: Peer, notification: CheckpointNotification) -> None:
    """Python decodes the real crate's bytes to the same value, and writes the same bytes for it."""
    payload = peer.encode(to_protocol(notification))
    decoded = CheckpointNotification.from_json(payload)
    assert notification == decoded
    assert payload == decoded.to_json_bytes()  # metadata keeps the order that Rust chose


@given(mutated_payloads())
def test_both_judge_mutated_payloads_alike(peer: Peer, payload: bytes) -> None:
    """Verdict, value, category, position and text agree on what is nearly valid."""
    rust, ours = peer.decode(payload), answer_to(payload)
    assert agree(rust, ours), (rust, ours)


def test_protocol_values_round_trip() -> None:
    """The helpers of these tests lose nothing: a value comes back as it was."""
    for vector in vectors("canonical"):
        assert vector.value is not None
        assert vector.value == to_protocol(from_protocol(vector.value))
