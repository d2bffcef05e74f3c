"""The settings of a command: the environment, as the library reads it, and the options that override it."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from checkpoint_notify import CheckpointListenerConfig, CheckpointNotifierConfig, checkpoint_channel
from checkpoint_notify.cli._command import CommandError
from checkpoint_notify.cli._terminal import shortened
from checkpoint_notify.errors import EncodeError, RedisUrlError
from checkpoint_notify.redis_url import RedisUrl, parse_redacted

URL_ADVICE: Final = "write redis://[user:password@]host[:port][/database]"


class Settings:
    """Where a command publishes to or listens."""

    def __init__(self, url: str | None, instance: str | None) -> None:
        given: dict[str, Any] = {"redis_url": url, "instance_id": instance}
        given = {name: value for name, value in given.items() if value is not None}
        self.given: Final = {"REDIS_URL": ("--url", url), "FKS_INSTANCE_ID": ("--instance", instance)}
        self.notifier: Final = dataclasses.replace(CheckpointNotifierConfig.from_env(), **given)
        self.listener: Final = dataclasses.replace(CheckpointListenerConfig.from_env(), **given)
        self.source: Final = "REDIS_URL" if url is None else "--url"
        """What the user changes to name another server."""
        try:
            self.channel: Final = checkpoint_channel(self.notifier.instance_id)
        except EncodeError as error:
            raise CommandError(f"--instance: {error}") from None

    def url(self) -> RedisUrl:
        """The server; a CommandError if Rust refuses the URL."""
        try:
            return parse_redacted(self.notifier.redis_url)
        except RedisUrlError as error:
            raise CommandError(f"{shortened(str(error))}; {self.url_advice}") from None

    @property
    def url_advice(self) -> str:
        """What to do about a URL that is refused."""
        return f"{URL_ADVICE} ({self.source})"
