"""Handles a payload on which Python and Rust disagree: shrinks it and adds it as a golden vector."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from checkpoint_notify.conformance.verdict import agree, answer_to

from ...support.peer import Answer, Peer
from .paths import same_on_both_paths

SOURCE: Final = Path(__file__).parents[2] / "rust" / "vectors" / "checkpoint_notification.toml"


def shrunk(payload: bytes, peer: Peer) -> bytes:
    """Return a smaller payload on which they still disagree; removing any run of bytes would end the disagreement."""
    return shrink(payload, lambda shorter: _disagree(shorter, peer))


def shrink(payload: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """Return a smaller payload that still fails; without any run of its bytes it would not."""
    width = len(payload) // 2
    while width:
        start = 0
        while start < len(payload):
            shorter = payload[:start] + payload[start + width :]
            if fails(shorter):
                payload = shorter
            else:
                start += width
        width //= 2
    return payload


def _disagree(payload: bytes, peer: Peer) -> bool:
    return not (agree(peer.decode(payload), answer_to(payload)) and same_on_both_paths(payload))


def write_vector(payload: bytes, rust: Answer, source: Path = SOURCE) -> Path:
    """Add the payload to the source of the golden vectors, which `make golden` reads; return the file."""
    kind = "refused" if "error" in rust else "unusual"
    name = f"found_{hashlib.sha256(payload).hexdigest()[:8]}"
    entry = (
        f"\n[[{kind}]]\n"
        f'name = "{name}"\n'
        f'description = "Python and Rust once disagreed on this payload ({name})."\n'
        f'payload_base64 = "{base64.b64encode(payload).decode()}"\n'
    )
    with source.open("a", encoding="utf-8") as file:
        file.write(entry)
    return source
