"""This package and its alternatives, each in its usual form: bytes in, a frozen dataclass with slots out.

The others are spared what Rust asks beyond types and the bounds of u64: none of them gives Rust's verdict on all.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, NamedTuple

import msgspec
import orjson
import pydantic
import pydantic.dataclasses

from checkpoint_notify import CheckpointNotification, DecodeError, _generated

from .messages import CANONICAL, VALUES

OURS: Final = "checkpoint_notify"
RUST: Final = "Rust, the real crate"
MSGSPEC: Final = "msgspec strict, dataclass"
PYDANTIC: Final = "pydantic strict, dataclass"
PYDANTIC_MODEL: Final = "pydantic strict, model"
ORJSON: Final = "orjson + dataclass"
ORJSON_UNSLOTTED: Final = "orjson, dataclass without slots"
JSON: Final = "json + dataclass"
PLAIN: Final = "the generated dataclass, unchecked"

U64_MAX: Final = 2**64 - 1
I64_MAX: Final = 2**63 - 1


class Decoder(NamedTuple):
    """One way to read a message."""

    name: str
    decode: Callable[[bytes], object]
    refusals: type[Exception] | tuple[type[Exception], ...]
    """The exceptions that it raises for a refused payload."""


class Encoder(NamedTuple):
    """One way to write a message, and that message as its own type."""

    name: str
    encode: Callable[[Any], bytes]
    message: object


@dataclass(frozen=True, slots=True)
class Message:
    """The fields for the decoders that check nothing."""

    model_path: str
    model_name: str
    version: int
    saved_at: str
    training_step: int
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _UnslottedMessage:
    """orjson reads its fields from `__dict__`, and so three times as fast."""

    model_path: str
    model_name: str
    version: int
    saved_at: str
    training_step: int
    metadata: dict[str, str] = field(default_factory=dict)


def _message(found: dict[str, Any]) -> Message:
    return Message(
        model_path=found["model_path"],
        model_name=found["model_name"],
        version=found["version"],
        saved_at=found["saved_at"],
        training_step=found["training_step"],
        metadata=found.get("metadata", {}),
    )


def _json_decode(payload: bytes) -> Message:
    return _message(json.loads(payload))


def _json_decode_array(payload: bytes) -> Message:
    return Message(*json.loads(payload))


_json_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _json_encode(message: Message) -> bytes:
    fields = {
        "model_path": message.model_path,
        "model_name": message.model_name,
        "version": message.version,
        "saved_at": message.saved_at,
        "training_step": message.training_step,
        "metadata": message.metadata,
    }
    return _json_text(fields).encode()


def _orjson_decode(payload: bytes) -> Message:
    return _message(orjson.loads(payload))


def _orjson_decode_array(payload: bytes) -> Message:
    return Message(*orjson.loads(payload))


# msgspec's bounds end at int64, so this one refuses the upper half of u64.
_MsgspecInt = Annotated[int, msgspec.Meta(ge=0, le=I64_MAX)]


@dataclass(frozen=True, slots=True)
class _MsgspecMessage:
    model_path: str
    model_name: str
    version: _MsgspecInt
    saved_at: str
    training_step: _MsgspecInt
    metadata: dict[str, str] = field(default_factory=dict)


_msgspec_decode = msgspec.json.Decoder(_MsgspecMessage, strict=True).decode
_msgspec_encode = msgspec.json.Encoder().encode

_PydanticInt = Annotated[int, pydantic.Field(ge=0, le=U64_MAX)]


@pydantic.dataclasses.dataclass(frozen=True, slots=True, config=pydantic.ConfigDict(strict=True))
class _PydanticMessage:
    model_path: str
    model_name: str
    version: _PydanticInt
    saved_at: str
    training_step: _PydanticInt
    metadata: dict[str, str] = field(default_factory=dict)


_pydantic = pydantic.TypeAdapter(_PydanticMessage)


class _PydanticModel(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True, frozen=True)

    model_path: str
    model_name: str
    version: _PydanticInt
    saved_at: str
    training_step: _PydanticInt
    metadata: dict[str, str] = pydantic.Field(default_factory=dict)


def _pydantic_model_encode(message: _PydanticModel) -> bytes:
    return message.model_dump_json().encode()


_OURS: Final = Decoder(OURS, CheckpointNotification.from_json, DecodeError)

DECODERS: Final = [
    _OURS,
    Decoder(MSGSPEC, _msgspec_decode, msgspec.MsgspecError),
    Decoder(PYDANTIC, _pydantic.validate_json, pydantic.ValidationError),
    Decoder(PYDANTIC_MODEL, _PydanticModel.model_validate_json, pydantic.ValidationError),
    Decoder(ORJSON, _orjson_decode, (ValueError, TypeError, KeyError)),
    Decoder(JSON, _json_decode, (ValueError, TypeError, KeyError)),
]
"""Of an object."""

ARRAY_DECODERS: Final = [
    _OURS,
    Decoder(ORJSON, _orjson_decode_array, (ValueError, TypeError)),
    Decoder(JSON, _json_decode_array, (ValueError, TypeError)),
]
"""Of an array; the others do not read one into a dataclass."""

ENCODERS: Final = [
    Encoder(OURS, CheckpointNotification.to_json_bytes, CheckpointNotification.from_json(CANONICAL)),
    Encoder(MSGSPEC, _msgspec_encode, _msgspec_decode(CANONICAL)),
    Encoder(PYDANTIC, _pydantic.dump_json, _pydantic.validate_json(CANONICAL)),
    Encoder(PYDANTIC_MODEL, _pydantic_model_encode, _PydanticModel.model_validate_json(CANONICAL)),
    Encoder(ORJSON, orjson.dumps, _orjson_decode(CANONICAL)),
    Encoder(ORJSON_UNSLOTTED, orjson.dumps, _UnslottedMessage(**VALUES)),
    Encoder(JSON, _json_encode, _json_decode(CANONICAL)),
]


def build(values: dict[str, Any]) -> CheckpointNotification:
    """A notification by `new` and a builder for each other field; `values` as in the README's message."""
    notification = (
        CheckpointNotification.new(values["model_path"], values["model_name"])
        .with_version(values["version"])
        .with_training_step(values["training_step"])
    )
    for key, value in values["metadata"].items():
        notification = notification.with_metadata(key, value)
    return notification


def construct(values: dict[str, Any]) -> CheckpointNotification:
    """The same by the constructor."""
    return CheckpointNotification(**values)


def construct_plain(values: dict[str, Any]) -> _generated.CheckpointNotification:
    """The generated class itself, which checks nothing."""
    return _generated.CheckpointNotification(**values)


def check_contenders() -> None:
    """Raise AssertionError if a contender misreads the canonical message or writes other bytes."""
    for decoder in DECODERS:
        _check(decoder.name, VALUES, _values(decoder.decode(CANONICAL)))
    for encoder in ENCODERS:
        _check(encoder.name, CANONICAL, encoder.encode(encoder.message))


def _values(message: object) -> dict[str, Any]:
    return {name: getattr(message, name) for name in VALUES}


def _check(name: str, expected: object, actual: object) -> None:
    if expected != actual:
        raise AssertionError(f"{name}: {actual!r} instead of {expected!r}")
