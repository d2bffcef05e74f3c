"""Where notifications of one instance are published."""

from __future__ import annotations

from checkpoint_notify.codec.encoder import check_string


def checkpoint_channel(instance_id: str) -> str:
    """The Redis pub/sub channel of an instance: `fks:{instance_id}:model_checkpoints`.

    Raises EncodeError for an id that no Rust String can hold.
    """
    check_string("instance_id", instance_id)
    return f"fks:{instance_id}:model_checkpoints"
