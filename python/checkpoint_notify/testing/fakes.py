"""A notifier that records, and a listener that follows a script; `checkpoint_notify.testing.asyncio` has their twins.

Both run the code of the real classes up to the point where it would connect. So the checks, the errors, the counters
and the logs are the same. Without the extra `checkpoint-notify[redis]` the fakes also behave like the real classes: the
notifier logs a warning and publishes nothing, and the listener raises ImportError.
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
    """A `CheckpointNotifier` that records what it is given and sends nothing.

    `outcomes` are the outcomes of its publishes, in order; the last one repeats. Each is a number of receivers, or a
    NotSentError, RejectedError or OutcomeUnknownError to raise. The constructor raises what `program` raises.

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
    """A `CheckpointListener` that delivers the events of a script and connects to nothing.

    A step is an event, a notification or a payload. The fake decodes a notification or a payload as the real listener
    does, and delivers it as `Received` or `Invalid`. After the last step the iteration ends, as after `close()`. If the
    last step is a Disconnected and the config sets `max_reconnects`, it ends as if all reconnects had failed. The
    counters, `connected`, `error` and the log change with each event delivered. A Gap by overflow counts as one dropped
    message.

    Raises ValueError, which names the step, if a real listener would never deliver the events in this order.

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
