"""Payloads of every class through a real server: one event for each, in order, and the stream continues."""

from __future__ import annotations

from typing import Any, Final

import pytest

from checkpoint_notify import (
    CheckpointNotification,
    DecodeError,
    Disconnected,
    Gap,
    Invalid,
    PayloadTooLargeError,
    Received,
)
from checkpoint_notify.conformance.values import to_protocol
from checkpoint_notify.resources import Vector, VectorKind, vectors

from ..support.faults.messages import numbered
from ..support.faults.scene import Stage
from ..support.flavours import Flavour

KINDS: Final[tuple[VectorKind, ...]] = ("refused", "unusual", "canonical")
CAP: Final = 1000
LARGE: Final = 30_000_000
LEVELS: Final = 100_000


def outcome(event: object) -> dict[str, Any]:
    """What an event says of a payload, as the vectors write it down."""
    if isinstance(event, Received):
        return {"value": to_protocol(event.notification)}
    assert isinstance(event, Invalid)
    error = event.error
    assert isinstance(error, DecodeError)
    if error.category == "utf8":
        return {"error": {"category": "utf8", "offset": error.offset}}
    place = {"line": error.line, "column": error.column}
    return {"error": {"category": error.category, "message": error.message, **place, "text": str(error)}}


def expected(vector: Vector) -> dict[str, Any]:
    """What the real Rust crate said."""
    return {"error": vector.error} if vector.value is None else {"value": vector.value}


@pytest.mark.parametrize("kind", KINDS)
def test_every_vector(kind: VectorKind, flavour: Flavour) -> None:
    """Each golden vector is `Invalid` with Rust's error, or `Received` with Rust's value. All other messages arrive."""
    published = list(vectors(kind))
    assert published
    with Stage("valkey", flavour).scene(keep=True, max_queue=100_000, every=0.02, direct=True) as scene:
        for vector in published:
            assert scene.publisher.publish_raw(vector.payload).taken
    assert [] == scene.watch.seen(Gap)
    known = {vector.payload: vector for vector in published}
    seen = [event for _, event in scene.watch.events if isinstance(event, (Received, Invalid)) and event.raw in known]
    assert [vector.payload for vector in published] == [event.raw for event in seen]
    for event in seen:
        assert expected(known[event.raw]) == outcome(event), known[event.raw].name


def test_invalid_utf8_and_empty_payloads_are_invalid(flavour: Flavour) -> None:
    """Each is one `Invalid`."""
    with Stage("valkey", flavour).scene(direct=True) as scene:
        for payload in (b"\xff", b"", numbered(0) + b"\xff"):
            assert scene.publisher.publish_raw(payload).taken
    seen = [event for _, event in scene.watch.seen(Invalid)]
    assert [b"\xff", b"", numbered(0) + b"\xff"] == [event.raw for event in seen if isinstance(event, Invalid)]
    assert ["utf8", "eof", "utf8"] == [
        event.error.category for event in seen if isinstance(event, Invalid) and isinstance(event.error, DecodeError)
    ]
    assert [] == scene.watch.seen(Gap)


def test_max_payload_is_checked_before_decoding(flavour: Flavour) -> None:
    """A payload of `max_payload` bytes is decoded. One that is a byte longer is not, be it valid or not."""
    with Stage("valkey", flavour).scene(direct=True, max_payload=CAP) as scene:
        assert scene.publisher.publish(CAP).taken
        assert scene.publisher.publish(CAP + 1).taken
        assert scene.publisher.publish_raw(b"\xff" * CAP).taken
        assert scene.publisher.publish_raw(b"\xff" * (CAP + 1)).taken
    errors = [event.error for _, event in scene.watch.seen(Invalid) if isinstance(event, Invalid)]
    assert [PayloadTooLargeError, DecodeError, PayloadTooLargeError] == [type(error) for error in errors]
    assert f"payload of {CAP + 1} bytes, max_payload is {CAP}" == str(errors[0])
    assert [] == scene.watch.seen(Gap)


def test_large_and_deep_payloads_are_received(flavour: Flavour, record_property: Any) -> None:
    """30 MB, and 100,000 levels in an unknown field, are received as any notification is."""
    deep = b'{"x":' + b"[" * LEVELS + b"]" * LEVELS + b"," + CheckpointNotification.new("p", "n").to_json_bytes()[1:]
    # A PONG waits behind 30 MB, and a consumer is busy with them: that is what a long ping_timeout is for.
    with Stage("valkey", flavour).scene(direct=True, ping_timeout=5) as scene:
        large = scene.publisher.publish(LARGE)
        scene.watch.wait_delivered(large.number)
        assert scene.publisher.publish_raw(deep).taken
    record_property("received", f"{LARGE} bytes and {LEVELS} levels")
    assert 0 == scene.ledger.counts.covered
    assert [] == scene.watch.seen(Invalid) + scene.watch.seen(Gap) + scene.watch.seen(Disconnected)
