"""A publish that is tried again while it is certain that nothing was sent."""

from __future__ import annotations

import random
import time

from checkpoint_notify import (
    CheckpointNotification,
    CheckpointNotifier,
    NotSentError,
)


def publish_with_retry(
    notifier: CheckpointNotifier,
    saved: CheckpointNotification,
    *,
    seconds: float = 60.0,
    pause: float = 0.2,
    longest_pause: float = 5.0,
) -> int | None:
    """Publish; after NotSentError try again, and give up after `seconds`.

    Each other error is raised at once. After RejectedError a retry is safe, but
    gets the same answer until the password, the rights or the state of the server
    change. After OutcomeUnknownError a retry may deliver the message twice.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return notifier.publish(saved)
        except NotSentError:
            # PUBLISH was not written, so that no server can have taken it.
            wait = random.uniform(pause / 2, pause)
            if time.monotonic() + wait > end:
                raise
        time.sleep(wait)
        pause = min(2 * pause, longest_pause)
