"""What a notifier was asked to publish, and what came of it: the part that both fake notifiers share."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final, TypeAlias

from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify._protocol.publishing import Progress, PublishRequest
from checkpoint_notify.errors import NotSentError, OutcomeUnknownError, PublishError, RejectedError

Outcome: TypeAlias = int | NotSentError | RejectedError | OutcomeUnknownError
"""What a publish ends with: a number of receivers, or an error."""

_ERRORS: Final = (NotSentError, RejectedError, OutcomeUnknownError)


class Recording:
    """Keeps publishes, and answers them with the outcomes it was told. Threads may share it."""

    published: list[CheckpointNotification]
    """What the server took, in order; each as its subscribers would read it."""
    attempted: list[CheckpointNotification]
    """What was published with any outcome; not what was held back because the notifier is disabled, or by an error
    that comes before connecting."""

    def __init__(self, outcomes: Iterable[Outcome]) -> None:
        self.published = []
        self.attempted = []
        self._lock = threading.Lock()
        self.program(*outcomes)

    def program(self, *outcomes: Outcome) -> None:
        """What the next publishes end with, in place of what was told before; the last one stays."""
        if not outcomes:
            raise ValueError("a notifier needs an outcome: a number of receivers, or an error")
        for outcome in outcomes:
            _check(outcome)
        with self._lock:
            self._outcomes = list(outcomes)

    def _settle(self, request: PublishRequest, progress: Progress) -> int:
        notification = CheckpointNotification.from_json(request.payload)
        with self._lock:
            outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
            self.attempted.append(notification)
            if isinstance(outcome, PublishError):
                raise progress.failed(outcome).with_traceback(
                    None
                )  # else it would grow with each time that it is raised
            self.published.append(notification)
            progress.outcome = "published"
            return outcome


def _check(outcome: object) -> None:
    if type(outcome) in _ERRORS:
        return
    if type(outcome) is not int:
        raise TypeError(f"an outcome is an int, or an instance of one of {_names()}, not {outcome!r}")
    if outcome < 0:
        raise ValueError(f"a number of receivers is 0 or more, not {outcome}")


def _names() -> str:
    return ", ".join(error.__name__ for error in _ERRORS)
