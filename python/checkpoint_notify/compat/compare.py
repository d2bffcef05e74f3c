"""The rules that say which change of a schema breaks which reader.

Backward: a new reader accepts every message that is valid under the old schema, and reads the same value. The message
is an object with its fields in any order, with or without fields that have a default, and with or without fields that
neither schema knows; or it is an array.
Forward: an old reader accepts every message that a new writer writes, and reads the same value. The message is an
object with all fields of the new schema.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Final

from checkpoint_notify.compat.contract import Contract, ContractField
from checkpoint_notify.compat.kind import ContractKind
from checkpoint_notify.compat.verdict import Bump, Change, Comparison


def compare(old: Contract, new: Contract) -> Comparison:
    """Return all differences between the old and the new schema."""
    return Comparison(tuple(change for rule in _RULES for change in rule(old, new)))


def _names(old: Contract, new: Contract) -> Iterator[Change]:
    if old.id != new.id:
        yield Change("", f"$id was {old.id} and is {new.id}: the wire stays the same, but references to it change")
    if old.name != new.name:
        yield Change("", f"the title was {old.name} and is {new.name}: the class and the error texts use this name")


def _unknown_fields(old: Contract, new: Contract) -> Iterator[Change]:
    if new.closed and not old.closed:
        yield Change("", "unknown fields are refused", backward="an old reader accepts a message with an unknown field")
    if old.closed and not new.closed:
        yield Change("", "unknown fields are no longer refused")


def _removed(old: Contract, new: Contract) -> Iterator[Change]:
    for field in _only_in(old, new):
        backward = "an old message that is an array has one value too many, or values at other fields' positions"
        forward = "an old reader refuses a message without it" if field.required else ""
        for other in _only_in(new, old):
            if _alike(field.kind, other.kind):
                lost = f"this may be a renaming to {other.name}; then readers would lose the value without an error"
                backward, forward = lost, forward or lost
                break
        yield Change(field.name, "removed", backward, forward)


def _added(old: Contract, new: Contract) -> Iterator[Change]:
    kept = {field.name for field in old.fields}
    for index, field in enumerate(new.fields):
        if field.name in kept:
            continue
        backward = ""
        if field.required:
            backward = "a new reader refuses an old message, because the field is missing"
        elif any(later.name in kept for later in new.fields[index + 1 :]):
            backward = "an old message that is an array has another field's value at this position: add it at the end"
        forward = "an old reader refuses unknown fields" if old.closed else ""
        yield Change(field.name, f"added, {_presence(field)}", backward, forward)


def _moved(old: Contract, new: Contract) -> Iterator[Change]:
    before = [field.name for field, _ in _in_both(old, new)]
    after = [field.name for _, field in _in_both(new, old)]
    for name in before:
        if before.index(name) != after.index(name):
            backward = "an old message that is an array has another field's value at this position"
            yield Change(name, "moved to another position among the fields", backward)


def _kinds(old: Contract, new: Contract) -> Iterator[Change]:
    for before, after in _in_both(old, new):
        if before.kind != after.kind:
            backward = "" if _fits(before.kind, after.kind) else f"a new reader refuses a {_beyond(before, after)}"
            forward = "" if _fits(after.kind, before.kind) else f"an old reader refuses a {_beyond(after, before)}"
            yield Change(before.name, f"was {before.kind.rust} and is {after.kind.rust}", backward, forward)


def _defaults(old: Contract, new: Contract) -> Iterator[Change]:
    for before, after in _in_both(old, new):
        if before.required and not after.required:
            yield Change(before.name, f"no longer required: {_presence(after)}")
        elif not before.required and after.required:
            backward = "a new reader refuses an old message without it"
            yield Change(before.name, f"required; it had {_presence(before).removeprefix('with ')}", backward)
        elif (was := _json(before.default)) != (now := _json(after.default)):
            backward = f"an old message without the field means {was}, but a new reader reads {now}"
            yield Change(before.name, f"the default was {was} and is {now}", backward)


def _words(old: Contract, new: Contract) -> Iterator[Change]:
    if _json(old.words | {"title": ""}) != _json(new.words | {"title": ""}):
        yield Change("", "the description or examples of the message changed", bump=Bump.PATCH)
    for before, after in _in_both(old, new):
        if _json(before.words) != _json(after.words):
            yield Change(before.name, "the title, description or examples changed", bump=Bump.PATCH)


_RULES: Final[tuple[Callable[[Contract, Contract], Iterator[Change]], ...]] = (
    _names,
    _unknown_fields,
    _removed,
    _added,
    _moved,
    _kinds,
    _defaults,
    _words,
)


def _only_in(one: Contract, other: Contract) -> list[ContractField]:
    names = {field.name for field in other.fields}
    return [field for field in one.fields if field.name not in names]


def _in_both(one: Contract, other: Contract) -> list[tuple[ContractField, ContractField]]:
    """Return the pairs of fields with the same name, in the order of the first schema."""
    found = {field.name: field for field in other.fields}
    return [(field, found[field.name]) for field in one.fields if field.name in found]


def _alike(one: ContractKind, other: ContractKind) -> bool:
    """Return whether one field may be the other under a new name; all integer types count as the same."""
    if one.values and other.values:
        return _alike(one.values, other.values)
    return one == other or bool(one.bounds and other.bounds)


def _fits(inner: ContractKind, outer: ContractKind) -> bool:
    """Return whether every value of the inner type is a value of the outer type."""
    if inner.bounds and outer.bounds:
        return outer.bounds[0] <= inner.bounds[0] and inner.bounds[1] <= outer.bounds[1]
    if inner.values and outer.values:
        return _fits(inner.values, outer.values)
    return inner == outer


def _beyond(written: ContractField, read: ContractField) -> str:
    return f"{written.kind.rust} that does not fit {read.kind.rust}"


def _presence(field: ContractField) -> str:
    return "required" if field.required else f"with the default {_json(field.default)}"


def _json(value: object) -> str:
    """Return the JSON text of a value, for messages and for comparing: in Python, 1 equals True."""
    return json.dumps(value, sort_keys=True)
