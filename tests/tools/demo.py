"""`make demo`: shows messages, a refused payload and a Gap on a separate server, and reads every golden vector.

The exit status is 1 if something does not hold; the last line on stderr then says what.
"""

from __future__ import annotations

import dataclasses
import io
import logging
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final, TypeVar, get_args

from redis import Redis, RedisError

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
    PublishError,
    Received,
)
from checkpoint_notify.cli._terminal import columns_of, excerpt, visible
from checkpoint_notify.conformance.values import from_protocol
from checkpoint_notify.conformance.verdict import answer_to
from checkpoint_notify.resources import Vector, VectorKind, vectors

from ..support.server import Server

SECONDS: Final = 45.0
"""Time limit of all events together; they take less than a second."""
COLUMNS: Final = 66
"""The room beside a label: a line has at most 80 columns."""
INSTANCE: Final = "demo"
NAMED: Final = 5
"""How many wrong vectors an error names."""
REFUSED: Final = "position_of_wrong_type_in_lines"
"""The golden vector that is published as the refused payload."""

LATEST: Final = CheckpointNotification.new("checkpoints/backward/latest_model.bin", "lstm_dqn_v1")
NOTIFICATIONS: Final = [
    LATEST.with_version(42).with_training_step(100_000).with_metadata("loss", "0.0023"),
    LATEST.with_version(2**64 - 1),
    CheckpointNotification.new("модели/новая 🚀.bin", 'a "quoted" name').with_metadata("note", "two\nlines"),
]

MEANING: Final[dict[VectorKind, str]] = {
    "canonical": "Rust writes these. Python reads the same value, writes the same bytes.",
    "unusual": "Rust reads these and never writes them. Python reads the same value.",
    "refused": "Rust refuses these. Python gives the same error, line and column.",
}
NEXT: Final = """\
What to do next

  README.md      shows how to install, publish and receive.
  docs/start.md  is the five-minute start with a server of your own.
  make test      checks and tests everything, in both languages."""

E = TypeVar("E", bound=Event)


class DemoError(Exception):
    """Something that the demo shows does not hold."""


def main() -> int:
    """Run the demo; return the exit status."""
    try:
        with Server() as server:
            demonstrate(server)
        print("4. Read every golden vector, which the real Rust crate made\n")
        if faults := [fault for kind in get_args(VectorKind) if (fault := read_vectors(kind))]:
            raise DemoError("; ".join(faults))
    except (DemoError, PublishError, RedisError, OSError, RuntimeError) as error:
        sys.stdout.flush()
        print(textwrap.fill(f"The demo failed: {visible(str(error))}", 80), file=sys.stderr)
        return 1
    print(NEXT)
    return 0


def demonstrate(server: Server) -> None:
    """Show what a listener receives from a notifier, and from whoever else publishes on its channel."""
    notifier = CheckpointNotifier(CheckpointNotifierConfig(redis_url=server.url, instance_id=INSTANCE))
    print("This demo starts a Valkey server, a notifier and a listener of its own.\n")
    show("server", server.url)
    show("channel", notifier.channel)
    config = CheckpointListenerConfig(redis_url=server.url, instance_id=INSTANCE, connect_timeout=SECONDS)
    with (
        CheckpointListener(config) as listener,
        time_limit(listener),
        Redis(host=server.host, port=server.port, protocol=2) as client,
    ):
        take(listener, Connected)
        show("event", "Connected: the server has confirmed the subscription.")
        print("\n1. Publish and receive\n")
        for notification in NOTIFICATIONS:
            deliver(notifier, listener, notification)
        print("2. Receive a payload that Rust refuses\n")
        refuse(client, listener)
        print("3. Lose the connection\n")
        lose(client, listener)
        deliver(notifier, listener, LATEST.with_version(44))


@contextmanager
def time_limit(listener: CheckpointListener) -> Iterator[None]:
    """Close the listener after SECONDS, so that no wait for an event is without end."""
    timer = threading.Timer(SECONDS, listener.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def take(listener: CheckpointListener, kind: type[E]) -> E:
    """Return the next event, which must be of this kind."""
    event = next(listener, None)
    if event is None:
        raise DemoError(f"the listener gave no {kind.__name__} within {SECONDS:g} s")
    if not isinstance(event, kind):
        raise DemoError(f"the listener gave {event!r} instead of {kind.__name__}")
    return event


def deliver(notifier: CheckpointNotifier, listener: CheckpointListener, sent: CheckpointNotification) -> None:
    """Publish one notification, and show what is sent and what is received; both must be equal."""
    receivers = notifier.publish(sent)
    show("sent", fields(sent))
    event = take(listener, Received)
    show_bytes("bytes", event.raw)
    show("received", fields(event.notification))
    if event.notification != sent:
        raise DemoError(f"the received notification differs from the sent one: {sent}")
    show("result", f"The received value equals the sent one. Receivers: {receivers}.\n")


def refuse(client: Redis, listener: CheckpointListener) -> None:
    """Publish a refused payload, and show the position of the fault; it must be the one that Rust gives."""
    vector = next((vector for vector in vectors("refused") if vector.name == REFUSED), None)
    if vector is None:
        raise DemoError(f"there is no refused vector {REFUSED}")
    client.publish(listener.channel, vector.payload)
    show_bytes("sent", vector.payload)
    event = take(listener, Invalid)
    if event.raw != vector.payload:
        raise DemoError(f"the received payload differs from the sent one: {event!r}")
    show("received", "Invalid: the same bytes, which are not a notification.")
    error = event.error
    if not isinstance(error, DecodeError) or vector.error is None or str(error) != vector.error["text"]:
        raise DemoError(f"the error differs from the Rust crate's: {error}")
    text, carets = excerpt(event.raw, error, COLUMNS)
    show("refused", error.message)
    show("position", f"line {error.line}, column {error.column}")
    print(f"  {'':10}{text}\n  {'':10}{carets}")
    show("result", "The Rust crate gives the same error at the same position.\n")


def lose(client: Redis, listener: CheckpointListener) -> None:
    """End the listener's connection and publish at once; the Gap must cover that message."""
    lost = LATEST.with_version(43)
    with client.pipeline(transaction=True) as both:  # the listener cannot reconnect in between
        both.execute_command("CLIENT", "KILL", "TYPE", "pubsub")  # type: ignore[no-untyped-call]
        both.publish(listener.channel, lost.to_json_bytes())
        sent_at = datetime.now(UTC)
        killed, receivers = both.execute()
    if (killed, receivers) != (1, 0):
        raise DemoError(f"the server ended {killed} connections and had {receivers} receivers, not 1 and 0")
    show("command", "CLIENT KILL TYPE pubsub: the server ends the listener's connection.")
    show("sent", f"version {lost.version} at {clock(sent_at)}. Receivers: {receivers}.")
    show("event", f"Disconnected: {take(listener, Disconnected).error}")
    take(listener, Connected)
    show("event", "Connected: the listener has subscribed again.")
    gap = take(listener, Gap)
    show("event", f"Gap: messages may be missing ({gap.reason}).")
    show("since", clock(gap.since))
    show("until", clock(gap.until))
    if not gap.since <= sent_at <= gap.until:
        raise DemoError(f"the Gap does not cover the lost message of {clock(sent_at)}")
    show("result", f"Version {lost.version} is lost, and the Gap covers its time.\n")


def read_vectors(kind: VectorKind) -> str:
    """Read the vectors of one kind, and show how many agree; return what is wrong."""
    listed = list(vectors(kind))
    wrong = [vector.name for vector in listed if not agrees(vector)]
    show(kind, f"{len(listed) - len(wrong)} of {len(listed)} agree")
    show("", f"{MEANING[kind]}\n")
    if wrong:
        return f"Python and Rust differ in {len(wrong)} {kind} vectors, such as {', '.join(wrong[:NAMED])}"
    return "" if listed else f"there are no {kind} vectors"


def agrees(vector: Vector) -> bool:
    """Return whether this package gives the crate's answer and writes the crate's bytes."""
    if vector.value is None:
        return answer_to(vector.payload) == {"error": vector.error}
    if answer_to(vector.payload) != {"value": vector.value}:
        return False
    return vector.kind != "canonical" or from_protocol(vector.value).to_json_bytes() == vector.payload


def fields(notification: CheckpointNotification) -> str:
    """Return the fields of a notification as text."""
    values = ((field.name, getattr(notification, field.name)) for field in dataclasses.fields(notification))
    return " ".join(f"{name}={value!r}" for name, value in values)


def clock(moment: datetime) -> str:
    """Return a time with the milliseconds."""
    return moment.isoformat(sep=" ", timespec="milliseconds")


def show_bytes(label: str, payload: bytes) -> None:
    """Print a payload after its label, and its length."""
    show(label, f"{visible(payload.decode(errors='surrogateescape'))} ({len(payload)} bytes)")


def show(label: str, text: str) -> None:
    """Print a text after its label, in lines of at most 80 columns; a final newline stays."""
    end = "\n" if text.endswith("\n") else ""
    for row in rows(visible(text.removesuffix("\n"))):
        print(f"  {label:10}{row.rstrip()}")
        label = ""
    print(end=end)


def rows(text: str) -> Iterator[str]:
    """Cut a visible text into rows of at most COLUMNS columns: after a space or a comma if possible."""
    while columns_of(text) > COLUMNS:
        most = next(size for size in range(len(text), 0, -1) if columns_of(text[:size]) <= COLUMNS)
        size = max(text.rfind(" ", 0, most), text.rfind(",", 0, most)) + 1 or most
        yield text[:size]
        text = text[size:]
    yield text


if __name__ == "__main__":
    logging.getLogger("checkpoint_notify").setLevel(logging.ERROR)  # the demo shows the outage as events
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # whatever the terminal can show
    sys.exit(main())
