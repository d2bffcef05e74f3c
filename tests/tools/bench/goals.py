"""How fast is fast enough: each goal is a ratio of two medians of one run."""

from __future__ import annotations

from typing import Final, NamedTuple

from .contenders import JSON, ORJSON, PLAIN, PYDANTIC, RUST
from .operations import CONSTRUCT, DECODE, DECODE_ABSENT, DECODE_SPACED, DECODE_UNKNOWN, ENCODE, REFUSE


class Goal(NamedTuple):
    """This package takes at most `limit` times as long as `against` for the same operation."""

    number: int
    operation: str
    against: str
    limit: float


GOALS: Final = [
    Goal(number, *goal)
    for number, goal in enumerate(
        [
            (DECODE, RUST, 3.4),
            (DECODE, PYDANTIC, 0.8),
            (DECODE, ORJSON, 0.7),
            (DECODE, JSON, 0.35),
            (ENCODE, RUST, 4.0),
            (ENCODE, ORJSON, 1.0),
            (ENCODE, PYDANTIC, 1.0),
            (ENCODE, JSON, 1.0),
            (DECODE_SPACED, JSON, 0.6),
            (DECODE_ABSENT, JSON, 0.6),
            (DECODE_UNKNOWN, JSON, 4.0),
            *((operation, JSON, 4.0) for operation in REFUSE.values()),
            (CONSTRUCT, PLAIN, 2.5),
        ],
        start=1,
    )
]
