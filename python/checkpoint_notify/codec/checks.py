"""Checks the values of a message; `EncodeError`, with the field, for a value that Rust cannot hold.

A value is taken by its exact type: a subclass of str or int (an enum member, a bool, a numpy string) is refused, as it
may print as something else than it holds; the caller says which of the two is meant. There is one exception: an int
is accepted in place of a float if a float holds it exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Final

from checkpoint_notify.codec.layout import (
    BoolKind,
    EnumKind,
    FloatKind,
    IntKind,
    Kind,
    ListKind,
    MapKind,
    OptionKind,
    StringKind,
    StructKind,
)
from checkpoint_notify.errors import EncodeError

_UNSET: Final = object()


def check(message: Any, layout: StructKind) -> None:
    """Raise EncodeError, with the field, if Rust cannot hold a value."""
    _check_fields("", message, layout)


def check_string(name: str, value: object) -> None:
    """Raise EncodeError unless `value` is a str that UTF-8 can express."""
    if type(value) is not str:
        raise EncodeError(f"{name}: expected str, got {_describe(value)}{_hint(value)}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        surrogate = f"U+{ord(value[error.start]):04X}"
        raise EncodeError(
            f"{name}: lone surrogate {surrogate} at index {error.start}; UTF-8 cannot express it"
        ) from None


def is_exact_float(value: int) -> bool:
    """Return whether a float holds this int exactly."""
    try:
        return float(value) == value  # Python compares an int and a float exactly
    except OverflowError:
        return False


def _check_fields(prefix: str, message: Any, layout: StructKind) -> None:
    for field in layout.fields:
        value = getattr(message, field.name, _UNSET)
        if value is _UNSET:
            raise EncodeError(f"{prefix}{field.name}: has no value; make the message with its constructor")
        _check(f"{prefix}{field.name}", value, field.kind)


def _check(name: str, value: object, kind: Kind) -> None:
    _CHECKS[type(kind)](name, value, kind)


def _check_bool(name: str, value: object, kind: BoolKind) -> None:
    if type(value) is not bool:
        raise EncodeError(f"{name}: expected bool, got {_describe(value)}; write bool({name})")


def _check_int(name: str, value: object, kind: IntKind) -> None:
    if type(value) is not int:
        hint = f"; write int({name})" if hasattr(value, "__index__") else ""
        raise EncodeError(f"{name}: expected int, got {_describe(value)}{hint}")
    if not kind.minimum <= value <= kind.maximum:
        bounds = f"{kind.minimum}..={kind.maximum}, the range of {kind.expected}"
        raise EncodeError(f"{name}: {_describe_int(value)} is outside {bounds}")


def _check_float(name: str, value: object, kind: FloatKind) -> None:
    if type(value) is int:
        if not is_exact_float(value):
            raise EncodeError(
                f"{name}: a float cannot hold {_describe_int(value)} exactly; write float({name}) to round it"
            )
    elif type(value) is not float:
        hint = f"; write float({name})" if hasattr(value, "__float__") else ""
        raise EncodeError(f"{name}: expected float, got {_describe(value)}{hint}")
    elif not math.isfinite(value):
        raise EncodeError(f"{name}: JSON cannot express {value}; Rust would write null, and could not read it back")


def _check_option(name: str, value: object, kind: OptionKind) -> None:
    if value is not None:
        _check(name, value, kind.inner)


def _check_list(name: str, value: object, kind: ListKind) -> None:
    if type(value) is not list:
        hint = f"; write list({name})" if isinstance(value, Iterable) and not isinstance(value, str) else ""
        raise EncodeError(f"{name}: expected list, got {_describe(value)}{hint}")
    for index, item in enumerate(value.copy()):
        _check(f"{name}[{index}]", item, kind.item)


def _check_map(name: str, value: object, kind: MapKind) -> None:
    if type(value) is not dict:
        raise EncodeError(f"{name}: expected dict, got {_describe(value)}")
    for key, item in value.copy().items():
        check_string(f"a key of {name}", key)
        _check(f"{name}[{key!r}]", item, kind.value)


def _check_enum(name: str, value: object, kind: EnumKind) -> None:
    if type(value) is not kind.cls:
        hint = f"; write {kind.cls.__name__}({name})" if isinstance(value, str) else ""
        raise EncodeError(f"{name}: expected {kind.cls.__name__}, got {_describe(value)}{hint}")


def _check_struct(name: str, value: object, kind: StructKind) -> None:
    if type(value) is not kind.cls:
        raise EncodeError(f"{name}: expected {kind.cls.__name__}, got {_describe(value)}")
    _check_fields(f"{name}.", value, kind)


_CHECKS: Final[dict[type[Kind], Callable[[str, object, Any], None]]] = {
    StringKind: lambda name, value, kind: check_string(name, value),
    BoolKind: _check_bool,
    IntKind: _check_int,
    FloatKind: _check_float,
    OptionKind: _check_option,
    ListKind: _check_list,
    MapKind: _check_map,
    EnumKind: _check_enum,
    StructKind: _check_struct,
}


def _describe(value: object) -> str:
    return "None" if value is None else type(value).__name__


def _describe_int(value: int) -> str:
    return str(value) if value.bit_length() < 1000 else f"an integer of {value.bit_length()} bits"


def _hint(value: object) -> str:
    """Return what to write instead, if that is clear."""
    if hasattr(value, "__fspath__"):
        return "; write str(path)"
    if isinstance(value, (bytes, bytearray)):
        return "; write value.decode()"
    return "" if value is None else "; write str(value)"
