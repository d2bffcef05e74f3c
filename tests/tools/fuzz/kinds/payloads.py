"""Payloads for each type: valid, unusual, with one fault, and changed at random."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from checkpoint_notify.compat.wire_types import Enum, Struct

from ....support.kinds import LISTS, vectors
from ....support.kinds import payload as payload_of
from .faults import Faults, label_of
from .types import MESSAGE, Fuzzed, kinds_in, kinds_of_fields

ANYWHERE: Final = "anywhere"
NOWHERE: Final = "nowhere"
_LONGEST_VECTOR: Final = 1500


class Payload(NamedTuple):
    """A payload for a type."""

    type: Fuzzed
    text: bytes
    fault: str
    """The family of the value with the fault: `struct Name` for a struct; else `anywhere`, or `nowhere` for none."""
    met: frozenset[str] | set[str]
    """The kinds of the fields that it was made of."""


class Payloads(Faults):
    """Makes payloads of types; a seed names a run."""

    def __init__(self, seed: int, types: Sequence[Fuzzed]) -> None:
        super().__init__(seed)
        self._types = types
        self._weights = weights_of(types)
        self._vectors = {each.name: _vectors_of(each.name) for each in types}
        recipes: list[tuple[Callable[[Struct], tuple[bytes, str]], int]] = [
            (self._as_written, 12),
            (self._as_written_but_spaced, 12),
            (self._unusual, 20),
            (self._with_fault, 52),
            (self._changed, 9),
        ]
        self._recipes = [recipe for recipe, _ in recipes]
        self._recipe_weights = [weight for _, weight in recipes]

    def payloads(self, count: int) -> list[Payload]:
        """Return so many payloads of types drawn at random."""
        types = self.random.choices(self._types, self._weights, k=count)
        recipes = self.random.choices(self._recipes, self._recipe_weights, k=count)
        return [self._payload(each, recipe) for each, recipe in zip(types, recipes, strict=True)]

    def _payload(self, each: Fuzzed, recipe: Callable[[Struct], tuple[bytes, str]]) -> Payload:
        self._name = each.name
        text, fault = recipe(each.root)
        return Payload(each, text, fault, self.met)

    def _as_written(self, root: Struct) -> tuple[bytes, str]:
        self._begin(canonical=True)
        self._write(root)
        return b"".join(self._pieces), NOWHERE

    def _as_written_but_spaced(self, root: Struct) -> tuple[bytes, str]:
        self._begin(canonical=True, spaced=True)
        self._write(root)
        return self._padded(b"".join(self._pieces)), NOWHERE

    def _unusual(self, root: Struct) -> tuple[bytes, str]:
        self._begin(canonical=False, spaced=self._chance(0.4))
        self._write(root)
        return self._padded(b"".join(self._pieces)), NOWHERE

    def _with_fault(self, root: Struct) -> tuple[bytes, str]:
        """With a fault in place of one value; sometimes it ends within the fault or behind it."""
        self._begin(canonical=self._chance(0.4), spaced=self._chance(0.3))
        self._write(root)
        # Often of all values the one whose type had each of its faults the least, so that each type has many.
        rare = self._chance(0.75)
        place = min(self._places, key=lambda place: self._faults_made(place.kind)) if rare else self._pick(self._places)
        wrong = self._wrong(place.kind)
        ends = self._ends
        if self._chance(0.08):
            ends, wrong = True, wrong[: self.random.randrange(len(wrong) + 1)]
        behind = () if ends or self._chance(0.05) else self._pieces[place.end :]
        text = b"".join([*self._pieces[: place.start], wrong, *behind])
        return text, label_of(place.kind)

    def _changed(self, root: Struct) -> tuple[bytes, str]:
        """Changed at any place: tokens inserted, bytes removed or flipped, cut short, not UTF-8, or with a tail."""
        known = self._vectors[self._name]
        if known and self._chance(0.4):
            self.met = set()
            text = self._pick(known)
        else:
            text, _ = self._pick((self._as_written, self._unusual, self._unusual))(root)
        changes = (
            self._splice,
            self._splice,
            self._strangely_spaced,
            self._cut,
            self._flip,
            self._not_utf8,
            self._tail,
        )
        return self._pick(changes)(text), ANYWHERE

    def _cut(self, text: bytes) -> bytes:
        return text[: self.random.randrange(len(text) + 1)]

    def _flip(self, text: bytes) -> bytes:
        data = bytearray(text or b"{")
        data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
        return bytes(data)

    def _not_utf8(self, text: bytes) -> bytes:
        at = self.random.randrange(len(text) + 1)
        return text[:at] + self._bad_utf8() + text[at:]

    def _tail(self, text: bytes) -> bytes:
        return text + self._pick((b" ", b"x", b"{}", b"\n]", b",", b"\x00", b"\xef\xbb\xbf", b" null", text))


def weights_of(types: Sequence[Fuzzed]) -> list[float]:
    """How often each type is drawn: more often if it has more fields, or a kind of field that few types have."""
    kinds = [set(kinds_of_fields([each])) for each in types]
    holders = Counter(kind for found in kinds for kind in found)
    return [
        max(10 + _texts_of(each) * 1.2, *(60 / holders[kind] for kind in found))
        for each, found in zip(types, kinds, strict=True)
    ]


def _texts_of(each: Fuzzed) -> int:
    """Return a measure of how many error texts a type has of its own."""
    inside = {kind.rust: kind for kind in kinds_in(each.root)}.values()
    fields = sum(len(kind.fields) for kind in inside if isinstance(kind, Struct))
    if each.root.rust == MESSAGE and each.name != MESSAGE:
        fields -= 6
    return 2 * fields + 4 * sum(isinstance(kind, Enum) for kind in inside)


def _vectors_of(name: str) -> list[bytes]:
    if name == MESSAGE:
        return []
    texts = [payload_of(vector) for which in LISTS for vector in vectors(name, which)]
    return [text for text in texts if len(text) < _LONGEST_VECTOR]
