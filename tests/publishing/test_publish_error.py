"""The parts of a publish error: its cause, its advice, and the text that is built from them."""

from __future__ import annotations

import copy
import pickle
from typing import Any, Final

import pytest

from checkpoint_notify import CheckpointNotification, NotSentError, OutcomeUnknownError, PublishError, RejectedError

from ..support.flavours import FlavourNotifier
from ..support.loopback import HANG_UP, LoopbackServer, scripted

SAVED: Final = CheckpointNotification.new("model.bin", "lstm")
PONG: Final = (b"PING", b"+PONG\r\n")
CHANNEL: Final = "'fks:default:model_checkpoints'"
COPIES: Final[list[Any]] = [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))]


@pytest.mark.parametrize(
    ("handler", "kind", "cause", "effect", "advice"),
    [
        pytest.param(
            scripted((b"PING", b"-DENIED in protected mode\r\n")),
            RejectedError,
            "Redis connection error: DENIED in protected mode",
            f"nothing was published on {CHANNEL}",
            "check the user, the password and the database that REDIS_URL names for 127.0.0.1:{port}/0",
            id="login-refused",
        ),
        pytest.param(
            scripted((b"PING", HANG_UP)),
            NotSentError,
            "Redis connection error: Connection closed by server",
            f"nothing was sent on {CHANNEL}",
            "check that a Redis server answers at 127.0.0.1:{port}/0 (REDIS_URL), then publish again",
            id="not-connected",
        ),
        pytest.param(
            scripted(PONG, (b"PUBLISH", b"-NOPERM No permissions\r\n")),
            RejectedError,
            "Redis PUBLISH error: NOPERM No permissions",
            f"nothing was published on {CHANNEL}",
            "allow this user +publish and this channel",
            id="publish-refused",
        ),
        pytest.param(
            scripted(PONG, (b"PUBLISH", HANG_UP)),
            OutcomeUnknownError,
            "Redis PUBLISH error: Connection closed by server",
            f"subscribers of {CHANNEL} may have it or not",
            "publish it again only if subscribers tolerate duplicates",
            id="no-reply",
        ),
    ],
)
def test_cause_and_advice(
    publisher: FlavourNotifier, handler: Any, kind: type[PublishError], cause: str, effect: str, advice: str
) -> None:
    """The text is made of the cause, what it means for the notification, and the advice; a copy has the same parts."""
    with LoopbackServer(handler) as server:
        with pytest.raises(kind) as caught:
            publisher.publish(server.url, SAVED)
        advice = advice.format(port=server.port)
    for error in (caught.value, *(make(caught.value) for make in COPIES)):
        assert kind is type(error)
        assert (cause, advice, f"{cause}; {effect}: {advice}") == (error.cause, error.advice, str(error))


@pytest.mark.parametrize("kind", [NotSentError, RejectedError, OutcomeUnknownError, PublishError])
def test_a_text_of_a_program(kind: type[PublishError]) -> None:
    """A program may raise these errors with a text, with a text and an advice, or without."""
    for error in (kind("nobody answers"), *(make(kind("nobody answers")) for make in COPIES)):
        assert ("nobody answers", "", "nobody answers") == (error.cause, error.advice, str(error))
        assert f"{kind.__name__}('nobody answers')" == repr(error)
    advised = kind("nobody answers", "call somebody")
    assert ("nobody answers", "call somebody") == (advised.cause, advised.advice)
    assert "nobody answers: call somebody" == str(advised)
    assert "" == str(kind())


@pytest.mark.parametrize("make", COPIES)
def test_a_copy_keeps_the_notes(make: Any) -> None:
    """Notes that a program added are not lost."""
    error = NotSentError("nobody answers", "call somebody", "channel")
    error.add_note("in the night")
    assert ["in the night"] == make(error).__notes__
    assert str(error) == str(make(error))
