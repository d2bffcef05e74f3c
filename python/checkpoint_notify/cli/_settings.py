"""The settings of a command: the library's settings from the environment, overridden by options."""

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
    """The server and the channel of a command."""

    def __init__(self, url: str | None, instance: str | None) -> None:
        given: dict[str, Any] = {"redis_url": url, "instance_id": instance}
        given = {name: value for name, value in given.items() if value is not None}
        self.given: Final = {"REDIS_URL": ("--url", url), "FKS_INSTANCE_ID": ("--instance", instance)}
        self.notifier: Final = dataclasses.replace(CheckpointNotifierConfig.from_env(), **given)
        self.listener: Final = dataclasses.replace(CheckpointListenerConfig.from_env(), **given)
        self.source: Final = "REDIS_URL" if url is None else "--url"
        """The variable or option that names the server, for messages."""
        try:
            self.channel: Final = checkpoint_channel(self.notifier.instance_id)
        except EncodeError as error:
            raise CommandError(f"--instance: {error}") from None

    def url(self) -> RedisUrl:
        """Return the server's URL; raises CommandError if Rust refuses it."""
        try:
            return parse_redacted(self.notifier.redis_url)
        except RedisUrlError as error:
            raise CommandError(f"{shortened(str(error))}; {self.url_advice}") from None

    @property
    def url_advice(self) -> str:
        """The advice for a URL that is refused."""
        return f"{URL_ADVICE} ({self.source})"
