"""`make bench-scaling`: compares the import of this package with the import of msgspec, its only dependency.

The wheel is built and installed into a new environment that holds it and msgspec only, with compiled bytecode. Then
fresh interpreters, each statement in its turn, time it from within: starting Python is not part of the figure.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Final

from .rounds import timing

ROOT: Final = Path(__file__).parents[3]
GOAL: Final = 1.4
"""`import checkpoint_notify`, in times of `import msgspec`."""

MSGSPEC: Final = "import msgspec"
PACKAGE: Final = "import checkpoint_notify"
STATEMENTS: Final = {
    MSGSPEC: MSGSPEC,
    PACKAGE: PACKAGE,
    "  … and the dataclass": "from checkpoint_notify import CheckpointNotification",
    "  … and read a message": (
        "from checkpoint_notify import CheckpointNotification as C;"
        """ C.from_json('{"model_path":"","model_name":"","version":1,"saved_at":"","training_step":2}')"""
    ),
    "  … and the notifier": "from checkpoint_notify import CheckpointNotifier",
}
"""Only the first two are compared; the others show the cost of the modules that are imported later."""

_SHOWN: Final = 15
_TIMER: Final = "import time; _start = time.perf_counter_ns(); {}; print(time.perf_counter_ns() - _start)"


def main() -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.bench.imports", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="default: %(default)s")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        python = clean_environment(Path(folder))
        samples = measure(python, rounds)
        print(f"Python {sys.version.split()[0]}, msgspec {version('msgspec')}, {rounds} rounds; ms")
        print(f"{'':30}{'median':>9}{'p10':>9}{'p90':>9}{'ratio':>8}")
        for label, found in samples.items():
            shown = "".join(f"{nanoseconds / 1e6:9.2f}" for nanoseconds in timing(found))
            print(f"{label:30}{shown}{median_ratio(found, samples[MSGSPEC]):8.2f}")
        ratio = median_ratio(samples[PACKAGE], samples[MSGSPEC])
        print(f"\ngoal: {PACKAGE} at most {GOAL} times {MSGSPEC}: {ratio:.2f}, {'met' if ratio <= GOAL else 'MISSED'}")
        if ratio > GOAL:
            print("\nWhat takes longest, by itself and with what it imports (µs):")
            print(*slowest(python), sep="\n")


def clean_environment(folder: Path, extras: str = "") -> Path:
    """The Python of a new environment in `folder`: msgspec, the wheel, and what its extras need.

    What cannot be installed ends the program.
    """
    uv = [sys.executable, "-m", "uv", "--quiet"]
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    (wheel,) = folder.glob("*.whl")
    run(*uv, "venv", "--python", sys.executable, str(folder / "clean"))
    python = folder / "clean" / "bin" / "python"
    versions = ("--constraint", str(ROOT / ".ci" / "requirements.txt"))
    run(*uv, "pip", "install", "--python", str(python), "--compile-bytecode", *versions, f"{wheel}{extras}")
    return python


def measure(python: Path, rounds: int) -> dict[str, list[float]]:
    """The nanoseconds that each statement took in each round."""
    samples: dict[str, list[float]] = {label: [] for label in STATEMENTS}
    for _ in range(rounds):
        for label, statement in STATEMENTS.items():
            samples[label].append(int(run(str(python), "-I", "-c", _TIMER.format(statement))))
    return samples


def median_ratio(these: list[float], those: list[float]) -> float:
    """Return the median of the ratio of each round: on a busy machine this is fairer than the ratio of medians."""
    return median(this / that for this, that in zip(these, those, strict=True))


def slowest(python: Path) -> list[str]:
    """The top lines of `-X importtime` for the package."""
    done = subprocess.run([python, "-I", "-X", "importtime", "-c", PACKAGE], check=True, capture_output=True, text=True)
    lines = [line.removeprefix("import time:") for line in done.stderr.splitlines() if line[12:13].isspace()]
    rows = [line for line in lines if line.split("|")[0].strip().isdigit()]
    return sorted(rows, key=lambda line: int(line.split("|")[0]), reverse=True)[:_SHOWN]


def run(*command: str) -> str:
    """Return the output of a command; if it fails, end this program."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"failed: {' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
