"""`make bench-scaling`: how the time and the memory of a decode grow with the payload, for what payloads are made of.

Time: of `from_json`, in this process, the fastest of a few runs; 100 times the bytes should take 100 times as long, or
a little more where the value no longer fits into the processor's caches.

Memory (Linux): three fresh processes each import the package and decode a small message. One ends there, one reads the
payload from a file, one decodes it as well and keeps payload and value. Their peak resident set sizes (VmHWM) are
compared: `held` is the second above the first, `own` is the third above the second without the value, whose size is
the sum of `sys.getsizeof` over its strings, integers and dict. Goal: held + own is at most twice the payload.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final, NamedTuple

from checkpoint_notify import CheckpointNotification, DecodeError

from .messages import CANONICAL

SIZES: Final = {"1 kB": 1_000, "100 kB": 100_000, "10 MB": 10_000_000}
MEMORY_GOAL: Final = 2.0

_MOST_RUNS: Final = 30
_ENOUGH_SECONDS: Final = 2.0
_BODY: Final = CANONICAL.removesuffix(b"}")
_EMPTY_MAP: Final = CANONICAL[: CANONICAL.index(b"{", 1)]


def _ignored(part: bytes, size: int, *, start: bytes = b"", end: bytes = b"") -> bytes:
    """The message with an unknown field of about `size` bytes: many times `part`."""
    return _BODY + b',"x":' + start + part * (size // len(part)) + end + b"}"


def _array_of(element: bytes, size: int) -> bytes:
    return _ignored(element + b",", size, start=b"[", end=element + b"]")


def _nested(opening: bytes, closing: bytes, size: int) -> bytes:
    depth = size // len(opening + closing)
    return _BODY + b',"x":' + opening * depth + b"1" + closing * depth + b"}"


def _used(part: bytes, size: int) -> bytes:
    """The message with a name of about `size` bytes."""
    return CANONICAL.replace(b'"lstm_dqn_v1"', b'"' + part * (size // len(part)) + b'"')


def _metadata(separator: bytes, size: int) -> bytes:
    entry = b'"key_%07d":"%07d"'
    count = size // (len(entry % (0, 0)) + len(separator))
    return _EMPTY_MAP + b"{" + separator.join(entry % (number, number) for number in range(count)) + b"}}"


PAYLOADS: Final[dict[str, Callable[[int], bytes]]] = {
    "ignored string": partial(_ignored, b"a", start=b'"', end=b'"'),
    "ignored string, escapes": partial(_ignored, b"\\u00e9\\n", start=b'"', end=b'"'),
    "ignored strings": partial(_array_of, b'"abcdefgh"'),
    "ignored number": partial(_ignored, b"9"),
    "ignored numbers": partial(_array_of, b"-12.5e3"),
    "ignored arrays": partial(_array_of, b"[1,2,3]"),
    "ignored objects": partial(_array_of, b'{"a":1,"b":"c"}'),
    "ignored fields": lambda size: _BODY + b',"unknown":12' * (size // 13) + b"}",
    "nested arrays": partial(_nested, b"[", b"]"),
    "nested objects": partial(_nested, b'{"a":', b"}"),
    "used string": partial(_used, b"a"),
    "used string, beyond ASCII": partial(_used, "é".encode()),
    "used string, escapes": partial(_used, b"\\u00e9\\n"),
    "metadata, canonical": partial(_metadata, b","),
    "metadata, with spaces": partial(_metadata, b", "),
    "white space": lambda size: _BODY + b" " * size + b"}",
    "refused: bad number in an array": lambda size: _array_of(b"1", size).replace(b"1]}", b"01]}"),
    "refused: newlines before a fault": lambda size: b"\n" * size + b"x",
}


class Peak(NamedTuple):
    """Of the third process, in bytes."""

    held: int
    own: int
    value: int


def main() -> None:
    """Measure and show."""
    show_times()
    print()
    if sys.platform.startswith("linux"):
        show_memory()
    else:
        print("LEFT OUT, the memory: only Linux tells the peak of one process")


def show_times() -> None:
    """A line for each kind of payload."""
    print(f"{'time in µs':36}{'1 kB':>10}{'100 kB':>10}{'10 MB':>10}   growth from 100 kB to 10 MB")
    for name, make in PAYLOADS.items():
        times = {label: seconds(make(size)) for label, size in SIZES.items()}
        shown = "".join(f"{time * 1e6:10.0f}" for time in times.values())
        print(f"  {name:34}{shown}{times['10 MB'] / times['100 kB']:9.0f}", flush=True)


def show_memory() -> None:
    """A line for each kind of payload."""
    print(f"{'memory, in payloads of 10 MB':36}{'held':>8}{'own':>8}{'sum':>8}{'value':>8}")
    for name, make in PAYLOADS.items():
        payload = make(SIZES["10 MB"])
        held, own, value = (part / len(payload) for part in peak(payload))
        verdict = "met" if round(held + own, 1) <= MEMORY_GOAL else "MISSED"
        print(f"  {name:34}{held:8.2f}{own:8.2f}{held + own:8.2f}{value:8.2f}   {verdict}", flush=True)
    print(f"goal: held + own, beside the value, at most {MEMORY_GOAL:g}")


def seconds(payload: bytes) -> float:
    """The fastest of some decodes: `_MOST_RUNS`, or as many as take `_ENOUGH_SECONDS`."""
    times: list[float] = []
    while len(times) < _MOST_RUNS and sum(times) < _ENOUGH_SECONDS:
        start = perf_counter()
        try:
            CheckpointNotification.from_json(payload)
        except DecodeError:
            pass
        times.append(perf_counter() - start)
    return min(times)


def peak(payload: bytes) -> Peak:
    """What the payload, the decoder and the value take."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "payload")
        file.write_bytes(payload)
        bare, held, decoded = (_process(mode, file) for mode in ("bare", "hold", "decode"))
    return Peak(held["peak"] - bare["peak"], decoded["peak"] - held["peak"] - decoded["value"], decoded["value"])


def _process(mode: str, file: Path) -> dict[str, int]:
    command = [sys.executable, "-m", f"{__package__}.peak", mode, str(file)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found: dict[str, int] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
