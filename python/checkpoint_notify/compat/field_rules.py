"""The rules for the fields of one struct: which are there, in which order, and which may be absent.

Each rule names a field by its name alone, and the struct by ''.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import Final

from checkpoint_notify.compat.presence import described, is_left_out, json_text, may_be_cut_off, same_default
from checkpoint_notify.compat.renaming import alike
from checkpoint_notify.compat.verdict import Bump, Change
from checkpoint_notify.compat.wire_types import Struct, StructField


def compare_fields(old: Struct, new: Struct) -> Iterator[Change]:
    """Yield the differences between two structs; those between the types of their fields are not among them."""
    for rule in _RULES:
        yield from rule(old, new)


def in_both(one: Struct, other: Struct) -> list[tuple[StructField, StructField]]:
    """Return the pairs of fields with the same name, in the order of the first struct."""
    found = {field.name: field for field in other.fields}
    return [(field, found[field.name]) for field in one.fields if field.name in found]


def _unknown_fields(old: Struct, new: Struct) -> Iterator[Change]:
    if new.closed and not old.closed:
        yield Change("", "unknown fields are refused", backward="an old reader accepts a message with an unknown field")
    if old.closed and not new.closed:
        yield Change("", "unknown fields are no longer refused")


def _removed(old: Struct, new: Struct) -> Iterator[Change]:
    for field in _only_in(old, new):
        backward = "an old message that is an array has one value too many, or values at other fields' positions"
        if new.closed:
            backward = "a new reader refuses an old message with it, because unknown fields are refused"
        forward = "an old reader refuses a message without it" if field.required else ""
        for other in _only_in(new, old):
            if alike(field.type, other.type):
                lost = f"this may be a renaming to {other.name}; then readers would lose the value without an error"
                backward, forward = lost, forward or lost
                break
        yield Change(field.name, "removed", backward, forward)


def _added(old: Struct, new: Struct) -> Iterator[Change]:
    kept = {field.name for field in old.fields}
    for index, field in enumerate(new.fields):
        if field.name in kept:
            continue
        backward = ""
        if field.required:
            backward = "a new reader refuses an old message, because the field is missing"
        elif any(later.name in kept for later in new.fields[index + 1 :]):
            backward = "an old message that is an array has another field's value at this position: add it at the end"
        elif not may_be_cut_off(field):
            backward = "an old message that is an array is too short: give the field #[serde(default)]"
        forward = "an old reader refuses unknown fields" if old.closed else ""
        yield Change(field.name, f"added, {described(field)}", backward, forward)


def _moved(old: Struct, new: Struct) -> Iterator[Change]:
    before = [field.name for field, _ in in_both(old, new)]
    after = [field.name for _, field in in_both(new, old)]
    for name in before:
        if before.index(name) != after.index(name):
            backward = "an old message that is an array has another field's value at this position"
            yield Change(name, "moved to another position among the fields", backward)


def _presence(old: Struct, new: Struct) -> Iterator[Change]:
    cut_off = {field.name for field in takewhile(may_be_cut_off, reversed(old.fields))}
    for before, after in in_both(old, new):
        if (before.required, before.serde) != (after.required, after.serde):
            what = f"was {described(before)}, and is {described(after)}"
        elif not same_default(before, after):
            what = f"the default was {json_text(before.default)} and is {json_text(after.default)}"
        else:
            continue
        backward = _absent(before, after, in_arrays=before.name in cut_off)
        yield Change(before.name, what, backward, _left_out(before, after))


def _absent(before: StructField, after: StructField, *, in_arrays: bool) -> str:
    """Return why a new reader refuses or misreads an old message without the field."""
    if before.required:
        return ""
    if after.required:
        return "a new reader refuses an old message without it"
    if not same_default(before, after):
        means, reads = json_text(before.default), json_text(after.default)
        return f"an old message without the field means {means}, but a new reader reads {reads}"
    if in_arrays and not may_be_cut_off(after):
        return "a new reader refuses an old message that is an array and ends before the field"
    return ""


def _left_out(before: StructField, after: StructField) -> str:
    """Return why an old reader misreads a new message without the field; without a default, it has no None either."""
    if is_left_out(after) and before.default is not None:
        return f"a new writer leaves out None, and an old reader then reads {json_text(before.default)}"
    return ""


def _words(old: Struct, new: Struct) -> Iterator[Change]:
    if json_text(old.words | {"title": ""}) != json_text(new.words | {"title": ""}):
        yield Change("", "the description or examples changed", bump=Bump.PATCH)
    for before, after in in_both(old, new):
        same_type = before.type.rust == after.type.rust
        inner = (before.inner_words, after.inner_words) if same_type else ({}, {})
        if json_text([before.words, inner[0]]) != json_text([after.words, inner[1]]):
            yield Change(before.name, "the title, description or examples changed", bump=Bump.PATCH)


def _name(old: Struct, new: Struct) -> Iterator[Change]:
    if old.rust != new.rust:
        yield Change("", f"the title was {old.rust} and is {new.rust}: the class and the error texts use this name")


_RULES: Final[tuple[Callable[[Struct, Struct], Iterator[Change]], ...]] = (
    _name,
    _unknown_fields,
    _removed,
    _added,
    _moved,
    _presence,
    _words,
)


def _only_in(one: Struct, other: Struct) -> list[StructField]:
    names = {field.name for field in other.fields}
    return [field for field in one.fields if field.name not in names]
