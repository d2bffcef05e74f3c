"""A process of `scaling`: `python -m tests.tools.bench.peak bare|hold|decode FILE` prints its peak as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from checkpoint_notify import CheckpointNotification, DecodeError

_SMALL = [
    b'{"model_path":"","model_name":"","version":1,"saved_at":"","training_step":0,"metadata":{}}',
    b'{"model_path":"", "x":[1], "metadata":{"a":1}}',
]


def main(mode: str, file: str) -> None:
    """Do it, and print `peak` (VmHWM) and `value` (0 without one), both in bytes."""
    for small in _SMALL:
        _decode(small)  # the first call imports and compiles; do not count that
    payload = Path(file).read_bytes() if mode != "bare" else b""
    value = _decode(payload) if mode == "decode" else None
    print(json.dumps({"peak": _peak(), "value": 0 if value is None else _size(value)}))


def _decode(payload: bytes) -> CheckpointNotification | None:
    try:
        return CheckpointNotification.from_json(payload)
    except DecodeError:
        return None


def _peak() -> int:
    """Return the peak of resident memory. ru_maxrss is unsuitable: it starts with the value of the parent process."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def _size(value: CheckpointNotification) -> int:
    parts: list[Any] = [getattr(value, name) for name in ("model_path", "model_name", "version", "saved_at")]
    parts += [value.training_step, value.metadata, *value.metadata.keys(), *value.metadata.values()]
    return sum(map(sys.getsizeof, parts))


if __name__ == "__main__":
    main(*sys.argv[1:])
