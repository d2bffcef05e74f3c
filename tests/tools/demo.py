"""`make demo`: publishes and receives notifications on a separate server, and reads every golden vector.

The exit status is 1 if a message is missing or wrong, or if an answer to a vector differs from the Rust crate's.
"""

from __future__ import annotations

import io
import sys
from typing import Final, get_args

from checkpoint_notify import CheckpointNotification, CheckpointNotifier, CheckpointNotifierConfig
from checkpoint_notify.conformance.values import from_protocol
from checkpoint_notify.conformance.verdict import answer_to
from checkpoint_notify.resources import Vector, VectorKind, vectors

from ..support.server import Server
from ..support.subscriber import Subscriber

NOTIFICATIONS: Final = [
    CheckpointNotification.new("checkpoints/backward/latest_model.bin", "lstm_dqn_v1")
    .with_version(42)
    .with_training_step(100_000)
    .with_metadata("loss", "0.0023"),
    CheckpointNotification.new("checkpoints/backward/latest_model.bin", "lstm_dqn_v1").with_version(2**64 - 1),
    CheckpointNotification.new("модели/новая 🚀.bin", 'a "quoted" name').with_metadata("note", "two\nlines"),
]

MEANING: Final[dict[VectorKind, str]] = {
    "canonical": "what Rust writes: read as the same value, and written as the same bytes",
    "unusual": "what Rust accepts and never writes: read as the same value",
    "refused": "what Rust refuses: the same category, message, line and column",
}


def main() -> int:
    """Run the demo; return the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # whatever the terminal can show
    with Server() as server:
        print(f"A Valkey server of our own: {server.url}\n")
        messages = exchange(CheckpointNotifierConfig(redis_url=server.url, instance_id="demo"))
    print("Golden vectors, made by the real Rust crate:")
    agreed = [read_vectors(kind) for kind in get_args(VectorKind)]
    return 0 if messages and all(agreed) else 1


def exchange(config: CheckpointNotifierConfig) -> bool:
    """Publish while a thread listens, show the received messages, and return whether they equal the sent ones."""
    notifier = CheckpointNotifier(config)
    with Subscriber(config.redis_url, notifier.channel) as subscriber:
        print(f"Listening on {notifier.channel}\n")
        arrived = [deliver(notifier, subscriber, notification) for notification in NOTIFICATIONS]
    return all(arrived)


def deliver(notifier: CheckpointNotifier, subscriber: Subscriber, sent: CheckpointNotification) -> bool:
    """Publish one notification, show the received one, and return whether both are equal."""
    receivers = notifier.publish(sent)
    print(f"Published version {sent.version} (receivers: {receivers})")
    try:
        payload = subscriber.receive()
    except TimeoutError as error:
        print(f"  MISSING: {error}\n")
        return False
    print(f"  {len(payload)} bytes: {payload!r}")
    received = CheckpointNotification.from_json(payload)
    print(f"  {received}\n")
    if received != sent:
        print(f"  WRONG, sent was {sent}\n")
    return received == sent


def read_vectors(kind: VectorKind) -> bool:
    """Read a list of vectors and report; return whether the list is not empty and all agree."""
    listed = list(vectors(kind))
    wrong = [vector.name for vector in listed if not agrees(vector)]
    print(f"  {kind:9} {len(listed) - len(wrong):4} of {len(listed)} agree: {MEANING[kind]}")
    for name in wrong:
        print(f"    DISAGREES: {name}")
    return bool(listed) and not wrong


def agrees(vector: Vector) -> bool:
    """Return whether this package gives the crate's answer and writes the crate's bytes."""
    if vector.value is None:
        return answer_to(vector.payload) == {"error": vector.error}
    if answer_to(vector.payload) != {"value": vector.value}:
        return False
    return vector.kind != "canonical" or from_protocol(vector.value).to_json_bytes() == vector.payload


if __name__ == "__main__":
    sys.exit(main())
