"""Strategy for payloads that are not UTF-8."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from checkpoint_notify.testing._faults import pick
from checkpoint_notify.testing.refusals import Refusal, RefusedPayload

_NO_UTF8: Final = (
    b"\xff",
    b"\x80",
    b"\xc0\x80",
    b"\xc3",
    b"\xe2\x82",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x98",
    b"\xf5\x80\x80\x80",
)


@st.composite
def not_utf8(draw: st.DrawFn, others: st.SearchStrategy[bytes]) -> RefusedPayload:
    """Draw one of the other payloads, with bytes inserted anywhere that are not UTF-8."""
    text = draw(others).decode()
    before, after = text[: (at := draw(st.integers(0, len(text))))].encode(), text[at:].encode()
    error = Refusal(category="utf8", message=None, line=None, column=None, offset=len(before))
    return RefusedPayload(before + pick(draw, *_NO_UTF8) + after, error)
