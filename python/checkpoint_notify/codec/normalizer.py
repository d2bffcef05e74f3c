"""Takes the values that a constructor was given into a message: copies of lists and maps, floats in place of ints.

The caller may change its own lists and maps later. Values of the wrong type are returned unchanged; the check that
follows refuses them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from checkpoint_notify.codec.checks import is_exact_float
from checkpoint_notify.codec.layout import FloatKind, Kind, ListKind, MapKind, OptionKind, StructKind, holds

Normalizer: TypeAlias = Callable[[Any], Any]


def normalizer_of(kind: Kind) -> Normalizer | None:
    """Return the function that takes in a value of this kind; None if such values are used unchanged."""
    match kind:
        case FloatKind():
            return _to_float
        case OptionKind(inner):
            return normalizer_of(inner)  # None has none of the types that it changes
        case ListKind(item):
            return functools.partial(_copy_list, normalizer_of(item))
        case MapKind(value):
            return functools.partial(_copy_map, normalizer_of(value))
        case StructKind() if holds(kind, lambda inner: isinstance(inner, (ListKind, MapKind))):
            fields = [(field.name, normalizer_of(field.kind)) for field in kind.fields]
            return functools.partial(_copy_struct, kind.cls, fields)
    return None


def _to_float(value: Any) -> Any:
    return float(value) if type(value) is int and is_exact_float(value) else value


def _copy_list(normalize: Normalizer | None, value: Any) -> Any:
    if type(value) is not list:
        return value
    return value.copy() if normalize is None else [normalize(item) for item in value.copy()]


def _copy_map(normalize: Normalizer | None, value: Any) -> Any:
    if type(value) is not dict:
        if not isinstance(value, Mapping):
            return value
        value = dict(value)
    return value.copy() if normalize is None else {key: normalize(item) for key, item in value.copy().items()}


def _copy_struct(cls: type, fields: list[tuple[str, Normalizer | None]], value: Any) -> Any:
    if type(value) is not cls:
        return value
    copied = object.__new__(cls)
    for name, normalize in fields:
        if hasattr(value, name):  # if not, the check says so
            inner = getattr(value, name)
            object.__setattr__(copied, name, inner if normalize is None else normalize(inner))
    return copied
