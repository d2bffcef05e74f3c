"""The vectors bite: a decoder that is wrong in one way answers at least one of them otherwise than Rust does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

import pytest

from checkpoint_notify import CheckpointNotification, DecodeError
from checkpoint_notify.codec import containers, decoder, numbers, scanner, windows
from checkpoint_notify.conformance.verdict import answer_to
from checkpoint_notify.resources import Vector, vectors

VECTORS: Final = [
    vector for kind in ("canonical", "unusual", "refused") for vector in vectors(kind) if len(vector.payload) < 20_000
]

Answer = dict[str, Any]
Weakened = Callable[[bytes], Answer]


def caught_by(weakened: Weakened) -> list[Vector]:
    """The vectors on which this decoder differs from Rust."""
    return [
        v for v in VECTORS if weakened(v.payload) != ({"value": v.value} if v.error is None else {"error": v.error})
    ]


def test_the_decoder_itself_is_not_caught() -> None:
    """The control: by the same measure, the real one differs nowhere."""
    assert [] == caught_by(answer_to)


# Weakened from outside: the payload or the answer is changed.


def _strips_a_byte_order_mark(payload: bytes) -> Answer:
    return answer_to(payload.removeprefix(b"\xef\xbb\xbf"))


def _takes_more_white_space(payload: bytes) -> Answer:
    return answer_to(payload.strip())


def _ignores_trailing_garbage(payload: bytes) -> Answer:
    answer = answer_to(payload)
    if answer.get("error", {}).get("message") == "trailing characters":
        with pytest.raises(DecodeError) as caught:
            CheckpointNotification.from_json(payload)
        return answer_to(payload[: caught.value.offset - 1])
    return answer


def _replaces_bad_utf8(payload: bytes) -> Answer:
    return answer_to(payload.decode(errors="replace").encode())


def _counts_characters(payload: bytes) -> Answer:
    answer = answer_to(payload)
    error = answer.get("error")
    if error and error["category"] != "utf8":
        line = payload.split(b"\n")[error["line"] - 1]
        error["column"] = len(line[: error["column"]].decode(errors="replace"))
    return answer


def _counts_columns_from_one(payload: bytes) -> Answer:
    answer = answer_to(payload)
    if answer.get("error", {}).get("category") not in (None, "utf8"):
        answer["error"]["column"] += 1
    return answer


def _calls_every_fault_syntax(payload: bytes) -> Answer:
    answer = answer_to(payload)
    if answer.get("error", {}).get("category") in ("eof", "data"):
        answer["error"]["category"] = "syntax"
    return answer


def _refuses_the_array_form(payload: bytes) -> Answer:
    answer = answer_to(payload)
    return {"error": None} if payload.lstrip().startswith(b"[") and "value" in answer else answer


def _refuses_unknown_fields(payload: bytes) -> Answer:
    answer = answer_to(payload)
    return {"error": None} if "value" in answer and b'"x"' in payload else answer


def _stops_at_int64(payload: bytes) -> Answer:
    answer = answer_to(payload)
    return {"error": None} if int(answer.get("value", {}).get("version", 0)) >= 2**63 else answer


def _takes_the_first_duplicate_in_metadata(payload: bytes) -> Answer:
    answer = answer_to(payload)
    if "value" in answer:
        try:
            pairs = json.loads(payload, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
        except RecursionError:
            return answer
        if isinstance(pairs, dict) and pairs.get("metadata"):
            answer["value"]["metadata"] = pairs["metadata"]
    return answer


def _bounds_no_u64_in_a_canonical_message(payload: bytes) -> Answer:
    small = re.sub(rb'"(version|training_step)":-?[0-9]+', rb'"\1":0', payload)
    answer, bounded = answer_to(payload), answer_to(small)
    is_canonical = "value" in bounded and CheckpointNotification.from_json(small).to_json_bytes() == small
    return bounded if "error" in answer and is_canonical else answer


def _without(pattern: bytes) -> Weakened:
    """Takes what this matches, outside strings, for white space, if the payload is a message without it."""
    either = re.compile(rb'("(?:[^"\\]|\\.)*+")|' + pattern, re.DOTALL)

    def weakened(payload: bytes) -> Answer:
        cleaned = either.sub(lambda match: match[1] or b"", payload)
        answer = answer_to(cleaned)
        return answer if "value" in answer else answer_to(payload)

    return weakened


def _removes_white_space_in_strings(payload: bytes) -> Answer:
    answer = answer_to(payload)
    if "value" in answer and b'": ' in payload:
        answer["value"]["model_path"] = answer["value"]["model_path"].replace(" ", "")
    return answer


def _bounds_no_u64_in_a_spaced_message(payload: bytes) -> Answer:
    small = re.sub(rb'"(version|training_step)":(\s+)-?[0-9]+', rb'"\1":\g<2>0', payload)
    answer, bounded = answer_to(payload), answer_to(small)
    return bounded if "error" in answer and "value" in bounded else answer


def _takes_null_for_absent_metadata(payload: bytes) -> Answer:
    return answer_to(re.sub(rb',\s*"metadata"\s*:\s*null', b"", payload))


# Weakened inside: a part of the decoder is replaced.


def _takes_any_escape_in_a_window(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(scanner, "is_ignorable", lambda part: True)


def _takes_any_text_in_a_window(patch: pytest.MonkeyPatch) -> None:
    text_of = windows.text_of
    patch.setattr(scanner, "text_of", lambda part: text_of(part) or part.decode(errors="replace"))


def _takes_any_element_in_a_window(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(windows, "_elements", lambda elements: True)


def _takes_any_string_in_a_window(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(windows, "is_ignorable", lambda part: True)


def _takes_any_end_in_a_window(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(windows, "_ends", lambda text: True)


def _skips_known_fields_in_a_window(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(windows, "_marked", lambda strings, names: set())


def _closes_no_bracket_in_a_window(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(windows, "_follow", lambda skeleton, brackets: True)


def _closes_any_bracket_in_a_window(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(windows, "_CLOSING_OF", bytes.maketrans(b"[{]}", b"]]]]"))


def _accepts_integral_floats(patch: pytest.MonkeyPatch) -> None:
    def read(src: bytes, pos: int) -> tuple[int, int | float]:
        end, value = numbers.read_number(src, pos)
        return end, int(value) if value == int(value) else value

    patch.setattr(decoder, "read_number", read)


def _accepts_duplicate_fields(patch: pytest.MonkeyPatch) -> None:
    read_key = containers.read_key
    patch.setattr(decoder, "read_key", lambda src, pos, first, **refused: read_key(src, pos, first=first))


def _accepts_missing_fields(patch: pytest.MonkeyPatch) -> None:
    def absent(src: bytes, pos: int, default: Callable[[], object] | None, message: str) -> object:
        return default() if default is not None else 0 if "version" in message else ""

    patch.setattr(decoder, "_absent", absent)


def _accepts_raw_control_bytes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decoder, "_plain_string", re.compile(rb'[ \t\n\r]*"([^"\\]*+)"').match)


def _accepts_lone_surrogates(patch: pytest.MonkeyPatch) -> None:
    def read(src: bytes, pos: int) -> tuple[int, int]:
        pos, unit = scanner._read_hex4(src, pos)
        return pos, 0xFFFD if 0xD800 <= unit <= 0xDFFF else unit

    patch.setattr(scanner, "_read_unicode_escape", read)


def _refuses_lone_surrogates_in_what_is_ignored(patch: pytest.MonkeyPatch) -> None:
    def skip(src: bytes, pos: int) -> int:
        return scanner.read_string(src, pos)[0]

    patch.setattr(scanner, "skip_string", skip)
    patch.setattr(scanner, "_shallow", re.compile(rb"(?!)").match)


def _refuses_numbers_beyond_f64_in_what_is_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(scanner, "skip_number", lambda src, pos: numbers.read_number(src, pos)[0])
    patch.setattr(scanner, "_shallow", re.compile(rb"(?!)").match)


def _shows_the_nearest_float(patch: pytest.MonkeyPatch) -> None:
    def scale(src: bytes, pos: int, significand: int, exponent: int) -> float:
        return float(f"{significand}e{exponent}")

    patch.setattr(numbers, "_scale", scale)


def _leaves_keys_escaped(patch: pytest.MonkeyPatch) -> None:
    def read(src: bytes, pos: int) -> tuple[int, str]:
        end = scanner.skip_string(src, pos)
        return end, src[pos : end - 1].decode()

    patch.setattr(decoder, "read_string", read)


def _reports_the_byte_before(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(scanner, "peeked", lambda src, pos: pos)


def _counts_only_the_first_line(patch: pytest.MonkeyPatch) -> None:
    def refusal(src: bytes, category: Any, message: str, offset: int) -> DecodeError:
        return DecodeError(category, message, 1, offset, offset)

    patch.setattr(scanner, "refusal", refusal)


OUTSIDE: Final[list[Weakened]] = [
    _strips_a_byte_order_mark,
    _takes_more_white_space,
    _ignores_trailing_garbage,
    _replaces_bad_utf8,
    _counts_characters,
    _counts_columns_from_one,
    _calls_every_fault_syntax,
    _refuses_the_array_form,
    _refuses_unknown_fields,
    _stops_at_int64,
    _bounds_no_u64_in_a_canonical_message,
    _takes_the_first_duplicate_in_metadata,
    _removes_white_space_in_strings,
    _bounds_no_u64_in_a_spaced_message,
    _takes_null_for_absent_metadata,
]
SPACES: Final[dict[str, Weakened]] = {
    "form feeds": _without(rb"[\x0b\x0c]"),
    "null bytes": _without(rb"\x00"),
    "Unicode": _without("\xa0|\u2028|\u3000|\x85|\ufeff".encode()),
    "comments": _without(rb"/\*.*?\*/|//[^\n]*+"),
    "between digits": _without(rb"(?<=[0-9])[ \t\n\r]+(?=[0-9])"),
}
"""Each also removes bytes that are not white space."""
INSIDE: Final[list[Callable[[pytest.MonkeyPatch], None]]] = [
    _accepts_integral_floats,
    _accepts_duplicate_fields,
    _accepts_missing_fields,
    _accepts_raw_control_bytes,
    _accepts_lone_surrogates,
    _refuses_lone_surrogates_in_what_is_ignored,
    _refuses_numbers_beyond_f64_in_what_is_ignored,
    _shows_the_nearest_float,
    _leaves_keys_escaped,
    _reports_the_byte_before,
    _counts_only_the_first_line,
    _takes_any_escape_in_a_window,
    _takes_any_text_in_a_window,
    _takes_any_element_in_a_window,
    _takes_any_string_in_a_window,
    _takes_any_end_in_a_window,
    _skips_known_fields_in_a_window,
    _closes_no_bracket_in_a_window,
    _closes_any_bracket_in_a_window,
]


@pytest.mark.parametrize("weakened", OUTSIDE, ids=lambda weakened: weakened.__name__[1:])
def test_a_decoder_weakened_from_outside_is_caught(weakened: Weakened) -> None:
    """At least one vector tells it from Rust's."""
    assert caught_by(weakened)


@pytest.mark.parametrize("kind", SPACES)
def test_a_decoder_that_takes_more_for_white_space_is_caught(kind: str) -> None:
    """At least one vector tells it from Rust's."""
    assert caught_by(SPACES[kind])


@pytest.mark.parametrize("weaken", INSIDE, ids=lambda weaken: weaken.__name__[1:])
def test_a_decoder_weakened_inside_is_caught(
    weaken: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least one vector tells it from Rust's."""
    weaken(monkeypatch)
    assert caught_by(answer_to)
