"""What comes before the first connection, and what is said to those who use a listener otherwise than by its rules."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from checkpoint_notify._listening import log
from checkpoint_notify.errors import RedisUrlError
from checkpoint_notify.listener_config import CheckpointListenerConfig
from checkpoint_notify.redis_url import RedisUrl

NOT_ENTERED: Final = "the listener was not entered: use it in a `with` block, or `async with` for asyncio"
USED: Final = "the listener was entered before: make a new one for each `with` block"
FAULT: Final = "the listener's reader failed"
FORKED: Final = (
    "the listener belongs to the process that this one was forked from, and so does its connection:"
    " make a new listener in this process"
)


def checked_url(config: CheckpointListenerConfig) -> RedisUrl | None:
    """Where to connect; None for a disabled listener, whatever its URL. Imports redis, which takes 0.2 s once.

    As a whole, and in the thread that enters: threads that import different parts of it at the same time, such as a
    reader's and the caller's next line, lock each other out, and Python raises an error in one of them.

    Raises RedisUrlError, ImportError.
    """
    if not config.enabled:
        log.disabled()
        return None
    if find_spec("redis") is None:
        raise ImportError("a listener needs redis-py: install checkpoint-notify[redis]")
    try:
        url = RedisUrl.parse(config.redis_url)
    except RedisUrlError as error:
        raise RedisUrlError(f"Redis client error: {error}") from None
    import redis  # noqa: F401

    return url
