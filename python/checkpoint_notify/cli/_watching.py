"""The work of `watch`: events are shown until what was asked for has come, or something that must not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import typer

from checkpoint_notify._listening.core import RefusedError
from checkpoint_notify._publishing import Order, is_error_reply
from checkpoint_notify.cli import _sinks
from checkpoint_notify.cli._events import error_words
from checkpoint_notify.cli._exits import Exit
from checkpoint_notify.cli._guard import fail
from checkpoint_notify.cli._live import LiveTable
from checkpoint_notify.cli._screen import Screen
from checkpoint_notify.events import Connected, Disconnected, Event, Gap, Invalid, Received
from checkpoint_notify.listener import CheckpointListener
from checkpoint_notify.listener_config import CheckpointListenerConfig
from checkpoint_notify.redis_url import RedisUrl


class Goal:
    """What has to come, and what must not."""

    def __init__(self, count: int | None, *, fail_on_gap: bool, fail_on_invalid: bool) -> None:
        self._count = count
        self._fail_on_gap = fail_on_gap
        self._fail_on_invalid = fail_on_invalid
        self.needed = count or 1
        self.received = 0
        self.status: Exit | None = None
        """None as long as there is more to come."""
        self.trouble: Exception | None = None
        """Why there is no connection now."""

    def meet(self, event: Event) -> None:
        """Take an event into account."""
        match event:
            case Received():
                self.received += 1
                if self.received == self._count:
                    self.status = Exit.OK
            case Gap() if self._fail_on_gap:
                self.status = Exit.GAP
            case Invalid() if self._fail_on_invalid:
                self.status = Exit.INVALID
            case Connected():
                self.trouble = None
            case Disconnected(error):
                self.trouble = error


def watch(config: CheckpointListenerConfig, goal: Goal, wait: float | None, format_: str | None) -> None:
    """Show events in a format (None: what fits stdout) until the goal is met, or `wait` seconds are over."""
    listener = CheckpointListener(config)
    with _sink(format_, config, listener.channel) as show, listener, closing_after(wait, listener) as expired:
        for event in listener:
            show(event)
            goal.meet(event)
            if goal.status is not None:
                raise typer.Exit(goal.status)
    trouble = "" if goal.trouble is None else f": {error_words(goal.trouble)}; see checkpoint-notify doctor --for watch"
    if not expired.is_set():  # MODEL_RELOAD_MAX_RETRIES
        refused = goal.trouble is not None and is_refusal(goal.trouble)
        fail(f"gave up{trouble}", Exit.REFUSED if refused else Exit.NO_CONNECTION)
    if goal.received < goal.needed:
        fail(f"{goal.received} of {goal.needed} came within {wait:g} s{trouble}", Exit.EXPIRED)


def is_refusal(error: Exception) -> bool:
    """Whether a listener's connection ended with an error reply, be it to the handshake or to SUBSCRIBE or PING."""
    return isinstance(error, RefusedError) or is_error_reply(error)


def _sink(format_: str | None, config: CheckpointListenerConfig, channel: str) -> AbstractContextManager[_sinks.Sink]:
    screen = Screen()
    if format_ == "raw":
        return nullcontext(_sinks.as_raw)
    if format_ == "json" or (format_ is None and not screen.is_terminal):
        return nullcontext(_sinks.as_json)
    if not screen.is_live:
        return nullcontext(_sinks.as_text(screen))
    return LiveTable(screen, channel, Order(RedisUrl.parse(config.redis_url), channel, b"").target)


@contextmanager
def closing_after(seconds: float | None, listener: CheckpointListener) -> Iterator[threading.Event]:
    """Close the listener once the time is up, which sets the event; None for never."""
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        listener.close()

    timer = threading.Timer(seconds or 0.0, expire)
    timer.daemon = True
    if seconds is not None:
        timer.start()
    try:
        yield expired
    finally:
        timer.cancel()
