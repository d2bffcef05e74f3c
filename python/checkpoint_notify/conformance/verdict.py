"""A decoder's answer to a payload in the words of the peer protocol, and when two answers are the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify.conformance.values import to_protocol
from checkpoint_notify.errors import DecodeError


def answer_to(
    payload: bytes, decode: Callable[[bytes], CheckpointNotification] = CheckpointNotification.from_json
) -> dict[str, Any]:
    """`{"value": …}` or `{"error": …}`, as the Rust peer answers; any other exception passes through."""
    try:
        return {"value": to_protocol(decode(payload))}
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
    """Whether two answers are the same, as far as that is promised: how `Debug` shows a string beyond ASCII is not.

    `rust` is a whole answer; members of the other one's error may be missing.
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
