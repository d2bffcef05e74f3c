"""The event decoder: from messages and losses to events, counted."""

from __future__ import annotations

from typing import Final

import pytest

from checkpoint_notify import (
    CheckpointNotification,
    Connected,
    DecodeError,
    Gap,
    Invalid,
    ListenerCounters,
    PayloadTooLargeError,
    Received,
)
from checkpoint_notify._protocol.event_decoder import EventDecoder
from checkpoint_notify._protocol.event_queue import Item, Message
from checkpoint_notify._protocol.timestamps import Loss

from ..support.timestamps import at

PAYLOAD: Final = CheckpointNotification.new("model.bin", "lstm").to_json_bytes()


def test_decoder_counts_events() -> None:
    """It counts every event that it returned, and adds up the width of Gaps."""
    decoder = EventDecoder(1000)
    items: list[Item] = [
        Connected(),
        Message(PAYLOAD, at(0), at(0)),
        Message(b"\xff", at(0), at(0)),
        Loss(at(1), at(3), "overflow"),
        Loss(at(2), at(4.5), "reconnected"),
    ]
    kinds = [type(decoder.decode(each)) for each in items]
    assert [Connected, Received, Invalid, Gap, Gap] == kinds
    assert ListenerCounters(received=1, invalid=1, gaps=2, gap_seconds=4.5) == decoder.counters.snapshot()
    assert isinstance(EventDecoder(1000).counters.snapshot().gap_seconds, float)


def test_decoder_returns_received_or_invalid() -> None:
    """Received has the notification and the bytes, Invalid the bytes and the error."""
    decoder = EventDecoder(len(PAYLOAD))
    assert Received(CheckpointNotification.from_json(PAYLOAD), PAYLOAD) == decoder.decode(
        Message(PAYLOAD, at(0), at(0))
    )
    invalid = decoder.decode(Message(b"", at(0), at(0)))
    assert isinstance(invalid, Invalid)
    assert b"" == invalid.raw
    assert isinstance(invalid.error, DecodeError)
    assert "EOF while parsing a value at line 1 column 0" == str(invalid.error)


def test_size_is_checked_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A payload over the limit is not decoded."""
    monkeypatch.setattr(CheckpointNotification, "from_json", None)
    event = EventDecoder(10).decode(Message(b"01234567890", at(0), at(0)))
    assert isinstance(event, Invalid)
    assert isinstance(event.error, PayloadTooLargeError)
    assert "payload of 11 bytes, max_payload is 10" == str(event.error)


def test_exception_of_the_codec_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exception reaches the caller. Nothing is counted."""

    def broken(_: bytes) -> None:
        raise RecursionError("a fault")

    monkeypatch.setattr(CheckpointNotification, "from_json", broken)
    decoder = EventDecoder(1000)
    with pytest.raises(RecursionError, match="a fault"):
        decoder.decode(Message(PAYLOAD, at(0), at(0)))
    assert ListenerCounters() == decoder.counters.snapshot()
