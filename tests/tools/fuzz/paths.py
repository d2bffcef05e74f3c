"""Detects which part of the decoder reads a payload: the fast path, or the exact parser."""

from __future__ import annotations

from collections import Counter

from checkpoint_notify._message import CODEC
from checkpoint_notify.conformance.verdict import answer_to


def same_on_both_paths(payload: bytes, seen: Counter[str]) -> bool:
    """Return whether the exact parser alone gives the same answer; count the path, `fast` or `exact`, in `seen`."""
    answer = answer_to(payload)
    is_canonical = "value" in answer and CODEC.encode(CODEC.decode(payload)) == payload
    seen["fast" if is_canonical else "exact"] += 1
    return answer == answer_to(payload, CODEC.decode_exact)
