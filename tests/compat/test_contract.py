"""A schema is read as what it says of the wire, and refused, with the place, where that is not known."""

from __future__ import annotations

import json
import re
from typing import Final

import pytest

from checkpoint_notify.compat import Bump, Comparison, SchemaError, Verdict, compare, read_contract
from checkpoint_notify.resources import schema_text

from .references import ASTRAY, astray
from .refusals import NO_JSON, NO_UNICODE, REFUSED, with_version
from .schemas import MAP, NUMBERS, REAL, STRING, U64, Node, enum, map_of, message, named, nullable, option, struct, vec


def test_the_real_schema() -> None:
    """Name, fields in order, types through `$ref`, and the one default."""
    contract = read_contract(schema_text())
    shown = [(field.name, field.type.rust, field.required, field.default) for field in contract.root.fields]
    assert ("CheckpointNotification", False) == (contract.root.rust, contract.root.closed)
    assert [
        ("model_path", "String", True, None),
        ("model_name", "String", True, None),
        ("version", "u64", True, None),
        ("saved_at", "String", True, None),
        ("training_step", "u64", True, None),
        ("metadata", "HashMap<String, String>", False, {}),
    ] == shown


@pytest.mark.parametrize("name", NUMBERS)
def test_number_types(name: str) -> None:
    """Each is known by its name in `$defs`, as the type of a field and of what a field holds."""
    node: Node = {"$ref": f"#/$defs/{name}"}
    read = read_contract(json.dumps(message({"a": node, "b": map_of(node)})))
    assert [name, f"HashMap<String, {name}>"] == [field.type.rust for field in read.root.fields]


def _refusal(text: str | bytes) -> str:
    with pytest.raises(SchemaError) as caught:
        read_contract(text)
    return str(caught.value)


@pytest.mark.parametrize("name", REFUSED)
def test_unsupported_schemas_are_refused(name: str) -> None:
    """Rather than passed over."""
    schema, begins = REFUSED[name]
    assert begins == _refusal(json.dumps(schema))[: len(begins)]


@pytest.mark.parametrize("reference", ASTRAY)
def test_a_reference_that_leads_nowhere(reference: str) -> None:
    """Refused wherever it stands, also where nothing refers to what holds it."""
    for place, schema in astray(reference).items():
        begins = f"{place}: {ASTRAY[reference]}"
        assert begins == _refusal(json.dumps(schema))[: len(begins)]


@pytest.mark.parametrize("name", NO_UNICODE)
def test_a_lone_surrogate_is_refused(name: str) -> None:
    """Neither a name nor a text may hold one. The error can be printed."""
    schema, begins = NO_UNICODE[name]
    refusal = _refusal(json.dumps(schema))
    assert begins == refusal[: len(begins)]
    assert refusal.isascii()


def test_a_surrogate_pair_is_one_character() -> None:
    """JSON writes a character beyond the first plane as two escapes, which is valid."""
    text = json.dumps(message({"a": STRING | {"title": "\U0001f600"}}))
    assert "\\ud83d\\ude00" in text
    assert {"title": "\U0001f600"} == read_contract(text).root.fields[0].words


@pytest.mark.parametrize("name", NO_JSON)
def test_invalid_json_is_refused(name: str) -> None:
    """So is JSON that has two meanings."""
    text, begins = NO_JSON[name]
    assert begins == _refusal(text)[: len(begins)]


def test_a_changed_type_of_an_example_is_a_patch() -> None:
    """1 and true are different examples, though they are equal in Python."""
    before, after = (read_contract(json.dumps(REAL | {"examples": [example]})) for example in (1, True))
    assert Bump.PATCH == compare(before, after).bump


SAID: Final[Node] = {"description": "Said."}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (MAP | {"default": {}}, map_of(STRING | SAID) | {"default": {}}),
        (vec(STRING), vec(STRING | SAID)),
        (vec(nullable(STRING)), vec(nullable(STRING | SAID))),
        (option(map_of(vec(STRING))), option(map_of(vec(STRING | SAID)))),
    ],
    ids=["map", "list", "option", "deep"],
)
def test_a_changed_description_inside_a_type_is_a_patch(before: Node, after: Node) -> None:
    """It is text for readers, as other descriptions are."""
    comparison = _compared(message({"a": before}), message({"a": after}))
    assert (Verdict.FULL, Bump.PATCH, ["a"]) == (comparison.verdict, comparison.bump, _fields(comparison))


def test_a_changed_description_of_a_type_is_a_patch() -> None:
    """Of a number, a struct and an enum; a struct or an enum is named at its place."""
    fields: Node = {"a": U64, "b": vec(named("Leg")), "c": named("Side")}
    old = message(fields, struct("Leg", {"x": STRING}), enum("Side", "Buy"))
    for name, place in {"u64": "a", "Leg": "b[]", "Side": "c"}.items():
        new = old | {"$defs": old["$defs"] | {name: old["$defs"][name] | SAID}}
        comparison = _compared(old, new)
        assert (Verdict.FULL, Bump.PATCH, [place]) == (comparison.verdict, comparison.bump, _fields(comparison))


def _compared(old: Node, new: Node) -> Comparison:
    return compare(read_contract(json.dumps(old)), read_contract(json.dumps(new)))


def _fields(comparison: Comparison) -> list[str]:
    return [change.field for change in comparison.changes]


def test_maps_within_maps() -> None:
    """However deep: from Python 3.13 on, JSON may go deeper than functions may."""
    for depth in (150, 1500):
        node = '{"type": "object", "additionalProperties": ' * depth + json.dumps(STRING) + "}" * depth
        refusal = _refusal(json.dumps(with_version("NODE")).replace('"NODE"', node))
        assert re.search("nested more than 100 levels deep|maximum recursion depth", refusal)


@pytest.mark.parametrize(
    ("version", "bump", "expected"),
    [
        ("0.1.0", Bump.NONE, "0.1.0"),
        ("0.1.0", Bump.PATCH, "0.1.1"),
        ("0.1.5", Bump.MINOR, "0.2.0"),
        ("0.1.5", Bump.MAJOR, "0.2.0"),
        ("1.2.3", Bump.PATCH, "1.2.4"),
        ("1.2.3", Bump.MINOR, "1.3.0"),
        ("1.2.3", Bump.MAJOR, "2.0.0"),
    ],
)
def test_next_version(version: str, bump: Bump, expected: str) -> None:
    """Before 1.0.0 what would be major is minor."""
    assert expected == bump.after(version)
