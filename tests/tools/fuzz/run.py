"""`make fuzz`: sends the same payloads to this package's decoder and to the real Rust crate, and compares the answers.

The exit status is 0 if they agree on each payload and the run met its minimums (see `shortfalls`); else 1.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

from checkpoint_notify._message import CODEC
from checkpoint_notify.conformance.verdict import agree, answer_to

from ...support.peer import Answer, Peer
from .found import shrunk, write_vector
from .generator import Generator
from .messages import ACCEPTED, REACHABLE, kind_of
from .paths import CANONICAL, EXACT, FAST, watching

BATCH: Final = 500
LEAST_ACCEPTED: Final = 0.3
LEAST_OF_EACH: Final = 0.001


class Record(NamedTuple):
    """The results of a run."""

    kinds: Counter[str]
    """Answers by kind."""
    paths: Counter[str]
    """Payloads by the path that decoded them: `canonical`, `fast` or `exact`."""
    disagreements: list[tuple[bytes, Answer]]
    """Payloads, shrunk, to which the two gave different answers, and Rust's answer."""


def fuzz(program: Path, seed: int, count: int) -> Record:
    """Compare `count` payloads of one seed."""
    record = Record(Counter(), Counter(), [])
    generator = Generator(seed)
    with Peer(program) as peer, watching() as watch:
        for start in range(0, count, BATCH):
            payloads = [generator.payload() for _ in range(min(BATCH, count - start))]
            for payload, rust in zip(payloads, peer.decode_many(payloads), strict=True):
                record.kinds[kind_of(rust)] += 1
                answer, path = watch.path_of(payload)
                record.paths[path] += 1
                if not (agree(rust, answer) and answer == answer_to(payload, CODEC.decode_exact)):
                    small = shrunk(payload, peer)
                    record.disagreements.append((small, peer.decode(small)))
    return record


def fuzz_in_parallel(program: Path, seed: int, count: int, jobs: int) -> Record:
    """Compare payloads in several processes, each with its own seed."""
    shares = [count // jobs + (job < count % jobs) for job in range(jobs)]
    with ProcessPoolExecutor(jobs) as pool:
        records = list(pool.map(fuzz, [program] * jobs, range(seed, seed + jobs), shares))
    whole = Record(Counter(), Counter(), [])
    for record in records:
        whole.kinds.update(record.kinds)
        whole.paths.update(record.paths)
        whole.disagreements.extend(record.disagreements)
    return whole


def shortfalls(record: Record) -> list[str]:
    """Return the minimums that the run missed; without them, payloads that all fail at the first byte would pass."""
    total = record.kinds.total()
    missed = []
    if record.kinds[ACCEPTED] < LEAST_ACCEPTED * total:
        missed.append(f"{record.kinds[ACCEPTED]:,} of {total:,} accepted, must be at least {LEAST_ACCEPTED:.0%}")
    for kind in REACHABLE:
        if record.kinds[kind] < LEAST_OF_EACH * total:
            missed.append(
                f"{record.kinds[kind]:,} of {total:,} answered {kind!r}, must be {LEAST_OF_EACH * 1e6:,.0f} a million"
            )
    missed.extend(f"an answer of an unknown kind: {kind!r}" for kind in record.kinds.keys() - {ACCEPTED, *REACHABLE})
    return missed


def report(record: Record, seconds: float) -> str:
    """The run as a table."""
    total = record.kinds.total()
    lines = [f"{count:>10,}  {kind}" for kind, count in record.kinds.most_common()]
    return "\n".join(
        [
            *lines,
            f"{total:,} payloads in {seconds:.0f} s: {record.kinds[ACCEPTED] / total:.1%} accepted, "
            f"{len(record.kinds)} kinds of answer; "
            f"{record.paths[CANONICAL]:,} decoded on the fast path as Rust writes them, {record.paths[FAST]:,} but for "
            f"white space or defaults, {record.paths[EXACT]:,} by the exact parser; "
            f"{len(record.disagreements)} disagreements",
        ]
    )


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
    record = fuzz_in_parallel(options.peer, seed, options.count, options.jobs)
    print(report(record, time.monotonic() - start))
    for payload, rust in record.disagreements:
        print(f"they disagree on {payload!r}, of which Rust says {rust}; added to {write_vector(payload, rust)}")
    missed = shortfalls(record)
    for line in missed:
        print(line)
    return 1 if record.disagreements or missed else 0


if __name__ == "__main__":
    sys.exit(main())
