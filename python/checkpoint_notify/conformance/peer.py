"""Runs this package as a peer: `python -m checkpoint_notify.conformance.peer` (docs/protocol.md); needs no extra."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

from checkpoint_notify.conformance.serving import Implementation, RefusedError, serve
from checkpoint_notify.conformance.values import from_protocol, to_protocol
from checkpoint_notify.conformance.verdict import answer_to


def _decode(payload: bytes) -> Mapping[str, Any]:
    answer = answer_to(payload)
    if "error" in answer:
        raise RefusedError(**answer["error"])
    value: Mapping[str, Any] = answer["value"]
    return value


def _encode(value: Mapping[str, Any]) -> bytes:
    notification = from_protocol(value)
    if to_protocol(notification) != value:
        raise ValueError("the value must have exactly the message's fields, with u64 as plain decimal strings")
    return notification.to_json_bytes()


OURS: Final = Implementation("checkpoint_notify", version("checkpoint-notify"), _decode, _encode)

if __name__ == "__main__":
    serve(OURS)
