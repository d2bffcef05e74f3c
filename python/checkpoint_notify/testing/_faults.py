"""Builds refused payloads: a fault at a place, and any text after it."""

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
"""The text after a fault: any UTF-8 that does not continue a number or a word."""


def fault(
    draw: st.DrawFn, before: bytes, raw: bytes, message: str, *, at: int | None = None, category: Category = "syntax"
) -> RefusedPayload:
    """Return a payload that Rust refuses after `at` bytes of `raw`, by default at its end; any text follows."""
    at = len(raw) if at is None else at
    return refused(before + raw + draw(_AFTER), category, message, len(before) + at)


def cut(before: bytes, message: str) -> RefusedPayload:
    """Return a payload that ends too early."""
    return refused(before, "eof", message, len(before))


def pick(draw: st.DrawFn, *choices: bytes) -> bytes:
    return draw(st.sampled_from(choices))
