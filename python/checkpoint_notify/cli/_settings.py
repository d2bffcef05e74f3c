"""The settings of a command: the environment, as the library reads it, and the options that override it."""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

from checkpoint_notify import _redis_py
from checkpoint_notify.channel import checkpoint_channel
from checkpoint_notify.cli._guard import CommandError
from checkpoint_notify.config import CheckpointNotifierConfig
from checkpoint_notify.errors import EncodeError
from checkpoint_notify.listener_config import CheckpointListenerConfig


def notifier_config(url: str | None, instance: str | None) -> CheckpointNotifierConfig:
    """The settings for publishing."""
    return dataclasses.replace(CheckpointNotifierConfig.from_env(), **_overrides(url, instance))


def listener_config(url: str | None, instance: str | None) -> CheckpointListenerConfig:
    """The settings for listening."""
    return dataclasses.replace(CheckpointListenerConfig.from_env(), **_overrides(url, instance))


def _overrides(url: str | None, instance: str | None) -> dict[str, Any]:
    try:
        checkpoint_channel(instance or "")
    except EncodeError as error:
        raise CommandError(str(error)) from None
    given = {"redis_url": url, "instance_id": instance}
    return {name: value for name, value in given.items() if value is not None}


def require_redis() -> None:
    """Refuse to go on without redis-py; publishing would only log a warning then."""
    logging.getLogger("checkpoint_notify").setLevel(logging.CRITICAL)  # the commands say all of it themselves
    try:
        _redis_py.check()
    except ModuleNotFoundError:
        raise CommandError("there is no redis-py here: pip install 'checkpoint-notify[redis]'") from None
    except ImportError as error:
        raise CommandError(str(error)) from None


def require_enabled(variable: str, *, enabled: bool) -> None:
    """Refuse to go on where the environment switches the command's job off: it would do nothing, and look well."""
    if not enabled:
        raise CommandError(f"switched off: {variable} is false; to go on, set it for this command: {variable}=true")
