"""Turns a decoder's result into an answer of the peer protocol, and compares answers with Rust's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify.conformance.values import to_protocol
from checkpoint_notify.errors import DecodeError


def answer_to(
    payload: bytes,
    decode: Callable[[bytes], Any] = CheckpointNotification.from_json,
    to_value: Callable[[Any], dict[str, Any]] = to_protocol,
) -> dict[str, Any]:
    """Return `{"value": …}` or `{"error": …}`, as the Rust peer does; exceptions other than DecodeError propagate."""
    try:
        return {"value": to_value(decode(payload))}
    except DecodeError as error:
        return {"error": refusal_of(error)}


def refusal_of(error: DecodeError) -> dict[str, Any]:
    """Return an error as docs/protocol.md describes it."""
    if error.category == "utf8":
        return {"category": "utf8", "offset": error.offset}
    fields = ("category", "message", "line", "column")
    return {**{name: getattr(error, name) for name in fields}, "text": str(error)}


def agree(rust: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Return whether two answers are equal, except for the text that Rust's `Debug` writes for a non-ASCII string.

    That text depends on the Unicode version of the Rust release, so the contract does not promise it. `rust` is a
    complete answer; the other one's error may lack members.
    """
    if rust == theirs and _same_types(rust, theirs):
        return True
    expected, actual = rust.get("error"), theirs.get("error")
    if expected is None or actual is None or not expected["category"] == actual.get("category") == "data":
        return False
    shown = (expected["message"], actual.get("message", ""))
    return (
        not "".join(shown).isascii()
        and all(message.startswith('invalid type: string "') for message in shown)
        and shown[0].rpartition('"')[2] == shown[1].rpartition('"')[2]
        and all(expected[key] == actual.get(key) for key in ("line", "column"))
    )


def _same_types(one: Any, other: Any) -> bool:
    """Return whether two equal values are the same JSON: to Python, `True` equals `1`."""
    if isinstance(one, dict):
        return isinstance(other, dict) and all(_same_types(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return all(map(_same_types, one, other))
    return type(one) is type(other)


def is_written(payload: bytes, value: Mapping[str, Any], encode: Callable[[Mapping[str, Any]], bytes]) -> bool:
    """Return whether Rust could have written these bytes for a value that `encode` encodes.

    Rust may write the entries of a map in any order. So the entries of the value get the order of the payload.
    """
    try:
        written = json.loads(payload)
    except (ValueError, RecursionError):
        return False
    return encode(_ordered_as(written, value)) == payload


def _ordered_as(model: Any, value: Any) -> Any:
    """Return the same value, with the members of each object in the order of the model where that has them."""
    if isinstance(model, dict) and isinstance(value, Mapping):
        names = dict.fromkeys([*(name for name in model if name in value), *value])
        return {name: _ordered_as(model.get(name), value[name]) for name in names}
    if isinstance(model, list) and isinstance(value, list) and len(model) == len(value):
        return [_ordered_as(*pair) for pair in zip(model, value, strict=True)]
    return value
