"""Reads the files of the contract that the package ships: the schema and the golden vectors.

They lie inside an installed package, where each list of vectors is one file, and at the repository's root in an
editable install.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Literal, NamedTuple, TypeAlias

__all__ = ["Vector", "VectorKind", "schema_text", "vectors"]

VectorKind: TypeAlias = Literal["canonical", "unusual", "refused"]
"""`canonical`: Rust writes it. `unusual`: Rust reads it and never writes it. `refused`: Rust refuses it."""


class Vector(NamedTuple):
    """One golden vector: a payload, and the answer of the real Rust crate to it."""

    name: str
    kind: VectorKind
    description: str
    payload: bytes
    """The bytes on the wire."""
    value: dict[str, Any] | None
    """The fields that Rust reads, as docs/protocol.md says: numbers are strings. None if Rust refuses the payload."""
    error: dict[str, Any] | None
    """`category`, `message`, `line`, `column`, `text`; for `utf8` `category`, `offset`. None if Rust accepts it."""


def schema_text() -> str:
    """Return the canonical JSON Schema (draft 2020-12) of the message, as text."""
    return _folder("schema").joinpath("checkpoint_notification.schema.json").read_text(encoding="utf-8")


def vectors(kind: VectorKind) -> Iterator[Vector]:
    """The golden vectors of one kind, by name."""
    folder = _folder("fixtures").joinpath("checkpoint_notification")
    packed = folder.joinpath(f"{kind}.jsonl")
    for name, about, payload in _lines(packed) if packed.is_file() else _pairs(folder.joinpath(kind)):
        yield Vector(name, kind, about["description"], payload, about.get("value"), about.get("error"))


_Read: TypeAlias = tuple[str, dict[str, Any], bytes]
"""A vector's name, what is said about it, and its payload."""


def _lines(packed: Traversable) -> Iterator[_Read]:
    """The form in a wheel, which `hatch_build.py` writes: one file a list, one line a vector."""
    for line in packed.read_bytes().splitlines():
        about = json.loads(line)
        yield about["name"], about, base64.b64decode(about["payload"])


def _pairs(folder: Traversable) -> Iterator[_Read]:
    """The form in the repository: two files a vector."""
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".json"):
            name = file.name.removesuffix(".json")
            yield name, json.loads(file.read_bytes()), folder.joinpath(f"{name}.payload").read_bytes()


def _folder(name: str) -> Traversable:
    package = resources.files("checkpoint_notify")
    installed = package.joinpath(name)
    return installed if installed.is_dir() else package.joinpath("..", "..", name)
