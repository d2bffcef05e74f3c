"""Payloads for the fuzzer: valid, unusual and broken messages, made from JSON's grammar and from the golden vectors.

Everything is drawn from one `random.Random`, so a seed names a run. The strategies of `checkpoint_notify.testing` know
each error and shrink, and take a hundred times as long for a payload, which is too long for a run of millions. A
payload that dies at once proves little, so most of what is made here is valid up to one chosen fault, and about half is
valid throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from checkpoint_notify.resources import vectors

from .tokens import Tokens

Kinds: TypeAlias = Mapping[str, str]
"""The fields of a message in order, each with `string`, `u64` or `map`."""

FIELDS: Final = {
    "model_path": "string",
    "model_name": "string",
    "version": "u64",
    "saved_at": "string",
    "training_step": "u64",
    "metadata": "map",
}


class Generator(Tokens):
    """Makes payloads from one source of chance, by default for the message that the golden vectors are of."""

    def __init__(self, seed: int, kinds: Kinds = FIELDS) -> None:
        super().__init__(seed)
        self._kinds = kinds
        self._names = tuple(kinds)
        self._map = next((name for name, kind in kinds.items() if kind == "map"), self._names[-1])
        self._vectors = [
            vector.payload
            for kind in ("canonical", "unusual", "refused")
            for vector in vectors(kind)
            if len(vector.payload) < 1000 and kinds is FIELDS
        ]
        self._recipes: list[tuple[Callable[[], bytes], int]] = [
            (self.canonical, 12),
            (self.spaced, 16),
            (self.unusual, 36),
            (self.wrong_value, 14),
            (self.broken_token, 12),
            (self.truncated, 8),
            (self.wrong_fields, 8),
            (self.wrong_array, 4),
            (self.wrong_top, 2),
            (self.spliced, 6),
            (self.mutated_vector, 8),
            (self.not_utf8, 3),
        ]
        self._makers = [maker for maker, _ in self._recipes]
        self._weights = [weight for _, weight in self._recipes]

    def payload(self) -> bytes:
        """One payload of any kind."""
        (maker,) = self.random.choices(self._makers, self._weights)
        return maker()

    # Whole payloads

    def canonical(self) -> bytes:
        """What Rust writes: compact, in order, without needless escapes."""
        return self._object([(field, self._canonical_value(field)) for field in self._names], space=False)

    def spaced(self) -> bytes:
        """What Rust writes but for white space, and for `metadata` that may be absent; half of them with a fault."""
        gap = self._space if self._chance(0.8) else bytes
        fields = [field for field in self._names if field != self._map or self._chance(0.6)]
        members = [
            gap() + b'"%b"' % field.encode() + gap() + b":" + gap() + self._spaced_value(field) for field in fields
        ]
        text = gap() + b"{" + b",".join(member + gap() for member in members) + b"}" + gap()
        if self._chance(0.5):
            return text
        return self._one_of(lambda: self._splice(text), lambda: self._strangely_spaced(text))

    def unusual(self) -> bytes:
        """Make a payload that Rust accepts: any order, white space, escapes, unknown fields, or the array form."""
        if self._chance(0.15):
            present = self._names[: len(self._names) - self._pick((1, 0, 0))]
            return self._padded(self._array([self._value(field) for field in present]))
        members: list[tuple[str | bytes, bytes]] = []
        members += [(field, self._value(field)) for field in self._names if field != self._map or self._chance(0.8)]
        for _ in range(self._pick((0, 0, 1, 1, 2, 3))):
            members.append((self._unknown_key(), self._ignored(self._pick((0, 1, 2, 4)))))
        if self._chance(0.5):
            self.random.shuffle(members)
        return self._padded(self._object(members, space=self._chance(0.6)))

    def wrong_value(self) -> bytes:
        """A message in which one field holds a value of another type, or a number beyond its bounds."""
        wrong = self._pick(self._names)
        other = self._one_of(
            self._scalar,
            self._scalar,
            self._integer,
            self._word,
            lambda: self._ignored(1),
            self._map_of_anything,
        )
        return self._message_with(wrong, other)

    def broken_token(self) -> bytes:
        """Make a message with one token that is not JSON: in a used value, a key, or an ignored value."""
        broken = self._broken()
        where = self.random.randrange(6)
        if where < 2:
            return self._message_with(self._pick(self._names), broken)
        if where == 2:
            return self._message_with("x", self._nested(broken))
        if where == 3:
            return self._message_with(self._map, b"{" + self._string() + b":" + broken + b"}")
        if where == 4:
            return self._message_with(self._pick((*self._names, "x")), self._string_of(self._fault_in_string()))
        key = self._string_of(self._fault_in_string())
        return self._pick((b'{"x":{%b:1}}', b"{%b:1}", b'{"' + self._map.encode() + b'":{%b:"v"}}')) % key

    def truncated(self) -> bytes:
        """The beginning of a payload, cut at any byte."""
        whole = self._one_of(self.unusual, self.unusual, self.broken_token, self.wrong_value)
        return whole[: self.random.randrange(len(whole) + 1)]

    def wrong_fields(self) -> bytes:
        """A message with fields missing or repeated."""
        members = [(field, self._value(field)) for field in self._names]
        if self._chance(0.5):
            for _ in range(min(self._pick((1, 1, 2)), len(members))):
                members.pop(self.random.randrange(len(members)))
        else:
            field = self._pick(self._names)
            members.insert(self.random.randrange(len(members) + 1), (field, self._value(field)))
        text = self._object(members, space=self._chance(0.5))
        return text + self._pick((b"", b"", b" ", b"x", b"{}", b"\n]"))

    def wrong_array(self) -> bytes:
        """The array form with another number of elements, or badly separated."""
        values = [self._value(field) for field in self._names[: self.random.randrange(len(self._names) + 1)]]
        if len(values) == len(self._names) and self._chance(0.5):
            values.append(self._ignored(1))
        text = self._array(values)
        return self._pick(
            (
                text,
                text,
                text[:-1] + b",]",
                text[:-1] + b",",
                text[:-1] + b"x",
                text.replace(b",", b" ", 1),
                text + b"]",
            )
        )

    def wrong_top(self) -> bytes:
        """Make a payload that is neither an object nor an array, or is empty."""
        text = self._one_of(self._scalar, self._scalar, self._broken, bytes, self._integer, self._word)
        return self._padded(text)

    def spliced(self) -> bytes:
        """Make a message with inserted tokens or removed bytes."""
        return self._splice(self.unusual())

    def mutated_vector(self) -> bytes:
        """A golden vector, changed in one to three places."""
        payload = self._pick(self._vectors) if self._vectors else self.unusual()
        if self._chance(0.1):
            return payload + self._pick(self._vectors or [b""])
        return self._splice(payload)

    def not_utf8(self) -> bytes:
        """A payload with bytes that are not UTF-8, at any place."""
        whole = self._one_of(self.unusual, self.unusual, self.truncated)
        at = self.random.randrange(len(whole) + 1)
        return whole[:at] + self._bad_utf8() + whole[at:]

    # Parts

    def _message_with(self, name: str, value: bytes) -> bytes:
        """A message in which one field, known or not, has this value; often the fields after it are gone."""
        members = [(field, self._value(field)) for field in self._names if field != name]
        at = self.random.randrange(len(members) + 1)
        members.insert(at, (name, value))
        if self._chance(0.2):
            before = [self._value(field) for field in self._names]
            before[self._names.index(name) if name in self._kinds else -1] = value
            return self._array(before)
        if self._chance(0.5):
            del members[at + 1 :]
        return self._object(members, space=self._chance(0.4))

    def _unknown_key(self) -> bytes:
        return self._pick((b'"x"', b'"Version"', b'""', b'"metadata "', b'"model_path\\u0000"', self._string()))

    def _canonical_value(self, field: str) -> bytes:
        kind = self._kinds[field]
        if kind == "u64":
            return b"%d" % self._u64()
        if kind == "map":
            return (
                b"{" + b",".join(self._plain() + b":" + self._plain() for _ in range(self._pick((0, 1, 1, 2)))) + b"}"
            )
        return self._plain()

    def _spaced_value(self, field: str) -> bytes:
        if self._kinds[field] != "map":
            return self._canonical_value(field)
        pairs = [(self._plain(), self._plain()) for _ in range(self._pick((0, 1, 2)))]
        return self._object(pairs, space=True)

    def _value(self, field: str) -> bytes:
        kind = self._kinds[field]
        if kind == "u64":
            return b"%d" % self._u64()
        if kind == "map":
            pairs = [(self._string(), self._string()) for _ in range(self._pick((0, 0, 1, 2, 3)))]
            return self._object(pairs, space=self._chance(0.3))
        return self._string()

    def _u64(self) -> int:
        return self._pick(
            (0, 1, 42, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, self.random.getrandbits(64), self.random.getrandbits(8))
        )
