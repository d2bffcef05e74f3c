"""The rules: which change of a schema stops which reader.

Backward: a new reader takes every message that spells a value of the old schema, and reads the same value: an object in
any order, with or without what has a default and what neither schema knows, or an array.
Forward: an old reader takes every message that a new writer writes, and reads the same value: an object, all fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Final

from checkpoint_notify.compat.contract import Contract, Field
from checkpoint_notify.compat.kind import Kind
from checkpoint_notify.compat.verdict import Bump, Change, Comparison


def compare(old: Contract, new: Contract) -> Comparison:
    """Everything in which the new schema differs from the old one."""
    return Comparison(tuple(change for rule in _RULES for change in rule(old, new)))


def _names(old: Contract, new: Contract) -> Iterator[Change]:
    if old.id != new.id:
        yield Change("", f"$id was {old.id} and is {new.id}: nothing on the wire, but what others refer to it by")
    if old.name != new.name:
        yield Change("", f"the title was {old.name} and is {new.name}: it names the class, and stands in error texts")


def _unknown_fields(old: Contract, new: Contract) -> Iterator[Change]:
    if new.closed and not old.closed:
        yield Change("", "unknown fields are refused", backward="a message with one was taken before")
    if old.closed and not new.closed:
        yield Change("", "unknown fields are no longer refused")


def _removed(old: Contract, new: Contract) -> Iterator[Change]:
    for field in _only_in(old, new):
        backward = "an old message that is an array has a value too many, or one in another field's place"
        forward = "an old reader refuses a message without it" if field.required else ""
        for other in _only_in(new, old):
            if _alike(field.kind, other.kind):
                lost = f"nothing tells this from a renaming to {other.name}, whose value would be lost without an error"
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
            backward = "a new reader refuses an old message, which has no such field"
        elif any(later.name in kept for later in new.fields[index + 1 :]):
            backward = "an old message that is an array has another field's value in this place: add it at the end"
        forward = "an old reader refuses fields that it does not know" if old.closed else ""
        yield Change(field.name, f"added, {_presence(field)}", backward, forward)


def _moved(old: Contract, new: Contract) -> Iterator[Change]:
    before = [field.name for field, _ in _in_both(old, new)]
    after = [field.name for _, field in _in_both(new, old)]
    for name in before:
        if before.index(name) != after.index(name):
            backward = "an old message that is an array has another field's value in this place"
            yield Change(name, "at another place among the fields", backward)


def _kinds(old: Contract, new: Contract) -> Iterator[Change]:
    for before, after in _in_both(old, new):
        if before.kind != after.kind:
            backward = "" if _fits(before.kind, after.kind) else f"a new reader takes no {_beyond(before, after)}"
            forward = "" if _fits(after.kind, before.kind) else f"an old reader takes no {_beyond(after, before)}"
            yield Change(before.name, f"was {before.kind.rust} and is {after.kind.rust}", backward, forward)


def _defaults(old: Contract, new: Contract) -> Iterator[Change]:
    for before, after in _in_both(old, new):
        if before.required and not after.required:
            yield Change(before.name, f"no longer required: {_presence(after)}")
        elif not before.required and after.required:
            backward = "a new reader refuses an old message without it"
            yield Change(before.name, f"required; it had {_presence(before).removeprefix('with ')}", backward)
        elif (was := _json(before.default)) != (now := _json(after.default)):
            backward = f"an old message without it means {was}, and a new reader makes it {now}"
            yield Change(before.name, f"the default was {was} and is {now}", backward)


def _words(old: Contract, new: Contract) -> Iterator[Change]:
    if _json(old.words | {"title": ""}) != _json(new.words | {"title": ""}):
        yield Change("", "what is said about the message", bump=Bump.PATCH)
    for before, after in _in_both(old, new):
        if _json(before.words) != _json(after.words):
            yield Change(before.name, "what is said about it", bump=Bump.PATCH)


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


def _only_in(one: Contract, other: Contract) -> list[Field]:
    known = {field.name for field in other.fields}
    return [field for field in one.fields if field.name not in known]


def _in_both(one: Contract, other: Contract) -> list[tuple[Field, Field]]:
    """Each field of the one that the other has too, with that, in the order of the one."""
    found = {field.name: field for field in other.fields}
    return [(field, found[field.name]) for field in one.fields if field.name in found]


def _alike(one: Kind, other: Kind) -> bool:
    """Whether the value of a field could go on living in the other: all integers are alike."""
    if one.values and other.values:
        return _alike(one.values, other.values)
    return one == other or bool(one.bounds and other.bounds)


def _fits(inner: Kind, outer: Kind) -> bool:
    """Whether each value of the one type is a value of the other."""
    if inner.bounds and outer.bounds:
        return outer.bounds[0] <= inner.bounds[0] and inner.bounds[1] <= outer.bounds[1]
    if inner.values and outer.values:
        return _fits(inner.values, outer.values)
    return inner == outer


def _beyond(written: Field, read: Field) -> str:
    return f"{written.kind.rust} that is no {read.kind.rust}"


def _presence(field: Field) -> str:
    return "required" if field.required else f"with the default {_json(field.default)}"


def _json(value: object) -> str:
    """To show and to compare by, as Python takes 1 and true for the same."""
    return json.dumps(value, sort_keys=True)
