"""What the golden vectors cannot say one by one: every character, every kind of payload, every way to be refused."""

from __future__ import annotations

import copy
import dataclasses
import enum
import json
import pickle
import sys
import tracemalloc
from collections import OrderedDict
from pathlib import Path
from typing import Annotated, Any, Final, get_type_hints

import pytest

from checkpoint_notify import CheckpointNotification, DecodeError, EncodeError, _generated
from checkpoint_notify._bounds import IntRange
from checkpoint_notify._message import CODEC
from checkpoint_notify.codec.codec import _may_have_long_float
from checkpoint_notify.codec.decoder import decode
from checkpoint_notify.codec.layout import STRING, STRING_MAP, U64, layout_of
from checkpoint_notify.codec.payload import check_utf8
from checkpoint_notify.conformance.values import to_protocol
from checkpoint_notify.conformance.verdict import answer_to
from checkpoint_notify.resources import vectors

from ..support.peer import Peer

VALID: Final = CheckpointNotification(
    model_path="p", model_name="n", version=1, saved_at="t", training_step=2, metadata={"k": "v"}
)
SMALL: Final = [v.payload for kind in ("canonical", "unusual", "refused") for v in vectors(kind)]


class Word(str):
    """A subclass of str."""


class Color(enum.StrEnum):
    """A str that prints as another."""

    RED = "red"


class Level(enum.IntEnum):
    """An int that has a name."""

    LOW = 1


def test_every_character_is_written_as_by_rust(peer: Peer) -> None:
    """All of Unicode but the surrogates, in runs of 1,000 code points, as a value and as a metadata key."""
    points = [chr(point) for point in range(sys.maxunicode + 1) if not 0xD800 <= point <= 0xDFFF]
    runs = ["".join(points[start : start + 1000]) for start in range(0, len(points), 1000)]
    values = [dataclasses.replace(VALID, model_path=run, metadata={run: run}) for run in runs]
    assert len(points) == 0x110000 - 0x800
    assert [value.to_json_bytes() for value in values] == peer.encode_many(map(to_protocol, values))


def test_the_exact_parser_agrees_with_the_fast_path() -> None:
    """The exact parser alone gives each vector the answer that the decoder as a whole gives."""
    for payload in SMALL:
        assert answer_to(payload) == answer_to(payload, CODEC.decode_exact), payload[:200]


@pytest.mark.parametrize("number", [-1, 2**64, 10**30])
@pytest.mark.parametrize("name", ["version", "training_step"])
def test_no_u64_is_refused_where_all_else_is_as_rust_writes_it(name: str, number: int) -> None:
    """Such a payload comes out of the fast path as it went in, so that alone proves nothing."""
    value = {"model_path": "", "model_name": "", "version": 1, "saved_at": "", "training_step": 2, "metadata": {}}
    with pytest.raises(DecodeError, match=r"^invalid (type|value): .*, expected u64 at line 1 column "):
        CheckpointNotification.from_json(json.dumps(value | {name: number}, separators=(",", ":")))


@pytest.mark.parametrize("kind", [bytearray, memoryview, bytes.decode])
def test_every_payload_type_gets_the_same_answer(kind: Any) -> None:
    """A str or another bytes-like object is judged as its bytes are."""
    for payload in SMALL:
        try:
            same = kind(payload)
        except UnicodeDecodeError:
            continue  # no str holds these bytes
        assert answer_to(payload) == answer_to(same), payload[:200]


def test_a_memoryview_that_is_not_contiguous() -> None:
    """A strided view is the bytes that it shows."""
    payload = VALID.to_json_bytes()
    doubled = bytes(byte for byte in payload for _ in range(2))
    assert VALID == CheckpointNotification.from_json(memoryview(doubled)[::2])


@pytest.mark.parametrize("payload", [None, 1, ["{}"], {"model_path": "p"}, object(), bytes])
def test_other_types_are_a_type_error(payload: Any) -> None:
    """What is neither str nor bytes-like is the caller's mistake, and no verdict."""
    with pytest.raises(TypeError, match=f"not {type(payload).__name__}"):
        CheckpointNotification.from_json(payload)


def test_a_str_with_a_surrogate_is_not_utf8() -> None:
    """The offset counts the bytes before the surrogate, as for bytes."""
    with pytest.raises(DecodeError) as caught:
        CheckpointNotification.from_json('{"é":"\ud800"}')
    assert ("utf8", 7, None, None) == (
        caught.value.category,
        caught.value.offset,
        caught.value.line,
        caught.value.column,
    )
    assert "invalid UTF-8: lone surrogate U+D800 at byte 7" == str(caught.value)


def test_a_bad_byte_is_named() -> None:
    """The text says which byte it was, and where; also behind the first chunk that is looked at."""
    for before in (0, 1, 65_535, 65_536, 65_537, 200_000):
        with pytest.raises(DecodeError) as caught:
            CheckpointNotification.from_json(b'{"x":"' + b"a" * before + b'\xf0\x9f"}')
        assert f"invalid UTF-8: byte 0xf0 at byte {6 + before}" == str(caught.value)


@pytest.mark.parametrize("before", [0, 65_534, 65_535, 65_536, 131_072, 200_000])
def test_a_character_cut_off_at_the_end_is_named(before: int) -> None:
    """Also behind the first chunk: what a chunk cuts in two is only then left to the next one, if there is one."""
    with pytest.raises(DecodeError) as caught:
        CheckpointNotification.from_json(b"a" * before + b"\xf0\x9f")
    assert f"invalid UTF-8: byte 0xf0 at byte {before}" == str(caught.value)


def test_utf8_is_checked_without_a_second_copy() -> None:
    """A payload of a megabyte costs a chunk or two, whatever its characters."""
    payload = "😀".encode() * 250_000
    tracemalloc.start()
    try:
        check_utf8(payload)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(payload)


def test_a_subclass_of_bytes_is_its_bytes() -> None:
    """Both paths take it as what it holds."""

    class Sub(bytes):
        pass

    for payload in (VALID.to_json_bytes(), VALID.to_json_bytes() + b" "):
        assert VALID == CheckpointNotification.from_json(Sub(payload))


@pytest.mark.parametrize("before", [65_533, 65_534, 65_535, 65_536])
def test_a_character_across_two_chunks_is_valid(before: int) -> None:
    """UTF-8 is looked at in chunks; a character may lie on the border of two."""
    payload = b'{"x":"' + b"a" * (before - 6) + "😀".encode() + b'"}'
    assert "missing field `model_path`" == answer_to(payload)["error"]["message"]


def test_an_error_holds_its_parts_and_pickles() -> None:
    """An error that comes back from another process is the same error."""
    with pytest.raises(DecodeError) as caught:
        CheckpointNotification.from_json(b'{\n"x":01}')
    error = caught.value
    for same in (error, pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert ("syntax", "invalid number", 2, 6, 8) == (
            same.category,
            same.message,
            same.line,
            same.column,
            same.offset,
        )
        assert "invalid number at line 2 column 6" == str(same)


REFUSED: Final = [
    ("model_path", None, "model_path: expected str, got None"),
    ("model_path", b"p", "model_path: expected str, got bytes; write value.decode()"),
    ("model_path", bytearray(b"p"), "model_path: expected str, got bytearray; write value.decode()"),
    ("model_path", Path("p"), "model_path: expected str, got PosixPath; write str(path)"),
    ("model_name", Word("n"), "model_name: expected str, got Word; write str(value)"),
    ("model_name", Color.RED, "model_name: expected str, got Color; write str(value)"),
    ("saved_at", 1.5, "saved_at: expected str, got float; write str(value)"),
    ("saved_at", "a\udc80", "saved_at: lone surrogate U+DC80 at index 1; UTF-8 cannot express it"),
    ("version", True, "version: expected int, got bool; write int(version)"),
    ("version", 1.0, "version: expected int, got float"),
    ("version", None, "version: expected int, got None"),
    ("version", "1", "version: expected int, got str"),
    ("version", Level.LOW, "version: expected int, got Level; write int(version)"),
    ("version", -1, "version: -1 is outside 0..=18446744073709551615, the range of u64"),
    (
        "training_step",
        2**64,
        "training_step: 18446744073709551616 is outside 0..=18446744073709551615, the range of u64",
    ),
    ("training_step", 2**1000, f"training_step: an integer of 1001 bits is outside 0..={2**64 - 1}, the range of u64"),
    ("training_step", 2**999, f"training_step: an integer of 1000 bits is outside 0..={2**64 - 1}, the range of u64"),
    ("training_step", 2**998, f"training_step: {2**998} is outside 0..={2**64 - 1}, the range of u64"),
    ("metadata", None, "metadata: expected dict, got None"),
    ("metadata", [("k", "v")], "metadata: expected dict, got list"),
    ("metadata", {"k": 1}, "metadata['k']: expected str, got int; write str(value)"),
    ("metadata", {1: "v"}, "a key of metadata: expected str, got int; write str(value)"),
    ("metadata", {"k": "\ud800"}, "metadata['k']: lone surrogate U+D800 at index 0; UTF-8 cannot express it"),
    ("metadata", {"\udfff": "v"}, "a key of metadata: lone surrogate U+DFFF at index 0; UTF-8 cannot express it"),
    ("metadata", {"k": Word("v")}, "metadata['k']: expected str, got Word; write str(value)"),
    ("metadata", {"k": None}, "metadata['k']: expected str, got None"),
]


@pytest.mark.parametrize(("name", "value", "text"), REFUSED, ids=range(len(REFUSED)))
def test_what_rust_cannot_hold_is_refused_at_construction(name: str, value: Any, text: str) -> None:
    """The error names the field, what was given, and where it is plain, what to write instead."""
    with pytest.raises(EncodeError) as caught:
        dataclasses.replace(VALID, **{name: value})
    assert text == str(caught.value)


@pytest.mark.parametrize(("name", "value", "text"), [case for case in REFUSED if isinstance(case[1], dict)])
def test_what_rust_cannot_hold_is_refused_at_each_encode(name: str, value: Any, text: str) -> None:
    """`metadata` is a dict, so it can be made wrong after construction; it is refused, and mended, at each encode."""
    notification = copy.deepcopy(VALID)
    notification.metadata.clear()  # a valid entry must not be what makes it look
    notification.metadata.update(value)
    for encode in (notification.to_json, notification.to_json_bytes):
        with pytest.raises(EncodeError) as caught:
            encode()
        assert text == str(caught.value)
    notification.metadata.clear()
    assert notification.to_json_bytes().endswith(b'"metadata":{}}')


def test_the_notification_keeps_its_annotations() -> None:
    """The bounds that msgspec reads from them once are gone again."""
    theirs, ours = (
        get_type_hints(kind, include_extras=True)
        for kind in (_generated.CheckpointNotification, CheckpointNotification)
    )
    assert theirs == {name: ours[name] for name in theirs}


def test_a_message_of_one_field_has_one_element() -> None:
    """Serde says `1 element` and `6 elements`."""
    other = dataclasses.make_dataclass("Other", [("a", str)])
    with pytest.raises(DecodeError) as caught:
        decode(b"[]", layout_of(other))
    assert "invalid length 0, expected struct Other with 1 element at line 1 column 2" == str(caught.value)


def test_metadata_is_a_copy() -> None:
    """The caller's mapping, of whatever type, can change later without changing the notification."""
    for given in ({"k": "v"}, OrderedDict(k="v")):
        notification = dataclasses.replace(VALID, metadata=given)
        given["k"] = "other"
        assert {"k": "v"} == notification.metadata
        assert type(notification.metadata) is dict


def test_equal_notifications_encode_alike() -> None:
    """The bytes of equal notifications differ at most in the order of metadata."""
    one = dataclasses.replace(VALID, metadata={"a": "1", "b": "2"})
    two = dataclasses.replace(VALID, metadata={"b": "2", "a": "1"})
    assert one == two
    assert sorted(one.to_json_bytes()) == sorted(two.to_json_bytes())
    assert one != dataclasses.replace(two, version=2)


def test_a_notification_is_a_value() -> None:
    """Frozen, keyword-only, not hashable; copies and pickles are equal and of their own."""
    for same in (copy.copy(VALID), copy.deepcopy(VALID), pickle.loads(pickle.dumps(VALID))):
        assert VALID == same
        assert type(same) is CheckpointNotification
    with pytest.raises(dataclasses.FrozenInstanceError):
        VALID.version = 3  # type: ignore[misc]
    with pytest.raises(TypeError, match="unhashable"):
        hash(VALID)
    with pytest.raises(TypeError, match="positional"):
        CheckpointNotification("p")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="model_name"):
        CheckpointNotification(model_path="p")  # type: ignore[call-arg]


def test_the_codec_refuses_a_field_it_does_not_know() -> None:
    """A field of another type is a TypeError that names it, when the table is made."""

    @dataclasses.dataclass
    class Other:
        path: str
        digest: bytes

    with pytest.raises(TypeError) as caught:
        layout_of(Other)
    known = "str, bool, bounded int, float, T | None, list, dict of str, StrEnum and dataclasses"
    assert f"field digest: the codec knows {known}, not <class 'bytes'>" == str(caught.value)


@pytest.mark.parametrize("hint", [int, Annotated[int, IntRange(0, 255 - 1)], Annotated[int, IntRange(-(2**64), 2**64)]])
def test_the_codec_refuses_an_integer_of_other_bounds(hint: Any) -> None:
    """Rust has no such integer type."""
    narrow = dataclasses.make_dataclass("Narrow", [("count", hint)])
    with pytest.raises(TypeError, match="field count"):
        layout_of(narrow)


def test_a_field_has_the_default_of_its_dataclass() -> None:
    """None without one; else what makes the value, a new one each time where there is a factory."""

    @dataclasses.dataclass
    class Message:
        path: str
        note: str = "none"
        metadata: dict[str, str] = dataclasses.field(default_factory=dict)

    path, note, metadata = layout_of(Message).fields
    assert path.default is None
    assert note.default is not None
    assert "none" == note.default()
    assert metadata.default is not None
    assert {} == metadata.default()
    assert metadata.default() is not metadata.default()


def test_the_table_is_read_from_the_generated_class() -> None:
    """Names, kinds and order are those of the dataclass; only metadata has a default."""
    fields = layout_of(_generated.CheckpointNotification).fields
    assert [field.name for field in dataclasses.fields(CheckpointNotification)] == [field.name for field in fields]
    assert {STRING, U64, STRING_MAP} == {field.kind for field in fields}
    assert ["metadata"] == [field.name for field in fields if field.default is not None]


@pytest.mark.parametrize("zeros", range(5))
@pytest.mark.parametrize("digits", range(1, 25))
def test_the_fast_path_finds_each_long_fraction(zeros: int, digits: int) -> None:
    """From 16 significant digits on, serde_json may read another float than the nearest."""
    payload = b'{"a":-0.%b%b,"b":1}' % (b"0" * zeros, b"9" * digits)
    assert (digits > 15) == _may_have_long_float(payload)


@pytest.mark.parametrize("whole", range(1, 17))
@pytest.mark.parametrize("fraction", range(1, 21))
@pytest.mark.parametrize("digit", [b"1", b"9"])
def test_the_fast_path_finds_each_long_number_with_a_point(whole: int, fraction: int, digit: bytes) -> None:
    """At the end of the payload, too. Integers have no point, and are not found."""
    for payload in (b"[%b.%b]" % (digit * whole, digit * fraction), b"%b.%b" % (digit * whole, digit * fraction)):
        assert (whole + fraction > 15) == _may_have_long_float(payload)
    assert not _may_have_long_float(b'{"a":%b,"b":2.5}' % (digit * 20))
