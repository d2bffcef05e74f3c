"""What a listener's events look like: as JSON for machines, and as a line for people."""

from __future__ import annotations

import base64
import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

from checkpoint_notify.cli._text import visible
from checkpoint_notify.errors import DecodeError
from checkpoint_notify.events import Connected, Disconnected, Event, Gap, Invalid, Received
from checkpoint_notify.notification import CheckpointNotification


def now() -> str:
    """This moment as RFC 3339, in UTC, with milliseconds."""
    return instant(datetime.now(UTC))


def instant(moment: datetime) -> str:
    """A moment in UTC."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def json_line(value: dict[str, Any]) -> str:
    """JSON in ASCII, which no terminal, locale or log can take for anything else; integers are exact."""
    return json.dumps(value)


def error_json(error: DecodeError) -> dict[str, Any]:
    """Rust's refusal; `line` and `column` are null for bytes that are not UTF-8."""
    fields = ("category", "message", "line", "column", "offset")
    return {**{name: getattr(error, name) for name in fields}, "text": str(error)}


def event_json(event: Event) -> dict[str, Any]:
    """One event, with the time at which it is told."""
    return {"event": type(event).__name__.lower(), "at": now(), **_details(event)}


def _details(event: Event) -> dict[str, Any]:
    match event:
        case Received(notification, raw):
            return {"notification": dataclasses.asdict(notification), **_raw(raw)}
        case Invalid(raw, DecodeError() as error):
            return {"error": error_json(error), **_raw(raw)}
        case Invalid(raw, error):
            return {"error": {"category": "too_large", "text": str(error)}, "bytes": len(raw)}
        case Gap(since, until, reason):
            return {"since": since.isoformat(), "until": until.isoformat(), "reason": reason}
        case Disconnected(error):
            return {"error": str(error)}
        case Connected():
            return {}


def _raw(raw: bytes) -> dict[str, str]:
    try:
        return {"raw": raw.decode()}
    except UnicodeDecodeError:
        return {"raw_base64": base64.b64encode(raw).decode()}


def event_words(event: Event) -> str:
    """One event for people, on one line."""
    match event:
        case Received(notification):
            return summary(notification)
        case Invalid(raw, error):
            return f"{len(raw):,} byte{'s' * (len(raw) != 1)}: {visible(str(error))}"
        case Gap(since, until, reason):
            return f"what was published from {instant(since)} to {instant(until)} may be missing ({reason})"
        case Disconnected(error):
            return f"{error_words(error)}; trying again"
        case Connected():
            return "subscribed"


def error_words(error: Exception) -> str:
    """What an error says, on one line and without a full stop: more follows."""
    return visible(str(error)).removesuffix(".")


def summary(notification: CheckpointNotification) -> str:
    """All of a notification, on one line."""
    value = dataclasses.asdict(notification)
    metadata = value.pop("metadata")
    parts = [f"{name}={visible(str(field))}" for name, field in value.items()]
    parts += [f"{visible(key)}={visible(entry)}" for key, entry in metadata.items()]
    return " ".join(parts)
