"""The configurations of the notifier and the listener. They read the environment by the rules of the Rust services."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, fields
from typing import Final, Self

DEFAULT_REDIS_URL: Final = "redis://localhost:6379"
DEFAULT_INSTANCE_ID: Final = "default"

_QUERY_PAIR = re.compile(r"(?<=[?&])([^=&]*)=([^&]+)")
_TABS_AND_NEWLINES = re.compile(r"[\t\n\r]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointNotifierConfig:
    """Where and whether to publish; counterpart of the Rust type. Values are not validated until publish."""

    redis_url: str = DEFAULT_REDIS_URL
    """The server, database and user, as `RedisUrl.parse` reads them; the repr hides its password."""
    instance_id: str = DEFAULT_INSTANCE_ID
    """Names the channel, see `checkpoint_channel`; it may be empty."""
    enabled: bool = True
    """False: `publish` does nothing."""

    @classmethod
    def from_env(cls) -> Self:
        """Read `REDIS_URL`, `FKS_INSTANCE_ID` and `ENABLE_CHECKPOINT_NOTIFY` as the Rust service does.

        A variable that is unset or not UTF-8 means the default; an empty one is kept. Only `false` disables publishing:
        `0`, `no`, `False` and the empty string enable it.
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
    """Return a variable as Rust's `std::env::var` reads it; `default` if it is unset or not UTF-8."""
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
    """Return a Redis URL without its password, also if the URL cannot be parsed. If in doubt, it hides more."""
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


_MEBIBYTE: Final = 1024 * 1024
# Leading zeros are matched separately. At most 20 digits follow, as in a u64, because int() refuses thousands of them.
_UNSIGNED: Final = re.compile(r"\+?(?=[0-9])0*+([0-9]{0,20}+)")
_SECONDS: Final = ("ping_interval", "ping_timeout", "connect_timeout", "backoff_initial")
_AT_LEAST_ONE: Final = ("max_queue", "max_queue_bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointListenerConfig:
    """Where to listen, and with what limits. Times are in seconds, sizes in bytes.

    Raises ValueError or TypeError for a number outside its range. The URL is not validated until the listener is
    entered.
    """

    redis_url: str = DEFAULT_REDIS_URL
    """The server, database and user, as `RedisUrl.parse` reads them; the repr hides its password. The listener speaks
    RESP2 whatever `?protocol=` says; the messages are the same."""
    instance_id: str = DEFAULT_INSTANCE_ID
    """Names the channel, see `checkpoint_channel`; it may be empty."""
    enabled: bool = True
    """False: iteration ends at once."""
    ping_interval: float = 10.0
    """How often a PING is sent, also while messages come. A Gap after a lost connection is at most `ping_interval` +
    `ping_timeout` longer than the outage."""
    ping_timeout: float = 5.0
    """How long the answer to a PING may take before the connection counts as lost. It arrives after the messages that
    were sent before it: allow for the largest payload on a slow network."""
    connect_timeout: float = 1.0
    """Time limit of a whole attempt: resolving the name, connecting, the login, and the confirmation of SUBSCRIBE. If
    no thread can be started, for example while the interpreter shuts down, a host name is resolved without one, and
    the limit does not include that."""
    backoff_initial: float = 0.05
    """The longest pause after a first failure; it doubles with each further failure. The actual pause is random,
    between 0 and that (full jitter), so that many listeners do not reconnect at the same time."""
    backoff_max: float = 5.0
    """The upper limit of the longest pause; 0 for almost no pause."""
    max_reconnects: int = 0
    """Iteration ends after this many reconnects in a row have failed; 0 for never."""
    max_queue: int = 1024
    """How many messages may wait for the consumer; beyond that the oldest are dropped, and a Gap reports them."""
    max_queue_bytes: int = 64 * _MEBIBYTE
    """How many bytes of payload may wait for the consumer; a single message may be larger."""
    max_payload: int = 64 * _MEBIBYTE
    """A larger payload is not decoded; the consumer gets it as `Invalid`."""

    def __post_init__(self) -> None:
        for name, kind in (("redis_url", str), ("instance_id", str), ("enabled", bool)):
            if not isinstance(getattr(self, name), kind):
                raise TypeError(f"{name} is a {kind.__name__}, not a {type(getattr(self, name)).__name__}")
        for name in _SECONDS:
            _check_seconds(name, getattr(self, name))
        if self.backoff_max != 0:
            _check_seconds("backoff_max", self.backoff_max)
        for name in _AT_LEAST_ONE:
            _check_count(name, getattr(self, name), 1)
        _check_count("max_reconnects", self.max_reconnects, 0)
        _check_count("max_payload", self.max_payload, 0)

    @classmethod
    def from_env(cls) -> Self:
        """Read the variables of upstream's reload listener, as Rust does.

        `REDIS_URL` and `FKS_INSTANCE_ID` as the notifier does; `ENABLE_MODEL_RELOAD`, where exactly `false` disables;
        `MODEL_RELOAD_RECONNECT_MS` (milliseconds, u64) is `backoff_max`; `MODEL_RELOAD_MAX_RETRIES` (u32) is
        `max_reconnects`. A text that is not such an integer means the default.
        """
        reconnect_ms = parse_unsigned(environment_text("MODEL_RELOAD_RECONNECT_MS", ""), 64)
        retries = parse_unsigned(environment_text("MODEL_RELOAD_MAX_RETRIES", ""), 32)
        return cls(
            redis_url=environment_text("REDIS_URL", DEFAULT_REDIS_URL),
            instance_id=environment_text("FKS_INSTANCE_ID", DEFAULT_INSTANCE_ID),
            enabled=environment_text("ENABLE_MODEL_RELOAD", "true") != "false",
            backoff_max=5.0 if reconnect_ms is None else reconnect_ms / 1000,
            max_reconnects=retries or 0,
        )

    def __repr__(self) -> str:
        shown = {field.name: getattr(self, field.name) for field in fields(self)}
        shown["redis_url"] = without_password(self.redis_url)
        return f"CheckpointListenerConfig({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


def _check_seconds(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} is a number of seconds, not {value!r}")
    if not 0 < value < math.inf:
        raise ValueError(f"{name} is a number of seconds above 0, not {value!r}")


def _check_count(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} is an integer, not {value!r}")
    if value < least:
        raise ValueError(f"{name} is {least} or more, not {value!r}")


def parse_unsigned(text: str, bits: int) -> int | None:
    """Return an unsigned integer as Rust's `str::parse` reads it; None if Rust refuses the text."""
    match = _UNSIGNED.fullmatch(text)
    if match is None:
        return None
    number = int(match[1] or "0")
    return number if number < 1 << bits else None
