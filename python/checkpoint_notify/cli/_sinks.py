"""Where `watch` shows events: as lines of text, JSON or payloads; `_live` has the table for a terminal."""

from __future__ import annotations

import sys
from typing import Final, Protocol

import typer

from checkpoint_notify.cli._events import event_json, event_words, json_line, now
from checkpoint_notify.cli._screen import Screen
from checkpoint_notify.errors import DecodeError
from checkpoint_notify.events import Connected, Disconnected, Event, Gap, Invalid, Received

_STYLES: Final = {Received: "green", Connected: "green", Disconnected: "red", Gap: "bold yellow", Invalid: "bold red"}


class Sink(Protocol):
    """Shows one event after the other."""

    def __call__(self, event: Event) -> None:
        """Show an event, now: whoever reads the output waits for it."""


def as_json(event: Event) -> None:
    """One JSON object on a line."""
    sys.stdout.write(json_line(event_json(event)) + "\n")
    sys.stdout.flush()


def as_raw(event: Event) -> None:
    """The payload and a newline, of invalid ones too; all else goes to stderr."""
    if isinstance(event, Received | Invalid):
        sys.stdout.buffer.write(event.raw + b"\n")
        sys.stdout.buffer.flush()
    else:
        typer.echo(f"{now()} {_name(event)}: {event_words(event)}", err=True)


def as_text(screen: Screen) -> Sink:
    """A line for each event, and for an invalid one the place in the payload."""

    def show(event: Event) -> None:
        screen.line(now(), " ", (f"{_name(event):12}", _STYLES[type(event)]), " ", event_words(event))
        if isinstance(event, Invalid) and isinstance(event.error, DecodeError):
            screen.place(event.raw, event.error)
        sys.stdout.flush()

    return show


def _name(event: Event) -> str:
    return type(event).__name__.lower()
