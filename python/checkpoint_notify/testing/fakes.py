"""A notifier that records, and a listener that follows a script; `checkpoint_notify.testing.asyncio` has the same.

Both are the real ones, up to where those would open a connection: the checks, the errors, the counters and what is
logged come from the same code. What the real ones do without the extra `checkpoint-notify[redis]`, the fakes do, too:
the notifier warns and publishes nothing, and the listener raises ImportError.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Self

from checkpoint_notify._config import CheckpointListenerConfig, CheckpointNotifierConfig
from checkpoint_notify._protocol.publishing import Progress, PublishRequest
from checkpoint_notify._sync.listener import CheckpointListener
from checkpoint_notify._sync.notifier import CheckpointNotifier
from checkpoint_notify._sync.reader import ConsumerQueue
from checkpoint_notify.testing._recording import Outcome, Recording
from checkpoint_notify.testing._script import Script, ScriptedSubscription, Step

__all__ = ["Outcome", "RecordingNotifier", "ScriptedListener", "Step"]


class RecordingNotifier(Recording, CheckpointNotifier):
    """A `CheckpointNotifier` that keeps what it is given, and sends nothing.

    `outcomes` are what its publishes end with, one after the other, and the last of them for all that follow: a number
    of receivers, or a NotSentError, RejectedError or OutcomeUnknownError to raise.

        >>> saved = CheckpointNotification.new("model.bin", "lstm")
        >>> notifier = RecordingNotifier(outcomes=[NotSentError("nobody answers"), 2])
        >>> notifier.try_publish(saved), notifier.publish(saved)
        (False, 2)
        >>> notifier.published == [saved], notifier.attempted == [saved, saved]
        (True, True)
        >>> notifier.counters
        NotifierCounters(published=1, not_sent=1, rejected=0, unknown=0)
    """

    def __init__(self, config: CheckpointNotifierConfig | None = None, *, outcomes: Iterable[Outcome] = (1,)) -> None:
        CheckpointNotifier.__init__(self, config or CheckpointNotifierConfig())
        Recording.__init__(self, outcomes)

    def __repr__(self) -> str:
        return f"RecordingNotifier({self._config!r})"

    def _deliver(self, request: PublishRequest, progress: Progress) -> int:
        return self._settle(request, progress)


class ScriptedListener(CheckpointListener):
    """A `CheckpointListener` that hands over what its script says, and connects to nothing.

    A step is an event, or what a publisher sends: a notification, or any payload, which is handed over as `Received` or
    `Invalid`, as the listener reads it. At the script's end iteration ends, as after `close()`; where the script ends
    with a Disconnected, and the config has `max_reconnects`, as when these are used up. The counters, `connected`,
    `error` and the log follow what has been handed over; a Gap by overflow counts as one dropped message.

    Raises ValueError, naming the step, where no listener would hand over these events in this order.

        >>> steps = [Connected(), CheckpointNotification.new("model.bin", "lstm"), b"no message"]
        >>> with ScriptedListener(steps) as listener:
        ...     [type(event).__name__ for event in listener]
        ['Connected', 'Received', 'Invalid']
        >>> listener.counters.received, listener.counters.invalid
        (1, 1)
        >>> ScriptedListener([CheckpointNotification.new("model.bin", "lstm")])
        Traceback (most recent call last):
        ValueError: step 0: a message comes only while there is a subscription: put a Connected() before it
    """

    def __init__(self, steps: Iterable[Step], config: CheckpointListenerConfig | None = None) -> None:
        super().__init__(config or CheckpointListenerConfig())
        self._subscription = ScriptedSubscription(self._config, self.channel, self._queue.put)
        self._events = Script(steps, self._config, self._subscription)
        self._queue = ConsumerQueue(self._events)

    def __repr__(self) -> str:
        return f"ScriptedListener(config={self._config!r})"

    def __enter__(self) -> Self:
        """Start; raises RedisUrlError, and ImportError without the extra `checkpoint-notify[redis]`."""
        if self._target() is None:
            self._queue.close()
        self._owner = os.getpid()
        self._queue.end()
        return self
