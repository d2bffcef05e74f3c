"""The contract's own files, shipped with the package: the schema and the golden vectors.

They lie inside an installed package, and at the repository's root in an editable install.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Literal, NamedTuple, TypeAlias

VectorKind: TypeAlias = Literal["canonical", "unusual", "refused"]


class Vector(NamedTuple):
    """One golden vector; its expectation is what the real Rust crate answered."""

    name: str
    kind: VectorKind
    """`canonical`: what Rust writes; `unusual`: what it accepts and never writes; `refused`: what it refuses."""
    description: str
    payload: bytes
    """The bytes as they go over the wire."""
    value: dict[str, Any] | None
    """The fields that Rust reads, u64 as decimal strings; None where it refuses."""
    error: dict[str, Any] | None
    """`category`, `message`, `line`, `column`, `text`; for `utf8` `category`, `offset`. None where Rust accepts."""


def schema_text() -> str:
    """The canonical JSON Schema (draft 2020-12) of the message, as text."""
    return _folder("schema").joinpath("checkpoint_notification.schema.json").read_text(encoding="utf-8")


def vectors(kind: VectorKind) -> Iterator[Vector]:
    """The golden vectors of one kind, by name."""
    folder = _folder("fixtures").joinpath("checkpoint_notification", kind)
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".json"):
            name = file.name.removesuffix(".json")
            about = json.loads(file.read_bytes())
            payload = folder.joinpath(f"{name}.payload").read_bytes()
            yield Vector(name, kind, about["description"], payload, about.get("value"), about.get("error"))


def _folder(name: str) -> Traversable:
    package = resources.files("checkpoint_notify")
    installed = package.joinpath(name)
    return installed if installed.is_dir() else package.joinpath("..", "..", name)
