"""Settings of the notifier, and how they are read from the environment: by Rust's rules, surprising ones included."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final, Self

DEFAULT_REDIS_URL: Final = "redis://localhost:6379"
DEFAULT_INSTANCE_ID: Final = "default"

_QUERY_PAIR = re.compile(r"(?<=[?&])([^=&]*)=([^&]+)")
_TABS_AND_NEWLINES = re.compile(r"[\t\n\r]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointNotifierConfig:
    """Where and whether to publish; counterpart of the Rust type of that name. Nothing is checked before it is used."""

    redis_url: str = DEFAULT_REDIS_URL
    """The server, database and user, as `RedisUrl.parse` reads them; the repr hides its password."""
    instance_id: str = DEFAULT_INSTANCE_ID
    """Names the channel, see `checkpoint_channel`; an empty one is an id like any other."""
    enabled: bool = True
    """False: `publish` does nothing."""

    @classmethod
    def from_env(cls) -> Self:
        """Read `REDIS_URL`, `FKS_INSTANCE_ID` and `ENABLE_CHECKPOINT_NOTIFY` as the Rust service does.

        A variable that is unset, or not UTF-8, means the default; an empty one is kept. Publishing is disabled by
        exactly `false`: `0`, `no`, `False` and the empty string enable it.
        """
        return cls(
            redis_url=environment_text("REDIS_URL", DEFAULT_REDIS_URL),
            instance_id=environment_text("FKS_INSTANCE_ID", DEFAULT_INSTANCE_ID),
            enabled=environment_text("ENABLE_CHECKPOINT_NOTIFY", "true") != "false",
        )

    def __repr__(self) -> str:
        return (
            f"CheckpointNotifierConfig(redis_url={without_password(self.redis_url)!r},"
            f" instance_id={self.instance_id!r}, enabled={self.enabled!r})"
        )


def environment_text(name: str, default: str) -> str:
    """A variable as Rust's `std::env::var` reads it; `default` where it is unset or not UTF-8."""
    raw = _environment_bytes(name)
    if raw is None:
        return default
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return default


def _environment_bytes(name: str) -> bytes | None:
    if os.supports_bytes_environ:  # os.environ would show bytes that are not UTF-8 as text
        return os.environb.get(name.encode())
    text = os.environ.get(name)
    return None if text is None else text.encode(errors="surrogatepass")


def without_password(url: str) -> str:
    """A Redis URL fit to be shown, whether or not it can be parsed: hides too much rather than too little."""
    head, at, tail = url.rpartition("@")
    scheme, _, rest = head.partition(":")
    start = len(scheme) + len("://") if rest.startswith("//") else 0
    user, colon, _ = head[start:].partition(":")
    shown = f"{head[:start]}{user}:***@{tail}" if at and colon else url
    return _QUERY_PAIR.sub(_without_secret, shown)


def _without_secret(pair: re.Match[str]) -> str:
    from urllib.parse import unquote_plus  # only a repr needs it

    key = unquote_plus(_TABS_AND_NEWLINES.sub("", pair[1])).lower()
    return f"{pair[1]}=***" if "pass" in key else pair[0]
