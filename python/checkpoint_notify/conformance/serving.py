"""The loop of a peer in Python: serves any decoder and encoder over the peer protocol (docs/protocol.md)."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
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


class _UnsupportedError(Exception):
    """The implementation does not have the operation, or not for this type."""


class TypeCodec(NamedTuple):
    """Reads and writes the values of one type."""

    decode: Decode
    encode: Encode | None = None
    """None if it has no encoder."""


class Implementation(NamedTuple):
    """The implementation to test."""

    name: str
    version: str
    decode: Decode
    encode: Encode | None = None
    """None if it has no encoder; then all encode checks count as skipped."""
    types: Mapping[str, TypeCodec] = MappingProxyType({})
    """The further types that a request may name."""


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
    except _UnsupportedError:
        return _line(number, {"failure": UNSUPPORTED})
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
            return {"types": [TYPE, *implementation.types]}
        case {"op": "decode", "payload": str(payload)}:
            decode = _codec(implementation, request).decode
            return {"value": decode(base64.b64decode(payload, validate=True))}
        case {"op": "encode", "value": dict(value)}:
            encode = _codec(implementation, request).encode
            if encode is None:
                raise _UnsupportedError
            return {"payload": base64.b64encode(encode(value)).decode()}
        case {"op": "url", "url": str()}:
            raise _UnsupportedError
        case {"op": "stop"}:
            return {"stopped": True}
    raise ValueError("unknown op, or a member is missing or of the wrong type")


def _codec(implementation: Implementation, request: dict[str, Any]) -> TypeCodec:
    name = request.get("type", TYPE)
    if type(name) is not str:
        raise ValueError("`type` is not a string")
    if name == TYPE:
        return TypeCodec(implementation.decode, implementation.encode)
    if name not in implementation.types:
        raise _UnsupportedError
    return implementation.types[name]


def _line(number: int | None, response: dict[str, Any]) -> bytes:
    return json.dumps({"id": number, **response}, allow_nan=False).encode() + b"\n"


_STOPPED: Final = b'"stopped": true}\n'
