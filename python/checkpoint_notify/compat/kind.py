"""The Rust types of fields."""

from __future__ import annotations

from typing import Final, NamedTuple


class Kind(NamedTuple):
    """A Rust type."""

    rust: str
    """Its name in Rust, by which no two types are the same."""
    bounds: tuple[int, int] | None = None
    """The least and the greatest value of an integer."""
    values: Kind | None = None
    """The type of a map's values."""

    def holds(self, value: object) -> bool:
        """Whether a JSON value can be this field's."""
        if self.bounds:
            return type(value) is int and self.bounds[0] <= value <= self.bounds[1]
        if self.values:
            return isinstance(value, dict) and all(map(self.values.holds, value.values()))
        return isinstance(value, str)


def map_of(values: Kind) -> Kind:
    """The map from strings to values of a type."""
    return Kind(f"HashMap<String, {values.rust}>", values=values)


STRING: Final = Kind("String")
UNSIGNED: Final = tuple(Kind(f"u{bits}", (0, 2**bits - 1)) for bits in (8, 16, 32, 64))
SIGNED: Final = tuple(Kind(f"i{bits}", (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)) for bits in (8, 16, 32, 64))
INTEGERS: Final = {kind.bounds: kind for kind in (*UNSIGNED, *SIGNED)}
"""By their bounds."""
