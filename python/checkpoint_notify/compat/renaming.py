"""Whether one field may be another under a new name."""

from __future__ import annotations

from checkpoint_notify.compat.wire_types import Enum, Float, Integer, Map, Option, Struct, Vec, WireType


def alike(one: WireType, other: WireType) -> bool:
    """Return whether a field of one type may be the field of the other type under a new name.

    All number types count as the same, and a type and its Option; structs and enums do if they have a name or a part in
    common.
    """
    if isinstance(one, Option):
        return alike(one.inner, other)
    match one, other:
        case _, Option(inner):
            return alike(one, inner)
        case (Vec(inner), Vec(other_inner)) | (Map(inner), Map(other_inner)):
            return alike(inner, other_inner)
        case Integer() | Float(), Integer() | Float():
            return True
        case Struct(), Struct():
            return one.rust == other.rust or any(field.name in _names(other) for field in one.fields)
        case Enum(), Enum():
            return one.rust == other.rust or any(variant in other.variants for variant in one.variants)
    return type(one) is type(other)


def _names(struct: Struct) -> list[str]:
    return [field.name for field in struct.fields]
