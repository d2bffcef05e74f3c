"""A notification that goes out and comes back, on a channel that nobody else listens to."""

from __future__ import annotations

import dataclasses
import time
from typing import Final

from checkpoint_notify.cli._exits import Exit
from checkpoint_notify.cli._finding import Finding
from checkpoint_notify.cli._guard import status_of
from checkpoint_notify.cli._rights import LISTEN_SECONDS, Rights, probe_instance
from checkpoint_notify.cli._watching import closing_after, is_refusal
from checkpoint_notify.config import CheckpointNotifierConfig
from checkpoint_notify.errors import PublishError, RejectedError
from checkpoint_notify.events import Connected, Disconnected, Received
from checkpoint_notify.listener import CheckpointListener
from checkpoint_notify.listener_config import CheckpointListenerConfig
from checkpoint_notify.notification import CheckpointNotification
from checkpoint_notify.notifier import CheckpointNotifier

_NAME: Final = "round trip"


def round_trip(config: CheckpointListenerConfig, rights: Rights) -> Finding:
    """Listen, publish, and see it arrive."""
    if not rights.may_subscribe:
        return Finding(_NAME, "not tried, as this user may not subscribe", "no harm to a service that only publishes")
    instance = probe_instance()
    once = dataclasses.replace(config, enabled=True, instance_id=instance, max_reconnects=1)
    listener = CheckpointListener(once)
    notifier = CheckpointNotifier(CheckpointNotifierConfig(redis_url=config.redis_url, instance_id=instance))
    sent = CheckpointNotification.new("none", "checkpoint-notify doctor")
    start = 0.0
    with listener, closing_after(LISTEN_SECONDS, listener):
        for event in listener:
            try:
                match event:
                    case Connected():
                        start = time.monotonic()
                        notifier.publish(sent)
                    case Disconnected(error):
                        return _failed(error, listener.channel)
                    case Received(notification) if notification == sent:
                        return Finding(_NAME, f"{(time.monotonic() - start) * 1000:.1f} ms on {listener.channel}")
            except PublishError as error:
                return _failed(error, listener.channel)
    detail = f"nothing came back on {listener.channel} within {LISTEN_SECONDS:g} s"
    return Finding(_NAME, detail, "look at the server's load and log", Exit.NO_CONNECTION)


def _failed(error: Exception, channel: str) -> Finding:
    if isinstance(error, RejectedError) or is_refusal(error):
        detail = str(error).partition("; nothing was published")[0]
        return Finding(_NAME, detail, f"cannot be tried unless this user may use {channel}: no harm")
    status = status_of(error) if isinstance(error, PublishError) else Exit.NO_CONNECTION
    return Finding(_NAME, str(error), "look at the server's load and log", status)
