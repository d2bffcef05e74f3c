"""The live table of `watch`: how things stand, below the lines that tell what went wrong so far."""

from __future__ import annotations

import time
from collections import deque
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

from rich.live import Live
from rich.table import Table
from rich.text import Text

from checkpoint_notify.cli._events import event_words, instant
from checkpoint_notify.cli._screen import Screen
from checkpoint_notify.cli._sinks import as_text
from checkpoint_notify.cli._text import visible
from checkpoint_notify.events import Connected, Disconnected, Event, Gap, Invalid, Received
from checkpoint_notify.notification import CheckpointNotification

_RATE_SECONDS: Final = 10
_NAMES: Final = 12
"""Columns for what the rows are called."""
_SPARE: Final = 6
"""Columns that stay free, for the ^C that a terminal writes, which must not begin a line."""
_SHOWN: Final = 500
"""Characters of a text; more would not fit, and a payload may have millions."""
_REFRESHES: Final = 4
"""A second; the table changes by itself too, as time goes by."""


class Rate:
    """Events a second over the last ten seconds; holds a number for each second and no more."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, int]] = deque(maxlen=_RATE_SECONDS)
        self._start: float | None = None

    def count(self, at: float) -> None:
        """One more, at this moment of the monotonic clock."""
        self._start = at if self._start is None else self._start
        second, number = self._seconds[-1] if self._seconds else (-1, 0)
        if second == int(at):
            self._seconds[-1] = second, number + 1
        else:
            self._seconds.append((int(at), 1))

    def per_second(self, at: float) -> float:
        """The rate at this moment."""
        if self._start is None:
            return 0.0
        recent = sum(number for second, number in list(self._seconds) if int(at) - second < _RATE_SECONDS)
        return recent / min(_RATE_SECONDS, max(1.0, at - self._start))


class LiveTable:
    """A sink that draws a table over and over; used in a `with`."""

    def __init__(self, screen: Screen, channel: str, server: str) -> None:
        self._line = as_text(screen)
        self._screen = screen.console
        self._where = f"{visible(channel)} at {visible(server)}"
        self._state: tuple[str, str] = ("connecting", "yellow")
        self._received = self._gaps = self._invalid = 0
        self._rate = Rate()
        self._last: CheckpointNotification | None = None
        self._last_at = datetime.now(UTC)
        self._last_gap: Gap | None = None
        self._last_invalid: Invalid | None = None
        self._live = Live(
            console=screen.console, get_renderable=self._table, refresh_per_second=_REFRESHES, redirect_stderr=False
        )

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Note the event for the next drawing; all but a notification also gets a line that stays."""
        moment = datetime.now(UTC)
        match event:
            case Received(notification):
                self._received += 1
                self._rate.count(time.monotonic())
                self._last, self._last_at = notification, moment
                return
            case Invalid():
                self._invalid += 1
                self._last_invalid = event
            case Gap():
                self._gaps += 1
                self._last_gap = event
            case Connected():
                self._state = f"connected since {instant(moment)}", "green"
            case Disconnected():
                self._state = f"disconnected since {instant(moment)}: {event_words(event)}", "bold red"
        self._line(event)

    def _table(self) -> Table:
        table = Table.grid()
        table.add_column(style="bold", no_wrap=True, width=_NAMES)
        table.add_column(overflow="ellipsis", no_wrap=True, max_width=max(_NAMES, self._screen.width - _NAMES - _SPARE))
        for name, words, style in self._rows():
            table.add_row(name, Text(words, style=style))
        return table

    def _rows(self) -> list[tuple[str, str, str]]:
        rate = self._rate.per_second(time.monotonic())
        invalid = "" if self._last_invalid is None else f", last {event_words(self._last_invalid)[:_SHOWN]}"
        gaps = "" if self._last_gap is None else f", last {event_words(self._last_gap)}"
        return [
            ("channel", self._where, ""),
            ("connection", *self._state),
            ("received", f"{self._received:,}, {rate:.1f} a second", ""),
            *self._newest(),
            ("gaps", f"{self._gaps:,}{gaps}", "bold yellow" if self._gaps else ""),
            ("invalid", f"{self._invalid:,}{invalid}", "bold red" if self._invalid else ""),
        ]

    def _newest(self) -> list[tuple[str, str, str]]:
        notification, moment = self._last, self._last_at
        if notification is None:
            return [("last", "none yet", "dim")]
        seconds = max(0, int((datetime.now(UTC) - moment).total_seconds()))
        metadata = " ".join(f"{_short(key)}={_short(value)}" for key, value in list(notification.metadata.items())[:20])
        return [
            ("last", f"{instant(moment)}, {seconds:,} s ago", ""),
            ("  model", f"{_short(notification.model_name)} at {_short(notification.model_path)}", "cyan"),
            ("  version", f"{notification.version}, training step {notification.training_step}", "cyan"),
            ("  saved", _short(notification.saved_at), "cyan"),
            ("  metadata", metadata or "none", "cyan"),
        ]


def _short(text: str) -> str:
    return visible(text[:_SHOWN])
