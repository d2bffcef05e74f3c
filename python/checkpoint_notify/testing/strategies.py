"""Hypothesis strategies for notifications and for payloads, over the whole space of each.

What they claim about Rust is true of the real crate, which is asked about thousands of examples of each.
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
"""Drawn from as often; `|` would make one list of all their faults, and nearly all examples would be of the second."""

# All are composite, so that Hypothesis calls them by their names where it speaks of them.


@st.composite
def notifications(draw: st.DrawFn) -> CheckpointNotification:
    """Every value that a Rust `CheckpointNotification` can hold: all of Unicode but the surrogates, all of u64."""
    return CheckpointNotification(**draw(_VALUES))


@st.composite
def canonical_payloads(draw: st.DrawFn) -> bytes:
    """What Rust writes, and reads, to the byte; Rust may write the entries of metadata in another order."""
    return canonical(draw(_VALUES))


@st.composite
def unusual_payloads(draw: st.DrawFn) -> bytes:
    """What Rust reads, and never writes: another order, white space, escapes, unknown fields, the array form."""
    return draw(_UNUSUAL)


@st.composite
def refused_payloads(draw: st.DrawFn) -> RefusedPayload:
    """What Rust refuses, with the error it gives: one fault each, of every kind that its decoder knows.

    The error is known from how the payload was made; no decoder was asked.

        >>> @given(refused_payloads())
        ... def test_our_reader_names_the_place(refused):
        ...     with pytest.raises(DecodeError) as caught:
        ...         CheckpointNotification.from_json(refused.payload)
        ...     assert (refused.error.line, refused.error.column) == (caught.value.line, caught.value.column)
        >>> test_our_reader_names_the_place()
    """
    return draw(_REFUSED[draw(st.integers(0, len(_REFUSED) - 1))])
