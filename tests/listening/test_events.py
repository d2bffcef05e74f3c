"""The events: small, frozen values."""

from __future__ import annotations

import dataclasses

import pytest

from checkpoint_notify import (
    CheckpointNotification,
    Connected,
    Disconnected,
    Gap,
    Invalid,
    PayloadTooLargeError,
    Received,
)

from ..support.timestamps import START


def test_events_are_small_values() -> None:
    """Frozen, without a dict, equal by value; a large payload is not shown whole."""
    invalid = Invalid(b"x" * 1000, PayloadTooLargeError("too large"))
    assert Invalid(invalid.raw, invalid.error) == invalid
    assert "… (1000 bytes)" in repr(invalid)
    assert len(repr(invalid)) < 200
    assert "raw=b'abc'" in repr(Received(CheckpointNotification.new("p", "n"), b"abc"))
    for event in (Connected(), Disconnected(ValueError()), Gap(START, START, "overflow"), invalid):
        assert not hasattr(event, "__dict__")
        with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
            event.error = None  # type: ignore[union-attr, misc]
