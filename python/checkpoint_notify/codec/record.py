"""The base class of each generated class."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

from checkpoint_notify.codec.encoder import encoder_for
from checkpoint_notify.codec.layout import layout_of
from checkpoint_notify.codec.normalizer import Normalizer, normalizer_of
from checkpoint_notify.errors import EncodeError

_set_field = object.__setattr__


class Record:
    """A struct of a serde message. Immutable, and compared by value.

    The constructor raises `EncodeError` for a value that the Rust struct cannot hold; so do pydantic, msgspec, cattrs,
    pickle and copy. Lists and maps are copied. An int in place of a float becomes a float.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        """Copy and check the values; msgspec and pydantic set the fields without the constructor and then call this."""
        normalizers, encode = _checks(type(self))  # type: ignore[arg-type]  # a class is always hashable
        for name, normalize in normalizers:
            _set_field(self, name, normalize(getattr(self, name)))
        encode(self)  # raises EncodeError

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the constructor make copies and unpickled instances."""
        return _make, (type(self), {name: getattr(self, name) for name in _names(type(self)) if hasattr(self, name)})


def _make(cls: type[Record], values: dict[str, Any]) -> Record:
    """Make a copy or an unpickled instance. Raises EncodeError if it has other fields than the class."""
    if other := set(_names(cls)).symmetric_difference(values):
        raise EncodeError(f"{cls.__name__}: these fields have no value or are of another version: {sorted(other)}")
    return cls(**values)


def _names(cls: type[Record]) -> list[str]:
    return [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]  # each subclass is a dataclass


def _generated(cls: type) -> type:
    """Return the generated class that this class is, or is built on: a subclass may have fields that Rust has not."""
    return next(base for base in reversed(cls.__mro__) if Record in base.__bases__)


@functools.cache
def _checks(cls: type) -> tuple[list[tuple[str, Normalizer]], Callable[[Any], bytes]]:
    """Return the fields whose values are copied or converted, and the function that checks all values."""
    layout = layout_of(_generated(cls), cls)
    fields = [(field.name, normalizer_of(field.kind)) for field in layout.fields]
    return [(name, normalize) for name, normalize in fields if normalize is not None], encoder_for(layout)
