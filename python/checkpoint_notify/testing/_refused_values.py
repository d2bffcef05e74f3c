"""Strategies for payloads with a faulty value: of a wrong type, out of range, or not a JSON value."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from hypothesis import strategies as st

from checkpoint_notify.codec.layout import (
    U64_MAX,
    BoolKind,
    EnumKind,
    FloatKind,
    IntKind,
    ListKind,
    MapKind,
    StringKind,
    StructKind,
)
from checkpoint_notify.codec.unexpected import one_of
from checkpoint_notify.testing._faults import EOF_LIST, EOF_OBJECT, EOF_VALUE, cut, fault, pick
from checkpoint_notify.testing._json import ESCAPED, STRINGS, spacing, spell
from checkpoint_notify.testing._places import Places, Slot, UnitKind
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
_ACCEPTED: Final[dict[type, tuple[str, ...]]] = {
    StringKind: ("string",),
    BoolKind: ("boolean",),
    IntKind: ("integer",),
    FloatKind: ("integer", "float"),
    ListKind: ("sequence",),
    MapKind: ("map",),
    StructKind: ("sequence", "map"),
    UnitKind: (),
}


@st.composite
def wrong_types(draw: st.DrawFn, places: Places) -> RefusedPayload:
    """Draw a payload with a value of another type than serde expects."""
    slot = draw(st.sampled_from(places.slots_of[draw(st.sampled_from(list(places.slots_of)))]))
    accepted = (*_ACCEPTED[type(slot.kind)], *["null"] * slot.nullable)
    found, raw = draw(_FOUND[draw(st.sampled_from([name for name in _FOUND if name not in accepted]))])
    at = 0 if raw in (b"[", b"{") else len(raw)  # `src/de.rs`, `peek_invalid_type`, leaves brackets unread
    message = f"invalid type: {found}, expected {slot.kind.expected}"
    return fault(draw, slot.enter(draw).before, raw, message, at=at, category="data")


@st.composite
def _beyond_an_integer(draw: st.DrawFn, slots: Sequence[tuple[Slot, IntKind]]) -> RefusedPayload:
    """Draw a payload with an integer that serde_json can hold, and the field cannot."""
    slot, kind = draw(st.sampled_from(slots))
    below, above = (-(2**63), kind.minimum - 1), (kind.maximum + 1, U64_MAX)
    first, last = draw(st.sampled_from([bounds for bounds in (below, above) if bounds[0] <= bounds[1]]))
    number = draw(st.integers(first, last) | st.sampled_from([first, last]))
    raw = b"%d" % number
    message = f"invalid value: integer `{number}`, expected {kind.expected}"
    return fault(draw, slot.enter(draw).before, raw, message, category="data")


@st.composite
def _out_of_range(draw: st.DrawFn, places: Places) -> RefusedPayload:
    """Draw a payload with a number beyond the range of f64.

    The place is a used value: for an ignored one, serde_json (`src/de.rs`, `Deserializer::ignore_exponent`) does not
    check the range.
    """
    raw = b"%de%d" % (draw(st.integers(1, U64_MAX)), draw(st.integers(309, 10**6)))
    return fault(draw, draw(places.literals).before, pick(draw, b"", b"-") + raw, "number out of range")


# Not the name of a variant.


@st.composite
def _unknown_variant(draw: st.DrawFn, slots: Sequence[tuple[Slot, EnumKind]]) -> RefusedPayload:
    slot, kind = draw(st.sampled_from(slots))
    names = [variant.value for variant in kind.cls]
    text = draw(STRINGS.filter(lambda text: text.value not in names))
    before = slot.enter(draw).before + (b"{" + spacing(draw)() if draw(st.booleans()) else b"")
    message = f"unknown variant `{text.value}`, expected {one_of(names)}"
    return fault(draw, before, text.raw, message, category="data")


@st.composite
def _no_variant(draw: st.DrawFn, slots: Sequence[tuple[Slot, EnumKind]]) -> RefusedPayload:
    slot, _ = draw(st.sampled_from(slots))
    raw = pick(draw, b"1", b"-", b"t", b"[", b"{" + spacing(draw)() + b"}", *[b"n"] * (not slot.nullable))
    return fault(draw, slot.enter(draw).before, raw, "expected value")


@st.composite
def _unclosed_variant(draw: st.DrawFn, slots: Sequence[tuple[Slot, UnitKind]]) -> RefusedPayload:
    """Draw a payload in which the object form of a variant does not end after its null."""
    slot, _ = draw(st.sampled_from(slots))
    before = slot.enter(draw).before + b"null" + spacing(draw)()
    if draw(st.booleans()):
        return cut(before, EOF_OBJECT)
    return fault(draw, before, pick(draw, b",", b"]", b'"', b":", b"x"), "expected value", at=0)


# Not a JSON value.

_NUMBER_STEMS: Final = (b"-", b"1.", b"0.", b"1e", b"1E+", b"-20e-", b"0.5e")


@st.composite
def _no_value(draw: st.DrawFn, places: Places) -> RefusedPayload:
    raw = pick(draw, b",", b"}", b":", b"a", b"'", b"+", b".", b"N", b"\\", b"/", b"\0", "é".encode())
    return fault(draw, draw(places.values | places.ignored_values).before, raw, "expected value", at=1)


@st.composite
def _broken_word(draw: st.DrawFn, places: Places) -> RefusedPayload:
    word = pick(draw, b"null", b"true", b"false")
    raw = word[: draw(st.integers(1, len(word) - 1))] + pick(draw, b",", b"}", b" ", b"N", b"1", b'"')
    return fault(draw, draw(places.literals | places.ignored_values).before, raw, "expected ident")


@st.composite
def _broken_number(draw: st.DrawFn, places: Places) -> RefusedPayload:
    raw = pick(draw, b"00", b"01", b"-09")
    if draw(st.booleans()):
        raw = pick(draw, *_NUMBER_STEMS) + pick(draw, b",", b"}", b" ", b"a", b".", b'"')
    return fault(draw, draw(places.literals | places.ignored_values).before, raw, "invalid number")


@st.composite
def _cut_before_value(draw: st.DrawFn, places: Places) -> RefusedPayload:
    """Draw a payload that ends before a value begins."""
    before, first = draw(places.values | places.ignored_values)
    return cut(before, EOF_LIST if first else EOF_VALUE)


@st.composite
def _cut_used_value(draw: st.DrawFn, places: Places) -> RefusedPayload:
    return cut(draw(places.literals).before + pick(draw, b"n", b"tru", b"fals", *_NUMBER_STEMS), EOF_VALUE)


@st.composite
def _cut_ignored_word(draw: st.DrawFn, places: Places) -> RefusedPayload:
    return cut(draw(places.ignored_values).before + pick(draw, b"n", b"tru", b"fals"), EOF_VALUE)


@st.composite
def _cut_ignored_number(draw: st.DrawFn, places: Places) -> RefusedPayload:
    before = draw(places.ignored_values).before + pick(draw, *_NUMBER_STEMS)
    return refused(before, "syntax", "invalid number", len(before))


def cut_value(places: Places) -> st.SearchStrategy[RefusedPayload]:
    """Return a strategy for payloads that end before a value ends."""
    ignored = (_cut_ignored_word(places), _cut_ignored_number(places)) if places.open_structs else ()
    return st.one_of(_cut_before_value(places), _cut_used_value(places), *ignored)


def refused_values(places: Places) -> st.SearchStrategy[RefusedPayload]:
    """Return a strategy for payloads with one faulty value of the right type, or of none."""
    ints, enums, units = places.of(IntKind), places.of(EnumKind), places.of(UnitKind)
    return st.one_of(
        *([_beyond_an_integer(ints)] if ints else []),
        *([_unknown_variant(enums), _no_variant(enums), _unclosed_variant(units)] if enums else []),
        _no_value(places),
        _broken_word(places),
        _broken_number(places),
        _out_of_range(places),
    )
