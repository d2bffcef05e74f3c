"""The pairs and refusals detect a wrong gate: each weakened rule judges at least one schema wrongly."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from checkpoint_notify import compat

from .measured import MEASURED
from .pairs import PAIRS
from .references import ASTRAY, astray
from .refusals import NO_JSON, NO_UNICODE, REFUSED

SOURCE: Final = Path(compat.__file__).parent


class Weakening(NamedTuple):
    """An edit of one module that makes the gate miss something."""

    module: str
    old: str
    new: str


def _without(rule: str) -> Weakening:
    return Weakening("field_rules", f"    {rule},\n", "")


def _fields(old: str, new: str = "if False:") -> Weakening:
    return Weakening("field_rules", old, new)


def _types(old: str, new: str) -> Weakening:
    return Weakening("type_rules", old, new)


def _presence(old: str, new: str) -> Weakening:
    return Weakening("presence", old, new)


def _renaming(old: str, new: str) -> Weakening:
    return Weakening("renaming", old, new)


def _compare(old: str, new: str) -> Weakening:
    return Weakening("compare", old, new)


def _reader(old: str, new: str = "if False:") -> Weakening:
    return Weakening("schema", old, new)


def _document(old: str, new: str = "if False:") -> Weakening:
    return Weakening("document", old, new)


WEAKENINGS: Final = {
    # The fields of a struct.
    "ignores_the_order": _without("_moved"),
    "ignores_defaults": _without("_presence"),
    "ignores_unknown_fields": _without("_unknown_fields"),
    "ignores_what_is_added": _without("_added"),
    "ignores_what_is_removed": _without("_removed"),
    "ignores_words": _without("_words"),
    "ignores_names": _without("_name"),
    "ignores_words_inside_a_type": _fields("before.type.rust == after.type.rust", "False"),
    "takes_the_words_of_another_type_for_changed": _fields("before.type.rust == after.type.rust", "True"),
    "lets_a_field_be_added_anywhere": _fields("elif any(later.name in kept for later", "elif all(() for later"),
    "lets_an_added_field_be_required": _fields(
        '"a new reader refuses an old message, because the field is missing"', '""'
    ),
    "lets_an_added_option_have_no_default": _fields("elif not may_be_cut_off(field):", "elif False:"),
    "forgets_readers_that_refuse_unknown_fields": _fields('unknown fields" if old.closed', 'unknown fields" if False'),
    "forgets_that_an_old_reader_needs_a_field": _fields('without it" if field.required', 'without it" if False'),
    "sees_no_renaming": _fields("if alike(field.type, other.type):"),
    "lets_a_default_be_lost": _fields('return "a new reader refuses an old message without it"', 'return ""'),
    "takes_any_default_for_the_same": _presence("return _same(_meaning(one", "return True or (_meaning(one"),
    "lets_an_option_lose_its_default_at_the_end": _fields("if in_arrays and not may_be_cut_off(after):"),
    "lets_no_option_lose_its_default": _fields("in_arrays=before.name in cut_off", "in_arrays=True"),
    "takes_each_optional_field_for_the_end": _fields("in takewhile(may_be_cut_off,", "in filter(may_be_cut_off,"),
    "forgets_a_reader_that_has_another_default": _fields("if is_left_out(after) and before.default is not None:"),
    "takes_no_option_for_left_out": _presence('"skip_serializing_if" in field.serde', "False"),
    "takes_an_option_for_a_default": _presence('and "default" not in field.serde', ""),
    # Defaults.
    "takes_both_zeros_for_one": _presence("return math.copysign(1, value), value", "return value"),
    "takes_1_and_1_0_for_two": _presence("return math.copysign(1, value), value", "return json_text(value)"),
    "takes_all_structs_for_one": _presence(
        "all(_same(one[name], other[name]) for name in one if name in other)", "True"
    ),
    "needs_all_fields_of_a_default": _presence("case _Fields(), _Fields():", "case int(), _Fields():"),
    "takes_maps_of_other_keys_for_one": _presence(
        "one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)",
        "all(_same(one[name], other[name]) for name in one if name in other)",
    ),
    "takes_all_maps_of_the_same_keys_for_one": _presence(" and all(_same(one[name], other[name]) for name in one)", ""),
    "takes_lists_of_any_length_for_one": _presence("len(one) == len(other) and all(", "all("),
    "takes_all_lists_of_one_length_for_one": _presence("len(one) == len(other) and", "len(one) == len(other) or"),
    # Types.
    "ignores_types": _types("case _ if type(old) is not type(new) or old != new:", "case _ if False:"),
    "takes_an_option_for_its_type": _types('now", forward="an old reader has no value for None"', 'now", forward=""'),
    "reads_none_as_anything": _types(
        'no longer an Option", "a new reader has no value for None"', 'no longer an Option", ""'
    ),
    "compares_no_option_inside": _types("yield from self.compare(place, old, after, inside)", "yield from ()"),
    "compares_nothing_inside_an_option": _types("yield from self.compare(place, before, new, inside)", "yield from ()"),
    "compares_no_items": _types('self.compare(f"{place}[]", before, after, inside)', "()"),
    "compares_no_values_of_maps": _types('self.compare(f"{place}.*", before, after, inside)', "()"),
    "compares_the_values_of_maps_the_wrong_way": _types(
        '(f"{place}.*", before, after,', '(f"{place}.*", after, before,'
    ),
    "compares_the_items_the_wrong_way": _types('(f"{place}[]", before, after,', '(f"{place}[]", after, before,'),
    "compares_no_struct_inside": _types("yield from self.structs(place, old, new, old.rust)", "yield from ()"),
    "compares_each_struct_at_each_place": _types("first = pair not in self._compared", "first = True"),
    "names_no_place": _types("_inner(place, change.field)", "change.field"),
    "names_no_place_further_in": _types("_inner(place, before.name)", "before.name"),
    "compares_no_enum": _types("yield from _enums(place, old, new)", "yield from ()"),
    "lets_a_variant_be_removed": _types('f"a new reader refuses {shown}"', '""'),
    "lets_a_variant_be_added": _types('why = f"an old reader refuses {shown}"', 'why = ""'),
    "takes_the_order_of_variants_for_nothing": _types("old.variants != new.variants and", "False and"),
    "takes_the_order_of_variants_for_the_wire": _types("bump=Bump.MINOR", "bump=Bump.MAJOR"),
    "takes_all_integers_for_one": _types("read.minimum <= least and greatest", "True or greatest"),
    "forgets_the_lower_bound": _types("read.minimum <= least and greatest", "greatest"),
    "forgets_the_upper_bound": _types(" and greatest <= read.maximum", ""),
    "takes_an_integer_for_no_float": _types('"" if exact else f"rounds', 'f"rounds'),
    "loses_large_integers_in_a_float": _types("exact = least >= -_EXACT and greatest <= _EXACT", "exact = True"),
    "loses_large_integers_from_32_bits_on": _types("2**53", "2**63"),
    "takes_a_float_for_an_integer": _types(
        'return "refuses an f64, which is written with a point or an exponent, such as 1.0"', 'return ""'
    ),
    "takes_a_variant_for_a_text_in_each_form": _types(
        "if isinstance(accepted, Enum) and isinstance(read, Text):", "if False:"
    ),
    "takes_a_variant_for_no_text": _types('        case Enum(), Text():\n            return ""\n', ""),
    "takes_any_text_for_a_variant": _types('return f"refuses a text that is no variant of {read.rust}"', 'return ""'),
    "takes_any_type_for_another": _types('    return f"refuses {_a(written)}"', '    return ""'),
    "takes_a_map_for_a_struct": _types('f"a new reader {_LOSES_KEYS} {new.rust}", why', '"", why'),
    "takes_a_struct_for_a_map": _types('why, f"an old reader {_LOSES_KEYS} {old.rust}"', 'why, ""'),
    "forgets_that_a_struct_may_be_an_array": _types(
        'why = f"a new reader refuses {_a(old)} that is written as an array"', 'why = ""'
    ),
    "takes_any_struct_for_a_map": _types("why = self._as_map(new, values)", 'why = ""'),
    "takes_no_struct_for_a_map": _types("why = self._as_map(new, values)", 'why = "never"'),
    "looks_at_the_first_field_of_a_struct_alone": _types(
        "for field in struct.fields\n", "for field in struct.fields[:1]\n"
    ),
    "writes_none_where_it_is_left_out": _types("isinstance(field.type, Option) and is_left_out(field)", "False"),
    "leaves_out_each_none": _types(
        "isinstance(field.type, Option) and is_left_out(field)", "isinstance(field.type, Option)"
    ),
    # Renamings.
    "sees_a_renaming_only_within_one_type": _renaming(
        "case Integer() | Float(), Integer() | Float():", "case int(), int():"
    ),
    "takes_all_types_for_alike": _renaming("return type(one) is type(other)", "return True"),
    "takes_all_lists_and_maps_for_alike": _renaming("return alike(inner, other_inner)", "return True"),
    "takes_an_option_for_another_type": _renaming("return alike(one, inner)", "return False"),
    "takes_each_struct_for_another": _renaming("one.rust == other.rust or any(field", "False and any(field"),
    "takes_all_structs_for_alike": _renaming("one.rust == other.rust or any(field", "True or any(field"),
    "takes_each_enum_for_another": _renaming("one.rust == other.rust or any(variant", "False and any(variant"),
    "takes_all_enums_for_alike": _renaming("one.rust == other.rust or any(variant", "True or any(variant"),
    # The whole schema.
    "ignores_the_id": _compare("if old.identity != new.identity:", "if False:"),
    "ignores_types_that_no_field_uses": _compare("*_unused(old, new, rules)", ""),
    "takes_unused_types_for_the_wire": _compare('yield change._replace(backward="", forward="")', "yield change"),
    "takes_used_types_for_unused": _compare("new.types.keys() | _used(old.root)", "new.types.keys()"),
    # The reader.
    "takes_a_name_twice": _reader("if name in found:"),
    "takes_an_id_with_a_fragment": _reader('if "#" in identity:'),
    "takes_a_keyword_that_it_does_not_know": _reader(
        "if key not in known:\n            unknown", "if False:\n            unknown"
    ),
    "takes_another_document_for_this_one": _reader("not reference.startswith(DEFS)", "DEFS not in reference"),
    "reads_no_type_that_is_not_used": _reader("for unused in definitions:", "for unused in ():"),
    "takes_any_default": _reader('check_value(kind, node["default"], child(place, "default"))', "pass"),
    "takes_an_equal_bound_for_the_same": _reader(" or type(node[key]) is not type(expected)", ""),
    "escapes_no_place": Weakening("pointer", "{name.replace('~', '~0').replace('/', '~1')}", "{name}"),
    "escapes_a_place_twice": Weakening(
        "pointer", ".replace('~', '~0').replace('/', '~1')", ".replace('/', '~1').replace('~', '~0')"
    ),
    # The JSON text.
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
    for name, measured in MEASURED.items():
        comparison = gate.compare(gate.read_contract(measured.old), gate.read_contract(measured.new))
        if measured.verdict.name != comparison.verdict.name:
            caught.append(name)
    for text, begins in _refused():
        try:
            gate.read_contract(text)
            caught.append(f"taken: {begins}")
        except (gate.SchemaError, RecursionError) as error:
            if not str(error).startswith(begins):
                caught.append(f"{begins}: {error}")
    return caught


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
