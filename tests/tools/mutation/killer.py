"""Runs in the copy and judges each mutant in a forked process, which imports the changed package.

It runs as `python -m tests.tools.mutation.killer EVIDENCE MUTANTS STAGE…`: two pickles and the names of the stages. It
prints one JSON line for each mutant. Time limits are in CPU seconds, so that a busy machine does not kill a mutant.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pickle
import resource
import select
import signal
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

from .judgement import STAGES, Evidence

PACKAGE: Final = Path("python/checkpoint_notify/codec")
MEMORY: Final = 6 << 30  # limit of the address space in bytes: a mutant that allocates without end gets MemoryError
PATIENCE: Final = 3.0  # CPU time limit of a mutant in a stage, as a multiple of the codec's own time
LEAST_PATIENCE: Final = 1.0  # CPU seconds
LONGEST: Final = 900.0  # wall-clock seconds for a stage, for a mutant that waits and does not compute
PRELOADED: Final = (
    *("asyncio", "enum", "fractions", "importlib.resources", "msgspec", "pytest", "random", "typing"),
    *("base64", "dataclasses", "decimal", "socket", "ssl", "subprocess", "tempfile", "urllib.parse", "redis"),
    *("cattrs", "hypothesis", "pydantic"),
)
"""Modules that the package and its tests import, apart from their own."""


class Fate(NamedTuple):
    """The result of a mutant."""

    stage: str
    """The stage that detected it; `survived` if none did, or `time` if a stage took too long."""
    by: str
    """The payload, the test or the exception."""
    seconds: dict[str, float]
    """The CPU seconds of each stage that it passed."""


def fate(evidence: Evidence, stages: list[str], patience: dict[str, float]) -> Fate:
    """Judge the package as it is in the copy now; `patience` is the limit of CPU seconds by stage."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _judge(evidence, stages, patience, writer)
    os.close(writer)
    try:
        found = _awaited(reader)
    finally:
        os.close(reader)
        os.kill(child, signal.SIGKILL)  # it may hang; if it has ended, it is a zombie until it is waited for
        _, status = os.waitpid(child, 0)
    out_of_time = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU
    return found._replace(stage="time", by=found.stage) if out_of_time else found


def _judge(evidence: Evidence, stages: list[str], patience: dict[str, float], writer: int) -> None:
    """In the child: report the start of each stage, and the result of the last one."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        for name in stages:
            _say(writer, name)
            allowed = int(time.process_time() + patience.get(name, LONGEST)) + 1
            resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.RLIM_INFINITY))
            before = time.process_time()
            STAGES[name](evidence)
            _say(writer, f"={time.process_time() - before}")
        _say(writer, "survived")
    except BaseException as error:
        _say(writer, f"!{type(error).__name__}: {error}")
    finally:
        os._exit(0)


def _say(writer: int, words: str) -> None:
    os.write(writer, words.encode(errors="backslashreplace")[:1000].replace(b"\n", b" ") + b"\n")


def _awaited(reader: int) -> Fate:
    stage = ""
    seconds: dict[str, float] = {}
    text = b""
    while select.select([reader], [], [], LONGEST)[0]:
        data = os.read(reader, 65536)
        if not data:
            return Fate(stage, "the process died", seconds)
        *lines, text = (text + data).split(b"\n")
        for line in map(bytes.decode, lines):
            if line.startswith("!"):
                return Fate(stage, line[1:], seconds)
            if line.startswith("="):
                seconds[stage] = float(line[1:])
            else:
                stage = line
            if stage == "survived":
                return Fate(stage, "", seconds)
    return Fate("time", stage, seconds)


def main() -> int:
    """Judge the codec itself, which must survive, and then each mutant."""
    evidence: Evidence = pickle.loads(Path(sys.argv[1]).read_bytes())
    mutants: list[tuple[str, str]] = pickle.loads(Path(sys.argv[2]).read_bytes())
    stages = sys.argv[3:]
    for module in PRELOADED:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # this also ends the forked process
    control = fate(evidence, stages, {})
    print(json.dumps(control), flush=True)
    if control.stage != "survived":
        return 2
    print({stage: round(took, 2) for stage, took in control.seconds.items()}, file=sys.stderr)
    patience = {stage: max(LEAST_PATIENCE, PATIENCE * took) for stage, took in control.seconds.items()}
    for file, source in mutants:
        path = PACKAGE / file
        original = path.read_bytes()
        path.write_text(source, encoding="utf-8")
        print(json.dumps(fate(evidence, stages, patience)), flush=True)
        path.write_bytes(original)
    return 0


if __name__ == "__main__":
    sys.exit(main())
