"""Hypothesis strategies for notifications and payloads; each covers its whole range.

The tests of this package check thousands of examples of each strategy against the real Rust crate.
"""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify.testing._messages import FIELDS, VALUES, canonical, unusual_messages
from checkpoint_notify.testing._refused_strings import REFUSED_STRINGS, cut_string
from checkpoint_notify.testing._refused_structure import REFUSED_STRUCTURE, cut_before_key
from checkpoint_notify.testing._refused_text import not_utf8
from checkpoint_notify.testing._refused_values import REFUSED_VALUES, cut_value
from checkpoint_notify.testing.refusals import RefusedPayload

__all__ = ["canonical_payloads", "notifications", "refused_payloads", "unusual_payloads"]

_VALUES: Final = st.fixed_dictionaries({field.name: VALUES[field.kind] for field in FIELDS})
_UNUSUAL: Final = unusual_messages().map(lambda message: message.payload)
_CUT: Final = cut_before_key() | cut_value() | cut_string()
_REFUSED_TEXT: Final = REFUSED_STRUCTURE | REFUSED_VALUES | REFUSED_STRINGS | _CUT
_NOT_UTF8: Final = not_utf8(_REFUSED_TEXT.map(lambda refused: refused.payload) | _UNUSUAL)
_REFUSED: Final[tuple[st.SearchStrategy[RefusedPayload], ...]] = (
    REFUSED_STRUCTURE,
    REFUSED_VALUES,
    REFUSED_STRINGS,
    _CUT,
    _NOT_UTF8,
)
"""Each strategy is drawn with equal probability. `|` would make one list of all their faults, and the second strategy,
which has the most faults, would give nearly all examples."""

# All public strategies are composite, so that Hypothesis shows their names in its messages.


@st.composite
def notifications(draw: st.DrawFn) -> CheckpointNotification:
    """Draw any value of a Rust `CheckpointNotification`: all of Unicode except the surrogates, and all of u64."""
    return CheckpointNotification(**draw(_VALUES))


@st.composite
def canonical_payloads(draw: st.DrawFn) -> bytes:
    """Draw the exact bytes that Rust writes for a value; Rust may write the entries of metadata in another order."""
    return canonical(draw(_VALUES))


@st.composite
def unusual_payloads(draw: st.DrawFn) -> bytes:
    """Draw a payload that Rust reads and never writes: other order, spaces, escapes, unknown fields, or an array."""
    return draw(_UNUSUAL)


@st.composite
def refused_payloads(draw: st.DrawFn) -> RefusedPayload:
    """Draw a payload that Rust refuses, with Rust's error: it has one fault, of any kind that Rust's decoder detects.

    The error follows from the construction of the payload; the strategy does not use a decoder.

        >>> @given(refused_payloads())
        ... def test_our_reader_names_the_place(refused):
        ...     with pytest.raises(DecodeError) as caught:
        ...         CheckpointNotification.from_json(refused.payload)
        ...     assert (refused.error.line, refused.error.column) == (caught.value.line, caught.value.column)
        >>> test_our_reader_names_the_place()
    """
    return draw(_REFUSED[draw(st.integers(0, len(_REFUSED) - 1))])
