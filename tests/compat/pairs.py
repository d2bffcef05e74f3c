"""Pairs of schemas, with the verdict and what is told of it; that each verdict is true is shown by running them."""

from __future__ import annotations

from typing import Final

from checkpoint_notify.compat import Bump, Verdict

from .kind_pairs import KIND_PAIRS
from .schemas import I64, MAP, REAL, STRING, U32, U64, F, Fields, Node, Pair, map_of, message


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


FULL, BACKWARD, FORWARD, BREAKING = Verdict.FULL, Verdict.BACKWARD, Verdict.FORWARD, Verdict.BREAKING
NOW: Final = message(F)
CLOSED: Final = message(F, additionalProperties=False)
TEXT: Final = STRING | {"default": ""}
STEP: Final = F["training_step"]
NARROW: Final = message(F | {"version": U32})
SIGNED: Final = message(F | {"version": I64})
NEXT: Final = with_field("loss", TEXT)
TEXTS: Final = message(F | {"metadata": MAP | {"default": {}}})
LARGE: Final = message(F | {"metadata": map_of(U64) | {"default": {}}})
SMALL: Final = message(F | {"metadata": map_of(U32) | {"default": {}}})

PAIRS: Final = (
    Pair("nothing", REAL, REAL, FULL, (), Bump.NONE),
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
    Pair("map of strings becomes a map of u64", TEXTS, LARGE, BREAKING, ("metadata.*",)),
    Pair("map of u64 becomes a map of strings", LARGE, TEXTS, BREAKING, ("metadata.*",)),
    Pair("map of u64 becomes a map of u32", LARGE, SMALL, FORWARD, ("metadata.*",)),
    Pair("map of u32 becomes a map of u64", SMALL, LARGE, BACKWARD, ("metadata.*",)),
    Pair(
        "map of u64 becomes a map of i64",
        LARGE,
        message(F | {"metadata": map_of(I64) | {"default": {}}}),
        BREAKING,
        ("metadata.*",),
    ),
    Pair("u64 becomes a map of u64", NOW, message(F | {"version": map_of(U64)}), BREAKING, ("version",)),
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
    *KIND_PAIRS,
)
"""The changes that the documentation lists, in its order."""
