"""Pairs of schemas, with the verdict and what is told of it; that each verdict is true is shown by running them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from checkpoint_notify.compat import Bump, Verdict
from checkpoint_notify.compat.kind import INTEGERS
from checkpoint_notify.resources import schema_text

Node: TypeAlias = dict[str, Any]
Fields: TypeAlias = dict[str, Node]

REAL: Final[Node] = json.loads(schema_text())
F: Final[Fields] = {name: {k: v for k, v in node.items() if k != "$ref"} for name, node in REAL["properties"].items()}
"""The fields of the message, in order."""
STRING: Final[Node] = {"type": "string"}
MAP: Final[Node] = {"type": "object", "additionalProperties": {"type": "string"}}


def integer(rust: str) -> Node:
    """The schema of an integer type of Rust."""
    ((least, greatest),) = [kind.bounds for kind in INTEGERS.values() if kind.rust == rust and kind.bounds]
    return {"type": "integer", "minimum": least, "maximum": greatest}


U64: Final = integer("u64")
U32: Final = integer("u32")
I64: Final = integer("i64")
F["version"] |= U64
F["training_step"] |= U64


def map_of(values: Node) -> Node:
    """The schema of a map with values of this type."""
    return {"type": "object", "additionalProperties": values}


def refer(reference: str, **definitions: Node) -> Node:
    """The schema of the message whose version is what the reference points at."""
    return message(F | {"version": {"$ref": reference}}, **{"$defs": definitions})


def message(fields: Mapping[str, Node], **more: Any) -> Node:
    """The schema of a message; a field without a default is required."""
    required = [name for name, node in fields.items() if "default" not in node]
    head = {key: REAL[key] for key in ("$schema", "$id", "title", "description", "type", "additionalProperties")}
    return head | {"properties": dict(fields), "required": required} | more


def without(*names: str) -> Fields:
    """The fields but for these."""
    return {name: node for name, node in F.items() if name not in names}


def with_field(name: str, node: Node, *, before: str | None = None, fields: Fields = F) -> Fields:
    """The fields and one more, at the end or before one of them."""
    names = list(fields)
    names.insert(names.index(before) if before else len(names), name)
    return {key: node if key == name else fields[key] for key in names}


def in_order(*names: str) -> Fields:
    """All fields in this order."""
    assert sorted(names) == sorted(F)
    return {name: F[name] for name in names}


def renamed(name: str, to: str) -> Fields:
    """The fields with another name for one."""
    return {to if key == name else key: node for key, node in F.items()}


class Pair(NamedTuple):
    """An old and a new schema of one message."""

    change: str
    """What is done, in words."""
    old: Node
    new: Node
    verdict: Verdict
    fields: tuple[str, ...]
    """The fields that are named for it, each once; '' is the message."""
    bump: Bump = Bump.MAJOR
    renaming: tuple[str, str] = ("", "")
    """The name of one and the same thing before and after, where the pair means it so."""


NONE: Final = Bump.NONE
FULL, BACKWARD, FORWARD, BREAKING = Verdict.FULL, Verdict.BACKWARD, Verdict.FORWARD, Verdict.BREAKING
NOW: Final = message(F)
CLOSED: Final = message(F, additionalProperties=False)
TEXT: Final = STRING | {"default": ""}
STEP: Final = F["training_step"]
NARROW: Final = message(F | {"version": U32})
SIGNED: Final = message(F | {"version": I64})
NEXT: Final = with_field("loss", TEXT)
BARE: Final = message(F | {"version": U64})
TEXTS: Final = message(F | {"metadata": MAP | {"default": {}}})
LARGE: Final = message(F | {"metadata": map_of(U64) | {"default": {}}})
LARGE_BY_NAME: Final = message(
    F | {"metadata": map_of({"$ref": "#/$defs/count"}) | {"default": {}}}, **{"$defs": {"count": U64}}
)
BY_NAME: Final[Node] = {"$ref": "#/$defs/a"}
SMALL: Final = message(F | {"metadata": map_of(U32) | {"default": {}}})

PAIRS: Final = (
    Pair("nothing", REAL, REAL, FULL, (), Bump.NONE),
    Pair("`$ref` written out", REAL, REAL | {"properties": F}, FULL, (), Bump.NONE),
    Pair("description of a field", NOW, message(F | {"version": U64}), FULL, ("version",), Bump.PATCH),
    Pair("description of the message", NOW, message(F, description="Another."), FULL, ("",), Bump.PATCH),
    Pair("`$id`", NOW, message(F, **{"$id": "urn:fks:checkpoint_notification:v2"}), FULL, ("",)),
    Pair("title of the message", NOW, message(F, title="Checkpoint"), FULL, ("",)),
    Pair("optional string at the end", NOW, message(NEXT), FULL, ("loss",)),
    Pair("optional u64 at the end", NOW, message(with_field("epoch", U64 | {"default": 0})), FULL, ("epoch",)),
    Pair("optional map at the end", NOW, message(with_field("tags", MAP | {"default": {}})), FULL, ("tags",)),
    Pair(
        "two optional fields at the end",
        NOW,
        message(with_field("epoch", U64 | {"default": 7}, fields=NEXT)),
        FULL,
        ("loss", "epoch"),
    ),
    Pair(
        "optional field before the last",
        NOW,
        message(with_field("loss", TEXT, before="metadata")),
        FORWARD,
        ("loss",),
    ),
    Pair(
        "optional field of the type of the last, before it",
        NOW,
        message(with_field("tags", MAP | {"default": {}}, before="metadata")),
        FORWARD,
        ("tags",),
    ),
    Pair("optional field at the start", NOW, message(with_field("id", TEXT, before="model_path")), FORWARD, ("id",)),
    Pair("required field at the end", NOW, message(with_field("loss", STRING)), FORWARD, ("loss",)),
    Pair(
        "required field in the middle",
        NOW,
        message(with_field("epoch", U64, before="saved_at")),
        FORWARD,
        ("epoch",),
    ),
    Pair("required field removed, in the middle", NOW, message(without("saved_at")), BREAKING, ("saved_at",)),
    Pair(
        "required field removed, at the end",
        message(without("metadata")),
        message(without("metadata", "training_step")),
        BREAKING,
        ("training_step",),
    ),
    Pair("optional field removed, at the end", NOW, message(without("metadata")), FORWARD, ("metadata",)),
    Pair(
        "optional field removed, in the middle",
        message(with_field("loss", TEXT, before="version")),
        NOW,
        FORWARD,
        ("loss",),
    ),
    Pair(
        "optional field removed, another of another type added",
        NOW,
        message(with_field("loss", TEXT, fields=without("metadata"))),
        FORWARD,
        ("metadata", "loss"),
    ),
    Pair(
        "required field renamed",
        NOW,
        message(renamed("model_path", "path")),
        BREAKING,
        ("model_path", "path"),
        renaming=("model_path", "path"),
    ),
    Pair(
        "optional field renamed",
        NOW,
        message(renamed("metadata", "extra")),
        BREAKING,
        ("metadata", "extra"),
        renaming=("metadata", "extra"),
    ),
    Pair(
        "optional integer renamed and widened",
        message(with_field("epoch", U32 | {"default": 0})),
        message(with_field("epochs", U64 | {"default": 0})),
        BREAKING,
        ("epoch", "epochs"),
        renaming=("epoch", "epochs"),
    ),
    Pair(
        "required field renamed, the new name with a default",
        NOW,
        message(
            {
                "path" if name == "model_path" else name: TEXT if name == "model_path" else node
                for name, node in F.items()
            }
        ),
        BREAKING,
        ("model_path", "path"),
        renaming=("model_path", "path"),
    ),
    Pair(
        "two fields of one type swapped",
        NOW,
        message(in_order("model_name", "model_path", "version", "saved_at", "training_step", "metadata")),
        FORWARD,
        ("model_path", "model_name"),
    ),
    Pair(
        "two fields of different types swapped",
        NOW,
        message(in_order("model_path", "model_name", "saved_at", "version", "training_step", "metadata")),
        FORWARD,
        ("version", "saved_at"),
    ),
    Pair(
        "the optional field moved to the start",
        NOW,
        message(in_order("metadata", "model_path", "model_name", "version", "saved_at", "training_step")),
        FORWARD,
        ("model_path", "model_name", "version", "saved_at", "training_step", "metadata"),
    ),
    Pair("u64 becomes a string", NOW, message(F | {"version": STRING}), BREAKING, ("version",)),
    Pair("string becomes u64", NOW, message(F | {"saved_at": U64}), BREAKING, ("saved_at",)),
    Pair("string becomes a map", NOW, message(F | {"model_name": MAP}), BREAKING, ("model_name",)),
    Pair("map becomes a string, both with a default", NOW, message(F | {"metadata": TEXT}), BREAKING, ("metadata",)),
    Pair("u64 becomes u32", message(F | {"version": U64}), NARROW, FORWARD, ("version",)),
    Pair("u32 becomes u64", NARROW, message(F | {"version": U64}), BACKWARD, ("version",)),
    Pair("u64 becomes i64", message(F | {"version": U64}), SIGNED, BREAKING, ("version",)),
    Pair("u32 becomes i64", NARROW, SIGNED, BACKWARD, ("version",)),
    Pair(
        "u32 becomes u64 while a field before the last is added",
        NARROW,
        message(with_field("loss", TEXT, before="metadata", fields=F | {"version": U64})),
        BREAKING,
        ("loss", "version"),
    ),
    Pair("default lost", NOW, message(F | {"metadata": MAP}), FORWARD, ("metadata",)),
    Pair(
        "default given",
        NOW,
        message(F | {"training_step": STEP | {"default": 0}}),
        FULL,
        ("training_step",),
    ),
    Pair(
        "default of a map changed",
        NOW,
        message(F | {"metadata": F["metadata"] | {"default": {"source": "old"}}}),
        FORWARD,
        ("metadata",),
    ),
    Pair(
        "default of a string changed",
        message(NEXT),
        message(with_field("loss", STRING | {"default": "unknown"})),
        FORWARD,
        ("loss",),
    ),
    Pair(
        "default of a u64 changed, with a required field behind it",
        message(F | {"version": U64 | {"default": 0}}),
        message(F | {"version": U64 | {"default": 1}}),
        FORWARD,
        ("version",),
    ),
    Pair("unknown fields refused", NOW, CLOSED, FORWARD, ("",)),
    Pair("unknown fields no longer refused", CLOSED, NOW, FULL, ("",)),
    Pair(
        "optional field at the end, unknown fields refused before and after",
        CLOSED,
        message(NEXT, additionalProperties=False),
        BACKWARD,
        ("loss",),
    ),
    Pair(
        "optional field at the end, unknown fields refused before",
        CLOSED,
        message(NEXT),
        BACKWARD,
        ("", "loss"),
    ),
    Pair(
        "unknown fields refused before and after, an optional one removed",
        CLOSED,
        message(without("metadata"), additionalProperties=False),
        FORWARD,
        ("metadata",),
    ),
    Pair("`$ref` spelled otherwise", refer("#/$defs/u64", u64=U64), refer("#/%24defs/%7564", u64=U64), FULL, (), NONE),
    Pair("`$ref` with the schema's own `$id`", BARE, refer(f"{REAL['$id']}#/$defs/u64", u64=U64), FULL, (), NONE),
    Pair("`$ref` to another name of the same type", BARE, refer("#/$defs/b", a=U64, b=BY_NAME), FULL, (), NONE),
    Pair(
        "u64 becomes u32, `$ref` with `~1` unchanged",
        refer("#/$defs/a~1b", **{"a/b": U64, "a~1b": U64}),
        refer("#/$defs/a~1b", **{"a/b": U32, "a~1b": U64}),
        FORWARD,
        ("version",),
    ),
    Pair(
        "u64 becomes u32, `$ref` with `~01` unchanged",
        refer("#/$defs/a~01b", **{"a~1b": U64, "a/b": U64, "a~01b": U64}),
        refer("#/$defs/a~01b", **{"a~1b": U32, "a/b": U64, "a~01b": U64}),
        FORWARD,
        ("version",),
    ),
    Pair(
        "u64 becomes u32, `$ref` with `%25` unchanged",
        refer("#/$defs/a%2520b", **{"a%20b": U64, "a b": U64, "a%2520b": U64}),
        refer("#/$defs/a%2520b", **{"a%20b": U32, "a b": U64, "a%2520b": U64}),
        FORWARD,
        ("version",),
    ),
    Pair("map of strings becomes a map of u64", TEXTS, LARGE, BREAKING, ("metadata",)),
    Pair("map of u64 becomes a map of strings", LARGE, TEXTS, BREAKING, ("metadata",)),
    Pair("map of u64 becomes a map of u32", LARGE, SMALL, FORWARD, ("metadata",)),
    Pair("map of u32 becomes a map of u64", SMALL, LARGE, BACKWARD, ("metadata",)),
    Pair(
        "map of u64 becomes a map of i64",
        LARGE,
        message(F | {"metadata": map_of(I64) | {"default": {}}}),
        BREAKING,
        ("metadata",),
    ),
    Pair("u64 becomes a map of u64", BARE, message(F | {"version": map_of(U64)}), BREAKING, ("version",)),
    Pair("map of u64, its values by `$ref`", LARGE, LARGE_BY_NAME, FULL, (), NONE),
    Pair(
        "optional map renamed, its integers widened",
        message(with_field("losses", map_of(U32) | {"default": {}})),
        message(with_field("lost", map_of(U64) | {"default": {}})),
        BREAKING,
        ("losses", "lost"),
        renaming=("losses", "lost"),
    ),
    Pair(
        "optional map removed, another with values of another type added",
        message(with_field("losses", map_of(U64) | {"default": {}})),
        message(with_field("notes", MAP | {"default": {}})),
        FORWARD,
        ("losses", "notes"),
    ),
)
"""The changes that the documentation lists, in its order."""
