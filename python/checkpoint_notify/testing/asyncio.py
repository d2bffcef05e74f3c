"""The fakes for asyncio; they have the same names as the blocking fakes in `checkpoint_notify.testing`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Self

from checkpoint_notify import asyncio as real
from checkpoint_notify._asyncio.reader import ConsumerQueue
from checkpoint_notify._config import CheckpointListenerConfig, CheckpointNotifierConfig
from checkpoint_notify._protocol.publishing import Progress, PublishRequest
from checkpoint_notify.testing._recording import Outcome, Recording
from checkpoint_notify.testing._script import Script, ScriptedSubscription, Step

__all__ = ["RecordingNotifier", "ScriptedListener"]


class RecordingNotifier(Recording, real.CheckpointNotifier):
    """A `checkpoint_notify.asyncio.CheckpointNotifier` that records what it is given.

    Its outcomes and errors are those of the blocking fake.

        >>> async def main():
        ...     notifier = RecordingNotifier()
        ...     return await notifier.publish(CheckpointNotification.new("model.bin", "lstm")), len(notifier.published)
        >>> asyncio.run(main())
        (1, 1)
    """

    def __init__(self, config: CheckpointNotifierConfig | None = None, *, outcomes: Iterable[Outcome] = (1,)) -> None:
        real.CheckpointNotifier.__init__(self, config or CheckpointNotifierConfig())
        Recording.__init__(self, outcomes)

    def __repr__(self) -> str:
        return f"RecordingNotifier({self._config!r})"

    async def _deliver(self, request: PublishRequest, progress: Progress) -> int:
        return self._settle(request, progress)


class ScriptedListener(real.CheckpointListener):
    """A `checkpoint_notify.asyncio.CheckpointListener` that follows a script.

    Its steps and errors are those of the blocking fake.

        >>> async def main():
        ...     async with ScriptedListener([Connected(), b"no message"]) as listener:
        ...         return [type(event).__name__ async for event in listener]
        >>> asyncio.run(main())
        ['Connected', 'Invalid']
    """

    def __init__(self, steps: Iterable[Step], config: CheckpointListenerConfig | None = None) -> None:
        super().__init__(config or CheckpointListenerConfig())
        self._subscription = ScriptedSubscription(self._config, self.channel, self._queue.put)
        self._events = Script(steps, self._config, self._subscription)
        self._queue = ConsumerQueue(self._events)

    def __repr__(self) -> str:
        return f"ScriptedListener(config={self._config!r})"

    async def __aenter__(self) -> Self:
        """Start; raises RedisUrlError, and ImportError without the extra `checkpoint-notify[redis]`."""
        if self._target() is None:
            self._queue.close()
        self._owner = os.getpid()
        self._queue.end()
        return self
