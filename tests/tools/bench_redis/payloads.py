"""The payloads: a notification of ordinary size that contains its send time."""

from __future__ import annotations

from typing import Final

from checkpoint_notify import CheckpointNotification, checkpoint_channel

NOTIFICATION: Final = CheckpointNotification(
    model_path="checkpoints/backward/latest_model.bin",
    model_name="lstm_dqn_v1",
    version=42,
    saved_at="2026-11-25T00:00:00.000000000+00:00",
    training_step=125_000,
)
_DIGITS: Final = 20
_END: Final = len('"}}')


def stamped(nanoseconds: int) -> bytes:
    """A payload with this stamp; all of them have one length."""
    return NOTIFICATION.with_metadata("sent", f"{nanoseconds:0{_DIGITS}}").to_json_bytes()


def stamp(payload: bytes) -> int:
    """Read the stamp at its fixed position; the redis-py contender does not decode the payload."""
    return int(payload[-_END - _DIGITS : -_END])


def publish_command(instance: str, payload: bytes) -> bytes:
    """Return the bytes of a PUBLISH command."""
    words = (b"PUBLISH", checkpoint_channel(instance).encode(), payload)
    return b"*3\r\n" + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
