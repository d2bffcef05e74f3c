"""Converts messages to and from the values of the peer protocol and the golden vectors (docs/protocol.md).

The codec's layout of a class says what each field holds, so a class of any kinds of fields has its values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, NamedTuple, NoReturn, TypeVar

from checkpoint_notify._generated import CheckpointNotification as Fields
from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify.codec.checks import check_string
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
    layout_of,
)
from checkpoint_notify.codec.numbers import show_float

M = TypeVar("M")
N = TypeVar("N", int, float)


class Values(NamedTuple, Generic[M]):
    """Converts messages of one class."""

    to_protocol: Callable[[M], dict[str, Any]]
    """Return the protocol's value for a message."""
    from_protocol: Callable[[object], M]
    """Return the message for a protocol's value.

    Raises ValueError, with the place, unless the value has all fields, no others, and each in its one spelling;
    EncodeError, with the place, for a string that UTF-8 cannot express.
    """


def values_for(message: type[M], generated: type | None = None) -> Values[M]:
    """Return the conversions for a class; the arguments are those of `codec_for`."""
    layout = layout_of(generated or message, message)

    def to_protocol(held: M) -> dict[str, Any]:
        value: dict[str, Any] = _to_value(held, layout)
        return value

    def from_protocol(value: object) -> M:
        held: M = _from_value("value", value, layout)
        return held

    return Values(to_protocol, from_protocol)


def _to_value(held: Any, kind: Kind) -> Any:
    match kind:
        case StringKind() | BoolKind():
            return held
        case IntKind():
            return str(held)
        case FloatKind():
            return show_float(held)
        case EnumKind():
            return held.value
        case OptionKind(inner):
            return None if held is None else _to_value(held, inner)
        case ListKind(inner):
            return [_to_value(item, inner) for item in held]
        case MapKind(inner):
            return {key: _to_value(item, inner) for key, item in held.items()}
        case StructKind():
            return {field.name: _to_value(getattr(held, field.name), field.kind) for field in kind.fields}


def _from_value(place: str, value: Any, kind: Kind) -> Any:
    match kind:
        case OptionKind(inner):
            return None if value is None else _from_value(place, value, inner)
        case BoolKind():
            return _expect(bool, "true or false", place, value)
        case ListKind(inner):
            items = _expect(list, "an array", place, value)
            return [_from_value(f"{place}[{index}]", item, inner) for index, item in enumerate(items)]
        case MapKind(inner):
            return _map_of(place, _expect(dict, "an object", place, value), inner)
        case StructKind():
            return _struct_of(place, _expect(dict, "an object", place, value), kind)
        case StringKind():
            text = _expect(str, "a string", place, value)
            check_string(place, text)
            return text
        case EnumKind():
            variants = {variant.value: variant for variant in kind.cls}
            text = _expect(str, "a string", place, value)
            return variants[text] if text in variants else _refuse(place, f"one of {[*variants]}", value)
        case IntKind(minimum=minimum, maximum=maximum):
            expected = f"a string with the decimal digits of an integer from {minimum} to {maximum}"
            integer = _number_of(place, _expect(str, expected, place, value), int, str, expected)
            return integer if minimum <= integer <= maximum else _refuse(place, expected, value)
        case FloatKind():
            expected = "a string with the shortest text of a finite float"
            number = _number_of(place, _expect(str, expected, place, value), float, show_float, expected)
            return number if math.isfinite(number) else _refuse(place, expected, value)


def _map_of(place: str, entries: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    for key in entries:
        check_string(f"a key of {place}", key)
    return {key: _from_value(f"{place}[{key!r}]", item, kind) for key, item in entries.items()}


def _struct_of(place: str, members: Mapping[str, Any], kind: StructKind) -> Any:
    names = [field.name for field in kind.fields]
    if missing := [name for name in names if name not in members]:
        raise ValueError(f"{place}: it lacks {missing}; a value has all fields of {kind.name}")
    if unknown := sorted(members.keys() - set(names)):
        raise ValueError(f"{place}: it has {unknown}, but a value has only the fields of {kind.name}")
    return kind.cls(
        **{one.name: _from_value(f"{place}.{one.name}", members[one.name], one.kind) for one in kind.fields}
    )


def _number_of(place: str, text: str, parse: Callable[[str], N], show: Callable[[N], str], expected: str) -> N:
    """Return the number that a text is for. Every other text of the same number is refused."""
    try:
        number = parse(text)
    except ValueError:
        _refuse(place, expected, text)
    return number if show(number) == text else _refuse(place, expected, text)


def _expect(cls: type, expected: str, place: str, value: Any) -> Any:
    return value if type(value) is cls else _refuse(place, expected, value)


def _refuse(place: str, expected: str, value: object) -> NoReturn:
    raise ValueError(f"{place}: expected {expected}, got {value!r:.60}")


_MESSAGE: Final = values_for(CheckpointNotification, Fields)
to_protocol: Final = _MESSAGE.to_protocol
from_protocol: Final = _MESSAGE.from_protocol
