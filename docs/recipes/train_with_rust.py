"""A training loop whose notifications the real Rust notifier sends.

python train_with_rust.py PROGRAM checkpoints/latest_model.json

PROGRAM is tests/rust/target/debug/notifier. It reads a notification a line,
publishes it with the crate's `CheckpointNotifier`, and answers with a line.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
from pathlib import Path
from typing import IO

from model_file import Model, save

from checkpoint_notify import CheckpointNotification


def publish(
    saved: CheckpointNotification, to_rust: IO[str], from_rust: IO[str]
) -> str | None:
    """Have Rust publish it: the text of its error, or None."""
    value = dataclasses.asdict(saved)
    for name in ("version", "training_step"):
        # A string in these lines: not every JSON reader keeps 64 bits.
        value[name] = str(value[name])
    to_rust.write(json.dumps(value) + "\n")
    to_rust.flush()
    error: str | None = json.loads(from_rust.readline()).get("error")
    return error


def train(program: Path, path: Path, steps: int) -> None:
    """Train, save and announce each step."""
    pipe = subprocess.PIPE
    with subprocess.Popen([program], stdin=pipe, stdout=pipe, text=True) as rust:
        assert rust.stdin is not None
        assert rust.stdout is not None
        for step in range(1, steps + 1):
            digest = save(path, Model(step, [float(step)] * 8))
            saved = (
                CheckpointNotification.new(str(path), "demo")
                .with_version(step)
                .with_training_step(step)
                .with_metadata("sha256", digest)
            )
            error = publish(saved, rust.stdin, rust.stdout)
            print(f"step {step}: saved, {error or 'published'}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=Path)
    parser.add_argument("path", type=Path)
    parser.add_argument("--steps", type=int, default=10)
    options = parser.parse_args()
    options.path.parent.mkdir(parents=True, exist_ok=True)
    train(options.program, options.path, options.steps)
