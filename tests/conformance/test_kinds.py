"""Types of every kind over the peer protocol: the peer in Python and the peer in Rust give the same responses."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from checkpoint_notify.conformance.lines import decode_request, encode_request, line_of
from checkpoint_notify.conformance.peer import OURS, type_codec
from checkpoint_notify.conformance.serving import Encode, Implementation, answer
from checkpoint_notify.conformance.values import values_for
from checkpoint_notify.conformance.verdict import agree, is_written

from ..conftest import RustBin
from ..support.kinds import LISTS, SCHEMAS, Vector, generated, payload, vectors
from .test_protocol import REQUEST, RESPONSE, is_failure, talk, validator

Json = dict[str, Any]

VALIDATORS: Final = {form: validator(f"{form}_response") for form in ("value", "payload", "error", "failure")}


def _ours(name: str) -> Implementation:
    """This package, with one type more."""
    return OURS._replace(types={name: type_codec(generated(name))})


def _ask(name: str, requests: list[Json], rust_bin: RustBin) -> list[tuple[Json, Json]]:
    """The responses of Rust and of Python to requests about a type."""
    ours = _ours(name)
    lines = [line_of({**request, "type": name}, number) for number, request in enumerate(requests)]
    rust = talk((str(rust_bin("peer")),), b"".join(lines))
    python = [json.loads(answer(ours, line)) for line in lines]
    return list(zip(rust, python, strict=True))


def _is_valid(response: Json) -> bool:
    """Whether the schema takes it; asked about the form of its members alone, as all forms together take long."""
    (form,) = {"value", "payload", "error", "failure"} & response.keys()
    return VALIDATORS[form].is_valid(response)


def _encode(name: str) -> Encode:
    """The encoder of a type, for values of the protocol."""
    encode = type_codec(generated(name)).encode
    assert encode is not None
    return encode


def _accepted(name: str) -> list[Vector]:
    return [vector for which in ("canonical", "unusual") for vector in vectors(name, which)]


def _text(response: Json) -> str:
    """JSON in one spelling: to Python, `True` and `1` are equal."""
    return json.dumps(response, sort_keys=True)


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_vector_has_the_same_response(name: str, rust_bin: RustBin) -> None:
    """Both peers give the value or the error of the vector."""
    found = [vector for which in LISTS for vector in vectors(name, which)]
    responses = _ask(name, [decode_request(payload(vector)) for vector in found], rust_bin)
    for number, (vector, (rust, python)) in enumerate(zip(found, responses, strict=True)):
        expected = {key: vector[key] for key in ("value", "error") if key in vector} | {"id": number}
        assert _text(expected) == _text(rust) == _text(python), vector["name"]
    assert [] == [rust for rust, _ in responses if not _is_valid(rust)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_value_is_encoded_the_same(name: str, rust_bin: RustBin) -> None:
    """Both peers write the same bytes. Rust's maps have no order."""
    encode = _encode(name)
    found = _accepted(name)
    responses = _ask(name, [encode_request(vector["value"]) for vector in found], rust_bin)
    for vector, (rust, python) in zip(found, responses, strict=True):
        written = base64.b64decode(rust["payload"])
        assert is_written(written, vector["value"], encode), vector["name"]
        assert len(written) == len(base64.b64decode(python["payload"])), vector["name"]


OTHER: Final[list[Any]] = [
    *(
        None,
        True,
        1,
        1.0,
        [],
        {},
        "",
        "x",
        "0",
        "1",
        "01",
        "+1",
        "-1",
        "-0",
        " 1",
        "1_0",
        "\u0661",
        "1.0",
        "-0.0",
        "0.0",
    ),
    *("1.", ".5", "1.50", "1e0", "1E+16", "1e16", "1e+16", "0.00001", "1e-5", "1e-7", "255", "256", "128", "32768"),
    *("65536", "4294967296", "9223372036854775808", "18446744073709551616", "NaN", "inf", "Infinity", "null", "1e999"),
    *("5e-324", "0.1", "0.10000000000000001", "1.577777777777", "1.5777777777770001"),
]
"""What takes the place of each part of a value."""


def _changed(value: Any) -> Iterator[Any]:
    """The value with another value in each place (of a list, the first); without each member, and with another one."""
    yield from OTHER
    items: list[tuple[Any, Any]] = list(value.items() if isinstance(value, dict) else enumerate(value[:1]))
    for key, item in items:
        inner = _changed(item) if isinstance(item, (dict, list)) else OTHER
        for other in inner:
            yield value | {key: other} if isinstance(value, dict) else [*value[:key], other, *value[key + 1 :]]
        if isinstance(value, dict):
            yield {name: held for name, held in value.items() if name != key}
    if isinstance(value, dict):
        yield value | {"other": "x"}
        yield value | {"other": None}


@pytest.mark.parametrize("name", SCHEMAS)
def test_both_refuse_the_same_values(name: str, rust_bin: RustBin) -> None:
    """Each place of a value gets other values; a failure of one peer is a failure of the other."""
    encode = _encode(name)
    values = [changed for changed in _changed(vectors(name, "canonical")[0]["value"]) if isinstance(changed, dict)]
    responses = _ask(name, [encode_request(value) for value in values], rust_bin)
    failures = 0
    for number, (value, (rust, python)) in enumerate(zip(values, responses, strict=True)):
        assert is_failure(rust, number) == is_failure(python, number), (value, rust, python)
        if "payload" in rust:
            assert is_written(base64.b64decode(rust["payload"]), value, encode), value
            assert rust["payload"] == python["payload"] or len(rust["payload"]) == len(python["payload"])
        failures += "failure" in rust
    assert failures > len(OTHER) / 2


REFUSED: Final = {
    "integer as a number": (
        "count",
        4,
        "value.count: expected a string with the decimal digits of an integer from 0 to",
    ),
    "integer out of range": (
        "small",
        "256",
        "value.small: expected a string with the decimal digits of an integer from",
    ),
    "integer in another spelling": (
        "delta",
        "+5",
        "value.delta: expected a string with the decimal digits of an integer",
    ),
    "float as a number": (
        "ratio",
        1.5,
        "value.ratio: expected a string with the shortest text of a finite float, got 1.5",
    ),
    "float as an integer": (
        "ratio",
        "1",
        "value.ratio: expected a string with the shortest text of a finite float, got",
    ),
    "float not shortest": ("ratio", "1.50", "value.ratio: expected a string with the shortest text of a finite float"),
    "float in Python's words": ("ratio", "1e-05", "value.ratio: expected a string with the shortest text of a finite"),
    "float not finite": (
        "ratio",
        "inf",
        "value.ratio: expected a string with the shortest text of a finite float, got",
    ),
    "float not a number": (
        "ratio",
        "nan",
        "value.ratio: expected a string with the shortest text of a finite float, got",
    ),
    "bool as a number": ("flag", 1, "value.flag: expected true or false, got 1"),
    "unknown variant": ("level", "LOW", "value.level: expected one of ['low', "),
    "string as a number": ("text", 1, "value.text: expected a string, got 1"),
    "half a character": ("text", "\ud800", "value.text: lone surrogate U+D800 at index 0; UTF-8 cannot express it"),
    "half a character in a key": (
        "scores",
        {"\ud800": "1.0"},
        "a key of value.scores: lone surrogate U+D800 at index 0",
    ),
    "wrong item": ("names", ["a", None], "value.names[1]: expected a string, got None"),
    "wrong entry": ("scores", {"k": "1"}, "value.scores['k']: expected a string with the shortest text of a finite"),
    "wrong member inside": (
        "point",
        {"x": "1.0", "y": None},
        "value.point.y: expected a string with the shortest text",
    ),
    "member missing inside": ("point", {"x": "1.0"}, "value.point: it lacks ['y']; a value has all fields of Point"),
    "member too many": (
        "point",
        {"x": "1.0", "y": "1.0", "z": "1.0"},
        "value.point: it has ['z'], but a value has only",
    ),
    "map as a list": ("scores", [], "value.scores: expected an object, got []"),
    "list as a map": ("names", {}, "value.names: expected an array, got {}"),
}
"""A field, a value that it cannot have, and what is said."""


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_value_is_named_with_its_place(case: str, rust_bin: RustBin) -> None:
    """Both peers answer with a failure; that of Python says where the fault is."""
    name, (field, held, expected) = "OptionsDefault", REFUSED[case]
    value = {**vectors(name, "canonical")[0]["value"], field: held}
    ((rust, python),) = _ask(name, [encode_request(value)], rust_bin)
    assert "failure" in rust
    assert expected in python["failure"]
    with pytest.raises(ValueError, match=r"^(value|a key of value)"):
        values_for(generated(name)).from_protocol(value)


def test_a_broken_value_as_a_whole(rust_bin: RustBin) -> None:
    """A value lacks a field, or has one too many."""
    value = vectors("Scalars", "canonical")[0]["value"]
    missing = {name: held for name, held in value.items() if name != "flag"}
    (one, two) = _ask("Scalars", [encode_request(missing), encode_request({**value, "other": "x"})], rust_bin)
    assert all(is_failure(response, number) for number, pair in enumerate((one, two)) for response in pair)
    assert "ValueError: value: it lacks ['flag']; a value has all fields of Scalars" == one[1]["failure"]
    assert "ValueError: value: it has ['other'], but a value has only the fields of Scalars" == two[1]["failure"]


def test_a_peer_names_its_types() -> None:
    """The message first; a type that the peer does not have is unsupported, one that is no string is a failure."""
    ours = _ours("Scalars")
    types = json.loads(answer(ours, line_of({"op": "types"}, 1)))
    assert ["CheckpointNotification", "Scalars"] == types["types"]
    for op in (decode_request(b""), encode_request({})):
        assert "unsupported" == json.loads(answer(ours, line_of({**op, "type": "Nested"}, 1)))["failure"]
        failure = json.loads(answer(ours, line_of({**op, "type": None}, 1)))["failure"]
        assert "ValueError: `type` is not a string" == failure


def test_values_of_every_kind_are_compared_exactly() -> None:
    """What Python calls equal is not the same value of the protocol."""
    value = {"flag": True, "items": [None, {"on": False}], "loss": "-0.0"}
    assert agree({"value": value}, {"value": json.loads(json.dumps(value))})
    others: list[Json] = [
        {"flag": 1},
        {"flag": 1.0},
        {"items": [None, {"on": 0}]},
        {"items": [None]},
        {"items": [None, {}]},
        {"items": [None, {"on": False, "off": False}]},
        {"loss": "0.0"},
    ]
    for other in others:
        assert not agree({"value": value}, {"value": value | other}), other


def test_bytes_of_every_kind_are_compared_exactly() -> None:
    """Entries of maps may have any order; nothing else may differ, also not where a decoder reads the same."""
    encode = _encode("Maps")
    value = next(
        one["value"] for one in vectors("Maps", "canonical") if any(len(held) > 1 for held in one["value"].values())
    )
    rust = encode(value)
    swapped = json.dumps(
        {name: dict(reversed(held.items())) for name, held in json.loads(rust).items()},
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()
    assert swapped != rust
    assert is_written(rust, value, encode)
    assert is_written(swapped, value, encode)
    reordered = dict(reversed(json.loads(rust).items()))
    assert not is_written(json.dumps(reordered, separators=(",", ":"), ensure_ascii=False).encode(), value, encode)
    for wrong in (rust + b"\n", rust[:-1], b"", b"null", b"[" * 100_000, rust.replace(b":", b": ", 1)):
        assert not is_written(wrong, value, encode), wrong[:100]


@pytest.mark.parametrize(("ratio", "wrong"), [("-0.0", b"0.0"), ("0.0", b"-0.0"), ("1.0", b"1"), ("1.0", b"1e0")])
def test_floats_are_compared_by_their_text(ratio: str, wrong: bytes) -> None:
    """The texts differ, though the numbers are equal."""
    encode = _encode("Scalars")
    value = {**vectors("Scalars", "canonical")[0]["value"], "ratio": ratio}
    rust = encode(value)
    assert is_written(rust, value, encode)
    assert not is_written(rust.replace(b'"ratio":' + ratio.encode(), b'"ratio":' + wrong), value, encode)


def test_a_float_that_is_read_as_another_is_written_all_the_same() -> None:
    """serde_json reads the shortest text of some floats as another float; the bytes are right nevertheless."""
    decode, encode = type_codec(generated("Scalars")).decode, _encode("Scalars")
    text = "0.9452706955539223"
    value = {**vectors("Scalars", "canonical")[0]["value"], "ratio": text}
    rust = encode(value)
    assert text != decode(rust)["ratio"]
    assert is_written(rust, value, encode)


def test_requests_and_responses_are_valid(rust_bin: RustBin) -> None:
    """The schema of the protocol takes values of every kind, with a type and without one."""
    for name in SCHEMAS:
        asked = encode_request(vectors(name, "canonical")[0]["value"])
        for request in ({"id": 1, **asked}, {"id": 1, **asked, "type": name}):
            assert REQUEST.is_valid(request), request
        for pair in _ask(name, [asked, encode_request({})], rust_bin):
            assert all(RESPONSE.is_valid(response) for response in pair), pair
