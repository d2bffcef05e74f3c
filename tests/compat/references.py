"""References that name no type: a type in `$defs` has one name, and a reference one spelling."""

from __future__ import annotations

from typing import Final

from .refusals import with_version
from .schemas import NUMBERS, REAL, Node, map_of, nullable, struct, vec

_NO_TYPE: Final = " is no type in $defs: write it as #/$defs/Name"

ASTRAY: Final = {
    **{
        reference: f'"{reference}"{_NO_TYPE}'
        for reference in (
            "",
            "#",
            REAL["$id"],
            f"{REAL['$id']}#/$defs/u64",
            "#/",
            "#/$defs",
            "#/%24defs/u64",
            "#%2F$defs%2Fu64",
            "#/properties/version",
            "#u64",
            "#$defs/u64",
            "##/$defs/u64",
            "other.json",
            "other.json#/$defs/u64",
        )
    },
    "#/$defs/": "there is no '' in $defs",
    "#/$defs/U64": "there is no 'U64' in $defs",
    "#/$defs/u64/": "there is no 'u64/' in $defs",
    "#/$defs/u64/minimum": "there is no 'u64/minimum' in $defs",
    "#/$defs/%7564": "there is no '%7564' in $defs",
    "#/$defs/u~064": "there is no 'u~064' in $defs",
}
"""References, and what is said of them."""


def astray(reference: str) -> dict[str, Node]:
    """Schemas with the reference, by the place where it stands."""
    node: Node = {"$ref": reference}
    types: Node = {"u64": NUMBERS["u64"]}
    unused: Node = {"Unused": struct("Unused", {"x": vec(node)})}
    return {
        "/properties/version/$ref": with_version(node) | {"$defs": types},
        "/properties/version/additionalProperties/$ref": with_version(map_of(node)) | {"$defs": types},
        "/properties/version/items/anyOf/0/$ref": with_version(vec(nullable(node))) | {"$defs": types},
        "/$defs/Unused/properties/x/items/$ref": REAL | {"$defs": types | unused},
    }
