"""The pairs bite: rules that are wrong in one way judge at least one pair otherwise than it is."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import pytest

from checkpoint_notify.compat import Comparison, Contract, compare, read_contract
from checkpoint_notify.compat import compare as _function  # the module has the same name

from .compat.pairs import PAIRS

SOURCE: Final = Path(_function.__code__.co_filename)
Compare: TypeAlias = Callable[[Contract, Contract], Comparison]


class Weakening(NamedTuple):
    """An edit of the rules that makes them miss something."""

    old: str
    new: str


def _without(rule: str) -> Weakening:
    return Weakening(f"    {rule},\n", "")


WEAKENINGS: Final = {
    "ignores_the_order": _without("_moved"),
    "ignores_defaults": _without("_defaults"),
    "ignores_types": _without("_kinds"),
    "ignores_unknown_fields": _without("_unknown_fields"),
    "ignores_what_is_added": _without("_added"),
    "ignores_what_is_removed": _without("_removed"),
    "ignores_words": _without("_words"),
    "ignores_names": _without("_names"),
    "lets_a_field_be_added_anywhere": Weakening("elif any(later.name in kept for later", "elif all(() for later"),
    "lets_an_added_field_be_required": Weakening("        if field.required:\n", "        if False:\n"),
    "forgets_readers_that_refuse_unknown_fields": Weakening('does not know" if old.closed', 'does not know" if False'),
    "forgets_that_an_old_reader_needs_a_field": Weakening('without it" if field.required', 'without it" if False'),
    "sees_no_renaming": Weakening("if _alike(field.kind, other.kind):", "if False:"),
    "sees_a_renaming_only_within_one_type": Weakening(
        "return one is other or bool(", "return one is other or bool(None and "
    ),
    "takes_all_integers_for_one": Weakening("return outer.bounds[0] <= inner.bounds[0] and", "return True or"),
    "forgets_the_lower_bound": Weakening("outer.bounds[0] <= inner.bounds[0] and ", ""),
    "forgets_the_upper_bound": Weakening(" and inner.bounds[1] <= outer.bounds[1]", ""),
    "takes_any_default_for_the_same": Weakening("elif before.default != after.default:", "elif False:"),
    "lets_a_default_be_lost": Weakening('backward = "a new reader refuses an old message without it"', 'backward = ""'),
    "takes_a_widened_type_for_compatible": Weakening(
        'forward = "" if _fits(after.kind, before.kind)', 'forward = "" if True'
    ),
    "takes_a_narrowed_type_for_compatible": Weakening(
        'backward = "" if _fits(before.kind, after.kind)', 'backward = "" if True'
    ),
}


def caught_by(weakened: Compare) -> list[str]:
    """The pairs that are judged otherwise than they should be."""
    caught = []
    for pair in PAIRS:
        comparison = weakened(read_contract(json.dumps(pair.old)), read_contract(json.dumps(pair.new)))
        named = tuple(dict.fromkeys(change.field for change in comparison.changes))
        if (pair.verdict, pair.fields, pair.bump) != (comparison.verdict, named, comparison.bump):
            caught.append(pair.change)
    return caught


def test_the_rules_themselves_are_not_caught() -> None:
    """The control."""
    assert [] == caught_by(compare)


@pytest.mark.parametrize("name", WEAKENINGS)
def test_weakened_rules_are_caught(tmp_path: Path, name: str) -> None:
    """Each weakening fits the source, and a pair shows it."""
    old, new = WEAKENINGS[name]
    source = SOURCE.read_text(encoding="utf-8")
    assert 1 == source.count(old)
    file = tmp_path / "weakened.py"
    file.write_text(source.replace(old, new), encoding="utf-8")
    made: dict[str, Any] = runpy.run_path(str(file))
    assert [] != caught_by(made["compare"])
