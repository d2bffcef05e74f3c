"""The kinds of answers of serde and serde_json to a payload; a run must meet each of them."""

from __future__ import annotations

import re
from typing import Any, Final

from .generator import FIELDS

_SYNTAX: Final = (
    "EOF while parsing a list",
    "EOF while parsing an object",
    "EOF while parsing a string",
    "EOF while parsing a value",
    "expected `:`",
    "expected `,` or `]`",
    "expected `,` or `}`",
    "expected ident",
    "expected value",
    "invalid escape",
    "invalid number",
    "number out of range",
    "control character (\\u0000-\\u001F) found while parsing a string",
    "key must be a string",
    "lone leading surrogate in hex escape",
    "trailing comma",
    "trailing characters",
    "unexpected end of hex escape",
)
_STRUCT: Final = "struct CheckpointNotification"
_TYPES: Final = {
    "a string": ("null", "boolean", "integer", "floating point", "sequence", "map"),
    "u64": ("null", "boolean", "floating point", "string", "sequence", "map"),
    "a map": ("null", "boolean", "integer", "floating point", "string", "sequence"),
    _STRUCT: ("null", "boolean", "integer", "floating point", "string"),
}

ACCEPTED: Final = "accepted"
UTF8: Final = "not UTF-8"
REACHABLE: Final = (
    *_SYNTAX,
    *(f"missing field `{field}`" for field in FIELDS if field != "metadata"),
    *(f"duplicate field `{field}`" for field in FIELDS),
    *(f"invalid length {count}, expected {_STRUCT} with 6 elements" for count in range(5)),
    *(f"invalid type: {found}, expected {expected}" for expected, types in _TYPES.items() for found in types),
    "invalid value: integer, expected u64",
    UTF8,
)
"""Every kind of refusal that this message's decoder can give."""

_shown = re.compile(r"^(invalid (?:type|value): [a-z ]+?) [`\"].*[`\"](, expected .*)$", re.DOTALL)


def kind_of(answer: dict[str, Any]) -> str:
    """The kind of an answer: its message without the value that it shows."""
    if "value" in answer:
        return ACCEPTED
    error = answer["error"]
    if error["category"] == "utf8":
        return UTF8
    return _shown.sub(r"\1\2", error["message"])
