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


def not_utf8(others: st.SearchStrategy[bytes]) -> st.SearchStrategy[RefusedPayload]:
    """Return a strategy for the other payloads, with bytes inserted anywhere that are not UTF-8."""

    @st.composite
    def with_other_bytes(draw: st.DrawFn) -> RefusedPayload:  # no argument: Hypothesis prints arguments, and it is long
        text = draw(others).decode()
        before, after = text[: (at := draw(st.integers(0, len(text))))].encode(), text[at:].encode()
        error = Refusal(category="utf8", message=None, line=None, column=None, offset=len(before))
        return RefusedPayload(before + pick(draw, *_NO_UTF8) + after, error)

    return with_other_bytes()
