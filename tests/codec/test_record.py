"""However a message with fields of every kind is made, each of its values is checked, at every depth."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Final, TypeAlias

import cattrs
import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkpoint_notify import EncodeError
from checkpoint_notify._bounds import Finite, IntRange
from checkpoint_notify.codec import codec_for
from checkpoint_notify.codec.record import Record

I8: TypeAlias = Annotated[int, IntRange(-128, 127)]
U32: TypeAlias = Annotated[int, IntRange(0, 2**32 - 1)]
U64: TypeAlias = Annotated[int, IntRange(0, 2**64 - 1)]
F64: TypeAlias = Annotated[float, Finite()]


class Side(StrEnum):
    """An enum."""

    BUY = "Buy"
    SELL = "Sell"


class OtherSide(StrEnum):
    """Members with the same values."""

    BUY = "Buy"


@dataclass(frozen=True, kw_only=True, slots=True)
class Leg(Record):
    """A struct with lists and maps, inside of another."""

    price: F64
    side: Side = Side.BUY
    fills: list[F64] = field(default_factory=list)
    labels: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Order(Record):
    """A message as `schema/generate.py` writes one, with every kind."""

    id: str
    live: bool
    count: U64
    shift: I8
    limit: F64
    side: Side
    leg: Leg
    legs: list[Leg]
    by_name: dict[str, Leg]
    rows: list[list[U32]] = field(default_factory=list)
    maybe: list[F64 | None] = field(default_factory=list)
    stop: F64 | None = None
    best: Leg | None = field(default=None, metadata={"serde": {"skip_serializing_if": "none"}})
    tags: list[str] | None = None


def _leg(**changed: Any) -> Leg:
    return Leg(**{"price": 1.5, "side": Side.SELL, "fills": [0.5], "labels": {"k": ["v"]}, **changed})


def _forced(cls: type, **values: Any) -> Any:
    """An instance whose fields were set past all checks."""
    made: Any = object.__new__(cls)
    for name, value in values.items():
        getattr(cls, name).__set__(made, value)
    return made


def _values(**changed: Any) -> dict[str, Any]:
    values = {"id": "o", "live": True, "count": 2**64 - 1, "shift": -128, "limit": -0.0, "side": Side.BUY}
    values |= {"leg": _leg(), "legs": [_leg(), _leg(price=5e-324)], "by_name": {"a": _leg()}, "rows": [[1], []]}
    return values | {"maybe": [0.1, None], "stop": 1e16, "best": _leg(), "tags": ["t"]} | changed


def _wrong_leg(**changed: Any) -> Leg:
    """A leg whose fields were set past all checks."""
    leg: Leg = _forced(Leg, **{name: getattr(_leg(), name) for name in Leg.__slots__} | changed)
    return leg


CODEC: Final = codec_for(Order)
NAN: Final = math.nan

INVALID: Final[list[tuple[dict[str, Any], str]]] = [
    ({"id": 1}, "id: expected str, got int"),
    ({"live": 1}, "live: expected bool, got int"),
    ({"live": "true"}, "live: expected bool, got str"),
    ({"live": None}, "live: expected bool, got None"),
    ({"count": -1}, "count: -1 is outside 0..=18446744073709551615"),
    ({"count": True}, "count: expected int, got bool"),
    ({"shift": 128}, "shift: 128 is outside -128..=127, the range of i8"),
    ({"shift": 1.0}, "shift: expected int, got float"),
    ({"limit": NAN}, "limit: JSON cannot express nan"),
    ({"limit": -math.inf}, "limit: JSON cannot express -inf"),
    ({"limit": 2**53 + 1}, "limit: a float cannot hold 9007199254740993 exactly"),
    ({"limit": 10**400}, "limit: a float cannot hold an integer of 1329 bits exactly"),
    ({"limit": True}, "limit: expected float, got bool"),
    ({"limit": "1"}, "limit: expected float, got str"),
    ({"limit": None}, "limit: expected float, got None"),
    ({"side": "Buy"}, "side: expected Side, got str; write Side(side)"),
    ({"side": OtherSide.BUY}, "side: expected Side, got OtherSide"),
    ({"side": None}, "side: expected Side, got None"),
    ({"leg": None}, "leg: expected Leg, got None"),
    ({"leg": {"price": 1.0}}, "leg: expected Leg, got dict"),
    ({"leg": _wrong_leg(price="1")}, "leg.price: expected float, got str"),
    ({"leg": _wrong_leg(price=NAN)}, "leg.price: JSON cannot express nan"),
    ({"leg": _wrong_leg(side="Sell")}, "leg.side: expected Side, got str"),
    ({"leg": _wrong_leg(fills=[1.0, "x"])}, "leg.fills[1]: expected float, got str"),
    ({"leg": _forced(Leg, price=1.0)}, "leg.side: has no value"),
    ({"legs": (_leg(),)}, "legs: expected list, got tuple; write list(legs)"),
    ({"legs": None}, "legs: expected list, got None"),
    ({"legs": [_leg(), None]}, "legs[1]: expected Leg, got None"),
    ({"legs": [_wrong_leg(price=None)]}, "legs[0].price: expected float, got None"),
    ({"legs": [_leg(), _wrong_leg(labels={"k": ["v", 2]})]}, "legs[1].labels['k'][1]: expected str, got int"),
    ({"legs": [_wrong_leg(labels={"k": ("v",)})]}, "legs[0].labels['k']: expected list, got tuple"),
    ({"legs": [_wrong_leg(labels={3: ["v"]})]}, "a key of legs[0].labels: expected str, got int"),
    ({"by_name": {"a": _wrong_leg(price=1j)}}, "by_name['a'].price: expected float, got complex"),
    ({"by_name": {"\ud800": _leg()}}, "a key of by_name: lone surrogate U+D800"),
    ({"by_name": [("a", _leg())]}, "by_name: expected dict, got list"),
    ({"rows": [[1], [2, 2**32]]}, "rows[1][1]: 4294967296 is outside 0..=4294967295, the range of u32"),
    ({"rows": [[1], (2,)]}, "rows[1]: expected list, got tuple"),
    ({"rows": "ab"}, "rows: expected list, got str"),
    ({"maybe": [None, NAN]}, "maybe[1]: JSON cannot express nan"),
    ({"stop": math.inf}, "stop: JSON cannot express inf"),
    ({"best": _wrong_leg(fills=None)}, "best.fills: expected list, got None"),
    ({"tags": ["\udfff"]}, "tags[0]: lone surrogate U+DFFF"),
    ({"tags": "t"}, "tags: expected list, got str"),
]
IDS: Final = [message for _, message in INVALID]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wider(Order):
    """A subclass with a field that Rust does not know."""

    more: bytes = b"more"


def _second_init(values: dict[str, Any]) -> Order:
    made = Order(**_values())
    made.__init__(**values)  # type: ignore[misc]
    return made


STRICT: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "constructor": lambda values: Order(**values),
    "replace": lambda values: dataclasses.replace(Order(**_values()), **values),
    "second constructor call": _second_init,
    "pickle": lambda values: pickle.loads(pickle.dumps(_forced(Order, **values))),
    "copy": lambda values: copy.copy(_forced(Order, **values)),
    "deepcopy": lambda values: copy.deepcopy(_forced(Order, **values)),
    "subclass": lambda values: Wider(**values),
}
LAX: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "pydantic": pydantic.TypeAdapter(Order).validate_python,
    "msgspec": lambda values: msgspec.convert(values, Order),
    "msgspec lax": lambda values: msgspec.convert(values, Order, strict=False),
    "cattrs": lambda values: cattrs.structure(values, Order),
}
"""Libraries, which may convert a value that is wrong."""


@pytest.mark.parametrize(("changed", "message"), INVALID, ids=IDS)
@pytest.mark.parametrize("way", STRICT)
def test_a_wrong_value_is_refused_with_its_place(way: str, changed: dict[str, Any], message: str) -> None:
    """In a struct inside of another too, whoever made that one."""
    with pytest.raises(EncodeError) as caught:
        STRICT[way](_values(**changed))
    if way not in ("pickle", "deepcopy"):  # which make the structs inside first, and these refuse it
        assert str(caught.value).startswith(message)


@pytest.mark.parametrize(("changed", "message"), INVALID, ids=IDS)
@pytest.mark.parametrize("way", LAX)
def test_a_wrong_value_is_refused_or_converted_by_libraries(way: str, changed: dict[str, Any], message: str) -> None:
    """Then the message is valid."""
    try:
        made = LAX[way](_plain(_values(**changed)))
    except (EncodeError, pydantic.ValidationError, msgspec.ValidationError, cattrs.BaseValidationError):
        return
    except (TypeError, ValueError, AttributeError, OverflowError):
        if way != "cattrs":  # which lets each converter raise its own error
            raise
        return
    _assert_round_trip(made)


@pytest.mark.parametrize(("changed", "message"), INVALID, ids=IDS)
def test_a_wrong_value_is_never_written(changed: dict[str, Any], message: str) -> None:
    """Also where fields were set past all checks: each encode looks at each value."""
    with pytest.raises(EncodeError) as caught:
        CODEC.encode(_forced(Order, **_values(**changed)))
    assert str(caught.value).startswith(message)


def _plain(value: Any) -> Any:
    """The value with plain dicts in place of structs, as libraries take them."""
    if isinstance(value, (Order, Leg)):
        names = [each.name for each in dataclasses.fields(value)]
        return {name: _plain(getattr(value, name)) for name in names if hasattr(value, name)}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _assert_round_trip(made: Any) -> None:
    read = CODEC.decode(CODEC.encode(made))
    for name in Order.__slots__:
        assert repr(getattr(made, name)) == repr(getattr(read, name))


@pytest.mark.parametrize("way", [*STRICT, *LAX])
def test_each_way_makes_a_valid_message(way: str) -> None:
    """With what was given, at each depth."""
    given_values = _values()
    made = {**STRICT, **LAX}[way](_plain(given_values) if way in LAX else given_values)
    assert repr(Order(**_values())) == repr(made).replace("Wider(", "Order(").replace(", more=b'more'", "")
    encode = codec_for(type(made), Order).encode
    assert CODEC.encode(Order(**_values())) == encode(made)


@pytest.mark.parametrize("way", STRICT)
def test_what_the_caller_changes_later_does_not_show(way: str) -> None:
    """Each list and each map is a copy, at each depth."""
    values = _values()
    made = STRICT[way](values)
    before = codec_for(type(made), Order).encode(made)
    for changed in (values["legs"], values["rows"], values["rows"][0], values["maybe"], values["tags"]):
        changed.append(None)
    values["by_name"]["b"] = None
    for leg in (values["leg"], values["legs"][0], values["by_name"]["a"], values["best"]):
        leg.fills.append("x")
        leg.labels["k"].append(None)
        leg.labels["other"] = None
    assert before == codec_for(type(made), Order).encode(made)


def test_an_int_becomes_a_float_at_each_depth() -> None:
    """If a float holds it exactly."""
    leg = _leg(price=1, fills=[2, 2**60])
    made = Order(**_values(limit=3, maybe=[4, None], stop=5, leg=leg, legs=[leg], best=_wrong_leg(price=7)))
    assert [1.0, [2.0, 2.0**60]] == [made.legs[0].price, made.leg.fills]
    found = [leg.price, *leg.fills, made.limit, made.maybe[0], made.stop, made.leg.price]
    assert made.best is not None
    assert [float] * 8 == [type(number) for number in (*found, made.best.price)]


LARGEST: Final = 2**1024 - 2**971
"""The largest float."""


@pytest.mark.parametrize(
    ("number", "exact"),
    [
        *((sign * 2**53, True) for sign in (1, -1)),
        *((sign * (2**53 + 1), False) for sign in (1, -1)),
        (2**53 - 2, True),
        (2**53 + 2, True),
        (2**54 + 2, False),
        (2**54 + 4, True),
        (2**1023, True),
        (LARGEST, True),
        (-LARGEST, True),
        (LARGEST + 1, False),
        (2**1024, False),
        (-(2**1024), False),
    ],
)
def test_an_int_is_accepted_in_place_of_a_float_if_a_float_holds_it(number: int, exact: bool) -> None:
    """By the constructor and by the encoder, however large it is."""
    if exact:
        assert float(number) == Order(**_values(limit=number)).limit
        assert float(number) == CODEC.decode_exact(CODEC.encode(_forced(Order, **_values(limit=number)))).limit
    else:
        with pytest.raises(
            EncodeError, match=r"^limit: a float cannot hold .* exactly; write float\(limit\) to round it$"
        ):
            Order(**_values(limit=number))


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"live": 1}, "live: expected bool, got int; write bool(live)"),
        ({"shift": 1.0}, "shift: expected int, got float"),
        ({"limit": Decimal(1)}, "limit: expected float, got Decimal; write float(limit)"),
        ({"limit": 1j}, "limit: expected float, got complex"),
        ({"limit": NAN}, "limit: JSON cannot express nan; Rust would write null, and could not read it back"),
        ({"legs": {1}}, "legs: expected list, got set; write list(legs)"),
        ({"legs": 1}, "legs: expected list, got int"),
        ({"tags": "t"}, "tags: expected list, got str"),
        ({"side": "Buy"}, "side: expected Side, got str; write Side(side)"),
        ({"side": 1}, "side: expected Side, got int"),
        ({"leg": _forced(Leg, price=1.0)}, "leg.side: has no value; make the message with its constructor"),
    ],
)
def test_the_error_says_what_to_write(changed: dict[str, Any], text: str) -> None:
    """It is the whole text."""
    with pytest.raises(EncodeError) as caught:
        Order(**_values(**changed))
    assert text == str(caught.value)


@pytest.mark.parametrize("mapping", [OrderedDict, MappingProxyType])
def test_a_map_may_be_any_mapping(mapping: Callable[[dict[str, Any]], Any]) -> None:
    """It becomes a dict."""
    made = Order(**_values(by_name=mapping({"a": _leg(labels=mapping({"k": ["v"]}))})))
    assert [dict, dict] == [type(made.by_name), type(made.by_name["a"].labels)]
    assert CODEC.encode(Order(**_values())) == CODEC.encode(made)


@given(st.from_type(Order))
def test_hypothesis_makes_messages_from_the_hints(made: Order) -> None:
    """The bounds are in the type hints. Rust does not always read the nearest float, so the values may differ."""
    read = CODEC.decode(CODEC.encode(made))
    assert (made.id, made.count, len(made.legs)) == (read.id, read.count, len(read.legs))


def test_a_pickle_of_other_fields_is_refused() -> None:
    """Also of a struct inside."""
    make, (cls, values) = Leg(price=1.0).__reduce__()
    with pytest.raises(EncodeError, match=r"Leg: these fields have no value .*\['price'\]"):
        make(cls, {name: value for name, value in values.items() if name != "price"})
