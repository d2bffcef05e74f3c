"""`make demo`: shows messages, a refused payload and a Gap on a server of its own, and reads every golden vector.

The exit status is 1 if a message is missing or wrong, or if an answer to a vector differs from the Rust crate's.
"""

from __future__ import annotations

import io
import logging
import queue
import sys
import textwrap
import threading
from typing import Final, TypeVar, get_args

import redis

from checkpoint_notify import (
    CheckpointListener,
    CheckpointListenerConfig,
    CheckpointNotification,
    CheckpointNotifier,
    CheckpointNotifierConfig,
    Connected,
    DecodeError,
    Disconnected,
    Event,
    Gap,
    Invalid,
    Received,
)
from checkpoint_notify.conformance.values import from_protocol
from checkpoint_notify.conformance.verdict import answer_to
from checkpoint_notify.resources import Vector, VectorKind, vectors

from ..support.server import Server
from ..support.waiting import PATIENCE

E = TypeVar("E")

NOTIFICATIONS: Final = [
    CheckpointNotification.new("checkpoints/backward/latest_model.bin", "lstm_dqn_v1")
    .with_version(42)
    .with_training_step(100_000)
    .with_metadata("loss", "0.0023"),
    CheckpointNotification.new("checkpoints/backward/latest_model.bin", "lstm_dqn_v1").with_version(2**64 - 1),
    CheckpointNotification.new("модели/новая 🚀.bin", 'a "quoted" name').with_metadata("note", "two\nlines"),
]

MEANING: Final[dict[VectorKind, str]] = {
    "canonical": "Rust writes and reads them",
    "unusual": "Rust reads them and never writes them",
    "refused": "Rust refuses them; same error and position",
}


REFUSED: Final = b'{"model_path":"latest_model.bin","version":-1}'
NEXT: Final = """What to do next:
  README.md       what the message is, and how to publish and receive it
  docs/start.md   the same in five minutes, with your own Redis server
  make test       all checks and tests, in both languages"""


def main() -> int:
    """Run the demo; return the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # whatever the terminal can show
    logging.getLogger("checkpoint_notify").setLevel(logging.ERROR)  # the demo shows the outage itself
    try:
        with Server() as server:
            print(f"A Valkey server of our own: {server.url}\n")
            config = CheckpointListenerConfig(redis_url=server.url, instance_id="demo", connect_timeout=PATIENCE)
            with CheckpointListener(config) as listener:
                Demo(server, listener).run()
    except DemoError as error:
        print(f"WRONG: {error}")
        return 1
    print("Golden vectors, made by the real Rust crate:")
    agreed = [read_vectors(kind) for kind in get_args(VectorKind)]
    if all(agreed):
        print(f"\n{NEXT}")
    return 0 if all(agreed) else 1


class DemoError(Exception):
    """Something happened that should not."""


class Demo:
    """Publishes, and shows the events of a listener."""

    def __init__(self, server: Server, listener: CheckpointListener) -> None:
        self._admin = redis.Redis(host=server.host, port=server.port, protocol=2)
        self._notifier = CheckpointNotifier(CheckpointNotifierConfig(redis_url=server.url, instance_id="demo"))
        self._events: queue.Queue[Event] = queue.Queue()
        # A thread takes the events, so that a missing one is an error and the demo does not wait for ever.
        threading.Thread(target=self._take, args=[listener], daemon=True).start()

    def _take(self, listener: CheckpointListener) -> None:
        for event in listener:
            self._events.put(event)

    def run(self) -> None:
        """Show the three things that a listener tells."""
        with self._admin:
            self.next_event(Connected)
            print(f"Subscribed to {self._notifier.channel}\n")
            for number, notification in enumerate(NOTIFICATIONS, 1):
                print(f"Message {number} of {len(NOTIFICATIONS)}")
                self.deliver(notification)
            self.refuse()
            self.lose_the_connection()

    def deliver(self, sent: CheckpointNotification) -> None:
        """Publish one notification, and show what arrives."""
        show("sent", repr(sent))
        receivers = self._notifier.publish(sent)
        received = self.next_event(Received)
        show("payload", received.raw.decode())
        show("", f"({len(received.raw)} bytes, to {receivers} subscriber)")
        show("received", f"{received.notification!r}\n")
        if received.notification != sent:
            raise DemoError("the message that was received is not the one that was sent")

    def refuse(self) -> None:
        """Publish what is no message, and show where Rust refuses it, too."""
        print("A payload that is no message")
        print(f"  sent      {REFUSED.decode()}")
        self._admin.publish(self._notifier.channel, REFUSED)
        error = self.next_event(Invalid).error
        if not isinstance(error, DecodeError) or error.column is None:
            raise DemoError(f"the error has no position: {error!r}")
        print(f"            {' ' * (error.column - 1)}^")
        print(f"  refused   {error}\n")

    def lose_the_connection(self) -> None:
        """End the connection as a restart of the server does, and show the Gap."""
        print("The server ends the connection; the listener reconnects by itself")
        self._admin.client_kill_filter(_type="pubsub")
        print(f"  event     Disconnected: {self.next_event(Disconnected).error}")
        self.next_event(Connected)
        print("  event     Connected")
        gap = self.next_event(Gap)
        print("  event     Gap: messages may be missing")
        print(f"            from {gap.since.isoformat()}")
        print(f"            to   {gap.until.isoformat()}\n")

    def next_event(self, kind: type[E]) -> E:
        """Return the next event, which is of this kind."""
        try:
            event = self._events.get(timeout=PATIENCE)
        except queue.Empty:
            raise DemoError(f"no {kind.__name__} came within {PATIENCE:g} s") from None
        if not isinstance(event, kind):
            raise DemoError(f"{event!r} came, and {kind.__name__} was expected")
        return event


def show(label: str, text: str) -> None:
    """Print a labelled text, in lines of 80 columns."""
    indent = " " * 12
    first = f"  {label:10}"
    print(textwrap.fill(text.rstrip(), 80, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False))
    if text.endswith("\n"):
        print()


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
