"""Runs this package as a peer: `python -m checkpoint_notify.conformance.peer` (docs/protocol.md); needs no extra."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

from checkpoint_notify._generated import CheckpointNotification as Fields
from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify.codec import codec_for
from checkpoint_notify.conformance.serving import Implementation, RefusedError, TypeCodec, serve
from checkpoint_notify.conformance.values import values_for
from checkpoint_notify.conformance.verdict import answer_to


def type_codec(message: type[Any], generated: type | None = None) -> TypeCodec:
    """Return what a peer needs to serve a class; the arguments are those of `codec_for`."""
    codec, values = codec_for(message, generated), values_for(message, generated)

    def decode(payload: bytes) -> Mapping[str, Any]:
        answer = answer_to(payload, codec.decode, values.to_protocol)
        if "error" in answer:
            raise RefusedError(**answer["error"])
        value: Mapping[str, Any] = answer["value"]
        return value

    def encode(value: Mapping[str, Any]) -> bytes:
        return codec.encode(values.from_protocol(value))

    return TypeCodec(decode, encode)


OURS: Final = Implementation(
    "checkpoint_notify", version("checkpoint-notify"), *type_codec(CheckpointNotification, Fields)
)

if __name__ == "__main__":
    serve(OURS)
