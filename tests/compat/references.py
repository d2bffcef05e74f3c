"""References into `$defs`: how each name can be spelled, and references that lead to no type."""

from __future__ import annotations

from typing import Final

from .pairs import REAL, STRING, U64, Node, map_of, refer
from .refusals import with_version

NAMED: Final = {
    "a/b": ("a~1b", "a%7E1b", "a~%31b"),
    "a~b": ("a~0b", "a%7e0b"),
    "a~1b": ("a~01b",),
    "a~0b": ("a~00b",),
    "a%b": ("a%25b",),
    "a%20b": ("a%2520b",),
    "a b": ("a%20b", "a b"),
    "a+b": ("a+b", "a%2Bb"),
    "größe": ("gr%C3%B6%C3%9Fe", "gr%c3%b6%c3%9fe", "größe"),
    "a#b": ("a%23b",),
    "": ("",),
    "u64": ("u64", "%75%36%34"),
}
"""Names in `$defs`, each with the ways to spell it in a reference."""


ASTRAY: Final = {
    "": '"" does not point at a type in $defs',
    "#": '"#" does not point at a type in $defs',
    REAL["$id"]: f'"{REAL["$id"]}" does not point at a type in $defs',
    "#/": '"#/" does not point at a type in $defs',
    "#/$defs": '"#/$defs" does not point at a type in $defs',
    "#/$defs/": "there is no '' in $defs",
    "#/$defs/u64/": '"#/$defs/u64/" does not point at a type in $defs',
    "#/$defs/u64/minimum": '"#/$defs/u64/minimum" does not point at a type in $defs',
    "#/properties/version": '"#/properties/version" does not point at a type in $defs',
    "#/$defs/U64": "there is no 'U64' in $defs",
    "#/$defs%252Fu64": '"#/$defs%252Fu64" does not point at a type in $defs',
    "#/$defs/a%2Fb": '"#/$defs/a%2Fb" does not point at a type in $defs',
    "#/$defs/a~1c": "there is no 'a/c' in $defs",
    "#u64": '"#u64" is not a JSON pointer: begin it with #/',
    "#$defs/u64": '"#$defs/u64" is not a JSON pointer',
    "#/$defs/a~2b": "\"#/$defs/a~2b\" has a '~' without 0 or 1 after it",
    "#/$defs/u64~": "\"#/$defs/u64~\" has a '~' without 0 or 1 after it",
    "#/$defs/%zz": "\"#/$defs/%zz\" has a '%' without two hexadecimal digits",
    "#/$defs/u64%": "\"#/$defs/u64%\" has a '%' without two hexadecimal digits",
    "#/$defs/%ff": '"#/$defs/%ff" has percent-encoded bytes that are not UTF-8',
    "#/$defs/%ed%a0%80": '"#/$defs/%ed%a0%80" has percent-encoded bytes that are not UTF-8',
    "##/$defs/u64": "\"##/$defs/u64\" has a second '#'",
    "other.json": '"other.json" points at another document',
    "other.json#/$defs/u64": '"other.json#/$defs/u64" points at another document',
    "%23/$defs/u64": '"%23/$defs/u64" points at another document',
}
"""References that lead to no type, and what is said of them."""

STARTS: Final = ("#/$defs/", "#/%24defs/", "#%2F$defs%2F", f"{REAL['$id']}#/$defs/")
SPELLED: Final = [(name, start + spelled) for name, all_ in NAMED.items() for spelled in all_ for start in STARTS]
"""Each name with each reference to it."""


def spelled(name: str, reference: str) -> Node:
    """A schema in which the reference is the type of the version, and only what has the name is a u64."""
    names = [*NAMED, *(one for all_ in NAMED.values() for one in all_)]
    return refer(reference, **dict.fromkeys(names, STRING) | {name: U64})


def astray(reference: str) -> dict[str, Node]:
    """Schemas with the reference, by the place where it stands."""
    node: Node = {"$ref": reference}
    types = {"u64": U64, "a/b": U64}
    return {
        "/properties/version/$ref": with_version(node) | {"$defs": types},
        "/properties/version/additionalProperties/$ref": with_version(map_of(node)) | {"$defs": types},
        "/$defs/x~1y/$ref": REAL | {"$defs": types | {"x/y": node}},
        "/$defs/x/additionalProperties/$ref": REAL | {"$defs": types | {"x": map_of(node)}},
    }
