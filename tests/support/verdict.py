"""This package's answer to a payload, in the words of the peer protocol, so that it can be laid beside Rust's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from checkpoint_notify import CheckpointNotification, DecodeError

from .values import to_protocol


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


def agree(rust: dict[str, Any], ours: dict[str, Any]) -> bool:
    """Whether two answers are the same, as far as that is promised: how `Debug` shows a string beyond ASCII is not."""
    if rust == ours:
        return True
    theirs, mine = rust.get("error"), ours.get("error")
    if theirs is None or mine is None or theirs["category"] != "data" or mine["category"] != "data":
        return False
    shown = (theirs["message"], mine["message"])
    return (
        not "".join(shown).isascii()
        and all(message.startswith('invalid type: string "') for message in shown)
        and shown[0].rpartition('"')[2] == shown[1].rpartition('"')[2]
        and all(theirs[key] == mine[key] for key in ("line", "column"))
    )
