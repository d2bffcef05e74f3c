"""However an instance is made or changed, it is written as Rust writes it, or it is an `EncodeError`."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import dataclasses
import enum
import json
import operator
import os
import pickle
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType, SimpleNamespace
from typing import Any, Final

import cattrs
import fastapi
import httpx
import msgspec
import pydantic
import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from checkpoint_notify import CheckpointNotification, EncodeError

_GIVEN: Final[dict[str, Any]] = {
    "model_path": "p",
    "model_name": "n",
    "version": 1,
    "saved_at": "s",
    "training_step": 2,
    "metadata": {"k": "v"},
}
VALUES: Final = dataclasses.asdict(CheckpointNotification(**_GIVEN))
"""With the defaults of fields that a later version adds."""
LARGEST: Final = {**VALUES, "version": 2**64 - 1, "training_step": 2**63}


class Colour(enum.StrEnum):
    """Members that are a str, and print as another name."""

    RED = "red"


class Level(enum.IntEnum):
    """Members that are an int."""

    LOW = 1


class Text(str):
    """A subclass of str, as numpy has one."""

    __slots__ = ()


INVALID: Final[list[tuple[str, Any]]] = [
    ("model_path", None),
    ("model_path", b"p"),
    ("model_path", Path("p")),
    ("model_path", 5),
    ("model_name", Text("n")),
    ("model_name", Colour.RED),
    ("saved_at", "\ud800"),
    ("version", -5),
    ("version", 2**64),
    ("version", True),
    ("version", 1.0),
    ("version", "1"),
    ("version", Level.LOW),
    ("training_step", None),
    ("metadata", None),
    ("metadata", {"k": 1}),
    ("metadata", {1: "v"}),
    ("metadata", {"k": "\udfff"}),
    ("metadata", {"k": Colour.RED}),
]
IDS: Final = [f"{name}-{value!r}" for name, value in INVALID]


def _forced(**values: Any) -> CheckpointNotification:
    """An instance whose fields were set past all checks, as a library may do."""
    made = object.__new__(CheckpointNotification)
    for name, value in values.items():
        getattr(CheckpointNotification, name).__set__(made, value)
    return made


def _second_init(values: dict[str, Any]) -> CheckpointNotification:
    made = CheckpointNotification(**VALUES)
    made.__init__(**values)
    return made


def _unpickled(values: dict[str, Any]) -> CheckpointNotification:
    """From a pickle that holds these values, as an older program or another version may have written it."""
    made: CheckpointNotification = pickle.loads(pickle.dumps(_forced(**values)))
    return made


class Holder(pydantic.BaseModel):
    """A model with a notification in it."""

    field: CheckpointNotification


@pydantic.validate_call
def _called(field: CheckpointNotification) -> CheckpointNotification:
    return field


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wider(CheckpointNotification):  # type: ignore[misc]  # a type checker refuses a subclass, Python does not
    """A subclass with a field that Rust does not know."""

    more: bytes = b"more"


WAYS: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "constructor": lambda values: CheckpointNotification(**values),
    "replace": lambda values: dataclasses.replace(CheckpointNotification(**VALUES), **values),
    "second constructor call": _second_init,
    "pickle": _unpickled,
    "copy": lambda values: copy.copy(_forced(**values)),
    "deepcopy": lambda values: copy.deepcopy(_forced(**values)),
    "pydantic": pydantic.TypeAdapter(CheckpointNotification).validate_python,
    "pydantic model": lambda values: Holder.model_validate({"field": values}).field,
    "pydantic validate_call": lambda values: _called(field=values),  # type: ignore[arg-type]
    "msgspec": lambda values: msgspec.convert(values, CheckpointNotification),
    "msgspec lax": lambda values: msgspec.convert(values, CheckpointNotification, strict=False),
    "msgspec from attributes": lambda values: msgspec.convert(
        SimpleNamespace(**values), CheckpointNotification, from_attributes=True
    ),
    "cattrs": lambda values: cattrs.structure(values, CheckpointNotification),
    "cattrs with detailed validation off": lambda values: cattrs.Converter(detailed_validation=False).structure(
        values, CheckpointNotification
    ),
    "subclass": lambda values: Wider(**values),
}


@pytest.mark.parametrize(("name", "value"), INVALID, ids=IDS)
@pytest.mark.parametrize("way", WAYS)
def test_an_invalid_value_is_refused_or_converted(way: str, name: str, value: Any) -> None:
    """A library may convert a value, as `"1"` to 1; then the message is valid."""
    try:
        made = WAYS[way]({**VALUES, name: value})
    except (EncodeError, pydantic.ValidationError, msgspec.ValidationError, cattrs.BaseValidationError):
        return
    except (TypeError, ValueError, AttributeError):
        if not way.startswith("cattrs"):  # which lets each converter raise its own error
            raise
        return
    assert "pydantic" in way or "msgspec" in way or "cattrs" in way
    _assert_round_trip(made)


@pytest.mark.parametrize("way", WAYS)
def test_each_way_makes_the_largest_valid_message(way: str) -> None:
    """All of u64 is taken by each library, and the metadata is a copy of the one given."""
    values = copy.deepcopy(LARGEST)
    made = WAYS[way](values)
    values["metadata"]["k"] = "changed"
    assert {name: getattr(made, name) for name in LARGEST} == LARGEST
    _assert_round_trip(made)


def _assert_round_trip(made: CheckpointNotification) -> None:
    read = CheckpointNotification.from_json(made.to_json())
    for name in VALUES:
        mine, theirs = getattr(made, name), getattr(read, name)
        assert (type(theirs), theirs) == (type(mine), mine)


@pytest.mark.parametrize(("name", "value"), INVALID, ids=IDS)
def test_an_invalid_value_is_never_written(name: str, value: Any) -> None:
    """Also where a field was set past all checks: each encode looks at each value."""
    made = _forced(**{**VALUES, name: value})
    for encode in (made.to_json, made.to_json_bytes):
        with pytest.raises(EncodeError, match=f"^(a key of )?{name}"):
            encode()


@pytest.mark.parametrize("name", VALUES)
def test_a_field_without_a_value_is_never_written(name: str) -> None:
    """The error names the field of an instance that no constructor has made."""
    made = _forced(**{key: value for key, value in VALUES.items() if key != name})
    with pytest.raises(EncodeError, match=f"^{name}: has no value"):
        made.to_json()


def test_a_map_that_another_thread_changes_is_never_written_wrongly() -> None:
    """What was checked is what is written, whenever the other thread gets its turn."""
    made = CheckpointNotification(**VALUES)
    valid = made.to_json()
    stop = threading.Event()

    def change() -> None:
        entries: dict[Any, Any] = made.metadata
        while not stop.is_set():
            entries["k"] = 1
            stop.is_set()  # a call lets the other thread in
            entries["k"] = "v"
            entries[2] = "v"
            stop.is_set()
            del entries[2]

    thread = threading.Thread(target=change)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread.start()
    try:
        for _ in range(100_000):
            with contextlib.suppress(EncodeError):
                assert valid == made.to_json()
    finally:
        stop.set()
        thread.join()
        sys.setswitchinterval(interval)


def test_a_failed_second_constructor_call_leaves_nothing_to_write_wrongly() -> None:
    """The instance may hold the invalid value after that; it is not written."""
    made = CheckpointNotification(**VALUES)
    with pytest.raises(EncodeError, match="version: -5"):
        made.__init__(**{**VALUES, "version": -5})
    with pytest.raises(EncodeError, match="version: -5"):
        made.to_json()


@pytest.mark.parametrize("other", ["version", "loss"])
def test_a_pickle_of_other_fields_is_refused(other: str) -> None:
    """Such a pickle comes from another version of the class."""
    make, (cls, values) = CheckpointNotification(**VALUES).__reduce__()
    values = {name: value for name, value in values.items() if name != other} | ({other: 1} if other == "loss" else {})
    with pytest.raises(EncodeError, match=f"CheckpointNotification: these fields .*{other}"):
        make(cls, values)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_a_copy_shares_no_map_with_its_original(duplicate: Callable[[Any], Any]) -> None:
    """A change of the one does not reach the other."""
    made = CheckpointNotification(**VALUES)
    same = duplicate(made)
    assert made == same
    same.metadata["k"] = "changed"
    assert {"k": "v"} == made.metadata


@pytest.mark.parametrize("mapping", [OrderedDict, MappingProxyType])
def test_metadata_may_be_any_mapping(mapping: Callable[[dict[str, str]], Mapping[str, str]]) -> None:
    """It is copied into a plain dict."""
    made = CheckpointNotification(**{**VALUES, "metadata": mapping({"k": "v"})})
    assert type(made.metadata) is dict
    _assert_round_trip(made)


def test_fastapi_refuses_what_rust_refuses() -> None:
    """A request body that is a notification: all of u64 is taken, one more is a 422."""
    app = fastapi.FastAPI()

    @app.post("/")
    async def take(notification: CheckpointNotification) -> str:
        return notification.to_json()

    async def post(values: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post("/", json=values)

    taken = asyncio.run(post(LARGEST))
    assert (200, LARGEST) == (taken.status_code, json.loads(taken.json()))
    for change in ({"version": -5}, {"version": 2**64}, {"metadata": {"k": 1}}):
        assert 422 == asyncio.run(post({**VALUES, **change})).status_code
    bounds = app.openapi()["components"]["schemas"]["CheckpointNotification"]["properties"]["version"]
    assert (0, float(2**64 - 1)) == (bounds["minimum"], bounds["maximum"])


@pytest.mark.parametrize("number", [-1, 2**64])
def test_a_decoder_of_msgspec_checks_the_bounds(number: int) -> None:
    """Its own bounds end at int64, so the message checks them."""
    with pytest.raises(msgspec.ValidationError, match="the range of u64"):
        msgspec.json.decode(json.dumps({**VALUES, "version": number}), type=CheckpointNotification)


def test_a_decoder_of_msgspec_takes_all_of_u64() -> None:
    """Alone, and as a field of another type."""
    payload = json.dumps(LARGEST)
    expected = CheckpointNotification(**LARGEST)
    assert expected == msgspec.json.decode(payload, type=CheckpointNotification)
    assert expected == msgspec.json.decode(f'{{"field":{payload}}}', type=Outer).field


class Outer(msgspec.Struct):
    """A struct with a notification in it."""

    field: CheckpointNotification


@given(st.from_type(CheckpointNotification), st.builds(CheckpointNotification), st.builds(Wider))
def test_hypothesis_makes_valid_messages(
    one: CheckpointNotification, other: CheckpointNotification, wider: Wider
) -> None:
    """The type hints tell Hypothesis the bounds."""
    for made in (one, other, wider):
        _assert_round_trip(made)


def test_hypothesis_makes_large_numbers() -> None:
    """Not only those that int64 holds."""
    made = find(st.from_type(CheckpointNotification), lambda made: made.version > 2**63)
    assert 2**63 + 1 == made.version


class TextPath(str):
    """As the class of the package `path`: a str that is a path, too."""

    __slots__ = ()

    def __fspath__(self) -> str:
        return self


class Folder:
    """A path that is no str."""

    def __init__(self, path: Any) -> None:
        self.path = path

    def __fspath__(self) -> Any:
        return self.path


class Whole:
    """An integer as numpy has them: no int, but it converts to one without loss."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number


@pytest.mark.parametrize("path", ["a/b", PurePosixPath("a/b"), Path("a/b"), TextPath("a/b"), Folder("a/b")])
def test_new_takes_paths(path: Any) -> None:
    """The path becomes a plain str."""
    made = CheckpointNotification.new(path, "n")
    assert (str, "a/b") == (type(made.model_path), made.model_path)


@pytest.mark.parametrize("path", [None, 5, b"a", bytearray(b"a"), Folder(b"a"), Text("a"), Colour.RED, Path("\udc80")])
def test_new_refuses_what_is_no_text_path(path: Any) -> None:
    """A path of bytes may not be UTF-8, and a path of the system may hold half a surrogate pair."""
    with pytest.raises(EncodeError, match=r"^model_path: "):
        CheckpointNotification.new(path, "n")


@pytest.mark.parametrize("number", [7, Whole(7), Level.LOW, operator.index(2**64 - 1), Whole(2**64 - 1)])
def test_builders_take_integers_of_other_types(number: Any) -> None:
    """What converts to an int without loss is converted."""
    made = CheckpointNotification.new("p", "n").with_version(number).with_training_step(number)
    expected = operator.index(number)
    assert (int, expected) == (type(made.version), made.version)
    assert (int, expected) == (type(made.training_step), made.training_step)


@pytest.mark.parametrize("number", [True, 1.0, "1", None, -1, Whole(-1), Whole(2**64), Whole])
def test_builders_refuse_what_is_no_u64(number: Any) -> None:
    """A bool is no number here, though Python would convert it."""
    made = CheckpointNotification.new("p", "n")
    with pytest.raises(EncodeError, match=r"^version: "):
        made.with_version(number)
    with pytest.raises(EncodeError, match=r"^training_step: "):
        made.with_training_step(number)


def test_the_constructor_stays_strict() -> None:
    """Conversions are the builders' alone."""
    for name, value in (("model_path", Path("p")), ("version", Whole(1)), ("training_step", Level.LOW)):
        with pytest.raises(EncodeError, match=f"^{name}: expected "):
            CheckpointNotification(**{**VALUES, name: value})


def test_path_conversion_agrees_with_the_system() -> None:
    """What `os.fspath` gives is what is sent."""
    path = Path("models") / "latest.bin"
    assert os.fspath(path) == CheckpointNotification.new(path, "n").model_path
