"""A part of `make bench-scaling`: no payload is slow out of proportion.

Each kind of payload of 1.5 MB is decoded by `json.loads`, by `from_json` and by the exact parser alone, and once more
with a fault close to its end. Goal: each takes at most 10 times `json.loads` of the same bytes. Python's json refuses
what is nested deeply, so a million levels are compared with a million numbers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from time import process_time
from typing import Final

from checkpoint_notify import CheckpointNotification
from checkpoint_notify._message import CODEC

from .messages import CANONICAL

SIZE: Final = 1_500_000
LEVELS: Final = 1_000_000
GOAL: Final = 10.0

_RUNS: Final = 5
_BODY: Final = CANONICAL.removesuffix(b"}")
_EMPTY_MAP: Final = CANONICAL[: CANONICAL.index(b"{", 1)]

_TEXTS: Final = {
    "plain text": b"abcdefgh",
    "text beyond ASCII": "é".encode(),
    "emoji": "😀".encode(),
    "\\n": b"\\n",
    '\\"': b'\\"',
    "\\\\": b"\\\\",
    "\\u00e9": b"\\u00e9",
    "surrogate pairs": b"\\ud83d\\ude00",
}
_VALUES: Final = {
    "integers": b"12",
    "floats": b"-12.5e3",
    "strings": b'"abcdefgh"',
    "escaped strings": b'"\\u00e9\\n"',
    "lone surrogates": b'"\\ud800"',
    "strings of 1 kB": b'"' + b"a" * 1000 + b'"',
    "arrays": b"[1,2,3]",
    "deep arrays": b"[[[[[[1]]]]]]",
    "objects": b'{"a":1,"b":"c"}',
    "messages": CANONICAL,
}


def _used(part: bytes) -> bytes:
    return CANONICAL.replace(b'"lstm_dqn_v1"', b'"' + part * (SIZE // len(part)) + b'"')


def _ignored(part: bytes) -> bytes:
    return _BODY + b',"x":"' + part * (SIZE // len(part)) + b'"}'


def _array(value: bytes) -> bytes:
    return _BODY + b',"x":[' + (value + b",") * (SIZE // len(value)) + value + b"]}"


def _unknown(member: bytes) -> bytes:
    return _BODY + (b"," + member) * (SIZE // len(member)) + b"}"


def _metadata(entry: bytes, separator: bytes = b",") -> bytes:
    entries = (entry.replace(b"#", b"%d" % number) for number in range(SIZE // (len(entry) + 5)))
    return _EMPTY_MAP + b"{" + separator.join(entries) + b"}}"


PAYLOADS: Final[dict[str, Callable[[], bytes]]] = {
    **{f"used, {name}": partial(_used, part) for name, part in _TEXTS.items()},
    **{f"ignored, {name}": partial(_ignored, part) for name, part in _TEXTS.items()},
    **{f"metadata, values of {name}": partial(_metadata, b'"#":"' + part * 4 + b'"') for name, part in _TEXTS.items()},
    **{f"metadata, keys of {name}": partial(_metadata, b'"#' + part + b'":""') for name, part in _TEXTS.items()},
    "metadata, one key": partial(_metadata, b'"key":"value"'),
    "metadata, one escaped key": partial(_metadata, b'"k\\u0065y":"value"'),
    "metadata, one a line": partial(_metadata, b'"#" : "#"', b",\n    "),
    **{f"array of {name}": partial(_array, value) for name, value in _VALUES.items()},
    **{f"array of {name}, a line each": partial(_array, b"\n    " + value) for name, value in _VALUES.items()},
    **{f"unknown fields, {name}": partial(_unknown, b'"unknown":' + value) for name, value in _VALUES.items()},
    "unknown fields, escaped keys": partial(_unknown, b'"unkn\\u00f6wn":1'),
    "spaces": lambda: _BODY + b" " * SIZE + b"}",
    "newlines": lambda: _BODY + b"\n" * SIZE + b"}",
    "wrong type, plain text": lambda: CANONICAL.replace(b"125000", b'"' + b"a" * SIZE + b'"'),
    "wrong type, \\n": lambda: CANONICAL.replace(b"125000", b'"' + b"\\n" * (SIZE // 2) + b'"'),
}

NESTED: Final = {
    "arrays": (b"[", b"]"),
    "objects": (b'{"a":', b"}"),
    "both": (b'[{"a":', b"}]"),
    "arrays, with white space": (b" [ ", b" ]\n"),
    "arrays, never closed": (b"[", b""),
    "arrays with elements before": (b"[1,", b"]"),
    "arrays with elements after": (b"[", b",1]"),
}


def main() -> None:
    """Measure and show."""
    print(f"{'1.5 MB, times json.loads':44}{'json, ms':>9}{'ours':>7}{'exact':>7}{'fault':>7}")
    for name, make in PAYLOADS.items():
        payload = make()
        base = seconds(json.loads, payload)
        faulty = payload[:-3] + b"\x01" + payload[-3:]
        decode, exact = CheckpointNotification.from_json, CODEC.decode_exact
        _show(name, base, [seconds(decode, payload), seconds(exact, payload), seconds(decode, faulty)])
    print(f"{'a million levels, times a million numbers':44}")
    numbers = b"[" + b"1," * LEVELS + b"1]"
    base = seconds(json.loads, numbers)
    for name, (opening, closing) in NESTED.items():
        depth = LEVELS // sum(map(opening.count, (b"[", b"{")))
        payload = _BODY + b',"x":' + opening * depth + b"1" + closing * depth + b"}"
        _show(name, base, [seconds(CheckpointNotification.from_json, payload)])
    print(f"goal: at most {GOAL:g}")


def seconds(decode: Callable[[bytes], object], payload: bytes) -> float:
    """Processor time of the fastest of some runs."""
    times = []
    for _ in range(_RUNS):
        start = process_time()
        try:
            decode(payload)
        except ValueError:
            pass  # a refusal is timed, too
        times.append(process_time() - start)
    return min(times)


def _show(name: str, base: float, times: list[float]) -> None:
    ratios = [time / base for time in times]
    verdict = "met" if round(max(ratios), 1) <= GOAL else "MISSED"
    print(f"  {name:42}{base * 1e3:9.2f}{''.join(f'{ratio:7.1f}' for ratio in ratios)}   {verdict}", flush=True)


if __name__ == "__main__":
    main()
