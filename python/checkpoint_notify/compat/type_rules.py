"""The rules for two types at one place of the message, and for the types inside them.

Backward: a new reader accepts every text that the old type accepts, and reads the same value. Of a struct, that is an
object with its fields in any order, with or without fields that have a default, and with or without fields that neither
schema knows; or it is an array. Of an enum, it is a text or an object.
Forward: an old reader accepts every text that a new writer writes, and reads the same value. Of a struct, that is an
object with all fields of the new schema, but for those that are left out if None. Of an enum, it is a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checkpoint_notify.compat.field_rules import compare_fields, in_both
from checkpoint_notify.compat.presence import is_left_out, json_text
from checkpoint_notify.compat.verdict import Bump, Change
from checkpoint_notify.compat.wire_types import (
    Enum,
    Float,
    Integer,
    Map,
    Option,
    Struct,
    StructField,
    Text,
    Vec,
    WireType,
)

_EXACT: Final = 2**53
"""The greatest number up to which an f64 holds every integer."""
_LOSES_KEYS: Final = "refuses or ignores a key that is no field of"


class TypeRules:
    """Compares types, each pair of structs or enums once: at the first place where the pair stands."""

    def __init__(self, as_maps: dict[tuple[int, int], str] | None = None) -> None:
        self._compared: Final[set[tuple[int, int]]] = set()
        self._as_maps: Final = {} if as_maps is None else as_maps

    def compare(self, place: str, old: WireType, new: WireType, inside: str = "") -> Iterator[Change]:
        """Yield the differences at a place, which is a field of the type `inside`."""
        match old, new:
            case Option(before), Option(after):
                yield from self.compare(place, before, after, inside)
            case _, Option(after):
                yield Change(place, "is an Option now", forward="an old reader has no value for None", type=inside)
                yield from self.compare(place, old, after, inside)
            case Option(before), _:
                yield Change(place, "is no longer an Option", "a new reader has no value for None", type=inside)
                yield from self.compare(place, before, new, inside)
            case Vec(before), Vec(after):
                yield from self.compare(f"{place}[]", before, after, inside)
            case Map(before), Map(after):
                yield from self.compare(f"{place}.*", before, after, inside)
            case Struct(), Struct():
                if self._first(old, new):
                    yield from self.structs(place, old, new, old.rust)
            case Enum(), Enum():
                if self._first(old, new):
                    yield from _enums(place, old, new)
            case Map(values), Struct():
                why = self._as_map(new, values)
                yield Change(place, _was(old, new), f"a new reader {_LOSES_KEYS} {new.rust}", why, type=inside)
            case Struct(), Map():
                why = f"a new reader refuses {_a(old)} that is written as an array"
                yield Change(place, _was(old, new), why, f"an old reader {_LOSES_KEYS} {old.rust}", type=inside)
            case _ if type(old) is not type(new) or old != new:
                backward, forward = _accepted(old, new), _written(new, old)
                yield Change(
                    place,
                    _was(old, new),
                    backward and f"a new reader {backward}",
                    forward and f"an old reader {forward}",
                    type=inside,
                )

    def structs(self, place: str, old: Struct, new: Struct, name: str = "") -> Iterator[Change]:
        """Yield the differences between two structs, and between the types of their fields."""
        for change in compare_fields(old, new):
            yield change._replace(field=_inner(place, change.field), type=name)
        for before, after in in_both(old, new):
            yield from self.compare(_inner(place, before.name), before.type, after.type, name)

    def _as_map(self, struct: Struct, values: WireType) -> str:
        """Return why an old reader of a map of these values refuses or misreads a struct that a new writer writes."""
        pair = (id(struct), id(values))
        if pair not in self._as_maps:
            rules = TypeRules(self._as_maps)
            changes = (
                change
                for field in struct.fields
                for change in rules.compare(field.name, values, _written_type(field), struct.rust)
            )
            found = (f"the field {change.field}: {change.forward}" for change in changes if change.forward)
            self._as_maps[pair] = next(found, "")
        return self._as_maps[pair]

    def _first(self, old: WireType, new: WireType) -> bool:
        pair = (id(old), id(new))
        first = pair not in self._compared
        self._compared.add(pair)
        return first


def _inner(place: str, name: str) -> str:
    return f"{place}.{name}" if place and name else place or name


def _enums(place: str, old: Enum, new: Enum) -> Iterator[Change]:
    if old.rust != new.rust:
        yield Change(place, f"the title was {old.rust} and is {new.rust}: the class uses this name", type=old.rust)
    for shown in map(json_text, _only_in(old, new)):
        yield Change(place, f"the variant {shown} is removed", f"a new reader refuses {shown}", type=old.rust)
    for shown in map(json_text, _only_in(new, old)):
        why = f"an old reader refuses {shown}"
        yield Change(place, f"the variant {shown} is added", forward=why, type=old.rust)
    if old.variants != new.variants and set(old.variants) == set(new.variants):
        what = "the variants are in another order: error texts name them in this order"
        yield Change(place, what, bump=Bump.MINOR, type=old.rust)
    if json_text(old.words | {"title": ""}) != json_text(new.words | {"title": ""}):
        yield Change(place, "the description or examples changed", bump=Bump.PATCH, type=old.rust)


def _only_in(one: Enum, other: Enum) -> list[str]:
    return [variant for variant in one.variants if variant not in other.variants]


def _accepted(accepted: WireType, read: WireType) -> str:
    """Return what a reader does that is wrong with what another type accepts; '' if it reads all of it."""
    if isinstance(accepted, Enum) and isinstance(read, Text):
        return f"refuses a variant that is written as an object: {json_text({accepted.variants[0]: None})}"
    return _written(accepted, read)


def _written(written: WireType, read: WireType) -> str:
    """Return what a reader does that is wrong with what is written for another type; '' if it reads all of it."""
    match written, read:
        case Integer(_, least, greatest), Integer():
            fits = read.minimum <= least and greatest <= read.maximum
            return "" if fits else f"refuses {_a(written)} that does not fit {read.rust}"
        case Integer(_, least, greatest), Float():
            exact = least >= -_EXACT and greatest <= _EXACT
            return "" if exact else f"rounds {_a(written)} beyond 2^53, and the value is lost"
        case Float(), Integer():
            return "refuses an f64, which is written with a point or an exponent, such as 1.0"
        case Enum(), Text():
            return ""
        case Text(), Enum():
            return f"refuses a text that is no variant of {read.rust}"
    return f"refuses {_a(written)}"


def _written_type(field: StructField) -> WireType:
    """Return the type of what is written for a field, where it is written."""
    return field.type.inner if isinstance(field.type, Option) and is_left_out(field) else field.type


def _a(kind: WireType) -> str:
    """Return the name of a type with its article."""
    return f"{'an' if kind.rust[0] in 'AEIOaeiof' else 'a'} {kind.rust}"


def _was(old: WireType, new: WireType) -> str:
    return f"was {_shown(old)} and is {_shown(new)}"


def _shown(kind: WireType) -> str:
    prefix = "the struct " if isinstance(kind, Struct) else "the enum " if isinstance(kind, Enum) else ""
    return prefix + kind.rust
