"""Numbers of fields and error texts: their value as serde_json computes it, and as its error texts show it.

serde_json keeps a number as a u64, an i64 or an f64. Without its feature `float_roundtrip` the f64 is computed in one
step from a u64 significand and a power of ten, so it may be a unit in the last place off; error texts show that value.

The range of a field's integer is checked in `decoder`.
"""

from __future__ import annotations

from typing import Final

from checkpoint_notify.codec.layout import U64_MAX
from checkpoint_notify.codec.scanner import EOF_VALUE, refusal, skip_digits, wrong_byte

_I32_MAX: Final = 2**31 - 1
_MAX_POWER: Final = 308


def read_number(src: bytes, pos: int) -> tuple[int, int | float]:
    """Read a number: an int if serde_json makes a u64 or an i64 of it, else a float; `pos` is at its start.

    serde_json: `Deserializer::parse_any_number` in src/de.rs.
    """
    negative = src.startswith(b"-", pos)
    start = pos + negative
    pos = _integer_part(src, start)
    significand, taken = _accumulate(0, src[start:pos])
    exponent = pos - start - taken
    is_float = exponent > 0
    if src.startswith(b".", pos):
        is_float = True
        start = pos + 1
        pos = _some_digits(src, start)
        significand, taken = _accumulate(significand, src[start:pos])
        exponent -= taken
    if src.startswith((b"e", b"E"), pos):
        pos, value = _exponent_part(src, pos + 1, significand, exponent)
    elif is_float:
        value = _scale(src, pos, significand, exponent)
    elif negative and not 0 < significand <= 2**63:
        value = float(significand)
    else:
        return pos, -significand if negative else significand
    return pos, -value if negative else value


def _integer_part(src: bytes, pos: int) -> int:
    end = _some_digits(src, pos)
    if src.startswith(b"0", pos) and end > pos + 1:
        raise refusal(src, "syntax", "invalid number", pos + 2)
    return end


def _some_digits(src: bytes, pos: int) -> int:
    end = skip_digits(src, pos)
    if end == pos:
        raise wrong_byte(src, pos, "invalid number", at_end=EOF_VALUE)
    return end


def _accumulate(significand: int, digits: bytes) -> tuple[int, int]:
    """Append digits to a significand while it fits in a u64; return it and the number of digits used."""
    taken = 0 if significand else len(digits) - len(digits.lstrip(b"0"))
    for digit in digits[taken : taken + 20]:
        longer = significand * 10 + digit - ord("0")
        if longer > U64_MAX:
            break
        significand = longer
        taken += 1
    return significand, taken


def _exponent_part(src: bytes, pos: int, significand: int, exponent: int) -> tuple[int, float]:
    negative = src.startswith(b"-", pos)
    start = pos + src.startswith((b"+", b"-"), pos)
    end = _some_digits(src, start)
    digits = src[start:end].lstrip(b"0")
    if int(digits[:11] or b"0") <= _I32_MAX:
        power = int(digits or b"0")
        return end, _scale(src, end, significand, exponent - power if negative else exponent + power)
    if significand and not negative:
        overflowing = 10 if int(digits[:10]) > _I32_MAX else 11
        raise refusal(src, "syntax", "number out of range", end - len(digits) + overflowing)
    return end, 0.0


def _scale(src: bytes, pos: int, significand: int, exponent: int) -> float:
    """Return `significand * 10**exponent` by the steps of `f64_from_parts` (src/de.rs); `pos` is behind the number."""
    value = float(significand)
    while abs(exponent) > _MAX_POWER:
        if value == 0.0:
            return value
        if exponent > 0:
            raise refusal(src, "syntax", "number out of range", pos)
        value /= 1e308
        exponent += _MAX_POWER
    if exponent < 0:
        return value / float(f"1e{-exponent}")
    value *= float(f"1e{exponent}")
    if value == float("inf"):
        raise refusal(src, "syntax", "number out of range", pos)
    return value


def show_float(value: float) -> str:
    """Return a finite float as serde_json's error texts print it: shortest digits, fixed notation from 1e-5 to 1e16."""
    text = repr(value)
    if "e" not in text:
        return text
    mantissa, _, power = text.partition("e")
    exponent = int(power)
    if exponent == -5:
        digits = mantissa.replace(".", "").lstrip("-")
        return ("-" if value < 0 else "") + "0.0000" + digits
    return f"{mantissa}e{exponent:+d}"
