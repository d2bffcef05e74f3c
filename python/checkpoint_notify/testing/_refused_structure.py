"""Strategies for payloads with a fault in the structure of an object, an array, or the whole message."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from checkpoint_notify.codec.layout import Field
from checkpoint_notify.testing import _places as places
from checkpoint_notify.testing._faults import EOF_LIST, EOF_OBJECT, EOF_VALUE, cut, fault, pick
from checkpoint_notify.testing._json import TEXT, spacing
from checkpoint_notify.testing._messages import (
    FEWEST_ELEMENTS,
    FIELDS,
    field_key,
    field_member,
    object_of,
    unknown_members,
    unusual_messages,
)
from checkpoint_notify.testing.refusals import RefusedPayload, refused

# Objects and arrays.


@st.composite
def _wrong_key(draw: st.DrawFn) -> RefusedPayload:
    raw = pick(draw, b",", b":", b"]", b"{", b"1", b"a", b"'", "é".encode())
    return fault(draw, draw(places.KEYS).before, raw, "key must be a string", at=1)


@st.composite
def _comma_before_brace(draw: st.DrawFn) -> RefusedPayload:
    before, _, used = draw(places.KEYS.filter(lambda key: not key.first))
    return fault(draw, before, b"}", "trailing comma" if used else "key must be a string")


@st.composite
def cut_before_key(draw: st.DrawFn) -> RefusedPayload:
    """Draw a payload that ends where a key may begin."""
    before, first, used = draw(places.KEYS)
    return cut(before, EOF_VALUE if used and not first else EOF_OBJECT)


@st.composite
def _no_colon(draw: st.DrawFn) -> RefusedPayload:
    before = draw(places.KEYS_READ)
    if draw(st.booleans()):
        return cut(before, EOF_OBJECT)
    return fault(draw, before, pick(draw, b",", b"}", b'"', b"1", b"=", b"{"), "expected `:`")


@st.composite
def _no_comma_in_object(draw: st.DrawFn) -> RefusedPayload:
    before = draw(places.MEMBERS_READ)
    if draw(st.booleans()):
        return cut(before, EOF_OBJECT)
    return fault(draw, before, pick(draw, b":", b'"', b"]", b"{", b"x", b"'"), "expected `,` or `}`")


@st.composite
def _no_comma_in_array(draw: st.DrawFn) -> RefusedPayload:
    before, count = draw(places.ELEMENTS_READ)
    message = "trailing characters" if count == len(FIELDS) else "expected `,` or `]`"
    if draw(st.booleans()):
        before, message = draw(places.IGNORED_ELEMENTS_READ), "expected `,` or `]`"
    if draw(st.booleans()):
        return cut(before, EOF_LIST)
    return fault(draw, before, pick(draw, b":", b'"', b"}", b"{", b"x", b"'"), message)


@st.composite
def _comma_before_bracket(draw: st.DrawFn) -> RefusedPayload:
    space = spacing(draw)
    before, message = draw(places.ELEMENTS_READ).before, "trailing comma"
    if draw(st.booleans()):
        before, message = draw(places.IGNORED_ELEMENTS_READ), "expected value"
    return fault(draw, before, b"," + space() + b"]", message)


@st.composite
def _one_element_too_many(draw: st.DrawFn) -> RefusedPayload:
    space = spacing(draw)
    before = places.opened_array(draw, len(FIELDS)) + b"," + space()
    raw = pick(draw, b"", b"1", b'"', b"{", b",", b"x")
    if raw == b"":
        return refused(before, "syntax", "trailing characters", len(before))
    return fault(draw, before, raw, "trailing characters")


# Whole messages.


@st.composite
def _too_few_elements(draw: st.DrawFn, count: int) -> RefusedPayload:
    space = spacing(draw)
    before = places.opened_array(draw, count) + space()
    found = next(index for index in range(count, len(FIELDS)) if FIELDS[index].default is None)
    elements = f"{len(FIELDS)} element{'s' * (len(FIELDS) != 1)}"
    message = f"invalid length {found}, expected {places.STRUCT} with {elements}"
    return fault(draw, before, b"]", message, category="data")


@st.composite
def _missing_field(draw: st.DrawFn, first: int) -> RefusedPayload:
    space = spacing(draw)
    present = [field for field in FIELDS[first + 1 :] if draw(st.booleans())]
    members = [field_member(draw, space, field) for field in (*FIELDS[:first], *present)]
    body = space() + object_of(draw, space, members + unknown_members(draw, space, 1))
    return fault(draw, b"", body, f"missing field `{FIELDS[first].name}`", category="data")


@st.composite
def _repeated_field(draw: st.DrawFn, field: Field) -> RefusedPayload:
    space = spacing(draw)
    before, _ = places.next_member(draw, without=field)
    before += field_member(draw, space, field) + space() + b"," + space() + field_key(draw, field)
    # serde_json `src/de.rs`, `Deserializer::deserialize_struct`: `end_map` skips spaces and takes a `}` before
    # `fix_position` sets the position of the error.
    raw = space() + pick(draw, b"", b"}")
    if raw.endswith(b"}"):
        return fault(draw, before, raw, f"duplicate field `{field.name}`", category="data")
    after = b"" if draw(st.booleans()) else b":" + draw(TEXT).encode()
    return refused(before + raw + after, "data", f"duplicate field `{field.name}`", len(before + raw))


@st.composite
def _more_after_the_message(draw: st.DrawFn) -> RefusedPayload:
    before = draw(unusual_messages()).payload
    return fault(draw, before, pick(draw, b",", b"}", b"]", b"{", b"0", b"x", b'"', b"\0"), "trailing characters")


REFUSED_STRUCTURE: Final = st.one_of(
    *(_missing_field(index) for index, field in enumerate(FIELDS) if field.default is None),
    *(_repeated_field(field) for field in FIELDS),
    *(_too_few_elements(count) for count in range(FEWEST_ELEMENTS)),
    _one_element_too_many(),
    _more_after_the_message(),
    _wrong_key(),
    _no_colon(),
    _no_comma_in_object(),
    _no_comma_in_array(),
    _comma_before_brace(),
    _comma_before_bracket(),
)
"""Payloads with one fault in the structure."""
