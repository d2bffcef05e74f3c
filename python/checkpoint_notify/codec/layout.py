"""The table that drives the codec: the fields of a message, in wire order, read from its generated dataclass."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from enum import Enum
from typing import Any, Final, NamedTuple, get_type_hints

from checkpoint_notify._bounds import IntRange


class Kind(Enum):
    """What a field holds; the value is what serde calls it in "expected …"."""

    STRING = "a string"
    U64 = "u64"
    STRING_MAP = "a map"


class Field(NamedTuple):
    """One field of a message."""

    name: str
    kind: Kind
    default: Callable[[], Any] | None
    """Makes the value of an absent field; None if the field is required."""


class Layout:
    """A message: its name, and its fields in wire order. Compared by identity, which makes cache lookups fast."""

    def __init__(self, name: str, fields: tuple[Field, ...]) -> None:
        self.name: Final = name
        self.fields: Final = fields


U64_MAX: Final = 2**64 - 1
_U64: Final = IntRange(0, U64_MAX)


def layout_of(message: type) -> Layout:
    """Return the layout of a generated dataclass. Raises TypeError for a field whose kind the codec does not know."""
    hints = get_type_hints(message, include_extras=True)
    fields = (Field(f.name, _kind(f.name, hints[f.name]), _default(f)) for f in dataclasses.fields(message))
    return Layout(message.__name__, tuple(fields))


def _kind(name: str, hint: Any) -> Kind:
    if hint is str:
        return Kind.STRING
    if hint == dict[str, str]:
        return Kind.STRING_MAP
    if getattr(hint, "__origin__", None) is int and _U64 in hint.__metadata__:
        return Kind.U64
    raise TypeError(f"field {name}: the codec knows strings, u64 and maps of strings, not {hint}")


def _default(field: dataclasses.Field[Any]) -> Callable[[], Any] | None:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory
    if field.default is dataclasses.MISSING:
        return None
    value = field.default
    return lambda: value
