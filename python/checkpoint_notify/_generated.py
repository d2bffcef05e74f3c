"""Generated from schema/checkpoint_notification.schema.json by `make generate`; never edited by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from checkpoint_notify._bounds import IntRange
from checkpoint_notify.codec.record import Record

U64: TypeAlias = Annotated[int, IntRange(0, 18446744073709551615)]


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckpointNotification(Record):
    """Announces that the backward service has saved a new model checkpoint to disk."""

    model_path: str
    """Path of the saved checkpoint file, absolute or relative to the producer's working directory."""
    model_name: str
    """Name of the model or its architecture, for people to read, such as `lstm_dqn_v1`."""
    version: U64
    """Number of this checkpoint; it grows within one run of one producer, and a new run may start again."""
    saved_at: str
    """When the checkpoint was saved: an RFC 3339 timestamp by convention, but any string is valid on the wire."""
    training_step: U64
    """Number of gradient steps taken when the checkpoint was made; 0 where it is not known."""
    metadata: dict[str, str] = field(default_factory=dict)
    """What else the producer tells, such as loss or learning rate at this checkpoint; names and values are strings."""
