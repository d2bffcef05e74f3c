"""The message itself: counterpart of `jflow_core::checkpoint_notify::CheckpointNotification`."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, final

from checkpoint_notify import _generated
from checkpoint_notify.codec.codec import Payload, codec_for
from checkpoint_notify.codec.encoder import check
from checkpoint_notify.codec.layout import Kind, layout_of

_LAYOUT: Final = layout_of(_generated.CheckpointNotification)
_MAPS: Final = [field.name for field in _LAYOUT.fields if field.kind is Kind.STRING_MAP]


@final
class CheckpointNotification(_generated.CheckpointNotification):
    """A new model checkpoint was saved; `checkpoint_notify.resources.schema_text()` describes the fields.

    Immutable, equal by value, and never holding what no Rust value can hold: `EncodeError` at construction, and again
    when it is encoded, because `metadata` is a plain dict (a copy of the one given).
    """

    __slots__ = ()
    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # it holds a dict, and the Rust type has no Hash

    if not TYPE_CHECKING:  # a type checker reads the signature of the generated class

        @functools.wraps(_generated.CheckpointNotification.__init__)
        def __init__(self, **fields: Any) -> None:
            for name in _MAPS:
                if isinstance(fields.get(name), Mapping):
                    fields[name] = dict(fields[name])  # the caller's own could change later
            super().__init__(**fields)
            check(self, _LAYOUT)

    @classmethod
    def new(cls, model_path: str, model_name: str) -> Self:
        """A notification saved now, with version 0, training step 0 and no metadata."""
        return cls(model_path=model_path, model_name=model_name, version=0, saved_at=_now(), training_step=0)

    def with_version(self, version: int) -> Self:
        """A copy with this version, 0..2**64-1."""
        return dataclasses.replace(self, version=version)

    def with_training_step(self, step: int) -> Self:
        """A copy with this training step, 0..2**64-1."""
        return dataclasses.replace(self, training_step=step)

    def with_metadata(self, key: str, value: str) -> Self:
        """A copy with one more metadata entry, or with another value for that key."""
        return dataclasses.replace(self, metadata={**self.metadata, key: value})

    def to_json(self) -> str:
        """Rust's JSON text, up to the order of metadata; `EncodeError` if metadata was made invalid since."""
        return self.to_json_bytes().decode()

    def to_json_bytes(self) -> bytes:
        """`to_json` as the bytes that go over the wire."""
        return _encode(self)

    if TYPE_CHECKING:  # bound below

        @staticmethod
        def from_json(payload: Payload) -> CheckpointNotification:
            """What Rust reads from this payload; `DecodeError` where Rust refuses, TypeError for any other type."""


CODEC: Final = codec_for(CheckpointNotification, _generated.CheckpointNotification)
_encode = CODEC.encode
# The decoder itself: a call in between would cost a thirtieth of its time.
CheckpointNotification.from_json = staticmethod(CODEC.decode)  # type: ignore[method-assign, assignment]


def _now() -> str:
    """Now, as chrono's `Utc::now().to_rfc3339()` writes it: 0, 3, 6 or 9 fraction digits, as it needs."""
    seconds, nanos = divmod(time.time_ns(), 10**9)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    fraction = f".{nanos:09d}"
    while fraction.endswith("000"):
        fraction = fraction[:-3]
    return f"{text}{fraction.rstrip('.')}+00:00"
