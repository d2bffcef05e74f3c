"""Which way a payload takes through the decoder: the fast path, or the exact parser."""

from __future__ import annotations

from collections import Counter
from typing import Final

from checkpoint_notify import CheckpointNotification, _generated
from checkpoint_notify.codec.codec import Codec

from ..support.verdict import answer_to


class _CountingCodec(Codec[CheckpointNotification]):
    """A codec that notes each payload which its fast path left to the exact parser."""

    def __init__(self) -> None:
        super().__init__(CheckpointNotification, _generated.CheckpointNotification)
        self.exact = 0

    def decode_exact(self, src: bytes) -> CheckpointNotification:
        self.exact += 1
        return super().decode_exact(src)


_CODEC: Final = _CountingCodec()


def same_on_both_paths(payload: bytes, seen: Counter[str]) -> bool:
    """Whether the exact parser alone gives the same answer; counts in `seen` the path taken, `fast` or `exact`."""
    before = _CODEC.exact
    answer = answer_to(payload, _CODEC.decode)
    if _CODEC.exact > before:
        seen["exact"] += 1
        return True  # it was the exact parser's answer
    seen["fast"] += 1
    return answer == answer_to(payload, _CODEC.decode_exact)
