"""Parses the JSON text of a schema, and refuses text that another parser may read differently."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias

from checkpoint_notify.compat.pointer import child

Node: TypeAlias = dict[str, Any]
"""A JSON object of a schema."""


class SchemaError(ValueError):
    """A schema cannot be judged; the text begins with the place, a JSON pointer."""


def refuse(place: str, message: str) -> NoReturn:
    """Raise a SchemaError that names the place."""
    raise SchemaError(f"{place or 'the schema'}: {message}")


def load(text: str | bytes) -> object:
    """Return the parsed value; raises `SchemaError` if the text is not JSON, or if parsers disagree about it."""
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
    """A number that Python's parser accepts and JSON does not have: NaN or an infinity."""

    name: str


class _Repeating(dict[str, Any]):
    """An object that has the same name twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.name = next(name for name in names if names.count(name) > 1)


def _members(pairs: list[tuple[str, Any]]) -> Node:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Repeating(pairs)


def _check(document: object) -> None:
    """Refuse values that Python's parser accepts and that are not valid JSON or Unicode; name their place."""
    found = [("", document)]
    for place, value in found:  # the loop appends to this list
        if place.count("/") > _DEPTH:
            refuse(place, f"nested more than {_DEPTH} levels deep: remove the levels below, no message needs them")
        if isinstance(value, _Constant):
            refuse(place, f"not JSON: {value.name} is not a JSON number")
        if isinstance(value, _Repeating):
            refuse(place, f"the key {_quoted(value.name)} occurs twice in this object: remove one")
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
"""Low enough that no later recursive function reaches Python's recursion limit."""
_HALF: Final = "write both halves of a surrogate pair, or neither"


def _is_unicode(text: str) -> bool:
    """Return whether a Rust String can hold the text: it has no lone surrogate."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _quoted(text: str) -> str:
    return json.dumps(text)
