"""The pairs and refusals detect a wrong gate: each weakened rule judges at least one schema wrongly."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from checkpoint_notify import compat

from .pairs import PAIRS, Node
from .references import ASTRAY, SPELLED, astray, spelled
from .refusals import NO_JSON, NO_UNICODE, REFUSED

SOURCE: Final = Path(compat.__file__).parent


class Weakening(NamedTuple):
    """An edit of one module that makes the gate miss something."""

    module: str
    old: str
    new: str


def _rules(old: str, new: str) -> Weakening:
    return Weakening("compare", old, new)


def _without(rule: str) -> Weakening:
    return _rules(f"    {rule},\n", "")


def _reader(old: str, new: str = "if False:") -> Weakening:
    return Weakening("contract", old, new)


def _pointer(old: str, new: str = "if False:") -> Weakening:
    return Weakening("pointer", old, new)


def _document(old: str, new: str = "if False:") -> Weakening:
    return Weakening("document", old, new)


WEAKENINGS: Final = {
    "ignores_the_order": _without("_moved"),
    "ignores_defaults": _without("_defaults"),
    "ignores_types": _without("_kinds"),
    "ignores_unknown_fields": _without("_unknown_fields"),
    "ignores_what_is_added": _without("_added"),
    "ignores_what_is_removed": _without("_removed"),
    "ignores_words": _without("_words"),
    "ignores_names": _without("_names"),
    "lets_a_field_be_added_anywhere": _rules("elif any(later.name in kept for later", "elif all(() for later"),
    "lets_an_added_field_be_required": _rules("        if field.required:\n", "        if False:\n"),
    "forgets_readers_that_refuse_unknown_fields": _rules('unknown fields" if old.closed', 'unknown fields" if False'),
    "forgets_that_an_old_reader_needs_a_field": _rules('without it" if field.required', 'without it" if False'),
    "sees_no_renaming": _rules("if _alike(field.kind, other.kind):", "if False:"),
    "sees_a_renaming_only_within_one_type": _rules(
        "return one == other or bool(", "return one == other or bool(None and "
    ),
    "sees_a_renaming_of_maps_only_within_one_type": _rules(
        "return _alike(one.values, other.values)", "return one == other"
    ),
    "takes_all_maps_for_alike": _rules("return _alike(one.values, other.values)", "return True"),
    "takes_all_integers_for_one": _rules("return outer.bounds[0] <= inner.bounds[0] and", "return True or"),
    "forgets_the_lower_bound": _rules("outer.bounds[0] <= inner.bounds[0] and ", ""),
    "forgets_the_upper_bound": _rules(" and inner.bounds[1] <= outer.bounds[1]", ""),
    "takes_all_maps_for_one": _rules("return _fits(inner.values, outer.values)", "return True"),
    "takes_no_map_for_a_wider_one": _rules("return _fits(inner.values, outer.values)", "return False"),
    "compares_the_values_of_maps_the_wrong_way": _rules(
        "_fits(inner.values, outer.values)", "_fits(outer.values, inner.values)"
    ),
    "takes_any_default_for_the_same": _rules("elif (was := _json(before.default)) != (now :=", "elif not (was :="),
    "lets_a_default_be_lost": _rules('backward = "a new reader refuses an old message without it"', 'backward = ""'),
    "takes_a_widened_type_for_compatible": _rules(
        'forward = "" if _fits(after.kind, before.kind)', 'forward = "" if True'
    ),
    "takes_a_narrowed_type_for_compatible": _rules(
        'backward = "" if _fits(before.kind, after.kind)', 'backward = "" if True'
    ),
    "reads_every_map_as_one_of_strings": _reader("return map_of(values)", "return map_of(STRING)"),
    "lets_a_map_hold_maps": _reader("inner, _SCALARS)", "inner)"),
    "takes_any_default_of_a_map": Weakening("kind", " and all(map(self.values.holds, value.values()))", ""),
    "reads_no_type_that_is_not_used": _reader("in definitions.items():", "in ():"),
    "takes_a_name_twice": _reader("if name in found:"),
    "takes_an_id_with_a_fragment": _reader('if "#" in identity:'),
    "takes_another_document_for_this_one": _reader('if document not in ("", self._identity):'),
    "takes_its_own_name_for_another_document": _reader('if document not in ("", self._identity):', "if document:"),
    "takes_the_end_of_a_pointer_for_all": _reader('len(names) != 2 or names[0] != "$defs"', "len(names) < 2"),
    "takes_any_place_for_defs": _reader(' or names[0] != "$defs"', ""),
    "hides_near_words_by_far_ones": _reader("said = _words(node) | said", "said = {}"),
    "decodes_no_percent": _pointer("unquote_to_bytes(fragment).decode()", "fragment"),
    "decodes_percent_twice": _pointer("unquote_to_bytes(fragment)", "unquote_to_bytes(unquote_to_bytes(fragment))"),
    "decodes_percent_name_by_name": _pointer(
        "unquote_to_bytes(fragment)", 'unquote_to_bytes(fragment.replace("%2F", "~1"))'
    ),
    "takes_plus_for_a_space": _pointer("unquote_to_bytes(fragment)", 'unquote_to_bytes(fragment.replace("+", " "))'),
    "takes_what_is_not_utf8": _pointer(".decode()", '.decode(errors="replace")'),
    "takes_a_percent_as_it_stands": _pointer("if _BAD_PERCENT.search(fragment):"),
    "takes_a_tilde_as_it_stands": _pointer("if _BAD_TILDE.search(pointer):"),
    "takes_a_second_number_sign": _pointer('if "#" in fragment:'),
    "takes_a_name_for_a_pointer": _pointer('if pointer and not pointer.startswith("/"):'),
    "decodes_no_slash": _pointer('.replace("~1", "/")', ""),
    "decodes_no_tilde": _pointer('.replace("~0", "~")', ""),
    "decodes_the_tilde_first": _pointer(
        'name.replace("~1", "/").replace("~0", "~")', 'name.replace("~0", "~").replace("~1", "/")'
    ),
    "escapes_no_place": _pointer("{name.replace('~', '~0').replace('/', '~1')}", "{name}"),
    "escapes_a_place_twice": _pointer(
        ".replace('~', '~0').replace('/', '~1')", ".replace('/', '~1').replace('~', '~0')"
    ),
    "takes_a_name_of_the_file_twice": _document("if isinstance(value, _Repeating):"),
    "takes_a_byte_order_mark": _document('.startswith("\\ufeff")', '.startswith("\\ufffe")'),
    "takes_any_encoding": _document(
        "text if isinstance(text, str) else text.decode()",
        "text if isinstance(text, str) else text.decode(json.detect_encoding(text))",
    ),
    "takes_nan": _document("if isinstance(value, _Constant):"),
    "takes_any_depth": _document('if place.count("/") > _DEPTH:'),
    "takes_half_a_name": _document("if not _is_unicode(name):"),
    "takes_half_a_text": _document("if isinstance(value, str) and not _is_unicode(value):"),
}


def caught_by(gate: Any) -> list[str]:
    """The schemas that are judged otherwise than they should be, by a package like `checkpoint_notify.compat`."""
    caught = []
    for pair in PAIRS:
        try:
            comparison = gate.compare(*(gate.read_contract(json.dumps(schema)) for schema in (pair.old, pair.new)))
        except gate.SchemaError as error:
            caught.append(f"{pair.change}: {error}")
            continue
        named = tuple(dict.fromkeys(change.field for change in comparison.changes))
        if (pair.verdict.name, pair.fields, pair.bump) != (comparison.verdict.name, named, comparison.bump):
            caught.append(pair.change)
    caught += [reference for name, reference in SPELLED if not _is_u64(gate, spelled(name, reference))]
    for text, begins in _refused():
        try:
            gate.read_contract(text)
            caught.append(f"taken: {begins}")
        except (gate.SchemaError, RecursionError) as error:
            if not str(error).startswith(begins):
                caught.append(f"{begins}: {error}")
    return caught


def _is_u64(gate: Any, schema: Node) -> bool:
    try:
        return bool(gate.read_contract(json.dumps(schema)).fields[2].kind.rust == "u64")
    except gate.SchemaError:
        return False


def _refused() -> Iterator[tuple[str | bytes, str]]:
    """The texts that are refused, each with how the message begins."""
    yield from NO_JSON.values()
    for schema, begins in (*REFUSED.values(), *NO_UNICODE.values()):
        yield json.dumps(schema), begins
    for reference, said in ASTRAY.items():
        for place, holding in astray(reference).items():
            yield json.dumps(holding), f"{place}: {said}"


def _copy(folder: Path, name: str, weakening: Weakening | None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The package under another name, with one edit."""
    (folder / name).mkdir()
    for file in SOURCE.glob("*.py"):
        source = file.read_text(encoding="utf-8")
        if weakening and file.stem == weakening.module:
            assert 1 == source.count(weakening.old)
            source = source.replace(weakening.old, weakening.new)
        (folder / name / file.name).write_text(source.replace("checkpoint_notify.compat", name), encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    return importlib.import_module(name)


def test_unchanged_rules_are_not_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This is the control, also for the copies."""
    assert [] == caught_by(compat)
    assert [] == caught_by(_copy(tmp_path, "not_weakened", None, monkeypatch))


@pytest.mark.parametrize("name", WEAKENINGS)
def test_weakened_rules_are_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Each weakening applies to the source, and a schema detects it."""
    assert [] != caught_by(_copy(tmp_path, f"weakened_{name}", WEAKENINGS[name], monkeypatch))
