"""Every golden vector, decoded and encoded by this package; tests/rust/tests/contract.rs is the Rust half."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final, get_args

import pytest

from checkpoint_notify import CheckpointNotification
from checkpoint_notify.conformance.values import from_protocol
from checkpoint_notify.conformance.verdict import answer_to
from checkpoint_notify.resources import Vector, VectorKind, vectors

LEAST: Final = {"canonical": 40, "unusual": 60, "refused": 120}
"""How many vectors of each kind there must be, so that a lost folder cannot pass."""

FOLDER: Final = Path(__file__).parents[2] / "fixtures" / "checkpoint_notification"

ALL: Final = [vector for kind in get_args(VectorKind) for vector in vectors(kind)]
WRITTEN: Final = [vector for vector in ALL if vector.kind == "canonical"]


def _named(listed: list[Vector]) -> list[object]:
    return [pytest.param(vector, id=f"{vector.kind}-{vector.name}") for vector in listed]


@pytest.mark.parametrize("vector", _named(ALL))
def test_decoded_as_by_rust(vector: Vector) -> None:
    """Value, or category, message, line, column and text, are those of the real crate."""
    expected = {"value": vector.value} if vector.error is None else {"error": vector.error}
    assert expected == answer_to(vector.payload)


@pytest.mark.parametrize("vector", _named(WRITTEN))
def test_encoded_as_by_rust(vector: Vector) -> None:
    """The value of a canonical vector is written with the bytes that Rust's `to_json` wrote."""
    assert vector.value is not None
    notification = from_protocol(vector.value)
    assert vector.payload == notification.to_json_bytes()
    assert vector.payload.decode() == notification.to_json()


def test_unusual_payloads_are_never_written() -> None:
    """What Rust accepts and never writes is rewritten as something else."""
    for vector in vectors("unusual"):
        assert vector.payload != CheckpointNotification.from_json(vector.payload).to_json_bytes(), vector.name


@pytest.mark.parametrize("kind", get_args(VectorKind))
def test_no_kind_is_empty(kind: VectorKind) -> None:
    """Each folder holds at least as many vectors as the contract was published with."""
    assert sum(vector.kind == kind for vector in ALL) >= LEAST[kind]


@pytest.mark.parametrize("of", ["name", "description", "payload"])
def test_no_two_vectors_are_alike(of: str) -> None:
    """Names, descriptions and payloads are unique over all kinds."""
    counted = Counter(getattr(vector, of) for vector in ALL)
    assert [] == [value for value, count in counted.items() if count > 1]


def test_every_vector_is_described() -> None:
    """Each description is a sentence."""
    assert [] == [
        vector.name for vector in ALL if not (vector.description.strip() and vector.description.endswith("."))
    ]


@pytest.mark.parametrize("kind", get_args(VectorKind))
def test_files_come_in_pairs(kind: VectorKind) -> None:
    """A folder holds NAME.payload and NAME.json for each vector, and nothing else."""
    files = {file.name for file in (FOLDER / kind).iterdir()}
    names = {vector.name for vector in ALL if vector.kind == kind}
    assert {name + ending for name in names for ending in (".payload", ".json")} == files
