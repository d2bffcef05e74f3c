"""The loop of a peer in Python: serves any decoder and encoder over the peer protocol (docs/protocol.md)."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from checkpoint_notify.conformance.lines import MESSAGE, PROTOCOL, TYPE, UNSUPPORTED

Decode: TypeAlias = Callable[[bytes], Mapping[str, Any]]
"""Turns a payload into a protocol value."""
Encode: TypeAlias = Callable[[Mapping[str, Any]], bytes]
"""Turns a protocol value into a payload."""


class RefusedError(Exception):
    """The implementation refuses this payload or value; the arguments are the members of the protocol's `error`."""

    def __init__(self, **error: Any) -> None:
        super().__init__(error)
        self.error: dict[str, Any] = error


class Implementation(NamedTuple):
    """The implementation to test."""

    name: str
    version: str
    decode: Decode
    encode: Encode | None = None
    """None if it has no encoder; then all encode checks count as skipped."""


def serve(implementation: Implementation) -> None:
    """Read requests from stdin and write responses to stdout, until `stop` or the end of the input.

    `decode` and `encode` raise `RefusedError` to refuse their argument. Any other exception counts as a failure of the
    peer and not as a refusal. Everything that they print goes to stderr.
    """
    output, sys.stdout = sys.stdout.buffer, sys.stderr
    for line in sys.stdin.buffer:
        response = answer(implementation, line)
        output.write(response)
        output.flush()
        if response.endswith(_STOPPED):
            break


def answer(implementation: Implementation, line: bytes) -> bytes:
    """Return the response line to a request line."""
    try:
        request = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        return _line(None, {"failure": f"the request is not JSON: {error}"})
    number = request.get("id") if isinstance(request, dict) else None
    if type(number) is not int:
        return _line(None, {"failure": "the request has no integer `id`"})
    try:
        return _line(number, _answer(implementation, request))
    except RefusedError as refusal:
        return _line(number, {"error": refusal.error})
    except Exception as error:
        return _line(number, {"failure": f"{type(error).__name__}: {error}"})


def _answer(implementation: Implementation, request: dict[str, Any]) -> dict[str, Any]:
    match request:
        case {"op": "hello"}:
            name, version, *_ = implementation
            return {"name": name, "version": version, "protocol": PROTOCOL, "message": MESSAGE}
        case {"op": "types"}:
            return {"types": [TYPE]}
        case {"op": "decode" | "encode", "type": kind} if kind != TYPE:
            return {"failure": UNSUPPORTED}
        case {"op": "decode", "payload": str(payload)}:
            return {"value": implementation.decode(base64.b64decode(payload, validate=True))}
        case {"op": "encode", "value": dict(value)} if implementation.encode is not None:
            return {"payload": base64.b64encode(implementation.encode(value)).decode()}
        case {"op": "encode", "value": dict()} | {"op": "url", "url": str()}:
            return {"failure": UNSUPPORTED}
        case {"op": "stop"}:
            return {"stopped": True}
    raise ValueError("unknown op, or a member is missing or of the wrong type")


def _line(number: int | None, response: dict[str, Any]) -> bytes:
    return json.dumps({"id": number, **response}, allow_nan=False).encode() + b"\n"


_STOPPED: Final = b'"stopped": true}\n'
