"""Texts of numbers: every notation that JSON has, close to where floats end, change their notation, or round."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Final

from checkpoint_notify.codec.numbers import show_float

_BOUNDARIES: Final = (
    *(2**53, 2**54, 2**63, 2**64, 10**15, 10**16, 10**17, 10**22, 10**23),
    *(1e-5, 1e-7, 1e16, 2.0**-1022, 2.0**-1074, 1.7976931348623157e308, 0.1, 0.3),
)


def random_float(random: Random) -> float:
    """A finite float of any bits."""
    while True:
        (value,) = struct.unpack("<d", struct.pack("<Q", random.getrandbits(64)))
        if math.isfinite(value):
            return float(value)


def shortest(random: Random) -> str:
    """The shortest text of any float, as serde_json writes it or as Python does."""
    value = random_float(random)
    return show_float(value) if random.random() < 0.5 else repr(value)


def usual(random: Random) -> str:
    """A number as metrics are: a few digits, or the result of a computation."""
    value = random.choice((random.random(), random.uniform(-1000, 1000), random.gauss(0, 1e-4), random.random() ** 9))
    return show_float(round(value, random.randrange(1, 9)) if random.random() < 0.75 else value)


def digits(random: Random) -> str:
    """1 to 25 digits with a point at any place, and often with any exponent."""
    count = random.randrange(1, 26)
    text = str(random.randrange(10**count)).zfill(count)
    point = random.randrange(count + 1)
    whole = text[:point].lstrip("0") or "0"
    fraction = f".{text[point:]}" if point < count else ""
    exponent = ""
    if random.random() < 0.6:
        power = random.choice((random.randrange(-30, 31), random.randrange(-345, 330)))
        sign = "+" if power >= 0 and random.random() < 0.3 else ""
        zeros = "0" * random.choice((0, 0, 0, 1, 4))
        exponent = f"{random.choice('eE')}{sign}{'-' * (power < 0)}{zeros}{abs(power)}"
    return random.choice(("", "", "-")) + whole + fraction + exponent


def halfway(random: Random) -> str:
    """A number halfway between two floats, or close to it."""
    value = abs(random_float(random)) if random.random() < 0.3 else random.uniform(0, 10.0 ** random.randrange(-6, 20))
    middle = (Fraction(value) + Fraction(math.nextafter(value, math.inf))) / 2 if value < 1.79e308 else Fraction(value)
    count = random.choice((15, 16, 17, 18, 19, 20, 25, 40))
    power = math.floor(math.log10(value)) - count + 1 if value > 0 else 0
    scaled = middle * Fraction(10) ** -power
    near = int(scaled) + random.choice((-1, 0, 0, 0, 1))
    return f"{near}e{power}" if random.random() < 0.5 else _with_point(near, power)


def _with_point(number: int, power: int) -> str:
    """A number times a power of ten, without an exponent if that is short."""
    if not -30 < power < 10 or number < 0:
        return f"{number}.0e{power}"
    if power >= 0:
        return f"{number}{'0' * power}.0"
    text = str(number).zfill(1 - power)
    return f"{text[:power]}.{text[power:]}"


def boundary(random: Random) -> str:
    """A number close to one at which something changes."""
    value = random.choice(_BOUNDARIES)
    if isinstance(value, int):
        text = str(value + random.randrange(-4, 5))
        return random.choice(("", "-")) + text + random.choice(("", "", ".0", ".5", "e0", "0", ".000000000000001"))
    for _ in range(random.randrange(4)):
        value = math.nextafter(value, random.choice((math.inf, -math.inf)))
    return random.choice((repr, show_float))(value if math.isfinite(value) else 1.0)


def subnormal(random: Random) -> str:
    """A number near the smallest ones."""
    if random.random() < 0.5:
        (value,) = struct.unpack("<d", struct.pack("<Q", random.getrandbits(random.randrange(1, 54))))
        return show_float(value)
    return f"{random.randrange(1, 10**17)}e-{random.randrange(300, 350)}"


def overflow(random: Random) -> str:
    """A number near the greatest ones, often beyond them."""
    count = random.randrange(1, 22)
    number = random.randrange(10 ** (count - 1), 10**count)
    return f"{number}e{random.randrange(306, 311) - count + 1}"


MAKERS: Final[tuple[Callable[[Random], str], ...]] = (
    *(shortest, shortest, usual, digits, digits, digits, halfway, halfway, boundary, subnormal, overflow),
)


def number_text(random: Random) -> str:
    """A number of any of these kinds; it may be beyond all floats."""
    return random.choice(MAKERS)(random)
