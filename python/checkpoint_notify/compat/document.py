"""The JSON text of a schema: one value, which every parser reads alike, and places in it."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias

from checkpoint_notify.compat.pointer import child

Node: TypeAlias = dict[str, Any]


class SchemaError(ValueError):
    """A schema that cannot be judged; the text begins with the place, a JSON pointer."""


def refuse(place: str, message: str) -> NoReturn:
    """Raise for what stands at a place."""
    raise SchemaError(f"{place or 'the schema'}: {message}")


def load(text: str | bytes) -> object:
    """The value; `SchemaError` for what is no JSON, or is read in one way here and in another way there."""
    try:
        decoded = text if isinstance(text, str) else text.decode()
        if decoded.startswith("\ufeff"):
            raise ValueError("it begins with a byte order mark: save it as UTF-8 without one")
        found: object = json.loads(decoded, object_pairs_hook=_members, parse_constant=_Constant)
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"not JSON: {error}") from None
    _check(found)
    return found


class _Constant(NamedTuple):
    """What Python takes for a number and JSON does not."""

    name: str


class _Repeating(dict[str, Any]):
    """An object with a name that stands in it twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.name = next(name for name in names if names.count(name) > 1)


def _members(pairs: list[tuple[str, Any]]) -> Node:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Repeating(pairs)


def _check(document: object) -> None:
    """Refuse, with its place, what the parser took and JSON or Unicode does not have."""
    found = [("", document)]
    for place, value in found:  # which grows
        if place.count("/") > _DEPTH:
            refuse(place, f"nested more than {_DEPTH} deep: no message and no example needs that")
        if isinstance(value, _Constant):
            refuse(place, f"not JSON: {value.name} is no number of JSON")
        if isinstance(value, _Repeating):
            refuse(place, f"the key {_quoted(value.name)} stands twice in this object: remove one")
        if isinstance(value, str) and not _is_unicode(value):
            refuse(place, f"{_quoted(value)} is not valid Unicode: {_HALF}")
        if isinstance(value, dict):
            for name in value:
                if not _is_unicode(name):
                    refuse(place, f"the name {_quoted(name)} is not valid Unicode: {_HALF}")
            found += [(child(place, name), item) for name, item in value.items()]
        elif isinstance(value, list):
            found += [(child(place, str(index)), item) for index, item in enumerate(value)]


_DEPTH: Final = 100
"""Less than any function that gets the value can go."""
_HALF: Final = "write both halves of a surrogate pair, or neither"


def _is_unicode(text: str) -> bool:
    """Whether a Rust String can hold it: no half of a surrogate pair."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _quoted(text: str) -> str:
    return json.dumps(text)
