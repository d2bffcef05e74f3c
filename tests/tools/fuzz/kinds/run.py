"""Sends the same payloads of all types to their codecs and to the real Rust types, and compares the answers.

The exit status is 0 if they agree on each payload and the run met its minimums (see `tally.shortfalls`); else 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

from checkpoint_notify import DecodeError
from checkpoint_notify.conformance.lines import decode_request, encode_request, payload_of
from checkpoint_notify.conformance.verdict import agree, refusal_of

from ....support.peer import Answer, Peer
from ..found import shrink
from ..paths import CANONICAL, EXACT, FAST, Watch, watching
from .payloads import Payload, Payloads
from .tally import Tally, report, shortfalls
from .texts import cell_of, text_of
from .types import Fuzzed, fuzzed_types

BATCH: Final = 500
MOST: Final = 20
"""After so many disagreements a run ends."""


def fuzz(program: Path, seed: int, count: int, types: Sequence[Fuzzed] | None = None, most: int = MOST) -> Tally:
    """Compare `count` payloads of one seed, of these types or of all; fewer after `most` disagreements."""
    source = Payloads(seed, fuzzed_types() if types is None else types)
    tally = Tally()
    with Peer(program) as peer, watching() as watch:
        for start in range(0, count, BATCH):
            _compare(source.payloads(min(BATCH, count - start)), peer, watch, tally, most)
            if len(tally.disagreements) >= most:
                break
    return tally


def _compare(payloads: list[Payload], peer: Peer, watch: Watch, tally: Tally, most: int) -> None:
    answers = peer.ask_many([_decode_request(each.type, each.text) for each in payloads])
    values = [(each, rust["value"]) for each, rust in zip(payloads, answers, strict=True) if "value" in rust]
    written = iter(peer.ask_many([_encode_request(each.type, value) for each, value in values]))
    for each, rust in zip(payloads, answers, strict=True):
        verdict = _judge(each.type, each.text, rust, payload_of(next(written)) if "value" in rust else b"", watch)
        _count(each, rust, verdict, tally)
        if not verdict.agree and len(tally.disagreements) < most:
            tally.disagreements.append(_shrunk(each.type, each.text, peer))


def _decode_request(each: Fuzzed, text: bytes) -> dict[str, Any]:
    return {**decode_request(text), "type": each.name}


def _encode_request(each: Fuzzed, value: dict[str, Any]) -> dict[str, Any]:
    return {**encode_request(value), "type": each.name}


class Verdict(NamedTuple):
    """How a payload was decoded."""

    agree: bool
    """Whether both decoders answered as Rust did, and Rust's bytes were written."""
    path: str


def _judge(each: Fuzzed, text: bytes, rust: Answer, written: bytes, watch: Watch | None = None) -> Verdict:
    before = watch.asked if watch else 0
    value, ours = _decoded(each.codec.decode, text)
    path = EXACT if watch and watch.asked > before else FAST
    exact_value, exact = _decoded(each.codec.decode_exact, text)
    if "error" in rust:
        return Verdict(exact == ours and agree(rust, ours), path)
    # The text of a value tells -0.0 from 0.0, and 1 from 1.0 and from True.
    if value is None or repr(exact_value) != repr(value) or rust["value"] != each.to_protocol(value):
        return Verdict(agree=False, path=path)
    encoded = each.codec.encode(value)
    path = CANONICAL if path == FAST and encoded == text else path
    return Verdict(encoded == written or _same_but_for_order(encoded, written), path)


def _decoded(decode: Callable[[bytes], Any], text: bytes) -> tuple[Any, Answer]:
    """Return the value, or None and the error."""
    try:
        return decode(text), {}
    except DecodeError as error:
        return None, {"error": refusal_of(error)}


def _same_but_for_order(ours: bytes, rust: bytes) -> bool:
    """Whether two texts are equal but for the order of the entries in maps, which Rust does not define."""
    return len(ours) == len(rust) and sorted(ours) == sorted(rust) and _sorted(ours) == _sorted(rust)


def _sorted(text: bytes) -> str:
    """A JSON text with sorted keys and each number as it was spelled."""
    return json.dumps(json.loads(text, parse_float=_as_spelled, parse_int=_as_spelled), sort_keys=True)


def _as_spelled(number: str) -> list[str]:
    return [number]


def _count(each: Payload, rust: Answer, verdict: Verdict, tally: Tally) -> None:
    tally.types[each.type.name] += 1
    tally.fields.update(each.met)
    tally.paths[verdict.path] += 1
    if "value" in rust:
        tally.accepted[each.type.name] += 1
    else:
        tally.texts[cell_of(each.fault, text_of(rust))] += 1


def _shrunk(each: Fuzzed, text: bytes, peer: Peer) -> tuple[str, bytes, Answer]:
    def fails(shorter: bytes) -> bool:
        rust = peer.ask(_decode_request(each, shorter))
        written = payload_of(peer.ask(_encode_request(each, rust["value"]))) if "value" in rust else b""
        return not _judge(each, shorter, rust, written).agree

    small = shrink(text, fails)
    return each.name, small, peer.ask(_decode_request(each, small))


def fuzz_in_parallel(program: Path, seed: int, count: int, jobs: int) -> Tally:
    """Compare payloads in several processes, each with its own seed."""
    shares = [count // jobs + (job < count % jobs) for job in range(jobs)]
    whole = Tally()
    with ProcessPoolExecutor(jobs) as pool:
        for tally in pool.map(fuzz, [program] * jobs, range(seed, seed + jobs), shares):
            whole.add(tally)
    return whole


def main() -> int:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="how many payloads")
    parser.add_argument("--seed", type=int, default=None, help="names the run; by default the time")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--peer", type=Path, required=True, help="the Rust peer's program")
    options = parser.parse_args()
    seed = int(time.time()) if options.seed is None else options.seed
    print(f"seed {seed}, {options.jobs} jobs", flush=True)
    start = time.monotonic()
    tally = fuzz_in_parallel(options.peer, seed, options.count, options.jobs)
    types = fuzzed_types()
    print(report(tally, types, time.monotonic() - start))
    for name, payload, rust in tally.disagreements:
        print(f"{name}: they disagree on {payload!r}, of which Rust says {rust}")
    missed = shortfalls(tally, types)
    for line in missed:
        print(line)
    return 1 if tally.disagreements or missed else 0


if __name__ == "__main__":
    sys.exit(main())
