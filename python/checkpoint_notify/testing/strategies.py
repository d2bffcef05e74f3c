"""Hypothesis strategies for notifications and payloads; each covers its whole range.

The tests of this package check thousands of examples of each strategy against the real Rust crate.
"""

from __future__ import annotations

import functools
from typing import Final, Generic, NamedTuple, TypeVar

from hypothesis import strategies as st

from checkpoint_notify import _generated
from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify.codec.encoder import encoder_for
from checkpoint_notify.codec.layout import layout_of
from checkpoint_notify.testing._places import Places
from checkpoint_notify.testing._refused_strings import cut_string, refused_strings
from checkpoint_notify.testing._refused_structure import cut_before_key, refused_punctuation, refused_structs
from checkpoint_notify.testing._refused_text import not_utf8
from checkpoint_notify.testing._refused_values import cut_value, refused_values, wrong_types
from checkpoint_notify.testing._values import unusual_payloads_of, values_of
from checkpoint_notify.testing.refusals import RefusedPayload

__all__ = [
    "Strategies",
    "canonical_payloads",
    "notifications",
    "refused_payloads",
    "strategies_for",
    "unusual_payloads",
]

M = TypeVar("M")


class Strategies(NamedTuple, Generic[M]):
    """The strategies for messages of one class."""

    values: st.SearchStrategy[M]
    """Any value that the Rust struct can hold."""
    canonical: st.SearchStrategy[bytes]
    """The exact bytes that Rust writes for a value; Rust may write the entries of maps in another order."""
    unusual: st.SearchStrategy[tuple[M, bytes]]
    """A payload that Rust reads and never writes, after the value that it reads."""
    refused: st.SearchStrategy[RefusedPayload]
    """A payload that Rust refuses, with Rust's error."""


def strategies_for(message: type[M], generated: type | None = None) -> Strategies[M]:
    """Return the strategies for the classes that `checkpoint_notify.codec.codec_for` takes.

    Raises TypeError if a field is of a type that the codec does not know.
    """
    return _strategies(message, generated)  # type: ignore[arg-type]  # a class is always hashable


@functools.cache
def _strategies(message: type[M], generated: type | None) -> Strategies[M]:
    layout = layout_of(generated or message, message)
    values = values_of(layout)
    unusual = unusual_payloads_of(layout)
    places = Places(layout)
    structs, types = refused_structs(places), wrong_types(places)
    punctuation = refused_punctuation(places, layout)
    cuts = cut_before_key(places) | cut_value(places) | cut_string(places)
    faulty_values, strings = refused_values(places), refused_strings(places)
    text = st.one_of(structs, types, punctuation, faulty_values, strings, cuts).map(
        lambda refused: refused.payload
    ) | unusual.map(lambda found: found.raw)
    often = (types, punctuation, cuts, structs, faulty_values, not_utf8(text))
    refused = _equally(*often, *often, types, cuts, strings, often[-1])
    return Strategies(values, values.map(encoder_for(layout)), unusual, refused)


def _equally(*strategies: st.SearchStrategy[RefusedPayload]) -> st.SearchStrategy[RefusedPayload]:
    """Return a strategy that draws from each of these with equal probability.

    `|` would make one list of all their faults, and those with the most faults would give nearly all examples.
    """

    @st.composite
    def one_of_them(draw: st.DrawFn) -> RefusedPayload:  # no argument: Hypothesis prints arguments, and it is long
        return draw(strategies[draw(st.integers(0, len(strategies) - 1))])

    return one_of_them()


_MESSAGE: Final[Strategies[CheckpointNotification]] = strategies_for(
    CheckpointNotification, _generated.CheckpointNotification
)

# All public strategies are composite, so that Hypothesis shows their names in its messages.


@st.composite
def notifications(draw: st.DrawFn) -> CheckpointNotification:
    """Draw any value of a Rust `CheckpointNotification`: all of Unicode except the surrogates, and all of u64."""
    return draw(_MESSAGE.values)


@st.composite
def canonical_payloads(draw: st.DrawFn) -> bytes:
    """Draw the exact bytes that Rust writes for a value; Rust may write the entries of metadata in another order."""
    return draw(_MESSAGE.canonical)


@st.composite
def unusual_payloads(draw: st.DrawFn) -> bytes:
    """Draw a payload that Rust reads and never writes: other order, spaces, escapes, unknown fields, or an array."""
    return draw(_MESSAGE.unusual)[1]


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
    return draw(_MESSAGE.refused)
