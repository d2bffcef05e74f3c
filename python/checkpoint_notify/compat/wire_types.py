"""The types that a serde message is made of, and which JSON values are a value of each."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from checkpoint_notify.compat.document import Node, refuse
from checkpoint_notify.compat.pointer import child


@dataclass(frozen=True, slots=True)
class Text:
    """The type `String`."""

    rust: str = "String"


@dataclass(frozen=True, slots=True)
class Bool:
    """The type `bool`."""

    rust: str = "bool"


@dataclass(frozen=True, slots=True)
class Integer:
    """The integer types `u8` to `u64` and `i8` to `i64`."""

    rust: str
    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Float:
    """The type `f64`."""

    rust: str = "f64"


@dataclass(frozen=True, slots=True)
class Option:
    """An `Option<T>`."""

    inner: WireType

    @property
    def rust(self) -> str:
        """The name in Rust."""
        return f"Option<{self.inner.rust}>"


@dataclass(frozen=True, slots=True)
class Vec:
    """A `Vec<T>`."""

    inner: WireType

    @property
    def rust(self) -> str:
        """The name in Rust."""
        return f"Vec<{self.inner.rust}>"


@dataclass(frozen=True, slots=True)
class Map:
    """A `HashMap<String, T>`."""

    inner: WireType

    @property
    def rust(self) -> str:
        """The name in Rust."""
        return f"HashMap<String, {self.inner.rust}>"


@dataclass(frozen=True, slots=True)
class Enum:
    """An enum of unit variants."""

    rust: str
    variants: tuple[str, ...]
    """The names on the wire, in the order of the Rust enum."""
    words: Node


@dataclass(frozen=True, slots=True)
class StructField:
    """One field of a struct."""

    name: str
    type: WireType
    required: bool
    default: Any
    """The value of a field that is absent, as JSON; None where it is required."""
    serde: Node
    """What JSON Schema cannot say: the node's `x-serde`."""
    words: Node
    inner_words: Node
    """What is said of the types inside its own, such as the items of a list."""


@dataclass(frozen=True, slots=True)
class Struct:
    """A struct."""

    rust: str
    fields: tuple[StructField, ...]
    closed: bool
    """Whether it has `#[serde(deny_unknown_fields)]`."""
    words: Node


WireType: TypeAlias = Text | Bool | Integer | Float | Option | Vec | Map | Enum | Struct
"""The type of a field, or of what a field holds."""

INTEGERS: Final = tuple(
    Integer(f"{sign}{bits}", -(2 ** (bits - 1)) if sign == "i" else 0, 2 ** (bits - (sign == "i")) - 1)
    for sign in "ui"
    for bits in (8, 16, 32, 64)
)
NUMBERS: Final[dict[str, Integer | Float]] = {**{kind.rust: kind for kind in INTEGERS}, "f64": Float()}
"""By their names in Rust."""


def check_value(kind: WireType, value: object, place: str) -> None:
    """`SchemaError` with the place, unless the JSON value is one of this type."""
    match kind:
        case Option(inner):
            if value is not None:
                check_value(inner, value, place)
        case Vec(inner) if isinstance(value, list):
            for index, item in enumerate(value):
                check_value(inner, item, child(place, str(index)))
        case Map(inner) if isinstance(value, dict):
            for name, item in value.items():
                check_value(inner, item, child(place, name))
        case Struct() if isinstance(value, dict):
            _check_struct(kind, value, place)
        case _ if not _is_scalar(kind, value):
            refuse(place, f"{json.dumps(value)} is no {kind.rust}: write a value that is one")


def _check_struct(struct: Struct, value: Node, place: str) -> None:
    fields = {field.name: field for field in struct.fields}
    for name in value:
        if name not in fields:
            refuse(child(place, name), f"{struct.rust} has no field {name!r}: correct the name, or remove it")
    for name, field in fields.items():
        if name in value:
            check_value(field.type, value[name], child(place, name))
        elif "skip_serializing_if" not in field.serde:
            refuse(place, f"the field {name!r} of {struct.rust} is missing: write the whole object")


def _is_scalar(kind: WireType, value: object) -> bool:
    match kind:
        case Text():
            return isinstance(value, str)
        case Bool():
            return isinstance(value, bool)
        case Integer(_, minimum, maximum):
            return type(value) is int and minimum <= value <= maximum
        case Float():
            return _is_float(value)
        case Enum(_, variants):
            return value in variants
    return False


def _is_float(value: object) -> bool:
    """Whether it is a number that an f64 holds, and an integer that it holds exactly."""
    if isinstance(value, float):
        return math.isfinite(value)
    try:
        return type(value) is int and float(value) == value
    except OverflowError:
        return False
