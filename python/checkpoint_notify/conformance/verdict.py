"""Turns a decoder's result into an answer of the peer protocol, and compares two answers."""

from __future__ import annotations

from collections.abc import Callable
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
        if error.category == "utf8":
            return {"error": {"category": "utf8", "offset": error.offset}}
        return {
            "error": {
                "category": error.category,
                "message": error.message,
                "line": error.line,
                "column": error.column,
                "text": str(error),
            }
        }


def agree(rust: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Return whether two answers are equal, except for the text that Rust's `Debug` writes for a non-ASCII string.

    That text depends on the Unicode version of the Rust release, so the contract does not promise it. `rust` is a
    complete answer; the other one's error may lack members.
    """
    if rust == theirs:
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
