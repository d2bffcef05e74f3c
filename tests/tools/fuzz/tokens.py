"""Parts of payloads for the fuzzer: JSON's tokens and values, valid, unusual and broken, drawn at random."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final, TypeVar

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


class Tokens:
    """Makes parts of payloads."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

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

    def _strangely_spaced(self, text: bytes) -> bytes:
        """With something that is no white space to serde between two bytes, often where white space is."""
        places = [at for at, byte in enumerate(text) if byte in b' \n\r\t{}:,"0123456789'] or [0]
        at = self._pick(places)
        return text[:at] + self._pick(_STRANGE_SPACES) + text[at + self._pick((0, 1)) :]

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

    def _word(self) -> bytes:
        return self._pick(_WORDS)

    def _bad_utf8(self) -> bytes:
        return self._pick(_BAD_UTF8)

    def _scalar(self) -> bytes:
        return self._one_of(self._number, self._number, self._string, self._word)

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
