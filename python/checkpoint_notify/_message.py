"""The message: the counterpart of `jflow_core::checkpoint_notify::CheckpointNotification`."""

from __future__ import annotations

import dataclasses
import operator
import os
import time
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, SupportsIndex, final

from checkpoint_notify import _generated
from checkpoint_notify.codec.checks import check_string
from checkpoint_notify.codec.codec import Payload, codec_for


@final
class CheckpointNotification(_generated.CheckpointNotification):
    """A new model checkpoint was saved; `checkpoint_notify.resources.schema_text()` describes the fields.

    Immutable, and compared by value. The constructor raises `EncodeError` for a value that the Rust struct cannot hold;
    so do pydantic, msgspec, cattrs, pickle and copy. `metadata` is a plain dict, a copy of the argument. It can change
    later, so each encode checks the values again.
    """

    __slots__ = ()
    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # it holds a dict; the Rust struct does not derive Hash

    @classmethod
    def new(cls, model_path: str | os.PathLike[str], model_name: str) -> Self:
        """Return a notification saved now, with version 0, training step 0 and no metadata.

        Raises EncodeError for a path or a name that a Rust String cannot hold.
        """
        path = _path_text(model_path)
        return cls(model_path=path, model_name=model_name, version=0, saved_at=_now(), training_step=0)

    def with_version(self, version: SupportsIndex) -> Self:
        """Return a copy with this version; an integer of numpy is accepted too.

        Raises EncodeError if it is not an integer from 0 to 2**64-1.
        """
        return dataclasses.replace(self, version=_exact_int(version))

    def with_training_step(self, step: SupportsIndex) -> Self:
        """Return a copy with this training step; an integer of numpy is accepted too.

        Raises EncodeError if it is not an integer from 0 to 2**64-1.
        """
        return dataclasses.replace(self, training_step=_exact_int(step))

    def with_metadata(self, key: str, value: str) -> Self:
        """Return a copy with this metadata entry added, or replaced if the key exists.

        Raises EncodeError if the key or the value is not a str that a Rust String can hold.
        """
        return dataclasses.replace(self, metadata={**self.metadata, key: value})

    def to_json(self) -> str:
        """Return the JSON text that Rust writes, except for the order of metadata.

        Raises `EncodeError` if `metadata` was changed and is now invalid.
        """
        return self.to_json_bytes().decode()

    if TYPE_CHECKING:  # assigned below the class

        def to_json_bytes(self) -> bytes:
            """Return the text of `to_json` as UTF-8, which are the bytes on the wire; raises as `to_json`."""

        @staticmethod
        def from_json(payload: Payload) -> CheckpointNotification:
            """Return the notification that Rust reads from this payload.

            Raises `DecodeError` if Rust refuses the payload, and TypeError if it is not a `Payload`.
            """


CODEC: Final = codec_for(CheckpointNotification, _generated.CheckpointNotification)
# The methods are the codec's functions themselves: a wrapper would add 3 % to each call.
CheckpointNotification.to_json_bytes = CODEC.encode  # type: ignore[method-assign, assignment]
CheckpointNotification.from_json = staticmethod(CODEC.decode)  # type: ignore[method-assign, assignment]


def checkpoint_channel(instance_id: str) -> str:
    """Return the Redis pub/sub channel of an instance: `fks:{instance_id}:model_checkpoints`.

    Raises EncodeError for an id that a Rust String cannot hold.
    """
    check_string("instance_id", instance_id)
    return f"fks:{instance_id}:model_checkpoints"


def _path_text(path: str | os.PathLike[str]) -> str:
    """Return the path as a str; any other type is returned unchanged, and the constructor refuses it."""
    if not isinstance(path, os.PathLike):
        return path
    text: Any = os.fspath(path)
    return str.__str__(text) if isinstance(text, str) else text


def _exact_int(number: SupportsIndex) -> int:
    """Return the number as an int; a bool or a non-integer is returned unchanged, and the constructor refuses it."""
    if isinstance(number, bool) or not hasattr(type(number), "__index__"):
        return number  # type: ignore[return-value]
    return int.__index__(operator.index(number))


def _now() -> str:
    """Return the current time as chrono's `Utc::now().to_rfc3339()` writes it: with 0, 3, 6 or 9 fraction digits."""
    seconds, nanos = divmod(time.time_ns(), 10**9)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    fraction = f".{nanos:09d}"
    while fraction.endswith("000"):
        fraction = fraction[:-3]
    return f"{text}{fraction.rstrip('.')}+00:00"
