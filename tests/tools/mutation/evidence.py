"""Records Rust's answers to the golden vectors, to a fixed run of the fuzzer, and to the hostile payloads.

It also generates the classes of further kinds, once for all mutants.

It runs as `python -m tests.tools.mutation.evidence FILE COUNT` in the copy. The file holds plain values, so that
reading it does not import the codec.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

from checkpoint_notify.resources import VectorKind, vectors

from ...codec.test_decoder_limits import PAYLOADS
from ...support.kinds import LISTS, payload, schema, source
from ...support.kinds import vectors as vectors_of_kind
from ...support.peer import Peer
from ..fuzz.generator import Generator

SEED: Final = 20_261_125
_LISTS: Final[tuple[VectorKind, ...]] = ("canonical", "unusual", "refused")
TYPES: Final = (
    *("Scalars", "Opts", "Integers", "Enums", "Behind", "ClosedInside", "OptionsSkippedPlain", "OptionsPlain"),
    *("Defaults", "Lists", "Maps", "Everything", "Closed", "ClosedOne", "Single"),
)
"""Types of tests/kinds that together have each kind of field; the cheapest first."""

Answer = dict[str, Any]


class KindEvidence(NamedTuple):
    """One type of tests/kinds."""

    title: str
    """The name of its class."""
    source: str
    """The generated module."""
    vectors: list[tuple[str, bytes, Answer, bool]]
    """Name, payload, answer, and whether the payload is what Rust writes."""


class Evidence(NamedTuple):
    """Payloads and Rust's answers."""

    vectors: list[tuple[str, bytes, Answer]]
    """Name, payload and answer; the shortest first."""
    encodings: list[tuple[str, Answer, bytes]]
    """The name, value and payload of each canonical vector."""
    corpus: list[tuple[bytes, Answer]]
    limits: dict[str, Answer]
    """By the name that tests/codec/test_decoder_limits.py gives the payload."""
    kinds: list[KindEvidence]


def gathered(program: Path, count: int) -> Evidence:
    """Collect all evidence, with so many payloads of the fuzzer."""
    golden = [vector for kind in _LISTS for vector in vectors(kind)]
    golden.sort(key=lambda vector: len(vector.payload))
    decoded = [(v.name, v.payload, {"value": v.value} if v.error is None else {"error": v.error}) for v in golden]
    encoded = [(v.name, v.value, v.payload) for v in golden if v.kind == "canonical" and v.value is not None]
    generator = Generator(SEED)
    payloads = [generator.payload() for _ in range(count)]
    with Peer(program) as peer:
        corpus = list(zip(payloads, peer.decode_many(payloads), strict=True))
        limits = {name: peer.decode(make()) for name, make in PAYLOADS.items()}
    return Evidence(decoded, encoded, corpus, limits, [_of_type(name) for name in TYPES])


def _of_type(name: str) -> KindEvidence:
    found: list[tuple[str, bytes, Answer, bool]] = []
    for which in LISTS:
        for vector in vectors_of_kind(name, which):
            answer: Answer = {key: vector[key] for key in ("value", "error") if key in vector}
            found.append((vector["name"], payload(vector), answer, which == "canonical"))
    return KindEvidence(schema(name)["title"], source(name), found)


if __name__ == "__main__":
    known = gathered(Path("tests/rust/target/debug/peer"), int(sys.argv[2]))
    Path(sys.argv[1]).write_bytes(pickle.dumps((*known[:4], [tuple(kind) for kind in known.kinds])))
