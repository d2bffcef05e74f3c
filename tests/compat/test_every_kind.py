"""Each kind of field becomes each other kind: the verdict is what compiled structs make of the messages."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from checkpoint_notify.compat import Contract, compare, read_contract

from ..support.cargo import require_cargo
from .arrival import arrived
from .payloads import payloads
from .readers import SerdeReaders
from .schemas import (
    BOOL,
    F64,
    NUMBERS,
    STRING,
    U8,
    U32,
    Node,
    enum,
    map_of,
    message,
    named,
    nullable,
    option,
    struct,
    vec,
)

TYPES: Final = (
    enum("Side", "Buy", "Sell"),
    enum("Wide", "Hold", "Sell", "Buy"),
    struct("Small", {"a": U8}),
    struct("Large", {"a": U32, "b": option(STRING, skip_serializing_if="none")}),
    struct("Closed", {"a": U8}, additionalProperties=False),
    struct("Optional", {"a": U8 | {"default": 0}}),
    struct("Floats", {"a": F64, "b": F64}),
    struct("Outer", {"small": named("Small"), "side": named("Side")}),
)
KINDS: Final[dict[str, Node]] = {
    "String": STRING,
    "bool": BOOL,
    **{name: {"$ref": f"#/$defs/{name}"} for name in NUMBERS},
    **{kind["title"]: named(kind["title"]) for kind in TYPES},
    "Vec<u8>": vec(U8),
    "Vec<f64>": vec(F64),
    "Vec<Option<u8>>": vec(nullable(U8)),
    "Vec<String>": vec(STRING),
    "Vec<Side>": vec(named("Side")),
    "Vec<Small>": vec(named("Small")),
    "Map<u8>": map_of(U8),
    "Map<u32>": map_of(U32),
    "Map<f64>": map_of(F64),
    "Map<Option<u8>>": map_of(nullable(U8)),
    "Map<String>": map_of(STRING),
    "Map<Small>": map_of(named("Small")),
    "Option<u8>": option(U8),
    "Option<f64>": option(F64),
    "Option<String>": option(STRING),
    "Option<Side>": option(named("Side")),
    "Option<Vec<u8>>": option(vec(U8)),
    "Option<Small>": option(named("Small")),
}
"""One field of each kind."""

PRESENCES: Final[dict[str, Node]] = {
    "required": U8,
    "0": U8 | {"default": 0},
    "7": U8 | {"default": 7},
    "Option": option(U8),
    "Option, plain": option(U8, default=False),
    "Option, skipped": option(U8, skip_serializing_if="none"),
    "Option, skipped and plain": option(U8, default=False, skip_serializing_if="none"),
    "Option, 7": option(U8) | {"default": 7},
}
"""Each way in which a field may be absent."""
BEHIND: Final[dict[str, dict[str, Node]]] = {
    "at the end": {},
    "before a required one": {"last": STRING},
    "before an optional one": {"last": STRING | {"default": ""}},
    "before a plain Option": {"last": option(STRING, default=False)},
}
"""What stands behind such a field; it is of another type, so that nothing looks like a renaming."""


def _contract(fields: Mapping[str, Node], *types: Node, **more: Any) -> Contract:
    return read_contract(json.dumps(message(fields, *TYPES, *types, **more)))


BY_KIND: Final = {name: _contract({"name": STRING, "value": node}) for name, node in KINDS.items()}
FIELDS: Final[dict[str, dict[str, Node]]] = {
    f"{name}, {place}": {"name": STRING} | field | behind
    for name, field in {"none": {}, **{name: {"value": node} for name, node in PRESENCES.items()}}.items()
    for place, behind in BEHIND.items()
}
BY_PRESENCE: Final = {
    f"{name}, {'open' if may_have_more else 'closed'}": _contract(fields, additionalProperties=may_have_more)
    for name, fields in FIELDS.items()
    for may_have_more in (True, False)
}
INSIDE: Final = {
    name: _contract({"inner": vec(named("Inner"))}, struct("Inner", fields)) for name, fields in FIELDS.items()
}
ALL: Final = {"kinds": BY_KIND, "presences": BY_PRESENCE, "presences of an inner field": INSIDE}


@pytest.fixture(scope="module")
def serde() -> SerdeReaders:
    """Compiled structs for all messages."""
    require_cargo()
    return SerdeReaders((found for contracts in ALL.values() for found in contracts.values()), "every_kind")


class Arrival(NamedTuple):
    """What becomes of the messages of one contract in another."""

    all: bool
    """Whether all messages arrive, in each form."""
    written: bool
    """Whether all arrive that are written as a writer writes them."""


def _arrivals(serde: SerdeReaders, writer: Contract, readers: Iterable[Contract]) -> list[Arrival]:
    sent = list(payloads(writer))
    answers = iter(serde.read((reader, payload.text) for reader in readers for payload in sent))
    found = []
    for reader in readers:
        results = [
            (payload.written, arrived(payload, read, writer, reader, {}))
            for payload, (read, _) in zip(sent, itertools.islice(answers, len(sent)), strict=True)
        ]
        found.append(Arrival(all(ok for _, ok in results), all(ok for written, ok in results if written)))
    return found


@pytest.mark.parametrize("what", ALL)
def test_any_two(serde: SerdeReaders, what: str) -> None:
    """Each is old and each is new."""
    contracts = ALL[what]
    arrivals = {
        (writer, reader): arrival
        for writer in contracts
        for reader, arrival in zip(contracts, _arrivals(serde, contracts[writer], contracts.values()), strict=True)
    }
    wrong = []
    for old, new in itertools.product(contracts, repeat=2):
        happens = (arrivals[old, new].all, arrivals[new, old].written)
        changes = compare(contracts[old], contracts[new]).changes
        said = tuple(not any(getattr(change, way) for change in changes) for way in ("backward", "forward"))
        if happens != said:
            wrong.append(f"{old} -> {new}: {happens}, not {said}")
    assert [] == wrong


def test_the_documentation_says_how_many() -> None:
    """Contracts of each group, and pairs of all."""
    page = " ".join((Path(__file__).parents[2] / "docs" / "evolution.md").read_text(encoding="utf-8").split())
    kinds, presences, inside = map(len, ALL.values())
    assert f"any two of {kinds} kinds of fields, and of {presences} and {inside} ways in which a field may" in page
    assert f": {kinds**2 + presences**2 + inside**2} comparisons, each with compiled structs" in page
