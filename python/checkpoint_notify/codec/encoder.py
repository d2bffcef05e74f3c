"""Compiles the function that writes a message as serde_json does.

It is compiled from source text, as `dataclasses` compiles `__init__`: a loop over the fields would take several times
as long as writing them. msgspec writes the bytes. It writes a struct faster than a dataclass, so each dataclass becomes
a struct first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from checkpoint_notify.codec.checks import check, is_exact_float
from checkpoint_notify.codec.layout import (
    BoolKind,
    EnumKind,
    Field,
    FloatKind,
    IntKind,
    Kind,
    ListKind,
    MapKind,
    OptionKind,
    StringKind,
    StructKind,
)
from checkpoint_notify.codec.numbers import show_float

_UNSET: Final = object()


class _InvalidValueError(ValueError):
    """A value is invalid; `check` finds out which, and why."""


def encoder_for(layout: StructKind) -> Callable[[Any], bytes]:
    """Return the function that writes a message. It raises EncodeError, with the field, if Rust cannot hold a value."""
    write_message = _Compiler(checked=True, omit_defaults=False).writer(layout)

    def encode(message: Any) -> bytes:
        # Each value is checked each time: pydantic, pickle and others set fields without the constructor.
        try:
            return write_message(message)
        except (_InvalidValueError, AttributeError, UnicodeEncodeError):
            pass  # an invalid value, a field without a value, or a lone surrogate
        check(message, layout)  # says what is wrong, and where
        return encode(message)  # another thread has made the value valid meanwhile

    return encode


def compile_proof_writer(layout: StructKind, *, omit_defaults: bool) -> Callable[[Any], bytes]:
    """Compile the function that writes a value which msgspec has just decoded, without checking it again.

    `omit_defaults` leaves out the fields that hold their default, in the message and in the structs in it. The function
    raises ValueError for a float that serde_json writes with an exponent or cannot write.
    """
    return _Compiler(checked=False, omit_defaults=omit_defaults).writer(layout)


class _Compiler:
    """Compiles the functions that check values and convert them to what msgspec writes."""

    def __init__(self, *, checked: bool, omit_defaults: bool) -> None:
        self._checked = checked
        self._omit_defaults = omit_defaults
        self._scope: dict[str, Any] = {
            "InvalidValueError": _InvalidValueError,
            "UNSET": msgspec.UNSET,
            "as_float": _as_float,
            "raw_float": _raw_float,
            "write": msgspec.json.Encoder().encode,
        }
        """The global names of the compiled functions."""
        self._functions: dict[Kind, str] = {}

    def writer(self, layout: StructKind) -> Callable[[Any], bytes]:
        """Compile the function that writes a message."""
        self._compile("write_message", [*self._fields_code("message", layout, "    "), "    return write(message)"])
        write_message: Callable[[Any], bytes] = self._scope["write_message"]
        return write_message

    def _compile(self, name: str, body: Iterable[str]) -> None:
        exec("\n".join([f"def {name}(message):", *body]), self._scope)

    def _fields_code(self, value: str, layout: StructKind, pad: str) -> list[str]:
        """Return the lines that replace the dataclass in this variable with a struct."""
        lines, arguments = [], []
        for index, field in enumerate(layout.fields):
            inner = f"{value}_{index}"
            lines += [f"{pad}{inner} = {value}.{field.name}", *self._code(inner, field.kind, pad)]
            if field.skipped_if_none:
                lines += [f"{pad}if {inner} is None:", f"{pad}    {inner} = UNSET"]
            arguments.append(f"{field.name}={inner}" if self._omit_defaults else inner)
        return [*lines, f"{pad}{value} = {self._name(self._struct(layout))}({', '.join(arguments)})"]

    def _struct(self, layout: StructKind) -> type[msgspec.Struct]:
        if not self._omit_defaults:
            return msgspec.defstruct(layout.name, [field.name for field in layout.fields], gc=False)
        fields = [(field.name, Any, *_msgspec_default(field)) for field in layout.fields]
        return msgspec.defstruct(layout.name, fields, kw_only=True, omit_defaults=True, gc=False)

    def _code(self, value: str, kind: Kind, pad: str) -> list[str]:
        """Return the lines that check the value in this variable, and replace it with what msgspec is to write."""
        match kind:
            case StringKind():
                return self._unless(f"type({value}) is str", pad)
            case BoolKind():
                return self._unless(f"type({value}) is bool", pad)
            case EnumKind():
                return self._unless(f"type({value}) is {self._name(kind.cls)}", pad)
            case IntKind():
                return self._unless(f"type({value}) is int and {kind.minimum} <= {value} <= {kind.maximum}", pad)
            case FloatKind():
                return self._float_code(value, pad)
            case OptionKind(inner):
                lines = self._code(value, inner, f"{pad}    ")
                return [f"{pad}if {value} is not None:", *lines] if lines else []
            case MapKind(StringKind()) if self._checked:
                return [
                    *self._unless(f"type({value}) is dict", pad),
                    f"{pad}{value} = {value}.copy()",  # another thread may change it between the check and the write
                    f"{pad}for {value}_key, {value}_item in {value}.items():",
                    f"{pad}    if type({value}_key) is not str or type({value}_item) is not str:",
                    f"{pad}        raise InvalidValueError",
                ]
            case StructKind():
                test = self._unless(f"type({value}) is {self._name(kind.cls)}", pad)
                return [*test, *self._fields_code(value, kind, pad)]
            case ListKind(item) | MapKind(item) if not (self._checked or self._code("item", item, "")):
                return []
        return [f"{pad}{value} = {self._function(kind)}({value})"]

    def _float_code(self, value: str, pad: str) -> list[str]:
        # msgspec writes these floats as serde_json does; it spells the exponent of others in another way.
        direct = f"1e-5 <= {value} < 1e16 or -1e16 < {value} <= -1e-5 or {value} == 0.0"
        if not self._checked:
            return [f"{pad}if not ({direct}):", f"{pad}    raise InvalidValueError"]
        return [
            f"{pad}if type({value}) is not float:",
            f"{pad}    {value} = as_float({value})",
            f"{pad}if not ({direct}):",
            f"{pad}    {value} = raw_float({value})",
        ]

    def _unless(self, test: str, pad: str) -> list[str]:
        if not self._checked:
            return []
        return [f"{pad}if not ({test}):", f"{pad}    raise InvalidValueError"]

    def _name(self, thing: object) -> str:
        name = f"global{len(self._scope)}"
        self._scope[name] = thing
        return name

    def _function(self, kind: Kind) -> str:
        """Return the name of the function that converts a list or a map; compile it at the first use."""
        if kind not in self._functions:
            name = f"convert{len(self._functions)}"
            self._functions[kind] = name
            self._compile(name, self._function_body(kind))
        return self._functions[kind]

    def _function_body(self, kind: Kind) -> list[str]:
        match kind:
            case ListKind(item):
                return [
                    *self._unless("type(message) is list", "    "),
                    "    found = message.copy()",
                    "    for index, item in enumerate(found):",
                    *self._code("item", item, "        "),
                    "        found[index] = item",
                    "    return found",
                ]
            case MapKind(value):
                return [
                    *self._unless("type(message) is dict", "    "),
                    "    found = message.copy()",
                    "    for key, item in found.items():",
                    *self._unless("type(key) is str", "        "),
                    *self._code("item", value, "        "),
                    "        found[key] = item",
                    "    return found",
                ]
        raise AssertionError(kind)


def _msgspec_default(field: Field) -> list[Any]:
    """Return a list with the default of a field if msgspec can compare values with it; if not, an empty list."""
    if field.default in (list, dict):
        return [msgspec.field(default_factory=field.default)]
    default = _UNSET if field.default is None else field.default()
    return [default] if default is None or isinstance(default, (str, int, float)) else []


def _as_float(value: object) -> float:
    """Return the float for an int that a float holds exactly."""
    if type(value) is not int or not is_exact_float(value):
        raise _InvalidValueError
    return float(value)


def _raw_float(value: float) -> msgspec.Raw:
    """Return the float as serde_json writes it; msgspec inserts it unchanged."""
    if not math.isfinite(value):
        raise _InvalidValueError
    return msgspec.Raw(show_float(value).encode())
