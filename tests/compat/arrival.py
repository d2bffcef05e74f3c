"""Whether a message arrives: it is taken, and each field has the value that its writer means."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from checkpoint_notify.compat import Contract
from checkpoint_notify.compat.wire_types import Map, Option, Struct, Vec, WireType

from .payloads import Payload, whole
from .readers import Read


def arrived(payload: Payload, read: Read, writer: Contract, reader: Contract, names: Mapping[str, str]) -> bool:
    """Whether each field of the reader holds what is meant, or its default if the writer knows no such field.

    `names` holds the writer's name of a field that the reader has under another one.
    """
    if read is None:
        return False
    known = {field.name: field.type for field in writer.root.fields}
    for field in reader.root.fields:
        name = names.get(field.name, field.name)
        if name not in known and field.required:
            return False  # an array has another field's value at this position
        meant = payload.value[name] if name in known else whole(field.type, field.default)
        if not same(known.get(name, field.type), meant, field.type, read.get(field.name)):
            return False
    return True


def same(writer: WireType, meant: Any, reader: WireType, found: Any) -> bool:
    """Whether a value means the same to both; of two structs, the fields that both have."""
    if meant is None or found is None:
        return meant is found
    writer, reader = (kind.inner if isinstance(kind, Option) else kind for kind in (writer, reader))
    if isinstance(writer, Vec) and isinstance(reader, Vec):
        return len(meant) == len(found) and all(
            same(writer.inner, one, reader.inner, other) for one, other in zip(meant, found, strict=True)
        )
    if isinstance(writer, Struct | Map) and isinstance(reader, Struct | Map):
        before, after = _members(writer, meant), _members(reader, found)
        if isinstance(writer, Map) and before.keys() - after.keys():
            return False
        if isinstance(reader, Map) and after.keys() - before.keys():
            return False
        if isinstance(reader, Map):
            after = dict.fromkeys(before, (reader.inner, None)) | after
        return all(same(*before[name], *after[name]) for name in before if name in after)
    return _scalar(meant) == _scalar(found)


def _members(kind: Struct | Map, value: dict[str, Any]) -> dict[str, tuple[WireType, Any]]:
    if isinstance(kind, Map):
        return {name: (kind.inner, item) for name, item in value.items()}
    return {field.name: (field.type, value.get(field.name)) for field in kind.fields}


def _scalar(value: Any) -> tuple[object, ...]:
    """1 and 1.0 are the same; 1 and true are not, and 0.0 and -0.0 are not."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value, math.copysign(1, value)
    return type(value), value
