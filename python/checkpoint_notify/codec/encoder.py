"""Encodes the values of a message as serde_json does; `EncodeError` for a value that Rust cannot hold.

A value is taken by its exact type: a subclass of str or int (an enum member, a bool, a numpy string) is refused, as it
may print as something else than it holds; the caller says which of the two is meant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from checkpoint_notify.codec.layout import U64_MAX, Kind, Layout
from checkpoint_notify.errors import EncodeError

_UNSET: Final = object()

_TESTS: Final[dict[Kind, str]] = {
    Kind.STRING: """
    if type({0}) is not str:
        return None""",
    Kind.U64: """
    if type({0}) is not int or not 0 <= {0} <= U64_MAX:
        return None""",
    # A copy: another thread may change the dict between the check and the write.
    Kind.STRING_MAP: """
    if type({0}) is not dict:
        return None
    {0} = {0}.copy()
    for key, item in {0}.items():
        if type(key) is not str or type(item) is not str:
            return None""",
}
"""For each kind, the code that finds the values that `check` refuses. msgspec finds lone surrogates."""


def compile_writer(layout: Layout) -> Callable[[Any], bytes | None]:
    """Compile the function that writes a message; it returns None if a value is invalid.

    It is compiled from source text, as `dataclasses` compiles `__init__`: a loop over the fields would take several
    times as long as writing them. msgspec writes a struct faster than a dataclass.
    """
    names = [field.name for field in layout.fields]
    values = [f"value{index}" for index in range(len(names))]
    source = [
        "def write_message(message):",
        *(f"    {value} = message.{name}" for value, name in zip(values, names, strict=True)),
        *(_TESTS[field.kind].format(value) for value, field in zip(values, layout.fields, strict=True)),
        f"    return write(Struct({', '.join(values)}))",
    ]
    scope: dict[str, Any] = {
        "Struct": msgspec.defstruct(layout.name, names, gc=False),
        "U64_MAX": U64_MAX,
        "write": msgspec.json.Encoder().encode,
    }
    exec("\n".join(source), scope)
    write_message: Callable[[Any], bytes | None] = scope["write_message"]
    return write_message


def compile_short_writer(layout: Layout) -> Callable[[Any], bytes]:
    """Compile the function that writes a valid message without the fields that hold their default."""
    fields = [
        (field.name, Any) if field.default is None else (field.name, Any, msgspec.field(default_factory=field.default))
        for field in layout.fields
    ]
    struct = msgspec.defstruct(layout.name, fields, kw_only=True, omit_defaults=True, gc=False)
    values = ", ".join(f"{field.name}=message.{field.name}" for field in layout.fields)
    write_short: Callable[[Any], bytes] = eval(
        f"lambda message: write(Struct({values}))", {"Struct": struct, "write": msgspec.json.Encoder().encode}
    )
    return write_short


def check(message: Any, layout: Layout) -> None:
    """Raise EncodeError, with the field, if Rust cannot hold a value."""
    for field in layout.fields:
        value = getattr(message, field.name, _UNSET)
        if value is _UNSET:
            raise EncodeError(f"{field.name}: has no value; make the message with its constructor")
        _CHECKS[field.kind](field.name, value)


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


def _check_u64(name: str, value: object) -> None:
    if type(value) is not int:
        hint = f"; write int({name})" if hasattr(value, "__index__") else ""
        raise EncodeError(f"{name}: expected int, got {_describe(value)}{hint}")
    if not 0 <= value <= U64_MAX:
        raise EncodeError(f"{name}: {_describe_int(value)} is outside 0..={U64_MAX}, the range of u64")


def _check_string_map(name: str, value: object) -> None:
    if type(value) is not dict:
        raise EncodeError(f"{name}: expected dict, got {_describe(value)}")
    for key, item in value.copy().items():
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
    """Return what to write instead, if that is clear."""
    if hasattr(value, "__fspath__"):
        return "; write str(path)"
    if isinstance(value, (bytes, bytearray)):
        return "; write value.decode()"
    return "" if value is None else "; write str(value)"
