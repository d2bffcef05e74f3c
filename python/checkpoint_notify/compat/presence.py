"""Which messages lack a field, and what a reader then holds."""

from __future__ import annotations

import json
import math

from checkpoint_notify.compat.wire_types import Float, Integer, Map, Option, Struct, StructField, Vec, WireType


def may_be_cut_off(field: StructField) -> bool:
    """Return whether an array may end before the field: only with `#[serde(default)]`, even if it is an Option."""
    return not field.required and "default" not in field.serde


def is_left_out(field: StructField) -> bool:
    """Return whether a writer leaves the field out if it is None."""
    return "skip_serializing_if" in field.serde


def described(field: StructField) -> str:
    """Return in words whether the field may be absent."""
    if field.required:
        return "required"
    words = f"optional with the default {json_text(field.default)}"
    if not may_be_cut_off(field):
        words = "an Option without #[serde(default)]"
    return f"{words} and with skip_serializing_if" if is_left_out(field) else words


def same_default(one: StructField, other: StructField) -> bool:
    """Return whether two optional fields mean the same where they are absent; of structs, the fields that both have."""
    return _same(_meaning(one.type, one.default), _meaning(other.type, other.default))


class _Fields(dict[str, object]):
    """The value of a struct."""


def _meaning(kind: WireType, value: object) -> object:
    """Return a value, given as JSON, so that 1 and 1.0 are equal, but 0.0 and -0.0 are not."""
    match kind, value:
        case Option(inner), _:
            return None if value is None else _meaning(inner, value)
        case Vec(inner), list():
            return [_meaning(inner, item) for item in value]
        case Map(inner), dict():
            return {key: _meaning(inner, item) for key, item in value.items()}
        case Struct(), dict():
            return _Fields((field.name, _meaning(field.type, value.get(field.name))) for field in kind.fields)
        case Integer() | Float(), int() | float():
            return math.copysign(1, value), value
    return value


def _same(one: object, other: object) -> bool:
    match one, other:
        case _Fields(), _Fields():
            return all(_same(one[name], other[name]) for name in one if name in other)
        case dict(), dict():
            return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
        case list(), list():
            return len(one) == len(other) and all(map(_same, one, other))
    return one == other


def json_text(value: object) -> str:
    """Return the JSON text of a value, for messages and for comparing: in Python, 1 equals True."""
    return json.dumps(value, sort_keys=True)
