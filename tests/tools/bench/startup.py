"""`make bench-scaling`: how long a command takes from its start to its end, beside a Python that imports msgspec.

The wheel is built and installed with the extras `cli` and `redis` into a new environment, with compiled bytecode. Then
whole processes are timed, each in its turn.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

from checkpoint_notify import CheckpointNotification

from .imports import MSGSPEC, clean_environment, run
from .rounds import timing

HELP: Final = "--help"
VALIDATE: Final = "validate FILE"
GOALS: Final = {HELP: 2.0, VALIDATE: 3.0}
"""The commands, and the limit of each as a multiple of the time of a Python that imports msgspec."""
OTHERS: Final = ("--version", "validate --json FILE", "schema", "publish --dry-run FILE", "publish --help")


def main() -> None:
    """Measure and show; ends with 1 if a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.bench.startup", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="default: %(default)s")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        python = clean_environment(Path(folder), "[cli,redis]")
        file = Path(folder) / "message.json"
        file.write_bytes(CheckpointNotification.new("checkpoints/latest_model.bin", "lstm").to_json_bytes())
        samples = measure(commands(python, file), rounds)
    reference = median(samples[MSGSPEC])
    print(f"\nPython {sys.version.split()[0]}, whole processes, {rounds} rounds; ms")
    print(f"{'':30}{'median':>9}{'p10':>9}{'p90':>9}{'ratio':>8}")
    for label, found in samples.items():
        shown = "".join(f"{nanoseconds / 1e6:9.2f}" for nanoseconds in timing(found))
        print(f"{label:30}{shown}{median(found) / reference:8.2f}")
    missed = False
    for label, limit in GOALS.items():
        ratio = median(samples[label]) / reference
        missed |= ratio > limit
        verdict = "met" if ratio <= limit else "MISSED"
        print(f"goal: {label} at most {limit} times {MSGSPEC}: {ratio:.2f}, {verdict}")
    sys.exit(missed)


def commands(python: Path, file: Path) -> dict[str, list[str]]:
    """What is timed, by its label."""
    program = str(python.with_name("checkpoint-notify"))
    found = {MSGSPEC: [str(python), "-c", MSGSPEC]}
    for label in (*GOALS, *OTHERS):
        found[label] = [program, *(str(file) if word == "FILE" else word for word in label.split())]
    return found


def measure(commands: dict[str, list[str]], rounds: int) -> dict[str, list[float]]:
    """The nanoseconds that each command took in each round."""
    samples: dict[str, list[float]] = {label: [] for label in commands}
    for _ in range(rounds):
        for label, command in commands.items():
            start = time.perf_counter_ns()
            run(*command)
            samples[label].append(time.perf_counter_ns() - start)
    return samples


if __name__ == "__main__":
    main()
