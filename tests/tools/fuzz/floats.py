"""`make fuzz-floats`: reads and writes floats with a codec and with serde_json, and compares each bit.

Number texts are read by both decoders of a message with one f64, and bit patterns are written by its encoder. The exit
status is 0 if all agree, and the fast path read enough of the texts; else 1.
"""

from __future__ import annotations

import argparse
import math
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from checkpoint_notify import DecodeError, EncodeError
from checkpoint_notify.codec import Codec, codec_for

from ...support.kinds import generated
from .number_texts import number_text
from .paths import watching

BATCH: Final = 50_000
LEAST_FAST: Final = 0.02
_BEFORE: Final = '{"only":'
"""What stands before the number in a payload."""


@dataclass
class Floats:
    """The results of a run."""

    read: int = 0
    refused: int = 0
    """Texts beyond all floats."""
    fast: int = 0
    """Texts that the fast path read."""
    inexact: int = 0
    """Texts that serde_json does not read as the nearest float."""
    written: int = 0
    infinite: int = 0
    """Bit patterns of infinities and NaN, which both languages do not write as numbers."""
    disagreements: list[str] = field(default_factory=list)

    def add(self, other: Floats) -> None:
        """Add the results of another run."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def fuzz(program: Path, seed: int, count: int) -> Floats:
    """Read `count` texts and write `count` bit patterns of one seed."""
    random = Random(seed)
    cls = generated("ClosedOne")
    codec = codec_for(cls)
    found = Floats()
    for start in range(0, count, BATCH):
        size = min(BATCH, count - start)
        texts = [number_text(random) for _ in range(size)]
        _compare_reading(texts, _ask(program, "read", texts), codec, found)
        patterns = [f"{_bits(random):016x}" for _ in range(size)]
        _compare_writing(patterns, _ask(program, "write", patterns), codec, cls, found)
    return found


def _ask(program: Path, how: str, lines: Sequence[str]) -> list[str]:
    text = "".join(f"{line}\n" for line in lines)
    done = subprocess.run([program, how], input=text, capture_output=True, encoding="ascii", check=True)
    answers = done.stdout.splitlines()
    if len(answers) != len(lines):
        raise AssertionError(f"{len(answers)} answers to {len(lines)} lines")
    return answers


def _compare_reading(texts: Sequence[str], answers: Sequence[str], codec: Codec[Any], found: Floats) -> None:
    with watching() as watch:
        for text, rust in zip(texts, answers, strict=True):
            payload = f"{_BEFORE}{text}}}".encode()
            before = watch.asked
            ours = _read(codec.decode, payload)
            found.fast += watch.asked == before
            exact = _read(codec.decode_exact, payload)
            if not ours == exact == rust:
                found.disagreements.append(
                    f"{text} is read as {ours}, by the exact parser as {exact}, by Rust as {rust}"
                )
            found.refused += rust.startswith("-")
            found.inexact += not rust.startswith("-") and rust != _hex(float(text))
    found.read += len(texts)


def _read(decode: Callable[[bytes], Any], payload: bytes) -> str:
    """Return the bits of the number in a payload, or the error as for the number alone."""
    try:
        return _hex(decode(payload).only)
    except DecodeError as error:
        return f"-{error.message} at line {error.line} column {(error.column or 0) - len(_BEFORE)}"


def _compare_writing(
    patterns: Sequence[str], answers: Sequence[str], codec: Codec[Any], cls: type, found: Floats
) -> None:
    for pattern, rust in zip(patterns, answers, strict=True):
        (value,) = struct.unpack(">d", bytes.fromhex(pattern))
        try:
            ours = codec.encode(cls(only=value))[len(_BEFORE) : -1].decode()
        except EncodeError:
            ours = "null"  # Rust could not read it back
        if ours != rust or (ours == "null") == math.isfinite(value):
            found.disagreements.append(f"{pattern} is written as {ours}, by Rust as {rust}")
        found.infinite += rust == "null"
    found.written += len(patterns)


def _hex(value: float) -> str:
    return struct.pack(">d", value).hex()


def _bits(random: Random) -> int:
    """Return any bits, or those of a number as metrics are."""
    if random.random() < 0.6:
        return random.getrandbits(64)
    text = number_text(random)
    (bits,) = struct.unpack(">Q", struct.pack(">d", float(text)))
    return int(bits)


def fuzz_in_parallel(program: Path, seed: int, count: int, jobs: int) -> Floats:
    """Compare floats in several processes, each with its own seed."""
    shares = [count // jobs + (job < count % jobs) for job in range(jobs)]
    whole = Floats()
    with ProcessPoolExecutor(jobs) as pool:
        for found in pool.map(fuzz, [program] * jobs, range(seed, seed + jobs), shares):
            whole.add(found)
    return whole


def shortfalls(found: Floats) -> Iterator[str]:
    """Return what the run met too seldom to prove anything."""
    for name in ("fast", "inexact", "refused"):
        if getattr(found, name) < LEAST_FAST * found.read:
            yield f"{name}: {getattr(found, name):,} of {found.read:,} texts"


def main() -> int:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="how many texts, and how many bit patterns")
    parser.add_argument("--seed", type=int, default=None, help="names the run; by default the time")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--floats", type=Path, required=True, help="the program `floats` of tests/rust")
    options = parser.parse_args()
    seed = int(time.time()) if options.seed is None else options.seed
    print(f"seed {seed}, {options.jobs} jobs", flush=True)
    start = time.monotonic()
    found = fuzz_in_parallel(options.floats, seed, options.count, options.jobs)
    print(
        f"{found.read:,} texts read, {found.fast:,} of them on the fast path, {found.inexact:,} not as the nearest"
        f" float, {found.refused:,} refused; {found.written:,} bit patterns written, {found.infinite:,} of them not"
        f" finite; {time.monotonic() - start:.0f} s; {len(found.disagreements)} disagreements"
    )
    missed = list(shortfalls(found))
    for line in [*found.disagreements[:100], *missed]:
        print(line)
    return 1 if found.disagreements or missed else 0


if __name__ == "__main__":
    sys.exit(main())
