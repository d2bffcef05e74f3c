"""Writes the requests and reads the responses of the peer protocol, version 1 (docs/protocol.md)."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NoReturn, TypeAlias

Answer: TypeAlias = dict[str, Any]
"""A response without its id."""

PROTOCOL: Final = 1
MESSAGE: Final = "checkpoint_notification"
TYPE: Final = "CheckpointNotification"
"""What a request without a `type` is about."""
LONGEST: Final = 1 << 20
"""The length limit of a peer's line in bytes, without its newline."""
UNSUPPORTED: Final = "unsupported"
"""The `failure` of a peer that does not support the operation."""

Form: TypeAlias = dict[str, Callable[[object], bool]]
"""The members of an object, and the check of each member's value."""

_DEEPEST: Final = 130
"""The limit of nesting levels in a response. serde_json reads at most 127 levels, so no value has more."""
_SHOWN: Final = 100
"""How many bytes of an invalid line the error text shows."""


class LineError(Exception):
    """A response that breaks the protocol."""


class OutOfTurnError(LineError):
    """A response that breaks the protocol so that the peer is out of sync: its next line may answer any request."""


def decode_request(payload: bytes) -> dict[str, Any]:
    """Return the request to decode a payload."""
    return {"op": "decode", "payload": base64.b64encode(payload).decode()}


def encode_request(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request to encode a value."""
    return {"op": "encode", "value": value}


def line_of(request: Mapping[str, Any], number: int) -> bytes:
    """Return the request as a line of ASCII with its newline."""
    return json.dumps({**request, "id": number}).encode() + b"\n"


def payload_of(answer: Answer) -> bytes:
    """Return the bytes in an answer to `encode`; raises ValueError if they are not base64."""
    return base64.b64decode(answer["payload"], validate=True)


def read_response(op: str, line: bytes, number: int) -> Answer:
    """Return the answer to this request; raises `LineError` if the line is not a valid answer to it."""
    response = read_object(line)
    found = response.pop("id", None)
    if not (found is None and "failure" in response) and (type(found) is not int or found != number):
        raise OutOfTurnError(f"the response to request {number} has the id {found!r:.40}")
    if not any(_has_form(response, form) for form in (*_FORMS[op], _FAILURE)):
        raise LineError(f"not a response to {op}, {_objection(response, op)}: {_start(line)}")
    return response


def _objection(response: Answer, op: str) -> str:
    """Return why a response has none of the valid forms."""
    forms = (*_FORMS[op], _FAILURE)
    for form in forms:
        if response.keys() == form.keys():
            return f"wrong in {_quoted(name for name in form if not form[name](response[name]))}"
    return f"which has {', or '.join(map(_quoted, forms))}"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def read_object(line: bytes) -> dict[str, Any]:
    """Return any response, with its id; raises `OutOfTurnError` if the line is not a shallow JSON object."""
    try:
        response = json.loads(line.decode(), parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_members)
    except (ValueError, RecursionError) as error:
        raise OutOfTurnError(f"not JSON ({error}); only responses may go to stdout: {_start(line)}") from None
    if not isinstance(response, dict) or not _is_shallow(response, _DEEPEST):
        raise OutOfTurnError(f"not a JSON object, or nested too deep: {_start(line)}")
    return response


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def _finite(number: str) -> float:
    """Return the number; raises ValueError if it is infinite, because the report is JSON and cannot show it."""
    if math.isinf(float(number)):
        raise ValueError(f"{number:.40} is too large for a float")
    return float(number)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object's members; raises ValueError for a repeated name.

    Such an object does not say which of the two values the peer means.
    """
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name occurs twice in an object")
    return members


def _start(line: bytes) -> str:
    return repr(line if len(line) <= _SHOWN else line[:_SHOWN] + b"...")


def _is_shallow(value: object, levels: int) -> bool:
    inner: Iterable[object] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(_is_shallow(one, levels - 1) for one in inner)


def _has_form(response: Answer, form: Form) -> bool:
    return response.keys() == form.keys() and all(is_right(response[name]) for name, is_right in form.items())


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_integer(value: object) -> bool:
    return type(value) is int


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_base64(value: object) -> bool:
    try:
        return isinstance(value, str) and base64.b64encode(base64.b64decode(value, validate=True)).decode() == value
    except ValueError:
        return False


def _is_refusal(value: object) -> bool:
    return isinstance(value, dict) and all(name in _ERROR and _ERROR[name](value[name]) for name in value)


_ERROR: Final[Form] = {
    "category": _is_text,
    "message": _is_text,
    "line": _is_integer,
    "column": _is_integer,
    "text": _is_text,
    "offset": _is_integer,
}
_FAILURE: Final[Form] = {"failure": _is_text}
_FORMS: Final[dict[str, tuple[Form, ...]]] = {
    "hello": ({"name": _is_text, "version": _is_text, "protocol": _is_integer, "message": _is_text},),
    "decode": ({"value": _is_object}, {"error": _is_refusal}),
    "encode": ({"payload": _is_base64}, {"error": _is_refusal}),
    "stop": ({"stopped": lambda value: value is True},),
}
"""The valid responses to each operation. A response has exactly the members of one form."""
