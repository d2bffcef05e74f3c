"""Makes schemas of messages, of which some are pairs: an old and a new one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from checkpoint_notify.compat import Bump, Verdict, wire_types
from checkpoint_notify.compat.wire_types import Float, Integer
from checkpoint_notify.resources import schema_text

Node: TypeAlias = dict[str, Any]
Fields: TypeAlias = dict[str, Node]

REAL: Final[Node] = json.loads(schema_text())
F: Final[Fields] = REAL["properties"]
"""The fields of the message, in order."""
STRING: Final[Node] = {"type": "string"}
BOOL: Final[Node] = {"type": "boolean"}
F64: Final[Node] = {"$ref": "#/$defs/f64"}


def integer(rust: str) -> Node:
    """The schema of an integer type of Rust."""
    return {"$ref": f"#/$defs/{rust}"}


U8: Final = integer("u8")
U64: Final = integer("u64")
U32: Final = integer("u32")
I64: Final = integer("i64")


def map_of(values: Node) -> Node:
    """The schema of a map with values of this type."""
    return {"type": "object", "additionalProperties": values}


def vec(items: Node) -> Node:
    """The schema of a list."""
    return {"type": "array", "items": items}


def nullable(inner: Node) -> Node:
    """The schema of an Option inside a list or a map."""
    return {"anyOf": [inner, {"type": "null"}]}


def option(inner: Node, **serde: Any) -> Node:
    """The schema of a field that is an Option, with its `x-serde`."""
    return nullable(inner) | {"default": None} | ({"x-serde": serde} if serde else {})


MAP: Final = map_of(STRING)


def named(name: str) -> Node:
    """A reference to a struct or an enum."""
    return {"$ref": f"#/$defs/{name}"}


def struct(name: str, fields: Mapping[str, Node], **more: Any) -> Node:
    """The schema of a struct in `$defs`; a field without a default is required."""
    required = [field for field, node in fields.items() if "default" not in node]
    return {"title": name, "type": "object", "properties": dict(fields), "required": required} | more


def enum(name: str, *variants: str) -> Node:
    """The schema of an enum in `$defs`."""
    return {"title": name, "type": "string", "enum": list(variants)}


def _number(kind: Integer | Float) -> Node:
    title: Node = {"title": kind.rust.upper()}
    if isinstance(kind, Float):
        return title | {"type": "number"}
    return title | {"type": "integer", "minimum": kind.minimum, "maximum": kind.maximum}


NUMBERS: Final = {name: _number(kind) for name, kind in wire_types.NUMBERS.items()} | REAL["$defs"]
"""The number types as `$defs` describes them."""


def message(fields: Mapping[str, Node], *types: Node, **more: Any) -> Node:
    """The schema of a message with the types that its fields use; a field without a default is required."""
    head = {key: REAL[key] for key in ("$schema", "$id", "description", "additionalProperties")}
    found = head | struct(REAL["title"], fields) | more
    definitions = {kind["title"]: kind for kind in types}
    text = json.dumps([found, definitions])
    numbers = {name: node for name, node in NUMBERS.items() if f'"#/$defs/{name}"' in text}
    return found | {"$defs": numbers | definitions}


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
