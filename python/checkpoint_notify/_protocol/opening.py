"""What comes before the first connection, and what is said to those who use a listener otherwise than by its rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from checkpoint_notify import _logging as log
from checkpoint_notify import _redis_py
from checkpoint_notify._config import CheckpointListenerConfig
from checkpoint_notify.redis_url import RedisUrl, parse_redacted

NOT_ENTERED: Final = "the listener was not entered: use it in a `with` block, or `async with` for asyncio"
USED: Final = "the listener was entered before: make a new one for each `with` block"
FAULT: Final = "the listener's reader failed"
FORKED: Final = (
    "the listener belongs to the process that this one was forked from, and so does its connection:"
    " make a new listener in this process"
)


def preload(config: CheckpointListenerConfig, import_link: Callable[[], object]) -> None:
    """Import redis-py for a listener that is enabled; what is wrong with it is told by `checked_url`."""
    if config.enabled:
        _redis_py.preload(import_link)


def checked_url(config: CheckpointListenerConfig, import_link: Callable[[], object]) -> RedisUrl | None:
    """Where to connect; None for a disabled listener, whatever its URL. Imports what it connects with, if need be.

    Here, in the thread that enters: a reader's own import and the caller's next line could lock each other out.

    Raises RedisUrlError, ImportError.
    """
    if not config.enabled:
        log.listening_disabled()
        return None
    try:
        _redis_py.load(import_link)
    except ImportError as error:
        if isinstance(error.__cause__, OSError):  # no descriptor is left to read a module with
            raise error.__cause__ from None
        raise
    return parse_redacted(config.redis_url)
