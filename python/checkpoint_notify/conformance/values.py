"""Converts notifications to and from the JSON of the peer protocol and the fixtures: u64 fields are decimal strings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final, get_type_hints

from checkpoint_notify._generated import CheckpointNotification as Fields
from checkpoint_notify._message import CheckpointNotification

U64_FIELDS: Final = tuple(name for name, kind in get_type_hints(Fields).items() if kind is int)
"""The fields that hold an integer."""


def to_protocol(notification: CheckpointNotification) -> dict[str, Any]:
    """Return the protocol's value object for a notification."""
    value = dataclasses.asdict(notification)
    return value | {name: str(value[name]) for name in U64_FIELDS}


def from_protocol(value: Mapping[str, Any]) -> CheckpointNotification:
    """Return the notification for a protocol's value object."""
    return CheckpointNotification(**{**value, **{name: int(value[name]) for name in U64_FIELDS}})
