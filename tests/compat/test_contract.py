"""A schema is read as what it says of the wire, and refused, with the place, where that is not known."""

from __future__ import annotations

import json
import re

import pytest

from checkpoint_notify.compat import Bump, SchemaError, Verdict, compare, read_contract
from checkpoint_notify.compat.kind import INTEGERS, ContractKind
from checkpoint_notify.resources import schema_text

from .pairs import MAP, REAL, STRING, U64, Node, integer, map_of, message, refer
from .references import ASTRAY, SPELLED, astray, spelled
from .refusals import NO_JSON, NO_UNICODE, REFUSED, with_default, with_version


def test_the_real_schema() -> None:
    """Name, fields in order, types through `$ref`, and the one default."""
    contract = read_contract(schema_text())
    shown = [(field.name, field.kind.rust, field.required, field.default) for field in contract.fields]
    assert ("CheckpointNotification", False) == (contract.name, contract.closed)
    assert [
        ("model_path", "String", True, None),
        ("model_name", "String", True, None),
        ("version", "u64", True, None),
        ("saved_at", "String", True, None),
        ("training_step", "u64", True, None),
        ("metadata", "HashMap<String, String>", False, {}),
    ] == shown


@pytest.mark.parametrize("kind", INTEGERS.values(), ids=lambda kind: kind.rust)
def test_integer_types(kind: ContractKind) -> None:
    """Each integer type of Rust is known by its bounds, as the type of a field and of a map's values."""
    node = integer(kind.rust)
    read = read_contract(json.dumps(message({"a": node, "b": map_of(node)})))
    assert [kind.rust, f"HashMap<String, {kind.rust}>"] == [field.kind.rust for field in read.fields]


def _refusal(text: str | bytes) -> str:
    with pytest.raises(SchemaError) as caught:
        read_contract(text)
    return str(caught.value)


@pytest.mark.parametrize("name", REFUSED)
def test_unsupported_schemas_are_refused(name: str) -> None:
    """Rather than passed over."""
    schema, begins = REFUSED[name]
    assert begins == _refusal(json.dumps(schema))[: len(begins)]


@pytest.mark.parametrize(("name", "reference"), SPELLED)
def test_a_reference_leads_to_one_name(name: str, reference: str) -> None:
    """However it is spelled; all other names are of another type."""
    kinds = {field.name: field.kind.rust for field in read_contract(json.dumps(spelled(name, reference))).fields}
    assert "u64" == kinds["version"]


@pytest.mark.parametrize("reference", ASTRAY)
def test_a_reference_that_leads_nowhere(reference: str) -> None:
    """Refused wherever it stands, also where nothing refers to what holds it."""
    for place, schema in astray(reference).items():
        begins = f"{place}: {ASTRAY[reference]}"
        assert begins == _refusal(json.dumps(schema))[: len(begins)]


@pytest.mark.parametrize("length", [1, 2, 2000])
def test_references_in_a_circle(length: int) -> None:
    """Refused, however long the circle is."""
    circle: Node = {str(index): {"$ref": f"#/$defs/{(index + 1) % length}"} for index in range(length)}
    assert ": this reference leads back to itself" in _refusal(json.dumps(refer("#/$defs/0", **circle)))


def test_references_through_references() -> None:
    """The type stands at the end; of what is said, the nearest counts."""
    far: Node = U64 | {"title": "Far", "description": "Far.", "examples": [1]}
    near: Node = {"$ref": "#/$defs/far", "description": "Near."}
    schema = refer("#/$defs/near", near=near, far=far)
    schema["properties"]["version"]["title"] = "Own"
    field = read_contract(json.dumps(schema)).fields[2]
    assert ("u64", {"title": "Own", "description": "Near.", "examples": [1]}) == (field.kind.rust, field.words)


@pytest.mark.parametrize("name", NO_UNICODE)
def test_a_lone_surrogate_is_refused(name: str) -> None:
    """Neither a name nor a text may hold one. The error can be printed."""
    schema, begins = NO_UNICODE[name]
    refusal = _refusal(json.dumps(schema))
    assert begins == refusal[: len(begins)]
    assert refusal.isascii()


def test_a_surrogate_pair_is_one_character() -> None:
    """JSON writes a character beyond the first plane as two escapes, which is valid."""
    text = json.dumps(message({"\U0001f600": STRING | {"title": "\U0001f600"}}))
    assert "\\ud83d\\ude00" in text
    assert "\U0001f600" == read_contract(text).fields[0].name


@pytest.mark.parametrize("name", NO_JSON)
def test_invalid_json_is_refused(name: str) -> None:
    """So is JSON that has two meanings."""
    text, begins = NO_JSON[name]
    assert begins == _refusal(text)[: len(begins)]


def test_a_changed_type_of_an_example_is_a_patch() -> None:
    """1 and true are different examples, though they are equal in Python."""
    before, after = (read_contract(json.dumps(REAL | {"examples": [example]})) for example in (1, True))
    assert Bump.PATCH == compare(before, after).bump


def test_a_changed_description_of_map_values_is_a_patch() -> None:
    """It is text for readers, as other descriptions are."""
    said = MAP | {"additionalProperties": STRING | {"description": "A value."}}
    before, after = (read_contract(json.dumps(with_default(node | {"default": {}}))) for node in (MAP, said))
    assert (Verdict.FULL, Bump.PATCH) == (compare(before, after).verdict, compare(before, after).bump)


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
