"""`checkpoint-notify watch`."""

from __future__ import annotations

import base64
import dataclasses
import itertools
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from checkpoint_notify import (
    CheckpointListener,
    CheckpointNotification,
    Connected,
    DecodeError,
    Disconnected,
    Event,
    Gap,
    Invalid,
    Received,
)
from checkpoint_notify.cli._command import CommandError, IntegerInRange, OneOf, Seconds, command, with_json, with_url
from checkpoint_notify.cli._process import Exit, putting_back
from checkpoint_notify.cli._server import Fault, Faults, address, closing_after, require_enabled, require_redis
from checkpoint_notify.cli._settings import Settings
from checkpoint_notify.cli._terminal import Screen, cut_mark, error_json, json_line, quoted, shortened, visible

if TYPE_CHECKING:
    from rich.table import Table

_STYLES: Final = {Received: "green", Connected: "green", Disconnected: "red", Gap: "bold yellow", Invalid: "bold red"}
_INDENT: Final = 4
_FIELDS: Final = [field.name for field in dataclasses.fields(CheckpointNotification) if field.name != "metadata"]
_ENTRIES: Final = 50
"""How many entries of metadata a line shows."""


@command("[OPTIONS]")
@click.option("-c", "--count", type=IntegerInRange(1), metavar="N", help="End after N notifications.")
@click.option(
    "--wait",
    type=Seconds(0, 1e9),
    metavar="S",
    help="End after S seconds; the exit status is 124 if fewer than N came (without --count: none).",
)
@click.option(
    "--format",
    "format_",
    type=OneOf("text", "json", "raw"),
    metavar="text|json|raw",
    help="Unless given: text on a terminal, else json.",
)
@click.option("--live", is_flag=True, help="Show a table that is kept up to date, on a terminal.")
@click.option("--retry", is_flag=True, help="Try again even if the server refuses the first login.")
@click.option("--fail-on-gap", is_flag=True, help="End with 7 at the first gap.")
@click.option("--fail-on-invalid", is_flag=True, help="End with 1 at the first payload that Rust refuses.")
@with_url
@with_json
def watch(
    *,
    count: int | None,
    wait: float | None,
    format_: str | None,
    live: bool,
    retry: bool,
    fail_on_gap: bool,
    fail_on_invalid: bool,
    url: str | None,
    instance: str | None,
    as_json: bool,
) -> Exit:
    """Show what is published, and each gap, until Ctrl-C.

    Each event is a line: received, invalid, gap, connected, disconnected. As text, an ambiguous value is in quotes.
    As JSON, each line is an object. A u64 is an integer with all digits (readers that use doubles round it beyond
    2^53). A payload is "raw" if it is UTF-8, else "raw_base64"; a payload above the size limit is left out. The format
    raw writes each payload as received, valid or not, with a newline, and all other events to stderr. On a terminal,
    raw shows control characters as pictures.

    If the server refuses the first login or subscription, the exit status is 4. If the server does not answer, or the
    connection is lost later, the command retries without limit; MODEL_RELOAD_MAX_RETRIES sets a limit.

    Example: checkpoint-notify watch --count 1 --wait 600 --fail-on-gap | jq .notification.version
    """
    if as_json and format_ not in (None, "json"):
        raise CommandError(f"--json and --format {format_} contradict each other")
    if live and (as_json or format_ is not None):
        raise CommandError(f"--live and {'--json' if as_json else '--format'} contradict each other")
    screen = Screen()
    if live and (screen.is_dumb or not screen.is_terminal):
        raise CommandError(
            "--live needs a terminal that can move its cursor; leave it out to get a line for each event"
        )
    settings = Settings(url, instance)
    require_redis()
    require_enabled("ENABLE_MODEL_RELOAD", enabled=settings.listener.enabled)
    lines = "json" if as_json else format_ or ("text" if screen.is_terminal else "json")
    watching = _Watch(settings, count, retry=retry, fail_on_gap=fail_on_gap, fail_on_invalid=fail_on_invalid)
    if live:
        return watching.run(_LiveTable(screen, settings), wait)
    return watching.run({"text": _Text(screen), "json": _Json(), "raw": _Raw()}[lines], wait)


class _Watch:
    """Takes events until the count is reached, or an event occurs that ends the command."""

    def __init__(
        self, settings: Settings, count: int | None, *, retry: bool, fail_on_gap: bool, fail_on_invalid: bool
    ) -> None:
        self._config = settings.listener
        self._faults = Faults(settings)
        self._count = count
        self._retry = retry
        self._fail_on_gap = fail_on_gap
        self._fail_on_invalid = fail_on_invalid
        self._received = 0
        self._was_connected = False
        self._fault: Fault | None = None
        """The error of the current outage; None while connected."""

    def run(self, sink: _Sink, wait: float | None) -> Exit:
        """Show events until the end, or for `wait` seconds; return the exit status."""
        listener = CheckpointListener(self._config)
        with sink, listener, closing_after(wait, listener) as expired:
            for event in listener:
                status = self._take(event, sink)
                if status is not None:
                    break
            else:
                status = None
        fault = self._fault
        if status is Exit.REFUSED and fault is not None:
            raise CommandError(f"{fault.what}; {fault.advice}, or try again until it works: --retry", status)
        if status is not None:
            return status
        reason = "" if fault is None else f"{fault.what}: {fault.advice}"
        if not expired.is_set():  # the listener ended by MODEL_RELOAD_MAX_RETRIES
            raise CommandError(f"gave up; {reason}", Exit.NO_CONNECTION if fault is None else fault.status)
        needed = self._count or 1
        if self._received < needed:
            came = f"{self._received} of {needed} came within {wait:g} s"
            raise CommandError(came + f": {reason}" * bool(reason), Exit.EXPIRED)
        return Exit.OK

    def _take(self, event: Event, sink: _Sink) -> Exit | None:
        """Show an event; return the exit status if it is the last one."""
        status: Exit | None = None
        fault: Fault | None = None
        match event:
            case Received():
                self._received += 1
                status = Exit.OK if self._received == self._count else None
            case Gap():
                status = Exit.GAP if self._fail_on_gap else None
            case Invalid():
                status = Exit.INVALID if self._fail_on_invalid else None
            case Connected():
                self._was_connected = True
                self._fault = None
            case Disconnected(error):
                fault = self._fault = self._faults.listening(error, before=not self._was_connected)
                is_final = fault.status is Exit.REFUSED and fault.lasts and not self._was_connected and not self._retry
                status = Exit.REFUSED if is_final else None
        if status is not Exit.REFUSED or isinstance(sink, _Json):  # the message at the end says the same
            sink.show(event, _words(event, fault))
        return status


def _words(event: Event, fault: Fault | None) -> str:
    """Return the text for one event, on one line."""
    match event:
        case Received(notification):
            return _summary(notification)
        case Invalid(raw, error):
            return f"{len(raw):,} byte{'s' * (len(raw) != 1)}: {shortened(str(error))}"
        case Gap(since, until, reason):
            return f"what was published from {_instant(since)} to {_instant(until)} may be missing ({reason})"
        case Disconnected():
            return f"{fault.what if fault else event.error}; trying again"
        case Connected():
            return "subscribed"


def _summary(notification: CheckpointNotification) -> str:
    parts = (f"{name}={quoted(str(getattr(notification, name)))}" for name in _FIELDS)
    return " ".join((*parts, _metadata(notification))).rstrip()


def _metadata(notification: CheckpointNotification) -> str:
    """Return the first entries. A key that equals a field's name is in quotes, and so is any ambiguous text."""
    metadata = notification.metadata
    entries = list(itertools.islice(metadata.items(), _ENTRIES))
    parts = [f"{quoted(key, always='=' in key or key in _FIELDS)}={quoted(value)}" for key, value in entries]
    return " ".join(parts) + f" and {len(metadata) - len(entries):,} more" * (len(metadata) > len(entries))


def _instant(moment: datetime) -> str:
    """Return a UTC time in the format of RFC 3339."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _now() -> str:
    return _instant(datetime.now(UTC))


def _name(event: Event) -> str:
    return type(event).__name__.lower()


class _Sink:
    """Shows events; a context manager around all events."""

    def __enter__(self) -> _Sink:
        return self

    def __exit__(self, *reason: object) -> None:
        pass

    def show(self, event: Event, words: str) -> None:
        """Show an event and flush: a reader may wait for it."""
        raise NotImplementedError


class _Json(_Sink):
    """Writes each event as one JSON object on a line."""

    def show(self, event: Event, words: str) -> None:
        """Write all fields of the event."""
        print(json_line({"event": _name(event), "at": _now(), **self._details(event, words)}), flush=True)

    def _details(self, event: Event, words: str) -> dict[str, Any]:
        match event:
            case Received(notification, raw):
                return {"notification": dataclasses.asdict(notification), **self._raw(raw)}
            case Invalid(raw, DecodeError() as error):
                return {"error": error_json(error), **self._raw(raw)}
            case Invalid(raw, error):
                return {"error": {"category": "too_large", "text": str(error)}, "bytes": len(raw)}
            case Gap(since, until, reason):
                return {"since": since.isoformat(), "until": until.isoformat(), "reason": reason}
            case Disconnected():
                return {"error": words.removesuffix("; trying again")}
            case Connected():
                return {}

    def _raw(self, raw: bytes) -> dict[str, str]:
        try:
            return {"raw": raw.decode()}
        except UnicodeDecodeError:
            return {"raw_base64": base64.b64encode(raw).decode()}


class _Raw(_Sink):
    """Writes each payload, valid or invalid, with a newline; writes other events to stderr."""

    def __init__(self) -> None:
        self._is_terminal = Screen().is_terminal
        self._messages = Screen("stderr")

    def show(self, event: Event, words: str) -> None:
        """Write the bytes as received; on a terminal, control characters appear as pictures."""
        if not isinstance(event, Received | Invalid):
            self._messages.line(f"{_now()} {_name(event)}: {words}", indent=_INDENT)
            self._messages.flush()
            return
        if self._is_terminal:
            print(visible(event.raw.decode(errors="surrogateescape")))
        else:
            sys.stdout.buffer.write(event.raw + b"\n")
        sys.stdout.flush()


class _Text(_Sink):
    """Writes a line for each event, and for an invalid payload also the place of the fault."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def show(self, event: Event, words: str) -> None:
        """Write the line."""
        style = _STYLES[type(event)]
        self._screen.line(_now(), " ", (f"{_name(event):12}", style), " ", words, indent=_INDENT)
        if isinstance(event, Invalid) and isinstance(event.error, DecodeError):
            self._screen.place(event.raw, event.error)
        self._screen.flush()


_RATE_SECONDS: Final = 10
_NAMES: Final = 12
"""The width of the column with the row names."""
_SPARE: Final = 6
"""Columns that stay free at the right, so that the terminal's `^C` does not wrap to a new line."""
_REFRESHES: Final = 4
"""Redraws a second; the rate and the ages change without events too."""


class Rate:
    """The event rate over the last ten seconds; it keeps only one count for each second."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, int]] = deque(maxlen=_RATE_SECONDS)
        self._start: float | None = None

    def count(self, at: float) -> None:
        """Count one event at this time of the monotonic clock."""
        self._start = at if self._start is None else self._start
        second, number = self._seconds[-1] if self._seconds else (-1, 0)
        if second == int(at):
            self._seconds[-1] = second, number + 1
        else:
            self._seconds.append((int(at), 1))

    def per_second(self, at: float) -> float:
        """Return the rate at this time of the monotonic clock."""
        if self._start is None:
            return 0.0
        recent = sum(number for second, number in list(self._seconds) if int(at) - second < _RATE_SECONDS)
        return recent / min(_RATE_SECONDS, max(1.0, at - self._start))


class _LiveTable(_Text):
    """A table that is redrawn in place; the lines of all events except notifications stay above it."""

    def __init__(self, screen: Screen, settings: Settings) -> None:
        from rich.console import Console
        from rich.live import Live

        super().__init__(screen)
        self._where = f"{quoted(settings.channel)} at {address(settings.url())}"
        self._state: tuple[str, str] = ("connecting", "yellow")
        self._counts: Counter[type[Event]] = Counter()
        self._rate = Rate()
        self._last: tuple[datetime, CheckpointNotification] | None = None
        self._words: dict[type[Event], str] = {}
        """The text of the last event of each kind."""
        self._console = Console(force_terminal=True, highlight=False, markup=False, emoji=False)
        self._live = Live(console=self._console, get_renderable=self._table, refresh_per_second=_REFRESHES)
        self._stack = ExitStack()

    def __enter__(self) -> _LiveTable:
        self._stack.enter_context(putting_back())
        self._stack.callback(self._live.stop)
        self._live.start(refresh=True)
        return self

    def __exit__(self, *reason: object) -> None:
        self._stack.close()

    def show(self, event: Event, words: str) -> None:
        """Record the event for the next redraw; any event except a notification also gets a line above the table."""
        moment = datetime.now(UTC)
        self._counts[type(event)] += 1
        match event:
            case Received(notification):
                self._rate.count(time.monotonic())
                self._last = moment, notification
                return
            case Connected():
                self._state = f"connected since {_instant(moment)}", "green"
            case Disconnected():
                self._state = f"disconnected since {_instant(moment)}: {words}", "bold red"
            case _:
                self._words[type(event)] = words
        super().show(event, words)

    def _table(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid()
        table.add_column(style="bold", no_wrap=True, width=_NAMES)
        room = max(_NAMES, self._console.width - _NAMES - _SPARE)
        table.add_column(overflow="ellipsis" if cut_mark() == "…" else "crop", no_wrap=True, max_width=room)
        for name, words, style in self._rows():
            table.add_row(name, Text(words, style=style))
        return table

    def _rows(self) -> Iterator[tuple[str, str, str]]:
        rate = self._rate.per_second(time.monotonic())
        yield "channel", self._where, ""
        yield "connection", *self._state
        yield "received", f"{self._counts[Received]:,}, {rate:.1f} a second", ""
        yield from self._newest()
        for name, kind, style in (("gaps", Gap, "bold yellow"), ("invalid", Invalid, "bold red")):
            count = self._counts[kind]
            yield name, f"{count:,}" + f", last {self._words.get(kind, '')}" * bool(count), style if count else ""

    def _newest(self) -> Iterator[tuple[str, str, str]]:
        if self._last is None:
            yield "last", "none yet", "dim"
            return
        moment, notification = self._last
        seconds = max(0, int((datetime.now(UTC) - moment).total_seconds()))
        yield "last", f"{_instant(moment)}, {seconds:,} s ago", ""
        yield "  model", f"{quoted(notification.model_name)} at {quoted(notification.model_path)}", "cyan"
        yield "  version", f"{notification.version}, training step {notification.training_step}", "cyan"
        yield "  saved", quoted(notification.saved_at), "cyan"
        yield "  metadata", _metadata(notification) or "none", "cyan"
