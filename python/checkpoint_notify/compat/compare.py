"""Compares two schemas of one message."""

from __future__ import annotations

from collections.abc import Iterator

from checkpoint_notify.compat.schema import Contract
from checkpoint_notify.compat.type_rules import TypeRules
from checkpoint_notify.compat.verdict import Bump, Change, Comparison
from checkpoint_notify.compat.wire_types import Bool, Map, Option, Struct, Text, Vec, WireType


def compare(old: Contract, new: Contract) -> Comparison:
    """Return all differences between the old and the new schema.

    A change inside a struct or an enum that stands at several places is named once, at the first of them.
    """
    rules = TypeRules()
    used = tuple(rules.structs("", old.root, new.root))
    return Comparison((*_identity(old, new), *used, *_unused(old, new, rules)))


def _identity(old: Contract, new: Contract) -> Iterator[Change]:
    if old.identity != new.identity:
        what = f"$id was {old.identity} and is {new.identity}: the wire stays the same, but references to it change"
        yield Change("", what)


def _unused(old: Contract, new: Contract, rules: TypeRules) -> Iterator[Change]:
    """Yield what changes no message: the types in `$defs` that no field uses are classes too."""
    for name in _without(old.types, new.types.keys() | _used(old.root)):
        yield Change("", f"the type {name} is removed, which no field uses")
    for name in _without(new.types, old.types.keys() | _used(new.root)):
        yield Change("", f"the type {name} is added, which no field uses", bump=Bump.MINOR)
    for name in old.types:
        if name in new.types:  # what the rules have compared already, they leave out here
            for change in rules.compare(name, old.types[name], new.types[name]):
                yield change._replace(backward="", forward="")


def _without(types: dict[str, WireType], names: set[str]) -> list[str]:
    return [name for name in types if name not in names]


def _used(struct: Struct) -> set[str]:
    """Return the names of all types inside a struct."""
    found: set[str] = set()
    open_: list[WireType] = [struct]
    for kind in open_:  # the loop appends to this list
        if isinstance(kind, Option | Vec | Map):
            open_.append(kind.inner)
        elif not isinstance(kind, Text | Bool) and kind.rust not in found:
            found.add(kind.rust)
            open_ += [field.type for field in kind.fields] if isinstance(kind, Struct) else []
    return found
