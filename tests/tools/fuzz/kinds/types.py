"""The types that are fuzzed: what their schemas say of them, and their codecs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from checkpoint_notify._generated import CheckpointNotification
from checkpoint_notify.codec import Codec, codec_for
from checkpoint_notify.compat.schema import read_contract
from checkpoint_notify.compat.wire_types import (
    Enum,
    Map,
    Option,
    Struct,
    StructField,
    Vec,
    WireType,
)
from checkpoint_notify.conformance.values import values_for
from checkpoint_notify.resources import schema_text

from ....support.kinds import SCHEMAS, generated

MESSAGE: Final = "CheckpointNotification"


class Fuzzed(NamedTuple):
    """A type."""

    name: str
    """The name by which the peer knows it."""
    root: Struct
    codec: Codec[Any]
    to_protocol: Callable[[Any], dict[str, Any]]
    """Makes the protocol's form of a value."""


@functools.cache
def fuzzed_types() -> tuple[Fuzzed, ...]:
    """The message, and each type of tests/kinds."""
    message = _fuzzed(MESSAGE, schema_text(), CheckpointNotification)
    return (message, *(_fuzzed(name, file.read_bytes(), generated(name)) for name, file in SCHEMAS.items()))


def _fuzzed(name: str, schema: str | bytes, cls: Any) -> Fuzzed:
    return Fuzzed(name, read_contract(schema).root, codec_for(cls), values_for(cls).to_protocol)


def structs_in(kind: WireType) -> Iterator[Struct]:
    """Every struct in values of a type, and the type itself if it is one."""
    yield from (inner for inner in kinds_in(kind) if isinstance(inner, Struct))


def kinds_in(kind: WireType) -> Iterator[WireType]:
    """The type, and every type in its values."""
    yield kind
    if isinstance(kind, Struct):
        for field in kind.fields:
            yield from kinds_in(field.type)
    elif isinstance(kind, Option | Vec | Map):
        yield from kinds_in(kind.inner)


def has_array_default(field: StructField) -> bool:
    """Whether the array form may end before this field."""
    return not field.required and field.serde.get("default", True) is not False


def is_skipped(field: StructField) -> bool:
    """Whether Rust does not write the field if it is None."""
    return "skip_serializing_if" in field.serde


def family(kind: WireType) -> str:
    """What a type is counted as: its name in Rust, with `struct` and `enum` for those that have a name of their own."""
    match kind:
        case Struct():
            return "struct"
        case Enum():
            return "enum"
        case Option(inner):
            return f"Option<{family(inner)}>"
        case Vec(inner):
            return f"Vec<{family(inner)}>"
        case Map(inner):
            return f"HashMap<{family(inner)}>"
    return kind.rust


def kind_of_field(field: StructField) -> str:
    """What a field is counted as: its family, and for an Option also the attributes that change how it is read."""
    marks = []
    if isinstance(field.type, Option):
        marks += [] if has_array_default(field) else ["no default"]
        marks += ["skipped"] if is_skipped(field) else []
    elif not field.required:
        marks.append("default")
    if isinstance(field.type, Struct) and field.type.closed:
        marks.append("closed")
    return ", ".join([family(field.type), *marks])


def kinds_of_fields(types: Iterable[Fuzzed]) -> dict[str, None]:
    """Return every kind of field in the types."""
    structs = (struct for each in types for struct in structs_in(each.root))
    return dict.fromkeys(kind_of_field(field) for struct in structs for field in struct.fields)
