"""Strategies for payloads with a faulty value: of a wrong type, out of range, or not a JSON value."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from hypothesis import strategies as st

from checkpoint_notify.codec.layout import STRING, STRING_MAP, U64
from checkpoint_notify.testing import _places as places
from checkpoint_notify.testing._faults import EOF_LIST, EOF_VALUE, cut, fault, pick
from checkpoint_notify.testing._json import ESCAPED, spell
from checkpoint_notify.testing.refusals import RefusedPayload, refused

# Values of another type.

_Found = tuple[str, bytes]

_FLOATS: Final[Sequence[_Found]] = (
    *(("0.5", b"0.5"), ("1.0", b"1.0"), ("1.0", b"1e0"), ("-0.0", b"-0"), ("-0.0", b"-0.0"), ("0.0", b"0e99")),
    *(("1000000000000000.0", b"1e15"), ("1e+16", b"1E+16"), ("0.00001", b"0.00001"), ("1e-6", b"0.000001")),
    *(("1.8446744073709552e+19", b"18446744073709551616"), ("-9.223372036854776e+18", b"-9223372036854775809")),
)
_PRINTABLE: Final = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
"""Text that JSON and Rust's `Debug` quote in the same way."""

_FOUND: Final[dict[str, st.SearchStrategy[_Found]]] = {
    "null": st.just(("null", b"null")),
    "boolean": st.sampled_from([("boolean `true`", b"true"), ("boolean `false`", b"false")]),
    "integer": st.integers(-(2**63), 2**64 - 1).map(lambda number: (f"integer `{number}`", b"%d" % number)),
    "float": (st.sampled_from(_FLOATS) | st.integers(0, 10**9).map(lambda n: (f"{n}.5", b"%d.5" % n))).map(
        lambda found: (f"floating point `{found[0]}`", found[1])
    ),
    "string": st.builds(lambda s, escaped: (f"string {json.dumps(s)}", spell(s, escaped)), _PRINTABLE, ESCAPED),
    "sequence": st.just(("sequence", b"[")),
    "map": st.just(("map", b"{")),
}
_ACCEPTED: Final = {
    STRING.expected: ("string",),
    U64.expected: ("integer",),
    STRING_MAP.expected: ("map",),
    places.STRUCT: ("sequence", "map"),
}


@st.composite
def _wrong_type(draw: st.DrawFn, expected: str, kind: str) -> RefusedPayload:
    before = draw(places.USED_VALUES[expected]).before
    found, raw = draw(_FOUND[kind])
    at = 0 if raw in (b"[", b"{") else len(raw)  # `src/de.rs`, `peek_invalid_type`, leaves brackets unread
    return fault(draw, before, raw, f"invalid type: {found}, expected {expected}", at=at, category="data")


@st.composite
def _negative(draw: st.DrawFn) -> RefusedPayload:
    before = draw(places.USED_VALUES[U64.expected]).before
    raw = b"%d" % draw(st.integers(-(2**63), -1))
    return fault(draw, before, raw, f"invalid value: integer `{raw.decode()}`, expected u64", category="data")


@st.composite
def _out_of_range(draw: st.DrawFn) -> RefusedPayload:
    """Draw a payload with a number beyond the range of f64.

    The place is a used value: for an ignored one, serde_json (`src/de.rs`, `Deserializer::ignore_exponent`) does not
    check the range.
    """
    raw = b"%de%d" % (draw(st.integers(1, 2**64 - 1)), draw(st.integers(309, 10**6)))
    return fault(draw, draw(places.ANY_USED_VALUE).before, pick(draw, b"", b"-") + raw, "number out of range")


# Not a JSON value.

_VALUES: Final = places.ANY_USED_VALUE | places.IGNORED_VALUES
_NUMBER_STEMS: Final = (b"-", b"1.", b"0.", b"1e", b"1E+", b"-20e-", b"0.5e")


@st.composite
def _no_value(draw: st.DrawFn) -> RefusedPayload:
    raw = pick(draw, b",", b"}", b":", b"a", b"'", b"+", b".", b"N", b"\\", b"/", b"\0", "é".encode())
    return fault(draw, draw(_VALUES).before, raw, "expected value", at=1)


@st.composite
def _broken_word(draw: st.DrawFn) -> RefusedPayload:
    word = pick(draw, b"null", b"true", b"false")
    stem = word[: draw(st.integers(1, len(word) - 1))]
    return fault(draw, draw(_VALUES).before, stem + pick(draw, b",", b"}", b" ", b"N", b"1", b'"'), "expected ident")


@st.composite
def _broken_number(draw: st.DrawFn) -> RefusedPayload:
    raw = pick(draw, b"00", b"01", b"-09")
    if draw(st.booleans()):
        raw = pick(draw, *_NUMBER_STEMS) + pick(draw, b",", b"}", b" ", b"a", b".", b'"')
    return fault(draw, draw(_VALUES).before, raw, "invalid number")


@st.composite
def cut_value(draw: st.DrawFn) -> RefusedPayload:
    """Draw a payload that ends before a value ends."""
    before, expected, first = draw(_VALUES)
    raw = pick(draw, b"", b"n", b"tru", b"fals", *_NUMBER_STEMS)
    if raw == b"":
        return cut(before, EOF_LIST if first else EOF_VALUE)
    if raw in _NUMBER_STEMS and not expected:
        return refused(before + raw, "syntax", "invalid number", len(before + raw))
    return cut(before + raw, EOF_VALUE)


REFUSED_VALUES: Final = st.one_of(
    *(_wrong_type(expected, kind) for expected in _ACCEPTED for kind in _FOUND if kind not in _ACCEPTED[expected]),
    _negative(),
    _no_value(),
    _broken_word(),
    _broken_number(),
    _out_of_range(),
)
"""Payloads with one faulty value."""
