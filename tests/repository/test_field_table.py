"""The table of fields in docs/message.md, for schemas with fields of every kind."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from ..support.docs import DOCS
from ..support.kinds import SCHEMAS, schema


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The hook of mkdocs that makes the table; of a schema that is set."""
    monkeypatch.syspath_prepend(DOCS)
    return importlib.import_module("generated")


def _lines(page: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    monkeypatch.setattr(page, "schema_text", lambda: SCHEMAS[name].read_text(encoding="utf-8"))
    return list(page.fields())


ROWS = """
| `flag` | `bool` | true or false | `bool` | refused |
| `delta` | `i32` | integer from -2147483648 to 2147483647 | `int` | refused |
| `loss` | `f64` | number | `float` | refused |
| `level` | `Level` | string, one of [`Level`](#type-Level) | `Level` | refused |
| `outer` | `Outer` | object [`Outer`](#type-Outer) | `Outer` | refused |
| `tags` | `Vec<String>` | array of string | `list[str]` | refused |
| `scores` | `HashMap<String, f64>` | object with values of number | `dict[str, float]` | refused |
| `history` | `Option<Vec<Step>>` | null, or array of object [`Step`](#type-Step) | `list[Step] \\| None` | `null`, refused in the array form |
| `pair` | `Option<ClosedTwo>` | null, or object [`ClosedTwo`](#type-ClosedTwo) | `ClosedTwo \\| None` | `null` |
| `rate` | `f64` | number | `float` | `0.25` |
| `remark` | `Option<String>` | null, or string | `str \\| None` | `null`; `null` is not written |
"""  # noqa: E501


def test_each_kind_is_shown(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Rust, in JSON and in Python, with what an absent field means; and each type has a section."""
    lines = _lines(page, monkeypatch, "Everything")
    assert [] == [row for row in ROWS.strip().splitlines() if row not in lines]
    for expected in (
        'One of `"low"`, `"middle"`, `"high"`.',
        "### `ClosedTwo` { #type-ClosedTwo }",
        "Unknown fields are refused.",
    ):
        assert expected in lines


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_field_has_a_row(page: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """In the order of the schema."""
    lines = _lines(page, monkeypatch, name)
    rows = [line.split("`")[1] for line in lines[: lines.index("")] if line.startswith("| `")]
    assert list(schema(name)["properties"]) == rows
