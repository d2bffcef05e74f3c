"""Strategies for the start of a message, up to a place for a fault.

The start has no fault, and Rust stops at the first fault. So the place and the fault alone determine the error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple, TypeAlias, TypeVar

from hypothesis import strategies as st

from checkpoint_notify.codec.layout import EnumKind, Field, Kind, ListKind, MapKind, OptionKind, StructKind
from checkpoint_notify.testing._json import ESCAPED, STRINGS, member, spaced, spacing, spell
from checkpoint_notify.testing._values import (
    field_key,
    field_member,
    field_value,
    spelled_of,
    unknown_keys,
    unknown_members,
    values_of,
)

T = TypeVar("T")
K = TypeVar("K")

NO_COMMA: Final = "expected `,` or `]`"
TRAILING: Final = "trailing characters"


class Value(NamedTuple):
    """A place where a value comes next."""

    before: bytes
    first: bool = False
    """Whether the value would be the first of an array, so that `]` may come instead."""


class Key(NamedTuple):
    """A place where the key of a member comes next."""

    before: bytes
    first: bool
    """Whether the member would be the first of its object, so that `}` may come instead; if not, a comma precedes."""
    used: bool = True
    """Whether Rust uses the object; False inside a value that it ignores."""


class Element(NamedTuple):
    """A place in an array, after an element."""

    before: bytes
    without_comma: str = NO_COMMA
    """The error if neither a comma nor a bracket follows."""
    comma_before_bracket: str = "trailing comma"
    """The error if a comma and then a bracket follow."""


class InString(NamedTuple):
    """A place in a string, after some characters."""

    before: bytes
    used: bool
    """Whether Rust uses the string."""


class UnitKind:
    """What the object form of a variant holds: null and nothing else."""

    expected: Final = "unit"


Enter: TypeAlias = Callable[[st.DrawFn], Value]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Slot:
    """One of the types in a message: its own, that of a field, of an item, or of a value in a map."""

    kind: Kind | UnitKind
    """Without the Option around it."""
    nullable: bool
    """Whether null is a value, too."""
    enter: Enter
    """Draws a message up to a value of this type."""


def _slots(kind: Kind | UnitKind, enter: Enter) -> Iterator[Slot]:
    """Return the slots in a value of this kind, outer ones first."""
    nullable = isinstance(kind, (OptionKind, UnitKind))
    while isinstance(kind, OptionKind):
        kind = kind.inner
    slot = Slot(kind, nullable, enter)
    yield slot
    match kind:
        case ListKind(item):
            yield from _slots(item, partial(_enter_list, slot, item))
        case MapKind(value):
            yield from _slots(value, partial(_enter_map, slot, value))
        case EnumKind():
            yield from _slots(UnitKind(), partial(_enter_variant, slot, kind))
        case StructKind():
            for index, field in enumerate(kind.fields):
                yield from _slots(field.kind, partial(_enter_field, slot, kind, index))


def _enter_message(draw: st.DrawFn) -> Value:
    return Value(spacing(draw)())


def _enter_list(slot: Slot, item: Kind, draw: st.DrawFn) -> Value:
    space = spacing(draw)
    before, some = _opened_list(draw, slot, item)
    return Value(before + b"," * some + space(), not some)


def _enter_map(slot: Slot, value: Kind, draw: st.DrawFn) -> Value:
    space = spacing(draw)
    before, some = _opened_map(draw, slot, value)
    return Value(before + b"," * some + space() + member(space, draw(STRINGS).raw, b""))


def _enter_variant(slot: Slot, kind: EnumKind, draw: st.DrawFn) -> Value:
    space = spacing(draw)
    return Value(slot.enter(draw).before + b"{" + space() + member(space, _variant(draw, kind), b""))


def _enter_field(slot: Slot, layout: StructKind, index: int, draw: st.DrawFn) -> Value:
    space = spacing(draw)
    if draw(st.booleans()):
        before = opened_array(draw, slot, layout, index)
        return Value(before + b"," * (index > 0) + space(), index == 0)
    field = layout.fields[index]
    before, _ = next_member(draw, slot, layout, without=field)
    return Value(before + member(space, field_key(draw, field), b""))


def _opened_list(draw: st.DrawFn, slot: Slot, item: Kind, *, least: int = 0) -> tuple[bytes, bool]:
    """Draw a message up to an element of a list, and whether the list has elements already."""
    found = draw(st.lists(spelled_of(item), min_size=least, max_size=2))
    return slot.enter(draw).before + b"[" + spaced(spacing(draw), [each.raw for each in found]), bool(found)


def _opened_map(draw: st.DrawFn, slot: Slot, value: Kind, *, least: int = 0) -> tuple[bytes, bool]:
    """Draw a message up to an entry of a map, and whether the map has entries already."""
    space = spacing(draw)
    entries = draw(st.lists(st.tuples(STRINGS, spelled_of(value)), min_size=least, max_size=2))
    inner = spaced(space, [member(space, key.raw, item.raw) for key, item in entries])
    return slot.enter(draw).before + b"{" + inner, bool(entries)


def _opened_object(
    draw: st.DrawFn, slot: Slot, layout: StructKind, *, without: Field | None = None, least: int = 0
) -> tuple[bytes, bool]:
    """Draw a message up to a member of a struct, and whether there are members already; `without` is left out."""
    space = spacing(draw)
    others = [field for field in layout.fields if field is not without]
    fields = draw(st.lists(st.sampled_from(others), unique=True, min_size=least, max_size=3)) if others else []
    members = [field_member(draw, space, field) for field in fields] + unknown_members(draw, space, layout, 1)
    return slot.enter(draw).before + b"{" + spaced(space, members), bool(members)


def next_member(draw: st.DrawFn, slot: Slot, layout: StructKind, *, without: Field | None = None) -> tuple[bytes, bool]:
    """Draw a message up to the next key of a struct, and whether that key is the first."""
    space = spacing(draw)
    before, some = _opened_object(draw, slot, layout, without=without)
    return before + b"," * some + space(), not some


def opened_array(draw: st.DrawFn, slot: Slot, layout: StructKind, count: int) -> bytes:
    """Draw a message up to the end of a struct's array form with `count` elements."""
    elements = [field_value(draw, field) for field in layout.fields[:count]]
    return slot.enter(draw).before + b"[" + spaced(spacing(draw), elements)


def _variant(draw: st.DrawFn, kind: EnumKind) -> bytes:
    return spell(draw(values_of(kind)).value, draw(ESCAPED))


# Places in values that Rust ignores.

_NESTED: Final = st.lists(st.sampled_from([b"[", b"[1,", b'{"a":', b'{"a":null , "":']), max_size=3).map(b"".join)


def _ignored_value(draw: st.DrawFn, slot: Slot) -> Value:
    assert isinstance(slot.kind, StructKind)
    space = spacing(draw)
    before, _ = next_member(draw, slot, slot.kind)
    nested = draw(_NESTED)
    before += member(space, draw(unknown_keys(slot.kind)).raw, nested) + space()
    return Value(before, first=nested.endswith(b"["))


def _ignored_key(draw: st.DrawFn, slot: Slot) -> Key:
    space = spacing(draw)
    first = draw(st.booleans())
    return Key(_ignored_value(draw, slot).before + (b"{" if first else b'{"a":1,') + space(), first, used=False)


def _ignored_key_read(draw: st.DrawFn, slot: Slot) -> bytes:
    return _ignored_key(draw, slot).before + draw(STRINGS).raw + spacing(draw)()


def _ignored_member_read(draw: st.DrawFn, slot: Slot) -> bytes:
    return _ignored_value(draw, slot).before + b'{"a":1' + spacing(draw)()


def _ignored_element(draw: st.DrawFn, slot: Slot) -> Element:
    return Element(_ignored_value(draw, slot).before + b"[1" + spacing(draw)(), NO_COMMA, "expected value")


# Places in values that Rust uses.


def _key(draw: st.DrawFn, slot: Slot) -> Key:
    space = spacing(draw)
    match slot.kind:
        case StructKind():
            return Key(*next_member(draw, slot, slot.kind))
        case MapKind(value):
            before, some = _opened_map(draw, slot, value)
            return Key(before + b"," * some + space(), not some)
    return Key(slot.enter(draw).before + b"{" + space(), first=True)


def _key_read(draw: st.DrawFn, slot: Slot) -> bytes:
    space = spacing(draw)
    match slot.kind:
        case StructKind():
            field = None
            if slot.kind.deny_unknown_fields or draw(st.booleans()):
                field = draw(st.sampled_from(slot.kind.fields))
            key = field_key(draw, field) if field else draw(unknown_keys(slot.kind)).raw
            return next_member(draw, slot, slot.kind, without=field)[0] + key + space()
        case EnumKind():
            return _key(draw, slot).before + _variant(draw, slot.kind) + space()
    return _key(draw, slot).before + draw(STRINGS).raw + space()


def _member_read(draw: st.DrawFn, slot: Slot) -> bytes:
    if isinstance(slot.kind, MapKind):
        return _opened_map(draw, slot, slot.kind.value, least=1)[0]
    assert isinstance(slot.kind, StructKind)
    return _opened_object(draw, slot, slot.kind, least=1)[0]


def _element(draw: st.DrawFn, slot: Slot) -> Element:
    if isinstance(slot.kind, ListKind):
        return Element(_opened_list(draw, slot, slot.kind.item, least=1)[0])
    assert isinstance(slot.kind, StructKind)
    most = len(slot.kind.fields)
    count = draw(st.integers(1, most))
    return Element(opened_array(draw, slot, slot.kind, count), TRAILING if count == most else NO_COMMA)


def _text(draw: st.DrawFn, slot: Slot) -> InString:
    in_key = isinstance(slot.kind, (StructKind, MapKind, EnumKind)) and draw(st.booleans())
    before = _key(draw, slot).before if in_key else slot.enter(draw).before
    return InString(before + b'"' + draw(STRINGS).raw[1:-1], used=True)


def _ignored_text(draw: st.DrawFn, slot: Slot) -> InString:
    before = _ignored_key(draw, slot).before if draw(st.booleans()) else _ignored_value(draw, slot).before
    return InString(before + b'"' + draw(STRINGS).raw[1:-1], used=False)


def _enter(draw: st.DrawFn, slot: Slot) -> Value:
    return slot.enter(draw)


@st.composite
def _at(draw: st.DrawFn, slots: Sequence[Slot], place: Callable[[st.DrawFn, Slot], T]) -> T:
    return place(draw, draw(st.sampled_from(slots)))


class Places:
    """The places in the messages of a type."""

    def __init__(self, layout: StructKind) -> None:
        self.slots: Final = tuple(_slots(layout, _enter_message))
        self.literal_slots: Final = tuple(slot for slot in self.slots if not isinstance(slot.kind, EnumKind))
        """Those where serde reads a number, a word or a string to its end before it refuses the type."""
        self.slots_of: Final[dict[str, list[Slot]]] = {}
        """The same, by what serde expects there."""
        for slot in self.literal_slots:
            self.slots_of.setdefault(slot.kind.expected, []).append(slot)
        structs, maps, lists, enums = (
            [slot for slot, _ in self.of(kind)] for kind in (StructKind, MapKind, ListKind, EnumKind)
        )
        self.open_structs: Final = [slot for slot, kind in self.of(StructKind) if not kind.deny_unknown_fields]
        """Structs with fields that Rust ignores."""
        self.values: Final = _at(self.slots, _enter)
        self.literals: Final = _at(self.literal_slots, _enter)
        self.ignored_values: Final = self._ignored(_ignored_value)
        self.keys: Final = _at([*structs, *maps, *enums], _key) | self._ignored(_ignored_key)
        self.keys_read: Final = _at([*structs, *maps, *enums], _key_read) | self._ignored(_ignored_key_read)
        """Places after a key, where the colon comes."""
        self.members_read: Final = _at([*structs, *maps], _member_read) | self._ignored(_ignored_member_read)
        """Places in an object, after a member."""
        self.elements: Final = _at([*structs, *lists], _element) | self._ignored(_ignored_element)
        self.used_texts: Final = _at(self.slots, _text)
        self.texts: Final = self.used_texts | self._ignored(_ignored_text)

    def of(self, kind: type[K]) -> list[tuple[Slot, K]]:
        """Return the slots of this kind."""
        return [(slot, slot.kind) for slot in self.slots if isinstance(slot.kind, kind)]

    def _ignored(self, place: Callable[[st.DrawFn, Slot], T]) -> st.SearchStrategy[T]:
        return _at(self.open_structs, place) if self.open_structs else st.nothing()
