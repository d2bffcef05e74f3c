"""The verdict on each pair of tests/kinds/pairs.json is what became of its messages in compiled structs."""

from __future__ import annotations

from collections import Counter
from typing import Final

import pytest

from checkpoint_notify.compat import Comparison, Verdict, compare, read_contract

from .measured import MEASURED


def compared(name: str) -> Comparison:
    """What is said of a pair."""
    return compare(read_contract(MEASURED[name].old), read_contract(MEASURED[name].new))


def test_each_verdict_has_pairs() -> None:
    """None of them is true of all pairs, or of none."""
    counts = Counter(measured.verdict for measured in MEASURED.values())
    assert 138 <= len(MEASURED)
    assert all(15 <= counts[verdict] for verdict in Verdict)


@pytest.mark.parametrize("name", MEASURED)
def test_the_verdict_is_what_was_measured(name: str) -> None:
    """Each pair has changes, since its schemas differ."""
    comparison = compared(name)
    assert MEASURED[name].verdict is comparison.verdict
    assert comparison.changes


PLACES: Final = {
    "enum_variant_added_in_vec": ["value[]"],
    "enum_variant_added_in_map": ["value.*"],
    "enum_variant_added_in_option": ["value"],
    "vec_of_u8_to_vec_of_u32": ["value[]"],
    "map_of_options_to_map": ["value.*"],
    "vec_to_vec_of_vecs": ["value[]"],
    "inner_optional_added_in_vec": ["value[].z"],
    "inner_optional_added_in_map": ["value.*.z"],
    "inner_required_added_in_option": ["value.z"],
    "inner_reordered": ["value.x", "value.y"],
    "inner_closed": ["value"],
    "closed": [""],
    "bool_renamed": ["old_flag", "new_flag"],
    "whole_default_added": ["name", "value"],
}


@pytest.mark.parametrize("name", PLACES)
def test_the_place_of_a_change(name: str) -> None:
    """Each field on the way to it, `[]` for the items of a list, `.*` for the values of a map."""
    assert PLACES[name] == [change.field for change in compared(name).changes]
