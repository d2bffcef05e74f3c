"""The loop of a peer in Python: lets any decoder and encoder speak the peer protocol (docs/protocol.md)."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from checkpoint_notify.conformance.lines import MESSAGE, PROTOCOL, UNSUPPORTED

Decode: TypeAlias = Callable[[bytes], Mapping[str, Any]]
"""A payload to a protocol value."""
Encode: TypeAlias = Callable[[Mapping[str, Any]], bytes]
"""A protocol value to a payload."""


class RefusedError(Exception):
    """A verdict: this payload or value is refused; its arguments are the members of the protocol's `error`."""

    def __init__(self, **error: Any) -> None:
        super().__init__(error)
        self.error = error


class Implementation(NamedTuple):
    """What is judged."""

    name: str
    version: str
    decode: Decode
    encode: Encode | None = None
    """None: it has no encoder, and what is asked of it counts as skipped."""


def serve(implementation: Implementation) -> None:
    """Answer on stdout what is asked on stdin, until `stop` or the end of the input.

    `decode` and `encode` raise `RefusedError` for what they refuse; any other exception is a failure, and no verdict.
    What they print goes to stderr.
    """
    output, sys.stdout = sys.stdout.buffer, sys.stderr
    for line in sys.stdin.buffer:
        response = answer(implementation, line)
        output.write(response)
        output.flush()
        if response.endswith(_STOPPED):
            break


def answer(implementation: Implementation, line: bytes) -> bytes:
    """The response line to a request line."""
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
        case {"op": "decode", "payload": str(payload)}:
            return {"value": implementation.decode(base64.b64decode(payload, validate=True))}
        case {"op": "encode", "value": dict(value)} if implementation.encode is not None:
            return {"payload": base64.b64encode(implementation.encode(value)).decode()}
        case {"op": "encode", "value": dict()} | {"op": "url", "url": str()}:
            return {"failure": UNSUPPORTED}
        case {"op": "stop"}:
            return {"stopped": True}
    raise ValueError("an unknown op, or a member is missing or of the wrong type")


def _line(number: int | None, response: dict[str, Any]) -> bytes:
    return json.dumps({"id": number, **response}, allow_nan=False).encode() + b"\n"


_STOPPED: Final = b'"stopped": true}\n'
