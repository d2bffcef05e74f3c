"""What the strategies claim about Rust, for types with fields of every kind; the real types judge."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

import pytest
from hypothesis import given, settings

from checkpoint_notify.codec import codec_for
from checkpoint_notify.conformance.values import values_for
from checkpoint_notify.conformance.verdict import answer_to
from checkpoint_notify.testing import RefusedPayload
from checkpoint_notify.testing.strategies import strategies_for

from ..support.kinds import generated, refusal_of
from ..support.peer import Peer

NAMES: Final = (
    *("OptimizedParams", "PositionClose", "PositionEvent", "SessionMetrics", "HealthStatus"),
    *("Everything", "Behind", "ClosedInside", "Enums", "Maps", "OptionsSkippedPlain", "ExtendedAll"),
)
bounded: Final = settings(max_examples=30)


def _decode(peer: Peer, name: str, payload: bytes) -> dict[str, Any]:
    return peer.ask({"op": "decode", "type": name, "payload": base64.b64encode(payload).decode()})


def _encode(peer: Peer, name: str, value: Any) -> bytes:
    shown = values_for(generated(name)).to_protocol(value)
    return base64.b64decode(peer.ask({"op": "encode", "type": name, "value": shown})["payload"])


def _assert_same_json(expected: bytes, found: bytes) -> None:
    """The order in a map of Rust's is random."""
    assert json.loads(expected) == json.loads(found)
    assert sorted(expected) == sorted(found)


@pytest.mark.parametrize("name", NAMES)
def test_each_value_is_written_as_rust_writes_it(name: str, peer: Peer) -> None:
    """And what is written is read as Rust reads it."""
    codec, to_protocol = codec_for(generated(name)), values_for(generated(name)).to_protocol

    @bounded
    @given(strategies_for(generated(name)).values)
    def judge(value: Any) -> None:
        written = codec.encode(value)
        _assert_same_json(_encode(peer, name, value), written)
        expected = _decode(peer, name, written)
        for decode in (codec.decode, codec.decode_exact):
            assert expected == answer_to(written, decode, to_protocol)

    judge()


@pytest.mark.parametrize("name", NAMES)
def test_rust_reads_each_unusual_payload_as_its_value(name: str, peer: Peer) -> None:
    """So does the codec."""
    codec, to_protocol = codec_for(generated(name)), values_for(generated(name)).to_protocol

    @bounded
    @given(strategies_for(generated(name)).unusual)
    def judge(message: tuple[Any, bytes]) -> None:
        value, payload = message
        expected = {"value": to_protocol(value)}
        assert expected == _decode(peer, name, payload)
        for decode in (codec.decode, codec.decode_exact):
            assert expected == answer_to(payload, decode, to_protocol)
        assert payload != codec.encode(value)

    judge()


@pytest.mark.parametrize("name", NAMES)
def test_rust_refuses_each_refused_payload_with_its_error(name: str, peer: Peer) -> None:
    """So does the codec."""
    codec, to_protocol = codec_for(generated(name)), values_for(generated(name)).to_protocol

    @settings(bounded, max_examples=150)
    @given(strategies_for(generated(name)).refused)
    def judge(refused: RefusedPayload) -> None:
        expected = refusal_of(refused)
        assert expected == _decode(peer, name, refused.payload)
        for decode in (codec.decode, codec.decode_exact):
            assert expected == answer_to(refused.payload, decode, to_protocol)

    judge()
