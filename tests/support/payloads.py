"""Payloads for a message of any fields: valid, unusual and broken, from one seed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, Final

Kinds = Mapping[str, str]
"""The fields of a message in order, each with `string`, `u64` or `map`."""

_STRANGERS: Final = (
    "null",
    "true",
    "1",
    "-1",
    "1.0",
    "1e400",
    "18446744073709551616",
    '"s"',
    "[]",
    '{"a":1}',
    "{}",
    "x",
    "",
)
_BYTES: Final = b'{}[]",:\\ \n0123456789-+.eEtrufalsn\x00\xff\xc3'


def payloads(kinds: Kinds, seed: int, count: int) -> Iterator[bytes]:
    """So many payloads, of which about half are valid."""
    random = Random(seed)
    for _ in range(count):
        members = [(name, _valid(random, kind)) for name, kind in kinds.items()]
        for change in random.choices(_CHANGES, k=random.choice([0, 0, 1, 1, 2])):
            change(random, members)
        text = _array(random, members) if random.random() < 0.25 else _object(random, members)
        yield _damaged(random, text.encode()) if random.random() < 0.25 else text.encode()


def _valid(random: Random, kind: str) -> str:
    if kind == "u64":
        return str(random.choice([0, 1, 2**53 + 1, 2**63, 2**64 - 1, random.getrandbits(64)]))
    if kind == "string":
        return _string(random)
    entries = [f"{_string(random)}:{_string(random)}" for _ in range(random.choice([0, 1, 1, 1, 2]))]
    return f"{{{','.join(entries)}}}"


def _string(random: Random) -> str:
    text = random.choice(["", "a", "a/b.bin", 'quote " and \\', "tab\tnul\x00", "naïve 模型 😀"])
    return json.dumps(text, ensure_ascii=random.random() < 0.5)


def _drop(random: Random, members: list[tuple[str, str]]) -> None:
    if members:
        members.pop(random.randrange(len(members)))


def _repeat(random: Random, members: list[tuple[str, str]]) -> None:
    if members:
        members.append(random.choice(members))


def _swap(random: Random, members: list[tuple[str, str]]) -> None:
    random.shuffle(members)


def _add_unknown(random: Random, members: list[tuple[str, str]]) -> None:
    members.insert(random.randint(0, len(members)), ("unknown", random.choice(_STRANGERS[:9])))


def _mistype(random: Random, members: list[tuple[str, str]]) -> None:
    if members:
        index = random.randrange(len(members))
        members[index] = (members[index][0], random.choice(_STRANGERS))


def _cut(random: Random, members: list[tuple[str, str]]) -> None:
    del members[random.randint(0, len(members)) :]


_CHANGES: Final[list[Any]] = [_drop, _repeat, _swap, _add_unknown, _mistype, _cut]


def _object(random: Random, members: list[tuple[str, str]]) -> str:
    space = random.choice(["", "", " ", "\n\t"])
    return "{" + f",{space}".join(f'"{name}":{space}{value}' for name, value in members) + "}"


def _array(random: Random, members: list[tuple[str, str]]) -> str:
    return "[" + random.choice([",", " , "]).join(value for _, value in members) + "]"


def _damaged(random: Random, payload: bytes) -> bytes:
    at = random.randint(0, len(payload))
    byte = bytes([random.choice(_BYTES)])
    return random.choice(
        [
            payload[:at],
            payload[:at] + byte + payload[at:],
            payload[:at] + byte + payload[at + 1 :],
            payload[:at] + payload[at + 1 :],
        ]
    )
