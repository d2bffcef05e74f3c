"""Strategies for parts of JSON. A part that the message uses comes with its value, an ignored part as bytes only."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, TypeAlias

from hypothesis import strategies as st

from checkpoint_notify.codec.layout import U64_MAX


class Spelled(NamedTuple):
    """A value, and one of the ways to write it."""

    value: Any
    raw: bytes


def compact(value: object) -> bytes:
    """Return JSON as serde_json writes it: without white space, and only with the escapes that JSON requires."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]))
"""Every Rust String: all of Unicode except the surrogates."""
_NOTABLE: Final = (
    *(0.0, -0.0, 1.0, -1.0, 0.1, 1e15, 1e16, -1e16, 1e-5, 9.999e-6, 1e-7, 0.30000000000000004, 123456789012345680.0),
    *(5e-324, 2.2250738585072014e-308, -1.7976931348623157e308),
)
FLOATS: Final = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(_NOTABLE)
"""Every value of an f64, those more often that JSON has a form of its own for."""
_SPACES: Final = st.lists(st.sampled_from([b"", b" ", b"\n", b"\t", b"\r\n", b"  "]), max_size=5)

Space: TypeAlias = Callable[[], bytes]
"""Returns the white space for the next place that allows some."""

_UPPER_CASE: Final = 1 << 8
ESCAPED: Final = st.sampled_from([0, 0, 0, 0, 0b1, 0b1000, 0b1010101, 0xFF, _UPPER_CASE | 0xFF])
"""Which characters to escape although JSON does not require it. Eight bits repeat over the characters of the string;
the ninth bit selects upper-case digits."""


def spell(text: str, escaped: int) -> bytes:
    """Return the text as a JSON string with some escapes that JSON does not require."""
    inner = (
        _escape(char, upper=bool(escaped & _UPPER_CASE)) if escaped >> index % 8 & 1 else compact(char)[1:-1]
        for index, char in enumerate(text)
    )
    return b'"' + b"".join(inner) + b'"'


def _escape(char: str, *, upper: bool) -> bytes:
    if char == "/":
        return rb"\/"
    units = char.encode("utf-16-be").hex(" ", 2)
    return "".join(f"\\u{unit}" for unit in (units.upper() if upper else units).split()).encode()


STRINGS: Final = st.builds(lambda text, escaped: Spelled(text, spell(text, escaped)), TEXT, ESCAPED)


def _decimal(digits: int, places: int, sign: str) -> Spelled:
    text = f"{sign}{digits // 10**places}.{digits % 10**places:0{places}d}"
    return Spelled(float(text), text.encode())


def _scientific(digits: int, power: int, sign: str, e: str) -> Spelled:
    text = f"{sign}{digits}{e if power >= 0 else e[0]}{power}"
    return Spelled(float(text), text.encode())


# serde_json does not always read the nearest float. It does for 15 digits and a power of ten up to 22.
_DIGITS: Final = st.integers(0, 10**15 - 1)
_SIGNS: Final = st.sampled_from(["", "-"])
_READ: Final = {
    b"1.5777777777770001": 1.577777777777,
    b"123456789012345678901234567890": 1.2345678901234568e29,
    b"18446744073709551616": 1.8446744073709552e19,
    b"-9223372036854775809": -9.223372036854775808e18,
    b"-0": -0.0,
    b"5e-324": 5e-324,
    b"1e-400": 0.0,
    b"0e999": 0.0,
}
"""Floats that are not built from 15 digits, and what serde_json reads."""
NUMBERS: Final = st.one_of(
    st.integers(-(2**63) + 1, U64_MAX).map(lambda number: Spelled(float(number), b"%d" % number)),
    st.builds(_decimal, _DIGITS, st.integers(1, 15), _SIGNS),
    st.builds(_scientific, _DIGITS, st.integers(-22, 22), _SIGNS, st.sampled_from(["e", "E", "e+"])),
    st.sampled_from([Spelled(value, raw) for raw, value in _READ.items()]),
)
"""Numbers whose f64 is certain."""


def spacing(draw: st.DrawFn) -> Space:
    """Draw the white space for a whole payload at once: one draw for each place would make examples shrink badly."""
    pattern = itertools.cycle(draw(_SPACES) or [b""])
    return lambda: next(pattern)


def spaced(space: Space, parts: Iterable[bytes]) -> bytes:
    """Return the parts with white space around each and commas between them."""
    return b",".join(space() + part + space() for part in parts)


def member(space: Space, key: bytes, value: bytes) -> bytes:
    """Return a member of an object."""
    return key + space() + b":" + space() + value


_ODD: Final = (
    *(b"null", b"true", b"false", b"-0", b"0.1", b"-0.0E+0", b"1e400", b"1e-400", b"123456789012345678901234567890"),
    *(rb'"\ud800"', rb'"\udfff\u0000\/"', rb'"\uD83D\uDE00"', b"[]", b"{}", b'{"a":1,"a":2}', b"[\n1 ,\t2\r]"),
)
_SCALARS: Final = (
    st.sampled_from(_ODD)
    | STRINGS.map(lambda string: string.raw)
    | st.integers().map(lambda number: b"%d" % number)
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda number: repr(number).encode())
)
_DEEP: Final = st.integers(1, 300).map(lambda depth: b"[" * depth + b"]" * depth)


def _containers(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    key = STRINGS.map(lambda string: string.raw)
    members = st.tuples(key, inner).map(b":".join)
    arrays = st.lists(inner, max_size=3).map(lambda values: b"[" + b",".join(values) + b"]")
    return arrays | st.lists(members, max_size=3).map(lambda values: b"{" + b" , ".join(values) + b"}")


IGNORED: Final = st.recursive(_SCALARS, _containers, max_leaves=5) | _DEEP
"""Values of unknown fields, which Rust ignores: any JSON, also values that Rust refuses in a known field."""
