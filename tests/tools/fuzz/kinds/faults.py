"""Spells what is no value of a type: each kind of fault, at the place of one value."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from checkpoint_notify.compat.wire_types import Enum, Integer, Map, Option, Struct, StructField, Vec, WireType

from .spelling import Speller
from .types import MESSAGE, family

Fault: TypeAlias = Callable[[Any], bytes]

_FOUND: Final = (b"null", b"true", b"7", b"1.5", b'"x"', b"[]", b"{}")
_NO_VALUES: Final = (b"nul", b"trux", b"1e999", b"-1e309", b"01", b"1.", b"-", b"1e", b"+1", b"None", b",", b"}")
_ENDS: Final = (b"", b'"ab', b"tru", b"[1", b'{"a"')
_BAD_STRINGS: Final = (b'"a\nb"', rb'"\x"', rb'"\ud800a"', rb'"\udc00"', rb'"\ud800\u0041"')
_INTEGERS: Final = (
    *(-1, 2**8, 2**16, 2**32, 2**63, 2**64 - 1, 2**64, -(2**7) - 1, -(2**15) - 1, -(2**31) - 1, -(2**63), -(2**63) - 1),
    10**25,
)


class Faults(Speller):
    """Makes wrong texts for values; each fault of a type is as frequent as the others."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._name = ""
        """The name of the type that the payload is for."""
        self._made: defaultdict[str, float] = defaultdict(float)
        self._counts: dict[str, int] = {}
        self._turns: dict[str, Iterator[Fault]] = {}
        self._ends = False

    def _wrong(self, kind: WireType) -> bytes:
        """Return a text with a fault, in place of a value of this type; `_ends` says whether the payload ends there."""
        key = self._key_of(kind)
        self._made[key] += 1 / self._count_of(kind)
        self._ends = False
        return next(self._turns[key])(kind)

    def _faults_made(self, kind: WireType) -> float:
        """How often each fault of a type was made."""
        return self._made[self._key_of(kind)]

    def _key_of(self, kind: WireType) -> str:
        """What faults are counted by: types with texts of their own alone, and each form of the message."""
        if kind.rust == MESSAGE:
            return self._name
        return kind.rust if isinstance(_inmost(kind), Struct | Enum) else name_of(kind)

    def _count_of(self, kind: WireType) -> int:
        key = self._key_of(kind)
        if key not in self._counts:
            faults = self._faults(kind)
            self._counts[key] = len(faults)
            self._turns[key] = itertools.cycle(faults)
        return self._counts[key]

    def _faults(self, kind: WireType) -> list[Fault]:
        """Return the faults that values of this type can have."""
        inner = _inmost(kind)
        if isinstance(inner, Struct):
            faults = self._struct_faults(inner)
        else:
            faults = [self._any_fault, *map(_always, (*_FOUND, *_NO_VALUES, *_BAD_STRINGS))]
            faults += [self._any_fault, self._bad_string, self._end, self._end, self._end, *self._own_faults(inner)]
        return [_of_inner(fault) for fault in faults] if isinstance(kind, Option) else faults

    def _own_faults(self, kind: WireType) -> Sequence[Fault]:
        match kind:
            case Integer():
                return [self._out_of_range] * 3 + [self._integer_as_float]
            case Enum():
                return [self._unknown_variant] * 3 + [self._bad_unit] * 9 + [self._bad_variant_object] * 7
            case Vec():
                return [self._bad_list] * 5 + [self._end_in_list]
            case Map():
                return [self._bad_map] * 8 + [self._bad_map_key]
        return []

    def _struct_faults(self, kind: Struct) -> list[Fault]:
        """Return mostly those whose texts name the struct; all structs together have enough of the others."""
        named = [self._missing_field, self._double_field, self._short_array] * len(kind.fields)
        others = [self._any_fault, self._bad_value, self._bad_value, self._bad_value, self._end, self._bad_struct_key]
        others += [self._bad_object, self._bad_object, self._bad_array, self._bad_array]
        return [*map(_always, _FOUND[:5]), *named, self._unknown_field, *others]

    def _bad_value(self, kind: WireType) -> bytes:
        return self._pick((*_NO_VALUES, *_BAD_STRINGS))

    def _any_fault(self, kind: WireType) -> bytes:
        return self._one_of(self._scalar, self._broken, self._integer)

    def _end(self, kind: WireType) -> bytes:
        self._ends = True
        return self._pick(_ENDS)

    def _bad_string(self, kind: WireType) -> bytes:
        return self._string_of(self._fault_in_string())

    def _out_of_range(self, kind: Integer) -> bytes:
        near = (kind.minimum - 1, kind.maximum + 1, kind.minimum - 1, kind.maximum + 1, *_INTEGERS)
        return b"%d" % self._pick(near)

    def _integer_as_float(self, kind: Integer) -> bytes:
        return self._pick((b"%d.0", b"%de0", b"-0", b"%d.5", b"0%d", b"%dE+1")).replace(
            b"%d", b"%d" % self._in_bounds(kind)
        )

    # Enums

    def _unknown_variant(self, kind: Enum) -> bytes:
        name = self._pick(kind.variants)
        text = self._pick((name.swapcase(), name + " ", name[:-1], "", name + "`, expected", "é" + name)).encode()
        return self._pick((b'"%b"', b'"%b"', b'{"%b":null}', b'{"%b"', b'{ "%b" : 1}')) % text

    def _bad_unit(self, kind: Enum) -> bytes:
        value = self._pick((*_FOUND, *_NO_VALUES, *_BAD_STRINGS, b"nulx", self._scalar()))
        return b"{%b:%b%b}" % (self._variant(kind), self._gap(), value)

    def _bad_variant_object(self, kind: Enum) -> bytes:
        form = self._pick(
            (
                *(b"{%b:null,%b:null}", b"{%b:null,}", b"{%b:null %b", b"{%b}", b"{%b null}", b"{%b,%b}", b"{%b:null]"),
                *(b"{1:null}", b"{}", b"{ }", b"[%b]", b"{null:%b}", b"{,%b}", b"{%b:null", b"{%b:", b"{%b", b"{"),
            )
        )
        return form.replace(b"%b", self._variant(kind))

    # Lists and maps

    def _bad_list(self, kind: Vec) -> bytes:
        form = self._pick(
            (b"[%b,]", b"[%b %b]", b"[,]", b"[%b,,%b]", b"[%b}", b"[%b", b"[%b,", b"[", b"[ %b , ]", b"%b]")
        )
        return form.replace(b"%b", self._text_of(kind.inner))

    def _end_in_list(self, kind: Vec) -> bytes:
        self._ends = True
        return self._pick((b"[", b"[ ", b"[" + self._text_of(kind.inner)))

    def _bad_map(self, kind: Map) -> bytes:
        forms = (
            *(
                b'{"k":%b,}',
                b'{"k":%b "j":%b}',
                b'{"k" %b}',
                b'{"k"}',
                b"{,}",
                b'{"k":%b,,"j":%b}',
                b'{"k":%b]',
                b'{"k":%b',
            ),
            *(b'{"k":%b,', b'{"k":', b'{"k"', b"{", b'{"k",%b}', b'{ "k" : %b , }'),
        )
        return self._pick(forms).replace(b"%b", self._text_of(kind.inner))

    def _bad_map_key(self, kind: Map) -> bytes:
        key = self._one_of(
            lambda: self._string_of(self._fault_in_string()), lambda: self._pick((b"1", b"k", b"null", b"[]"))
        )
        form = self._pick((b"{%k:%v}", b'{"a":%v,%k:%v}', b"{%k"))
        return form.replace(b"%k", key).replace(b"%v", self._text_of(kind.inner))

    # Structs

    def _missing_field(self, kind: Struct) -> bytes:
        gone = self._pick([field for field in kind.fields if field.required] or kind.fields)
        return self._object_of(kind, [field for field in kind.fields if field is not gone])

    def _double_field(self, kind: Struct) -> bytes:
        fields = list(kind.fields)
        field = self._pick(fields)
        fields.insert(self._pick(range(len(fields) + 1)), field)
        return self._object_of(kind, fields)

    def _unknown_field(self, kind: Struct) -> bytes:
        fields: list[StructField | None] = list(kind.fields)
        fields.insert(self._pick(range(len(fields) + 1)), None)
        return self._object_of(kind, fields)

    def _object_of(self, kind: Struct, fields: list[StructField] | list[StructField | None]) -> bytes:
        pieces, places = self._pieces, self._places
        self._pieces, self._places = [], []
        self._write_members(list(fields))
        text = b"".join(self._pieces)
        self._pieces, self._places = pieces, places
        return text

    def _elements(self, kind: Struct, count: int) -> list[bytes]:
        return [self._text_of(field.type) for field in kind.fields[:count]]

    def _short_array(self, kind: Struct) -> bytes:
        return self._array(self._elements(kind, self.random.randrange(len(kind.fields))))

    def _bad_array(self, kind: Struct) -> bytes:
        text = self._array(self._elements(kind, len(kind.fields)))
        return self._one_of(
            lambda: text[:-1] + b",1]",
            lambda: text[:-1] + b", ]",
            lambda: text[:-1] + b" 1]",
            lambda: text[:-1] + b"}",
            lambda: text[:-1],
            lambda: text[:-1] + b",",
            lambda: b"[" + self._text_of(kind.fields[0].type) + b" ",
            lambda: b"[" + self._text_of(kind.fields[0].type) + b" 1]",
            lambda: b"[" + self._text_of(kind.fields[0].type) + b",]",
            lambda: b"[",
        )

    def _bad_object(self, kind: Struct) -> bytes:
        field = self._pick(kind.fields)
        key, value = self._field_key(field), self._text_of(field.type)
        form = self._pick(
            (
                *(b"{%k:%v,}", b"{%k:%v %k:%v}", b"{%k %v}", b"{%k}", b"{,%k:%v}", b"{%k:%v,,%k:%v}", b"{%k:%v]"),
                *(
                    b"{%k:%v",
                    b"{%k:%v,",
                    b"{%k:",
                    b"{%k",
                    b"{",
                    b"{%k,%v}",
                    b"{%k::%v}",
                    b"{ %k : %v , }",
                    b"{%k\n:%v\n,1}",
                ),
            )
        )
        return form.replace(b"%k", key).replace(b"%v", value)

    def _bad_struct_key(self, kind: Struct) -> bytes:
        key = self._one_of(
            lambda: self._string_of(self._fault_in_string()), lambda: self._pick((b"1", b"x", b"null", b"[]"))
        )
        return b"{" + key + b":1}"


def name_of(kind: WireType) -> str:
    """What faults of a type are counted as: its family without the types in it, but for an Option."""
    if isinstance(kind, Option):
        return f"Option<{name_of(kind.inner)}>"
    return family(kind).partition("<")[0]


def label_of(kind: WireType) -> str:
    """What a fault is counted as: the same, but each struct alone."""
    return f"struct {kind.rust}" if isinstance(kind, Struct) else name_of(kind)


def _always(text: bytes) -> Fault:
    return lambda kind: text


def _inmost(kind: WireType) -> WireType:
    while isinstance(kind, Option):
        kind = kind.inner
    return kind


def _of_inner(fault: Fault) -> Fault:
    def of_inner(kind: Option) -> bytes:
        return fault(_inmost(kind))

    return of_inner
