"""Records the publishes of a fake notifier and plays back their outcomes; both fake notifiers share it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final, TypeAlias

from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify._protocol.publishing import Progress, PublishRequest
from checkpoint_notify.errors import NotSentError, OutcomeUnknownError, PublishError, RejectedError

Outcome: TypeAlias = int | NotSentError | RejectedError | OutcomeUnknownError
"""The outcome of a publish: the number of receivers, or an error to raise."""

_ERRORS: Final = (NotSentError, RejectedError, OutcomeUnknownError)


class Recording:
    """Records publishes and ends each with the next outcome. Threads may share it."""

    published: list[CheckpointNotification]
    """The notifications that were published with success, in order, as a subscriber would read them."""
    attempted: list[CheckpointNotification]
    """The notifications of all publishes, with any outcome. It omits the calls of a disabled notifier, and the calls
    that fail before they would connect."""

    def __init__(self, outcomes: Iterable[Outcome]) -> None:
        self.published = []
        self.attempted = []
        self._lock = threading.Lock()
        self.program(*outcomes)

    def program(self, *outcomes: Outcome) -> None:
        """Set the outcomes of the next publishes, instead of the earlier ones; the last one repeats.

        Raises ValueError if there is none, or for a negative number; TypeError for anything that is not an outcome.
        """
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
                )  # without this, the traceback would grow each time that the error is raised
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
