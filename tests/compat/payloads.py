"""Payloads of a message and what each means, counted out from its schema: every kind of value in every spelling.

They are counted out and not drawn: each edge must be met, and what a payload means must be known for any schema, which
neither the strategies of `checkpoint_notify.testing` nor the fuzzer's generator say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from checkpoint_notify.compat import Contract
from checkpoint_notify.compat.kind import ContractKind
from checkpoint_notify.testing._json import compact


class Payload(NamedTuple):
    """A message as text."""

    text: str
    value: dict[str, Any]
    """What its writer means, field by field."""
    written: bool
    """Whether a writer writes it so: an object with all fields. All else is only read."""


UNKNOWN: Final = "no_field_of_any_schema"


def payloads(contract: Contract) -> Iterator[Payload]:
    """At least one payload for each edge of each field, and for each way to spell a message."""
    for value in _values(contract):
        for message, left_out, written in _spellings(contract, value):
            defaults = {field.name: field.default for field in contract.fields if field.name in left_out}
            yield Payload(compact(message).decode(), value | defaults, written)


def _values(contract: Contract) -> Iterator[dict[str, Any]]:
    """A value that differs from all defaults and from field to field; then each field at each of its edges."""
    plain = {field.name: _plain(field.kind, index) for index, field in enumerate(contract.fields)}
    yield plain
    for field in contract.fields:
        for edge in _edges(field.kind):
            yield plain | {field.name: edge}


def _plain(kind: ContractKind, index: int) -> Any:
    if kind.values:
        return {f"key {index}": _plain(kind.values, index)}
    return 100 + index if kind.bounds else f"text {index}"


def _edges(kind: ContractKind) -> list[Any]:
    if kind.bounds:
        return [*kind.bounds]
    if kind.values:
        return [{}, *({"": edge, "ü": _plain(kind.values, 0)} for edge in _edges(kind.values))]
    return ["", 'é\U0001f600"\\\n\x01', "0"]


def _spellings(contract: Contract, value: Mapping[str, Any]) -> Iterator[tuple[object, set[str], bool]]:
    """The JSON value, the names of the fields that it leaves out, and whether it is how a message is written."""
    names = list(value)
    optional = [field.name for field in contract.fields if not field.required]
    yield value, set(), True
    yield {name: value[name] for name in reversed(names)}, set(), False
    for left_out in [{name} for name in optional] + [set(optional)] * (len(optional) > 1):
        yield {name: value[name] for name in names if name not in left_out}, left_out, False
    if not contract.closed:
        yield {UNKNOWN: [1, {"a": None}]} | dict(value), set(), False
    for end in range(len(names), -1, -1):
        yield [value[name] for name in names[:end]], set(names[end:]), False
        if names[end - 1] not in optional:
            break
