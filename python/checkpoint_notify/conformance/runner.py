"""Sends every check to a peer, one at a time, and restarts the peer after a crash, a timeout or a loss of sync."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Final, NamedTuple, Self

from checkpoint_notify.conformance.checks import Check, Outcome, OutcomeKind, judge
from checkpoint_notify.conformance.lines import (
    LONGEST,
    MESSAGE,
    PROTOCOL,
    Answer,
    LineError,
    OutOfTurnError,
    line_of,
    read_response,
)
from checkpoint_notify.conformance.process import (
    PeerFaultError,
    PeerGoneError,
    PeerProcess,
    PeerSilentError,
    PeerTalksError,
    status_text,
)


class CommandNotFoundError(Exception):
    """The operating system cannot start the command."""


class Limits(NamedTuple):
    """The time limits of the runner in seconds, and how often it restarts the peer."""

    start: float = 60.0
    """The limit for the answer to `hello`."""
    answer: float = 10.0
    """The limit for each other answer."""
    stop: float = 5.0
    """The limit for the end of the process after `stop`."""
    restarts: int = 20


PATIENT: Final = Limits()


class Run(NamedTuple):
    """The results of a run."""

    command: tuple[str, ...]
    peer: Answer | None
    """`name`, `version`, `protocol` and `message`; None if the peer never answered `hello`."""
    outcomes: tuple[Outcome, ...]
    """One for each check, in order."""
    seconds: float
    restarts: int
    gave_up: str | None
    """Why the remaining checks were not run; None if all were."""
    remark: str | None
    """What the peer did wrong after the last check, when it was asked to stop; None if nothing."""


def run(command: Sequence[str], checks: Iterable[Check], limits: Limits = PATIENT) -> Run:
    """Run the checks, and end every process that was started; raises `CommandNotFoundError` if none can start."""
    start = time.monotonic()
    with _Session(command, limits) as session:
        outcomes = tuple([session.ask(check) for check in checks])
        remark = session.stop()
    seconds = time.monotonic() - start
    return Run(tuple(command), session.peer, outcomes, seconds, session.restarts, session.gave_up, remark)


class _Session:
    """A peer, and its replacements after a restart."""

    def __init__(self, command: Sequence[str], limits: Limits) -> None:
        self._command = command
        self._limits = limits
        self._process: PeerProcess | None = None
        self._last_id = 0
        self._starts = 0
        self.peer: Answer | None = None
        self.gave_up: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._drop()

    @property
    def restarts(self) -> int:
        return max(0, self._starts - 1)

    def ask(self, check: Check) -> Outcome:
        """Run one check; a fault of the peer becomes an outcome and never an exception."""
        process = self._process or self._started()
        if process is None:
            return Outcome(check, OutcomeKind.NOT_RUN)
        try:
            answer = self._exchange(process, check.op, check.request, self._limits.answer)
        except (PeerFaultError, LineError) as fault:
            if not isinstance(fault, LineError) or isinstance(fault, OutOfTurnError):
                self._drop()
            return Outcome(check, _kind_of(fault), detail=str(fault))
        return judge(check, answer)

    def stop(self) -> str | None:
        """Ask the peer to stop; return what it did wrong, or None."""
        process, self._process = self._process, None
        if process is None:
            return None
        with process:
            try:
                answer = self._exchange(process, "stop", {"op": "stop"}, self._limits.answer)
            except (PeerFaultError, LineError) as fault:
                return f"it did not answer `stop`: {fault}"
            if "failure" in answer:
                return f"it did not answer `stop`: {answer['failure']!a}"
            status = process.close(self._limits.stop)
        if status is None:
            return "it did not end after `stop`, and was killed"
        return f"it ended after `stop`, but not with exit status 0 ({status_text(status)})" if status else None

    def _started(self) -> PeerProcess | None:
        if self.gave_up is None and self._starts > self._limits.restarts:
            self.gave_up = f"it was restarted {self.restarts} times, and failed again"
        if self.gave_up is not None:
            return None
        self._starts += 1
        try:
            self._process = PeerProcess(self._command, LONGEST)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the command
            raise CommandNotFoundError(f"{self._command[0]}: {getattr(error, 'strerror', None) or error}") from error
        try:
            answer = self._exchange(self._process, "hello", {"op": "hello"}, self._limits.start)
        except (PeerFaultError, LineError) as fault:
            self.gave_up = f"it did not answer `hello`: {fault}"
        else:
            self.gave_up = _objection(answer)
        if self.gave_up is not None:
            self._drop()
        else:
            self.peer = answer
        return self._process

    def _exchange(self, process: PeerProcess, op: str, request: Answer, seconds: float) -> Answer:
        self._last_id += 1
        (line,) = process.exchange(line_of(request, self._last_id), seconds)
        return read_response(op, line, self._last_id)

    def _drop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None


def _objection(hello: Answer) -> str | None:
    if "failure" in hello:
        return f"it did not answer `hello`: {hello['failure']!a}"
    if hello["protocol"] != PROTOCOL:
        return f"it speaks version {hello['protocol']} of the protocol; this runner speaks {PROTOCOL}"
    if hello["message"] != MESSAGE:
        return f"it reads the message {hello['message']!a}; the vectors are for {MESSAGE!r}"
    return None


def _kind_of(fault: PeerFaultError | LineError) -> OutcomeKind:
    match fault:
        case PeerGoneError():
            return OutcomeKind.CRASHED
        case PeerSilentError():
            return OutcomeKind.TIMED_OUT
        case PeerTalksError() | LineError():
            return OutcomeKind.ERRORED
    raise AssertionError(f"an unknown fault: {fault!r}")
