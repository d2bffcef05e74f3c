"""The values of a message to serde_json's bytes, or `EncodeError` for what no Rust value can hold.

A value is taken by its exact type: a subclass of str or int (an enum member, a bool, a numpy string) is refused, as it
may print as something else than it holds; the caller says which of the two is meant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from checkpoint_notify.codec.layout import U64_MAX, Kind, Layout
from checkpoint_notify.errors import EncodeError


def check(message: Any, layout: Layout) -> None:
    """`EncodeError`, naming the field, unless each value is one that Rust can hold."""
    for field in layout.fields:
        _CHECKS[field.kind](field.name, getattr(message, field.name))


def check_string(name: str, value: object) -> None:
    """`EncodeError` unless `value` is a str that UTF-8 can express."""
    if type(value) is not str:
        raise EncodeError(f"{name}: expected str, got {_describe(value)}{_hint(value)}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        surrogate = f"U+{ord(value[error.start]):04X}"
        raise EncodeError(
            f"{name}: lone surrogate {surrogate} at index {error.start}; UTF-8 cannot express it"
        ) from None


def _check_u64(name: str, value: object) -> None:
    if type(value) is not int:
        hint = f"; write int({name})" if hasattr(value, "__index__") else ""
        raise EncodeError(f"{name}: expected int, got {_describe(value)}{hint}")
    if not 0 <= value <= U64_MAX:
        raise EncodeError(f"{name}: {_describe_int(value)} is outside 0..={U64_MAX}, the range of u64")


def _check_string_map(name: str, value: object) -> None:
    if type(value) is not dict:
        raise EncodeError(f"{name}: expected dict, got {_describe(value)}")
    for key, item in value.items():
        check_string(f"a key of {name}", key)
        check_string(f"{name}[{key!r}]", item)


_CHECKS: Final[dict[Kind, Callable[[str, object], None]]] = {
    Kind.STRING: check_string,
    Kind.U64: _check_u64,
    Kind.STRING_MAP: _check_string_map,
}


def _describe(value: object) -> str:
    return "None" if value is None else type(value).__name__


def _describe_int(value: int) -> str:
    return str(value) if value.bit_length() < 1000 else f"an integer of {value.bit_length()} bits"


def _hint(value: object) -> str:
    """What to write instead, where that is plain."""
    if hasattr(value, "__fspath__"):
        return "; write str(path)"
    if isinstance(value, (bytes, bytearray)):
        return "; write value.decode()"
    return "" if value is None else "; write str(value)"
