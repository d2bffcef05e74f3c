"""Messages that carry their number: as the version of a notification."""

from __future__ import annotations

import re
from typing import Final

INSTANCE: Final = "faults"
CHANNEL: Final = f"fks:{INSTANCE}:model_checkpoints"

_HEAD: Final = b'{"model_path":"checkpoints/backward/latest_model.bin","model_name":"numbered","version":'
_MIDDLE: Final = b',"saved_at":"2026-01-01T00:00:00+00:00","training_step":1,"metadata":{"padding":"'
_TAIL: Final = b'"}}'
_NUMBER: Final = re.compile(re.escape(_HEAD) + rb"([0-9]+),")


def numbered(number: int, size: int = 0) -> bytes:
    """A valid payload of at least `size` bytes."""
    short = b"%s%d%s" % (_HEAD, number, _MIDDLE)
    return short + b"x" * (size - len(short) - len(_TAIL)) + _TAIL


def number_in(raw: bytes) -> int | None:
    """The number of a payload that `numbered` made; None for any other."""
    match = _NUMBER.match(raw)
    return None if match is None else int(match[1])
