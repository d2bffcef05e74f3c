"""A fault at a place, and what may come after it: what all strategies for refused payloads are made with."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from checkpoint_notify.errors import Category
from checkpoint_notify.testing._json import TEXT
from checkpoint_notify.testing.refusals import RefusedPayload, refused

EOF_VALUE: Final = "EOF while parsing a value"
EOF_STRING: Final = "EOF while parsing a string"
EOF_LIST: Final = "EOF while parsing a list"
EOF_OBJECT: Final = "EOF while parsing an object"

_AFTER: Final = st.just(b"") | st.builds(
    lambda delimiter, text: delimiter + text.encode(), st.sampled_from([b",", b"}", b" ", b"]", b"\n"]), TEXT
)
"""What comes after a fault: anything that is UTF-8, and continues no number and no word."""


def fault(
    draw: st.DrawFn, before: bytes, raw: bytes, message: str, *, at: int | None = None, category: Category = "syntax"
) -> RefusedPayload:
    """Refused `at` bytes into `raw`, by default behind it; anything may follow."""
    at = len(raw) if at is None else at
    return refused(before + raw + draw(_AFTER), category, message, len(before) + at)


def cut(before: bytes, message: str) -> RefusedPayload:
    """The payload ends too early."""
    return refused(before, "eof", message, len(before))


def pick(draw: st.DrawFn, *choices: bytes) -> bytes:
    return draw(st.sampled_from(choices))
