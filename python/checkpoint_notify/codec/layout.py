"""The table that drives the codec: the fields of a struct, in wire order, read from its generated dataclass.

Each kind is the counterpart of a Rust type. The docstring of `schema/generate.py` describes the form of the class.
"""

from __future__ import annotations

import dataclasses
import enum
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, NamedTuple, TypeAlias, Union, get_args, get_origin, get_type_hints

from checkpoint_notify._bounds import Finite, IntRange


@dataclass(frozen=True, slots=True)
class StringKind:
    """`String`."""

    expected: ClassVar[str] = "a string"


@dataclass(frozen=True, slots=True)
class BoolKind:
    """`bool`."""

    expected: ClassVar[str] = "a boolean"


@dataclass(frozen=True, slots=True)
class IntKind:
    """`u8` to `u64` and `i8` to `i64`."""

    expected: str
    """The Rust type."""
    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class FloatKind:
    """`f64`."""

    expected: ClassVar[str] = "f64"


@dataclass(frozen=True, slots=True)
class OptionKind:
    """`Option<T>`."""

    inner: Kind

    @property
    def expected(self) -> str:
        """What serde expects if the value is not null."""
        return self.inner.expected


@dataclass(frozen=True, slots=True)
class ListKind:
    """`Vec<T>`."""

    item: Kind
    expected: ClassVar[str] = "a sequence"


@dataclass(frozen=True, slots=True)
class MapKind:
    """`HashMap<String, T>`."""

    value: Kind
    expected: ClassVar[str] = "a map"


@dataclass(frozen=True, slots=True)
class EnumKind:
    """An enum of unit variants."""

    cls: type[enum.StrEnum]
    expected: ClassVar[str] = "variant identifier"


class StructKind:
    """A struct: its class, its fields in wire order, and whether it refuses unknown fields.

    Compared by identity, which makes cache lookups fast.
    """

    def __init__(self, cls: type, name: str, fields: tuple[Field, ...], *, deny_unknown_fields: bool) -> None:
        self.cls: Final = cls
        self.name: Final = name
        self.fields: Final = fields
        self.deny_unknown_fields: Final = deny_unknown_fields
        self.expected: Final = f"struct {name}"


Kind: TypeAlias = StringKind | BoolKind | IntKind | FloatKind | OptionKind | ListKind | MapKind | EnumKind | StructKind


class Field(NamedTuple):
    """One field of a struct."""

    name: str
    kind: Kind
    default: Callable[[], Any] | None
    """Makes the value of a field that is absent from an object; None if the field is required."""
    array_default: Callable[[], Any] | None
    """The same for the array form. serde gives an Option without `#[serde(default)]` no default there."""
    skipped_if_none: bool
    """Whether it has `#[serde(skip_serializing_if = "Option::is_none")]`."""


STRING: Final = StringKind()
STRING_MAP: Final = MapKind(STRING)
U64_MAX: Final = 2**64 - 1

_SIZES: Final = (8, 16, 32, 64)
_INTEGERS: Final = {
    **{IntRange(0, 2**bits - 1): f"u{bits}" for bits in _SIZES},
    **{IntRange(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1): f"i{bits}" for bits in _SIZES},
}
FLOAT: Final = FloatKind()
U64: Final = IntKind("u64", 0, U64_MAX)


def layout_of(generated: type, message: type | None = None) -> StructKind:
    """Return the layout of a generated dataclass, or of the class `message` that is built on it.

    Raises TypeError for a field whose kind the codec does not know.
    """
    return _struct(generated, message or generated, {})


def structs_in(kind: Kind) -> Iterator[StructKind]:
    """Return every struct in values of this kind, inner ones first; if the kind is a struct, it is the last."""
    found: dict[StructKind, None] = {}
    _collect(kind, found)
    return iter(found)


def holds(kind: Kind, sought: Callable[[Kind], bool]) -> bool:
    """Return whether `sought` is true for the kind or for one inside it."""
    return sought(kind) or any(holds(inner, sought) for inner in _inner(kind))


def _collect(kind: Kind, found: dict[StructKind, None]) -> None:
    for inner in _inner(kind):
        _collect(inner, found)
    if isinstance(kind, StructKind):
        found[kind] = None


def _inner(kind: Kind) -> tuple[Kind, ...]:
    match kind:
        case OptionKind(inner) | ListKind(inner) | MapKind(inner):
            return (inner,)
        case StructKind():
            return tuple(field.kind for field in kind.fields)
    return ()


def _struct(generated: type, cls: type, known: dict[type, StructKind]) -> StructKind:
    if generated not in known:
        hints = get_type_hints(generated, include_extras=True)
        fields = tuple(_field(field, hints[field.name], known) for field in dataclasses.fields(generated))
        closed = bool(getattr(generated, "__deny_unknown_fields__", False))
        known[generated] = StructKind(cls, generated.__name__, fields, deny_unknown_fields=closed)
    return known[generated]


def _field(field: dataclasses.Field[Any], hint: Any, known: dict[type, StructKind]) -> Field:
    serde = field.metadata.get("serde", {})
    default = _default(field)
    array_default = default if serde.get("default", True) else None
    return Field(field.name, _kind(field.name, hint, known), default, array_default, "skip_serializing_if" in serde)


def _kind(name: str, hint: Any, known: dict[type, StructKind]) -> Kind:
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType) and len(arguments) == 2 and arguments[1] is types.NoneType:
        return OptionKind(_kind(name, arguments[0], known))
    if origin is list:
        return ListKind(_kind(name, arguments[0], known))
    if origin is dict and arguments[0] is str:
        return MapKind(_kind(name, arguments[1], known))
    for bounds in getattr(hint, "__metadata__", ()):
        if getattr(hint, "__origin__", None) is int and bounds in _INTEGERS:
            return IntKind(_INTEGERS[bounds], bounds.minimum, bounds.maximum)
    if isinstance(hint, type) and issubclass(hint, enum.StrEnum):
        return EnumKind(hint)
    if dataclasses.is_dataclass(hint):
        return _struct(hint, hint, known)  # type: ignore[arg-type]  # a class: hints are no instances
    raise TypeError(
        f"field {name}: the codec knows str, bool, bounded int, float, T | None, list, dict of str, StrEnum and"
        f" dataclasses, not {hint}"
    )


_SCALARS: Final[dict[Any, Kind]] = {
    str: STRING,
    bool: BoolKind(),
    float: FLOAT,
    Annotated[float, Finite()]: FLOAT,
}


def _default(field: dataclasses.Field[Any]) -> Callable[[], Any] | None:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory
    if field.default is dataclasses.MISSING:
        return None
    value = field.default
    return lambda: value
