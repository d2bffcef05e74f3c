"""The Rust types of fields."""

from __future__ import annotations

from typing import Final, NamedTuple


class ContractKind(NamedTuple):
    """A Rust type."""

    rust: str
    """Its name in Rust, which is unique."""
    bounds: tuple[int, int] | None = None
    """The least and the greatest value of an integer type; else None."""
    values: ContractKind | None = None
    """The type of a map's values; None if it is not a map."""

    def holds(self, value: object) -> bool:
        """Return whether a JSON value has this type."""
        if self.bounds:
            return type(value) is int and self.bounds[0] <= value <= self.bounds[1]
        if self.values:
            return isinstance(value, dict) and all(map(self.values.holds, value.values()))
        return isinstance(value, str)


def map_of(values: ContractKind) -> ContractKind:
    """Return the type of a map from strings to values of this type."""
    return ContractKind(f"HashMap<String, {values.rust}>", values=values)


STRING: Final = ContractKind("String")
UNSIGNED: Final = tuple(ContractKind(f"u{bits}", (0, 2**bits - 1)) for bits in (8, 16, 32, 64))
SIGNED: Final = tuple(ContractKind(f"i{bits}", (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)) for bits in (8, 16, 32, 64))
INTEGERS: Final = {kind.bounds: kind for kind in (*UNSIGNED, *SIGNED)}
"""The integer types by their bounds."""
