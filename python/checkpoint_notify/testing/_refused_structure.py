"""Strategies for payloads with a fault in the structure of an object, an array, or the whole message."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from checkpoint_notify.codec.layout import StructKind
from checkpoint_notify.codec.unexpected import one_of
from checkpoint_notify.testing._faults import EOF_LIST, EOF_OBJECT, EOF_VALUE, cut, fault, pick
from checkpoint_notify.testing._json import TEXT, spacing
from checkpoint_notify.testing._places import TRAILING, Places, Slot, next_member, opened_array
from checkpoint_notify.testing._values import (
    fewest_elements,
    field_key,
    field_member,
    object_of,
    unknown_keys,
    unknown_members,
    unusual_payloads_of,
)
from checkpoint_notify.testing.refusals import RefusedPayload, refused

# Objects and arrays.


@st.composite
def _wrong_key(draw: st.DrawFn, places: Places) -> RefusedPayload:
    raw = pick(draw, b",", b":", b"]", b"{", b"1", b"a", b"'", "é".encode())
    return fault(draw, draw(places.keys).before, raw, "key must be a string", at=1)


@st.composite
def _comma_before_brace(draw: st.DrawFn, places: Places) -> RefusedPayload:
    before, _, used = draw(places.keys.filter(lambda key: not key.first))
    return fault(draw, before, b"}", "trailing comma" if used else "key must be a string")


@st.composite
def cut_before_key(draw: st.DrawFn, places: Places) -> RefusedPayload:
    """Draw a payload that ends where a key may begin."""
    before, first, used = draw(places.keys)
    return cut(before, EOF_VALUE if used and not first else EOF_OBJECT)


@st.composite
def _no_colon(draw: st.DrawFn, places: Places) -> RefusedPayload:
    before = draw(places.keys_read)
    if draw(st.booleans()):
        return cut(before, EOF_OBJECT)
    return fault(draw, before, pick(draw, b",", b"}", b'"', b"1", b"=", b"{"), "expected `:`")


@st.composite
def _no_comma_in_object(draw: st.DrawFn, places: Places) -> RefusedPayload:
    before = draw(places.members_read)
    if draw(st.booleans()):
        return cut(before, EOF_OBJECT)
    return fault(draw, before, pick(draw, b":", b'"', b"]", b"{", b"x", b"'"), "expected `,` or `}`")


@st.composite
def _no_comma_in_array(draw: st.DrawFn, places: Places) -> RefusedPayload:
    before, message, _ = draw(places.elements)
    if draw(st.booleans()):
        return cut(before, EOF_LIST)
    return fault(draw, before, pick(draw, b":", b'"', b"}", b"{", b"x", b"'"), message)


@st.composite
def _comma_before_bracket(draw: st.DrawFn, places: Places) -> RefusedPayload:
    space = spacing(draw)
    before, _, message = draw(places.elements)
    return fault(draw, before, b"," + space() + b"]", message)


# Structs.

StructSlot = tuple[Slot, StructKind]


@st.composite
def _one_element_too_many(draw: st.DrawFn, structs: Sequence[StructSlot]) -> RefusedPayload:
    slot, layout = draw(st.sampled_from(structs))
    space = spacing(draw)
    before = opened_array(draw, slot, layout, len(layout.fields)) + b"," + space()
    raw = pick(draw, b"", b"1", b'"', b"{", b",", b"x")
    if raw == b"":
        return refused(before, "syntax", TRAILING, len(before))
    return fault(draw, before, raw, TRAILING)


@st.composite
def _too_few_elements(draw: st.DrawFn, structs: Sequence[StructSlot]) -> RefusedPayload:
    slot, layout = draw(st.sampled_from(structs))
    count = draw(st.integers(0, fewest_elements(layout) - 1))
    space = spacing(draw)
    before = opened_array(draw, slot, layout, count) + space()
    total = len(layout.fields)
    found = next(index for index in range(count, total) if layout.fields[index].array_default is None)
    message = f"invalid length {found}, expected {layout.expected} with {total} element{'s' * (total != 1)}"
    return fault(draw, before, b"]", message, category="data")


@st.composite
def _missing_field(draw: st.DrawFn, structs: Sequence[StructSlot]) -> RefusedPayload:
    slot, layout = draw(st.sampled_from(structs))
    missing = draw(st.sampled_from([field for field in layout.fields if field.default is None]))
    first = layout.fields.index(missing)
    space = spacing(draw)
    present = [field for field in layout.fields[first + 1 :] if draw(st.booleans())]
    members = [field_member(draw, space, field) for field in (*layout.fields[:first], *present)]
    body = object_of(draw, space, members + unknown_members(draw, space, layout, 1))
    return fault(draw, slot.enter(draw).before, body, f"missing field `{missing.name}`", category="data")


@st.composite
def _repeated_field(draw: st.DrawFn, structs: Sequence[StructSlot]) -> RefusedPayload:
    slot, layout = draw(st.sampled_from(structs))
    field = draw(st.sampled_from(layout.fields))
    space = spacing(draw)
    before, _ = next_member(draw, slot, layout, without=field)
    before += field_member(draw, space, field) + space() + b"," + space() + field_key(draw, field)
    return _refused_key(draw, before, f"duplicate field `{field.name}`")


@st.composite
def _unknown_field(draw: st.DrawFn, structs: Sequence[StructSlot]) -> RefusedPayload:
    slot, layout = draw(st.sampled_from(structs))
    before, _ = next_member(draw, slot, layout)
    key = draw(unknown_keys(layout))
    expected = one_of([field.name for field in layout.fields])
    return _refused_key(draw, before + key.raw, f"unknown field `{key.value}`, expected {expected}")


def _refused_key(draw: st.DrawFn, before: bytes, message: str) -> RefusedPayload:
    # serde_json `src/de.rs`, `Deserializer::deserialize_struct`: `end_map` skips spaces and takes a `}` before
    # `fix_position` sets the position of the error.
    raw = spacing(draw)() + pick(draw, b"", b"}")
    if raw.endswith(b"}"):
        return fault(draw, before, raw, message, category="data")
    after = b"" if draw(st.booleans()) else b":" + draw(TEXT).encode()
    return refused(before + raw + after, "data", message, len(before + raw))


@st.composite
def _more_after_the_message(draw: st.DrawFn, layout: StructKind) -> RefusedPayload:
    before = draw(unusual_payloads_of(layout)).raw
    return fault(draw, before, pick(draw, b",", b"}", b"]", b"{", b"0", b"x", b'"', b"\0"), TRAILING)


def refused_structs(places: Places) -> st.SearchStrategy[RefusedPayload]:
    """Return a strategy for payloads in which a struct has too few fields, too many, or one of them twice."""
    structs = places.of(StructKind)
    faults = {
        _missing_field: [(slot, kind) for slot, kind in structs if any(f.default is None for f in kind.fields)],
        _repeated_field: structs,
        _unknown_field: [(slot, kind) for slot, kind in structs if kind.deny_unknown_fields],
        _too_few_elements: [(slot, kind) for slot, kind in structs if fewest_elements(kind)],
        _one_element_too_many: structs,
    }
    return st.one_of([strategy(found) for strategy, found in faults.items() if found])


def refused_punctuation(places: Places, layout: StructKind) -> st.SearchStrategy[RefusedPayload]:
    """Return a strategy for payloads with one fault at a bracket, a comma, a colon or a key."""
    return st.one_of(
        _wrong_key(places),
        _no_colon(places),
        _no_comma_in_object(places),
        _no_comma_in_array(places),
        _comma_before_brace(places),
        _comma_before_bracket(places),
        _more_after_the_message(layout),
    )
