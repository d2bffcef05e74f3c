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
            normalize = normalizer_of(item)
            return functools.partial(_normalize_list, normalize) if normalize else _copy_list
        case MapKind(value):
            normalize = normalizer_of(value)
            return functools.partial(_normalize_map, normalize) if normalize else _copy_map
        case StructKind() if holds(kind, lambda inner: isinstance(inner, (ListKind, MapKind))):
            fields = [(field.name, normalizer_of(field.kind)) for field in kind.fields]
            return functools.partial(_copy_struct, kind.cls, fields)
    return None


def _to_float(value: Any) -> Any:
    return float(value) if type(value) is int and is_exact_float(value) else value


def _copy_list(value: Any) -> Any:
    return value.copy() if type(value) is list else value


def _normalize_list(normalize: Normalizer, value: Any) -> Any:
    return [normalize(item) for item in value.copy()] if type(value) is list else value


def _copy_map(value: Any) -> Any:
    if type(value) is dict:  # the common case
        return value.copy()
    return dict(value) if isinstance(value, Mapping) else value


def _normalize_map(normalize: Normalizer, value: Any) -> Any:
    copied = _copy_map(value)
    return {key: normalize(item) for key, item in copied.items()} if type(copied) is dict else copied


def _copy_struct(cls: type, fields: list[tuple[str, Normalizer | None]], value: Any) -> Any:
    if type(value) is not cls:
        return value
    copied = object.__new__(cls)
    for name, normalize in fields:
        if hasattr(value, name):  # if not, the check says so
            inner = getattr(value, name)
            object.__setattr__(copied, name, inner if normalize is None else normalize(inner))
    return copied
