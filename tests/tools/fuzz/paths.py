"""Detects which part of the decoder reads a payload: the fast path, or the exact parser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from checkpoint_notify._message import CODEC
from checkpoint_notify.codec import codec
from checkpoint_notify.conformance.verdict import answer_to

from ...support.peer import Answer

CANONICAL = "canonical"
FAST = "fast"
EXACT = "exact"


def same_on_both_paths(payload: bytes) -> bool:
    """Whether the exact parser alone gives the same answer."""
    return answer_to(payload) == answer_to(payload, CODEC.decode_exact)


class Watch:
    """Tells which path decodes a payload, while `watching`."""

    def __init__(self) -> None:
        self.asked = 0
        """How often the exact parser was asked."""

    def path_of(self, payload: bytes) -> tuple[Answer, str]:
        """The answer, and `exact` where that parser was asked, else `canonical` where Rust writes this, else `fast`."""
        before = self.asked
        answer = answer_to(payload)
        if self.asked > before:
            return answer, EXACT
        return answer, CANONICAL if CODEC.encode(CODEC.decode(payload)) == payload else FAST


@contextmanager
def watching() -> Iterator[Watch]:
    """Count, in this block, how often the exact parser is asked."""
    watch = Watch()
    exact_decoder = codec._exact_decoder

    def counted() -> object:
        watch.asked += 1
        return exact_decoder()

    codec._exact_decoder = counted  # type: ignore[assignment]
    try:
        yield watch
    finally:
        codec._exact_decoder = exact_decoder
