"""Strategies for payloads with a fault in a string. Lone surrogates are a fault only in a string that Rust uses."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from checkpoint_notify.testing._faults import EOF_STRING, cut, fault, pick
from checkpoint_notify.testing._places import Places
from checkpoint_notify.testing.refusals import RefusedPayload

_CONTROL: Final = "control character (\\u0000-\\u001F) found while parsing a string"
_LONE_SURROGATE: Final = "lone leading surrogate in hex escape"

_HEX4: Final = st.text("0123456789abcdefABCDEF", min_size=4, max_size=4).map(str.encode)
_NO_HEX4: Final = st.builds(
    lambda digits, index, bad: digits[:index] + bad + digits[index + 1 :],
    _HEX4,
    st.integers(0, 3),
    st.sampled_from([b"g", b"x", b'"', b" ", b"-", b"}"]),
)
_CONTROLS: Final = st.integers(0, 0x1F).map(lambda code: bytes([code]))
_NO_ESCAPES: Final = st.sampled_from([b"a", b"x", b"U", b"0", b"'", b" ", b"\n", b"}"])


def _leading(draw: st.DrawFn) -> bytes:
    return rb"\u%04x" % draw(st.integers(0xD800, 0xDBFF))


@st.composite
def _broken_string(draw: st.DrawFn, places: Places) -> RefusedPayload:
    before, used = draw(places.texts)
    return fault(draw, before, draw(_CONTROLS), _CONTROL, at=1 if used else 0)


@st.composite
def _broken_escape(draw: st.DrawFn, places: Places) -> RefusedPayload:
    raw = b"\\" + (draw(_NO_ESCAPES) if draw(st.booleans()) else b"u" + draw(_NO_HEX4))
    return fault(draw, draw(places.texts).before, raw, "invalid escape")


@st.composite
def _lone_surrogate(draw: st.DrawFn, places: Places) -> RefusedPayload:
    before = draw(places.used_texts).before
    if draw(st.booleans()):
        return fault(draw, before, rb"\u%04X" % draw(st.integers(0xDC00, 0xDFFF)), _LONE_SURROGATE)
    other = draw(st.integers(0, 0xDBFF) | st.integers(0xE000, 0xFFFF))
    return fault(draw, before, _leading(draw) + rb"\u%04x" % other, _LONE_SURROGATE)


@st.composite
def _half_a_pair(draw: st.DrawFn, places: Places) -> RefusedPayload:
    rest = pick(draw, b'"', b"a", b"\n", rb"\n", rb"\"", b"\\\\")
    return fault(draw, draw(places.used_texts).before, _leading(draw) + rest, "unexpected end of hex escape")


@st.composite
def cut_string(draw: st.DrawFn, places: Places) -> RefusedPayload:
    """Draw a payload that ends within a string."""
    raw = pick(draw, b"", b"\\", rb"\u", rb"\u00", rb"\uzzz")
    before, used = draw(places.texts)
    leading = _leading(draw) if used and draw(st.booleans()) else b""
    return cut(before + leading + raw, EOF_STRING)


def refused_strings(places: Places) -> st.SearchStrategy[RefusedPayload]:
    """Return a strategy for payloads with one fault in a string."""
    return st.one_of(_broken_string(places), _broken_escape(places), _lone_surrogate(places), _half_a_pair(places))
