"""A training loop: saves atomically, tells who listens, goes on without Redis.

python train.py checkpoints/latest_model.json --steps 1000
"""

from __future__ import annotations

import argparse
import logging
import time
from pathlib import Path

from model_file import Model, save

from checkpoint_notify import (
    CheckpointNotification,
    CheckpointNotifier,
    CheckpointNotifierConfig,
)


def train(path: Path, steps: int, every: int, pause: float) -> None:
    """Train, and save and announce a checkpoint after every few steps."""
    notifier = CheckpointNotifier(CheckpointNotifierConfig.from_env())
    weights = [0.0] * 8
    for step in range(1, steps + 1):
        time.sleep(pause)  # the real work stands here
        weights = [weight + 1.0 for weight in weights]
        if step % every == 0:
            # First the file, then the message.
            digest = save(path, Model(step, weights))
            saved = (
                CheckpointNotification.new(str(path), "demo")
                .with_version(step // every)
                .with_training_step(step)
                .with_metadata("sha256", digest)
            )
            # At most 1.5 s, and no exception for a dead server: the file is safe.
            told = "published" if notifier.try_publish(saved) else "not published"
            print(f"step {step}: saved, {told}", flush=True)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)  # what try_publish has to say
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument(
        "--every", type=int, default=10, help="steps per checkpoint"
    )
    parser.add_argument(
        "--pause", type=float, default=0.01, help="seconds per step"
    )
    options = parser.parse_args()
    options.path.parent.mkdir(parents=True, exist_ok=True)
    train(options.path, options.steps, options.every, options.pause)
