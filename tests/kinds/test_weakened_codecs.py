"""A codec that is wrong in one way is detected, by the vectors of tests/kinds and by the fuzzer of the types."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

import pytest

from checkpoint_notify import DecodeError, EncodeError
from checkpoint_notify.codec import Codec, codec, codec_for, containers, decoder, encoder, layout, numbers, scanner
from checkpoint_notify.codec.layout import BoolKind, EnumKind, Field, FloatKind, IntKind, ListKind, MapKind, StructKind
from checkpoint_notify.conformance.values import values_for
from checkpoint_notify.conformance.verdict import answer_to

from ..conftest import RustBin
from ..support.kinds import LISTS, generated, payload, vectors
from ..tools.fuzz.kinds.run import fuzz
from ..tools.fuzz.kinds.types import fuzzed_types

Weaken: TypeAlias = Callable[[pytest.MonkeyPatch], None]
Reader: TypeAlias = decoder.Reader

SEED: Final = 7
COUNT: Final = 6_000


@pytest.fixture(autouse=True)
def _no_readers_are_kept() -> Iterator[None]:
    """Readers are made once for each kind; a weakened one must not stay."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    decoder.reader_of.cache_clear()
    decoder._readers.cache_clear()


def caught_by(name: str, made: Codec[Any]) -> bool:
    """Whether a vector of the type is answered otherwise than Rust does, by a decoder or by the encoder."""
    return any(_is_wrong(name, which, vector, made) for which in LISTS for vector in vectors(name, which))


def _is_wrong(name: str, which: str, vector: dict[str, Any], made: Codec[Any]) -> bool:
    given = payload(vector)
    expected = {key: vector[key] for key in ("value", "error") if key in vector}
    to_protocol = values_for(generated(name)).to_protocol
    if any(answer_to(given, decode, to_protocol) != expected for decode in (made.decode, made.decode_exact)):
        return True
    try:
        return which == "canonical" and made.encode(made.decode(given)) != given
    except EncodeError:
        return True


def _read_with(patch: pytest.MonkeyPatch, kind: type, make: Callable[[Any], Reader]) -> None:
    patch.setattr(decoder, "_READERS", {**decoder._READERS, kind: make})


def _change_fields(patch: pytest.MonkeyPatch, change: Callable[[Field], Field]) -> None:
    made = layout._field
    patch.setattr(layout, "_field", lambda *arguments: change(made(*arguments)))


# Floats


def _trusts_floats(patch: pytest.MonkeyPatch, alternative: int) -> None:
    """Without one of the alternatives by which the fast path finds floats that serde_json may read inexactly."""
    search: Any = codec._long_float
    alternatives = search.__self__.pattern.split(b"|")
    assert len(alternatives) == 2
    del alternatives[alternative]
    patch.setattr(codec, "_long_float", re.compile(alternatives[0]).search)


def _trusts_long_fractions(patch: pytest.MonkeyPatch) -> None:
    _trusts_floats(patch, 0)


def _trusts_long_numbers(patch: pytest.MonkeyPatch) -> None:
    _trusts_floats(patch, 1)


def _trusts_runs_of_17_digits(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(codec, "_DIGIT_RUN", codec._DIGIT_RUN + b"0")


def _trusts_exponents(patch: pytest.MonkeyPatch) -> None:
    code = encoder._Compiler._float_code

    def trusting(compiler: Any, value: str, pad: str) -> list[str]:
        return code(compiler, value, pad) if compiler._checked else []

    patch.setattr(encoder._Compiler, "_float_code", trusting)


def _reads_the_nearest_float(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(numbers, "_scale", lambda src, pos, significand, exponent: float(f"{significand}e{exponent}"))


def _reads_the_nearest_plain_float(patch: pytest.MonkeyPatch) -> None:
    def read(src: bytes, pos: int) -> tuple[int, float]:
        match = decoder._plain_float(src, pos)
        return (match.end(), float(match[0])) if match else decoder._read_float(src, pos)

    _read_with(patch, FloatKind, lambda kind: read)


def _refuses_integers_as_floats(patch: pytest.MonkeyPatch) -> None:
    def read(src: bytes, pos: int) -> tuple[int, float]:
        end, number = decoder._read_number(src, pos, layout.FLOAT)
        if isinstance(number, int):
            raise scanner.refusal(src, "data", f"invalid type: integer `{number}`, expected f64", end)
        return end, number

    _read_with(patch, FloatKind, lambda kind: read)


def _takes_null_for_a_float(patch: pytest.MonkeyPatch) -> None:
    def read(src: bytes, pos: int) -> tuple[int, float]:
        start = scanner.skip_space(src, pos)
        return (start + 4, 0.0) if src.startswith(b"null", start) else decoder._read_float(src, pos)

    _read_with(patch, FloatKind, lambda kind: read)


def _writes_floats_as_python(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(encoder, "show_float", repr)


# Integers and booleans


def _takes_an_integer_that_is_one_too_large(patch: pytest.MonkeyPatch) -> None:
    make = decoder._int_reader
    _read_with(patch, IntKind, lambda kind: make(dataclasses.replace(kind, maximum=kind.maximum + 1)))


def _takes_an_integer_that_is_one_too_small(patch: pytest.MonkeyPatch) -> None:
    make = decoder._int_reader
    _read_with(patch, IntKind, lambda kind: make(dataclasses.replace(kind, minimum=kind.minimum - 1)))


def _bounds_no_integer_on_the_fast_path(patch: pytest.MonkeyPatch) -> None:
    of = codec._msgspec_type
    patch.setattr(codec, "_msgspec_type", lambda kind: int if isinstance(kind, IntKind) else of(kind))


def _takes_minus_zero_for_an_integer(patch: pytest.MonkeyPatch) -> None:
    def read(src: bytes, pos: int) -> tuple[int, int | float]:
        end, number = numbers.read_number(src, pos)
        return end, 0 if src[pos:end] == b"-0" else number

    patch.setattr(decoder, "read_number", read)


def _takes_integers_for_booleans(patch: pytest.MonkeyPatch) -> None:
    def read(src: bytes, pos: int) -> tuple[int, bool]:
        start = scanner.skip_space(src, pos)
        if src[start : start + 1] in (b"0", b"1"):
            return start + 1, src[start : start + 1] == b"1"
        return decoder._read_bool(src, pos)

    _read_with(patch, BoolKind, lambda kind: read)


# Enums


def _takes_any_value_of_a_variant(patch: pytest.MonkeyPatch) -> None:
    def end(src: bytes, pos: int, member: Any) -> tuple[int, Any]:
        pos = scanner.skip_space(src, scanner.skip_value(src, scanner.skip_colon(src, scanner.skip_space(src, pos))))
        return pos + src.startswith(b"}", pos), member

    patch.setattr(decoder, "_end_variant", end)


def _refuses_variants_as_objects(patch: pytest.MonkeyPatch) -> None:
    def end(src: bytes, pos: int, member: Any) -> tuple[int, Any]:
        raise scanner.refusal(src, "syntax", "expected value", pos)

    patch.setattr(decoder, "_end_variant", end)


def _takes_variants_in_any_case(patch: pytest.MonkeyPatch) -> None:
    def make(kind: EnumKind) -> Reader:
        read = decoder._enum_reader(kind)

        def read_any(src: bytes, pos: int) -> tuple[int, Any]:
            try:
                return read(src, pos)
            except DecodeError:
                return read(src.lower(), pos)

        return read_any

    _read_with(patch, EnumKind, make)


def _joins_two_names_with_a_comma(patch: pytest.MonkeyPatch) -> None:
    def one_of(names: Any) -> str:
        return ", ".join(f"`{name}`" for name in names)

    patch.setattr(decoder, "one_of", one_of)
    patch.setattr(containers, "one_of", one_of)


# Options and defaults


def _gives_each_option_a_default_in_short_arrays(patch: pytest.MonkeyPatch) -> None:
    _change_fields(patch, lambda field: field._replace(array_default=field.default))


def _gives_no_default_in_short_arrays(patch: pytest.MonkeyPatch) -> None:
    _change_fields(patch, lambda field: field._replace(array_default=None))


def _requires_options(patch: pytest.MonkeyPatch) -> None:
    def change(field: Field) -> Field:
        return field._replace(default=None) if isinstance(field.kind, layout.OptionKind) else field

    _change_fields(patch, change)


def _writes_none_that_is_skipped(patch: pytest.MonkeyPatch) -> None:
    _change_fields(patch, lambda field: field._replace(skipped_if_none=False))


# Containers and structs


def _takes_null_for_a_list(patch: pytest.MonkeyPatch) -> None:
    def make(kind: ListKind) -> Reader:
        read = decoder._list_reader(kind)

        def read_null(src: bytes, pos: int) -> tuple[int, Any]:
            start = scanner.skip_space(src, pos)
            return (start + 4, []) if src.startswith(b"null", start) else read(src, pos)

        return read_null

    _read_with(patch, ListKind, make)


def _takes_a_trailing_comma_in_a_list(patch: pytest.MonkeyPatch) -> None:
    def following(src: bytes, pos: int, *, first: bool) -> tuple[int, bool]:
        try:
            return containers.next_element(src, pos, first=first)
        except DecodeError as error:
            if error.message != "trailing comma" or error.offset is None:
                raise
            return error.offset - 1, False

    patch.setattr(decoder, "next_element", following)


def _keeps_the_first_of_two_equal_keys(patch: pytest.MonkeyPatch) -> None:
    def make(kind: MapKind) -> Reader:
        read_value = decoder.reader_of(kind.value)

        def read(src: bytes, pos: int) -> tuple[int, dict[str, Any]]:
            pos = decoder._open_map(src, pos)
            found: dict[str, Any] = {}
            pos, key = containers.read_key(src, pos, first=True)
            while key is not None:
                pos, value = read_value(src, pos)
                found.setdefault(key, value)
                pos, key = containers.read_key(src, pos, first=False)
            return pos, found

        return read

    _read_with(patch, MapKind, make)


def _takes_unknown_fields_of_a_closed_struct(patch: pytest.MonkeyPatch) -> None:
    def read(src: bytes, pos: int, **options: Any) -> tuple[int, str | None]:
        return containers.read_key(src, pos, **{**options, "allowed": None})

    patch.setattr(decoder, "read_key", read)


def _refuses_structs_as_arrays(patch: pytest.MonkeyPatch) -> None:
    def make(kind: StructKind) -> Reader:
        read = decoder._struct_reader(kind)

        def read_object(src: bytes, pos: int) -> tuple[int, Any]:
            start = scanner.skip_space(src, pos)
            if src.startswith(b"[", start):
                raise scanner.refusal(src, "data", f"invalid type: sequence, expected {kind.expected}", start)
            return read(src, pos)

        return read_object

    _read_with(patch, StructKind, make)


def _reports_a_missing_field_before_the_brace(patch: pytest.MonkeyPatch) -> None:
    absent = decoder._absent
    patch.setattr(decoder, "_absent", lambda src, pos, default, message: absent(src, pos - 1, default, message))


WEAKENED: Final[list[tuple[Weaken, str]]] = [
    (_trusts_exponents, "ClosedOne"),
    (_trusts_runs_of_17_digits, "ClosedOne"),
    (_trusts_long_fractions, "ClosedOne"),
    (_trusts_long_numbers, "ClosedOne"),
    (_reads_the_nearest_float, "ClosedOne"),
    (_reads_the_nearest_plain_float, "ClosedOne"),
    (_refuses_integers_as_floats, "ClosedOne"),
    (_takes_null_for_a_float, "ClosedOne"),
    (_writes_floats_as_python, "Scalars"),
    (_takes_an_integer_that_is_one_too_large, "Integers"),
    (_takes_an_integer_that_is_one_too_small, "Integers"),
    (_bounds_no_integer_on_the_fast_path, "ClosedTwo"),
    (_takes_minus_zero_for_an_integer, "Integers"),
    (_takes_integers_for_booleans, "Single"),
    (_takes_any_value_of_a_variant, "Enums"),
    (_refuses_variants_as_objects, "Guidance"),
    (_takes_variants_in_any_case, "Guidance"),
    (_joins_two_names_with_a_comma, "Enums"),
    (_gives_each_option_a_default_in_short_arrays, "OptionsPlain"),
    (_gives_no_default_in_short_arrays, "Opts"),
    (_requires_options, "OptionsPlain"),
    (_writes_none_that_is_skipped, "OptionsSkipped"),
    (_takes_null_for_a_list, "Lists"),
    (_takes_a_trailing_comma_in_a_list, "Lists"),
    (_keeps_the_first_of_two_equal_keys, "Maps"),
    (_takes_unknown_fields_of_a_closed_struct, "ClosedTwo"),
    (_refuses_structs_as_arrays, "Nested"),
    (_reports_a_missing_field_before_the_brace, "Nested"),
]
"""Each weakness, and a type that shows it."""
each_weakness = pytest.mark.parametrize(
    ("weaken", "name"), WEAKENED, ids=[weaken.__name__[1:] for weaken, _ in WEAKENED]
)


@pytest.mark.parametrize("name", sorted({name for _, name in WEAKENED}))
def test_the_codec_itself_is_not_detected(name: str) -> None:
    """By the same measure."""
    assert not caught_by(name, codec_for(generated(name)))


@each_weakness
def test_a_weakened_codec_is_detected_by_the_vectors(
    weaken: Weaken, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least one vector of the type tells it from Rust's."""
    weaken(monkeypatch)
    assert caught_by(name, codec_for(generated(name)))


@each_weakness
def test_a_weakened_codec_is_detected_by_the_fuzzer(
    weaken: Weaken, name: str, monkeypatch: pytest.MonkeyPatch, rust_bin: RustBin
) -> None:
    """A few thousand payloads of the type are enough."""
    (whole,) = (each for each in fuzzed_types() if each.name == name)
    weaken(monkeypatch)
    weak = whole._replace(codec=codec_for(generated(name)))
    assert fuzz(rust_bin("peer"), SEED, COUNT, [weak], most=1).disagreements
