"""Spells values of each type: as Rust writes them, or in any other way that Rust reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from checkpoint_notify.codec.numbers import show_float
from checkpoint_notify.compat.wire_types import (
    Bool,
    Enum,
    Float,
    Integer,
    Map,
    Option,
    Struct,
    StructField,
    Text,
    Vec,
    WireType,
)

from ..number_texts import MAKERS, overflow, random_float, usual
from ..tokens import Tokens
from .types import has_array_default, is_skipped, kind_of_field

_FINITE: Final = tuple(maker for maker in MAKERS if maker is not overflow)
_COUNTS: Final = (*(0, 0, 1, 1, 1, 1, 2, 2, 3) * 11, 20)
"""How many items a list or a map has; seldom so many that windows read them."""


class Place(NamedTuple):
    """Where a value is: the first piece of its text, the first piece behind it, and its type."""

    start: int
    end: int
    kind: WireType


class Speller(Tokens):
    """Writes a value as a list of pieces of text, and remembers the place of each value in it."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.met: set[str] = set()
        """The kinds of the fields that were written."""
        self._pieces: list[bytes] = []
        self._places: list[Place] = []
        self._canonical = True
        self._spaced = False
        self._labels: dict[int, tuple[StructField, str]] = {}
        self._writers: dict[type, Callable[[Any], None]] = {
            Text: self._write_string,
            Bool: lambda kind: self._pieces.append(self._pick((b"true", b"false"))),
            Integer: lambda kind: self._pieces.append(b"%d" % self._in_bounds(kind)),
            Float: self._write_float,
            Option: self._write_option,
            Vec: self._write_list,
            Map: self._write_map,
            Enum: self._write_enum,
            Struct: self._write_struct,
        }

    def _begin(self, *, canonical: bool, spaced: bool = False) -> None:
        self.met = set()
        self._pieces = []
        self._places = []
        self._canonical = canonical
        self._spaced = spaced

    def _write(self, kind: WireType) -> None:
        start = len(self._pieces)
        self._writers[type(kind)](kind)
        self._places.append(Place(start, len(self._pieces), kind))

    def _text_of(self, kind: WireType) -> bytes:
        """Return the text of a value, and remember no place in it."""
        pieces, places = self._pieces, self._places
        self._pieces, self._places = [], []
        self._write(kind)
        text = b"".join(self._pieces)
        self._pieces, self._places = pieces, places
        return text

    def _gap(self) -> bytes:
        return self._space() if self._spaced else b""

    def _in_bounds(self, kind: Integer) -> int:
        edge = self._pick((kind.minimum, kind.maximum, 0, 1, 42))
        if self._chance(0.4):
            return edge
        return self.random.randint(kind.minimum, kind.maximum) >> self._pick((0, 0, 1, 4, 11, 32))

    def _write_string(self, kind: Text) -> None:
        self._pieces.append(self._plain() if self._canonical else self._string())

    def _write_float(self, kind: Float) -> None:
        random = self.random
        if self._canonical:
            text = usual(random) if self._chance(0.7) else show_float(random_float(random))
        elif self._chance(0.2):
            text = str(self._in_bounds(_ANY_INTEGER))
        else:
            text = self._pick(_FINITE)(random)
        self._pieces.append(text.encode())

    def _write_option(self, kind: Option) -> None:
        if self._chance(0.25):
            self._pieces.append(b"null")
        else:
            self._write(kind.inner)

    def _write_enum(self, kind: Enum) -> None:
        name = self._variant(kind)
        if self._canonical or self._chance(0.6):
            self._pieces.append(name)
        else:
            self._pieces.append(b"{%b%b%b:%bnull%b}" % (self._gap(), name, self._gap(), self._gap(), self._gap()))

    def _variant(self, kind: Enum) -> bytes:
        return self._key(self._pick(kind.variants), plain=self._canonical)

    def _write_list(self, kind: Vec) -> None:
        self._pieces.append(b"[" + self._gap())
        for index in range(self._pick(_COUNTS)):
            self._pieces.append(b"," + self._gap() if index else b"")
            self._write(kind.inner)
            self._pieces.append(self._gap())
        self._pieces.append(b"]")

    def _write_map(self, kind: Map) -> None:
        self._pieces.append(b"{" + self._gap())
        count = min(self._pick(_COUNTS), 1) if self._canonical and self._chance(0.8) else self._pick(_COUNTS)
        for index in range(count):
            key = self._plain() if self._canonical else self._string()
            self._pieces.append(b"%b%b%b:%b" % (b"," + self._gap() if index else b"", key, self._gap(), self._gap()))
            self._write(kind.inner)
            self._pieces.append(self._gap())
        self._pieces.append(b"}")

    def _write_struct(self, kind: Struct) -> None:
        if not self._canonical and self._chance(0.15):
            self._write_array(kind)
            return
        fields: list[StructField | None] = list(kind.fields)
        if not self._canonical:
            fields = [field for field in kind.fields if field.required or self._chance(0.75)]
            if not kind.closed and self._chance(0.3):
                fields += [None] * self._pick((1, 1, 1, 1, 1, 1, 1, 2, 3, 15))
            if self._chance(0.5):
                self.random.shuffle(fields)
        self._write_members(fields)

    def _write_members(self, fields: list[StructField | None]) -> None:
        """Write an object; an unknown field for each None."""
        pieces = self._pieces
        pieces.append(b"{" + self._gap())
        first = True
        for field in fields:
            before, places = len(pieces), len(self._places)
            pieces.append(b"" if first else b"," + self._gap())
            if field is None:
                value = self._ignored(self._pick((0, 0, 1, 2)))
                pieces.append(b"%b%b:%b%b%b" % (self._unknown_key(), self._gap(), self._gap(), value, self._gap()))
            else:
                pieces.append(b"%b%b:%b" % (self._field_key(field), self._gap(), self._gap()))
                self._write_field(field)
                if self._canonical and pieces[-1] == b"null" and is_skipped(field):
                    del pieces[before:], self._places[places:]
                    continue
                pieces.append(self._gap())
            first = False
        pieces.append(b"}")

    def _write_field(self, field: StructField) -> None:
        found = self._labels.get(id(field))
        if found is None:
            found = self._labels[id(field)] = field, kind_of_field(field)
        self.met.add(found[1])
        self._write(field.type)

    def _field_key(self, field: StructField) -> bytes:
        return self._key(field.name, plain=self._canonical)

    def _unknown_key(self) -> bytes:
        return self._pick((b'"x"', b'"Version"', b'""', b'"name "', b'"id\\u0000"', self._string()))

    def _write_array(self, kind: Struct) -> None:
        fields = list(kind.fields)
        while fields and has_array_default(fields[-1]) and self._chance(0.5):
            fields.pop()
        self._pieces.append(b"[" + self._gap())
        for index, field in enumerate(fields):
            self._pieces.append(b"," + self._gap() if index else b"")
            self._write_field(field)
            self._pieces.append(self._gap())
        self._pieces.append(b"]")


_ANY_INTEGER: Final = Integer("any", -(2**63), 2**64 - 1)
