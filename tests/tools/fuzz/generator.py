"""Payloads for the fuzzer: valid, unusual and broken messages, made from JSON's grammar and from the golden vectors.

Everything is drawn from one `random.Random`, so a seed names a run. The strategies of `checkpoint_notify.testing` know
each error and shrink, and take a hundred times as long for a payload, which is too long for a run of millions. A
payload that dies at once proves little, so most of what is made here is valid up to one chosen fault, and about half is
valid throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final, TypeAlias, TypeVar

from checkpoint_notify.resources import vectors

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

_NUMBERS: Final = (
    b"0 1 42 9007199254740993 9223372036854775807 9223372036854775808 18446744073709551615 18446744073709551616 "
    b"18446744073709551620 184467440737095516150 1844674407370955161.5 -0 -1 -9223372036854775808 "
    b"-9223372036854775809 -18446744073709551616 1.0 1e0 0e0 0.0 -0.0 1e308 1e309 17e307 18e307 1e-400 0e999999999999 "
    b"1e2147483647 1e2147483648 0.1e310 1e-2147483649 123456789012345678901234567890 0.00001 0.000001 1e16 1e15 5e-324 "
    b"2.5e-5 18446744073709551616.5e1 0.30000000000000004 1e00000000000000000000005 99999999999999999999e-20"
).split()
_BROKEN_NUMBERS: Final = (
    *b"01 - +1 1. .5 1e 1e+ -a 1.e5 00 -01 1.x 1ex 0x10 1_000 1e- 1e999 -1e400 1.5e309 NaN Infinity -Infinity".split(),
    *(b"1e99999999999", b"4e2147483649999x", b"- 1"),
)
_WORDS: Final = (b"null", b"true", b"false")
_BROKEN_WORDS: Final = (b"nul", b"nulx", b"tru", b"trve", b"fals", b"falsy", b"n", b"None", b"True", b"nu\nl")
_ESCAPES: Final = (
    rb"\" \\ \/ \b \f \n \r \t \u0041 \u00e9 \u2028 \uFFFF \ud83d\ude00 \uD800\uDC00 \u0000 \u001f \u007F"
).split()
_LONE_SURROGATES: Final = rb"\ud800 \udc00 \uDFFF \udbff\u0041 \ud800\ud800 \ud83d\n \ud83dx".split()
_BROKEN_ESCAPES: Final = (
    *rb"\x \u12 \u12g4 \U0041 \' \u \0 \u+123 \ud800\u12 \ud800\uzzzz \ ".split(),
    *(rb"\u 123", b"\\\xc3\xa9", b"\\u\xc3\xa9\xc3\xa9", b"\\\n"),
)
_CONTROLS: Final = (b"\x00", b"\x01", b"\t", b"\n", b"\r", b"\x1f", b"\n\n")
_BAD_UTF8: Final = (
    *(b"\xff", b"\x80", b"\xc3", b"\xc0\x80", b"\xe2\x82", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"\xf4\x90\x80\x80"),
    *(b"\xfe", b"\xf8\x88\x80\x80\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xed\xbf\xbf", b"\xc3("),
)
_TEXTS: Final = [
    text.encode()
    for text in (
        *("", "a", "loss", "0.0023", "checkpoints/backward/latest_model.bin", "lstm_dqn_v1"),
        *("2026-11-24T08:15:30+00:00", "é", "\u2028", "😀", "日本語", "\x7f", "'", "/", "\ufffe\uffff"),
        "at line 3 column 4",
    )
]
_TOKENS: Final = (
    *(bytes([c]) for c in b'{}[]:,"\\ \n\r\t-+.eE0ntf'),
    *(b'":', b'",', b"],", b"}}", b"\xef\xbb\xbf", b"\x0c", b"\xc2\xa0"),
)
_STRANGE_SPACES: Final = (
    *(
        b"\x0b",
        b"\x0c",
        b"\x00",
        b"\x1f",
        b"\x85",
        b"\xa0",
        b"\xc2\xa0",
        b"\xe2\x80\xa8",
        b"\xef\xbb\xbf",
        b"\xe3\x80\x80",
    ),
    *(b"/**/", b"//\n", b"#\n", b"\\n", b"\\u0020", b" ", b"\n", b",", b"\xff", b"\xed\xa0\x80", b"\\ud800"),
)
_BROKEN_CONTAINERS: Final = (
    *(b"", b",", b"}", b"]", b":", b"'a'", b"//", b"{,}", b"{1:2}", b"{a:1}", b'{"a" 1}', b'{"a":1,}', b"[1,]", b"[,]"),
    *(b"[1 2]", b'{"a":1 "b":2}', b'{"a"}', b"{]", b"[}", b"[1}", b'{"a":1]', b"[[1],", b'{"a":[1,{}'),
)

T = TypeVar("T")


class Generator:
    """Makes payloads from one source of chance, by default for the message that the golden vectors are of."""

    def __init__(self, seed: int, kinds: Kinds = FIELDS) -> None:
        self.random = Random(seed)
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
            lambda: self._pick(_WORDS),
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
        text = self._one_of(self._scalar, self._scalar, self._broken, bytes, self._integer, lambda: self._pick(_WORDS))
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
        return whole[:at] + self._pick(_BAD_UTF8) + whole[at:]

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

    def _object(self, members: Sequence[tuple[str | bytes, bytes]], *, space: bool) -> bytes:
        gap = self._space if space else bytes
        parts = []
        for key, value in members:
            name = key if isinstance(key, bytes) else self._key(key, plain=not space)
            parts.append(gap() + name + gap() + b":" + gap() + value + gap())
        return b"{" + (b",".join(parts) if parts else gap()) + b"}"

    def _array(self, values: Sequence[bytes]) -> bytes:
        gap = self._space if self._chance(0.4) else bytes
        return b"[" + b",".join(gap() + value + gap() for value in values) + b"]"

    def _key(self, name: str, *, plain: bool) -> bytes:
        text = name.encode()
        if not plain and self._chance(0.1):
            at = self.random.randrange(len(text))
            text = text[:at] + b"\\u%04x" % text[at] + text[at + 1 :]
        return b'"' + text + b'"'

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

    def _strangely_spaced(self, text: bytes) -> bytes:
        """With something that is no white space to serde between two bytes, often where white space is."""
        places = [at for at, byte in enumerate(text) if byte in b' \n\r\t{}:,"0123456789'] or [0]
        at = self._pick(places)
        return text[:at] + self._pick(_STRANGE_SPACES) + text[at + self._pick((0, 1)) :]

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

    def _plain(self) -> bytes:
        return b'"' + self._pick(_TEXTS) + b'"'

    def _string(self) -> bytes:
        if self._chance(0.6):
            return self._plain()
        return self._string_of(self._pick(_ESCAPES))

    def _string_of(self, part: bytes) -> bytes:
        return b'"' + self._pick(_TEXTS) + part + self._pick(_TEXTS) + b'"'

    def _fault_in_string(self) -> bytes:
        return self._pick(self._pick((_CONTROLS, _BROKEN_ESCAPES, _LONE_SURROGATES)))

    def _number(self) -> bytes:
        if self._chance(0.6):
            return self._pick(_NUMBERS)
        digits = b"%d" % self.random.getrandbits(self._pick((4, 16, 60, 64, 70, 200)))
        sign = self._pick((b"", b"", b"-"))
        fraction = self._pick((b"", b".%d", b".0%d", b".000000%d"))
        exponent = self._pick((b"", b"", b"e%d", b"E-%d", b"e+%d"))
        text = sign + digits
        text += fraction % self.random.getrandbits(self._pick((4, 60, 80))) if fraction else b""
        return text + (exponent % self.random.randrange(self._pick((5, 30, 330))) if exponent else b"")

    def _integer(self) -> bytes:
        return b"%d" % self.random.randrange(-(2**63), 2**63)

    def _scalar(self) -> bytes:
        return self._one_of(self._number, self._number, self._string, lambda: self._pick(_WORDS))

    def _broken(self) -> bytes:
        return self._one_of(
            lambda: self._pick(_BROKEN_NUMBERS),
            lambda: self._pick(_BROKEN_WORDS),
            lambda: self._string_of(self._fault_in_string()),
            lambda: self._pick(_BROKEN_CONTAINERS),
            lambda: self._pick(_BROKEN_CONTAINERS),
        )

    def _ignored(self, depth: int) -> bytes:
        """Make a valid value for an unknown field."""
        if depth == 0 or self._chance(0.3):
            if self._chance(0.2):
                return self._string_of(self._pick(_LONE_SURROGATES[:3]))
            return self._scalar()
        if self._chance(0.03):
            deep = self._pick((10, 127, 128, 129, 500))
            return b"[" * deep + b"]" * deep
        values = [self._ignored(depth - 1) for _ in range(self._pick((0, 1, 2, 3)))]
        if self._chance(0.5):
            return self._array(values)
        return self._object([(self._string(), value) for value in values], space=self._chance(0.3))

    def _nested(self, value: bytes) -> bytes:
        return (
            self._pick((b"%b", b"[%b]", b"[1,%b]", b'{"a":%b}', b'{"a":[%b]}', b"[[%b],2]", b'{"a":1,"b":%b}')) % value
        )

    def _map_of_anything(self) -> bytes:
        return self._object([(self._string(), self._ignored(1)) for _ in range(self._pick((1, 2)))], space=False)

    def _space(self) -> bytes:
        return self._pick((b"", b"", b" ", b"\n", b"\t", b"\r\n", b"  \n "))

    def _padded(self, text: bytes) -> bytes:
        return self._space() + text + self._space() if self._chance(0.2) else text

    def _splice(self, payload: bytes) -> bytes:
        data = bytearray(payload)
        for _ in range(self._pick((1, 1, 2, 3))):
            at = self.random.randrange(len(data) + 1)
            cut = self._pick((0, 0, 1, 1, 2, 8))
            new = self._pick(
                (b"", self._pick(_TOKENS), self._pick(_TOKENS), bytes([self.random.randrange(128)]), self._scalar())
            )
            data[at : at + cut] = new
        return bytes(data)

    def _pick(self, choices: Sequence[T]) -> T:
        return choices[int(self.random.random() * len(choices))]

    def _one_of(self, *makers: Callable[[], bytes]) -> bytes:
        return self._pick(makers)()

    def _chance(self, share: float) -> bool:
        return self.random.random() < share
