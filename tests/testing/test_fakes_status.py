"""The fake listeners' `connected`, `error`, callbacks and log: what the real ones show, as the script goes on."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any, Final

import pytest

import checkpoint_notify.testing.asyncio
from checkpoint_notify import (
    CheckpointListenerConfig,
    CheckpointNotification,
    Connected,
    Disconnected,
    Event,
    Gap,
    Invalid,
)
from checkpoint_notify.testing import ScriptedListener, Step

from ..support.faults.resp import Resp
from ..support.flavours import Flavour
from ..support.server import Server
from ..support.testing_worlds import RealOrFakeListener, records

SAVED: Final = CheckpointNotification.new("model.bin", "lstm")
START: Final = datetime(2026, 11, 25, 12, tzinfo=UTC)
GAP: Final = Gap(START, START, "reconnected")
BROKEN: Final = Disconnected(ConnectionResetError("reset"))
REFUSED: Final = Disconnected(ConnectionRefusedError("refused"))
FAKES: Final[tuple[Any, ...]] = (ScriptedListener, checkpoint_notify.testing.asyncio.ScriptedListener)


def told(kind: Any, steps: list[Step], **config: Any) -> tuple[list[tuple[Any, ...]], Any]:
    """Each event with the state at that time, and the state before and at the end; and the listener."""
    listener = kind(steps, CheckpointListenerConfig(**config))
    seen: list[tuple[Any, ...]] = [("before", listener.connected, listener.error)]

    def note(event: Event) -> None:
        seen.append((type(event).__name__, listener.connected, listener.error))

    async def main() -> None:
        async with listener:
            async for event in listener:
                note(event)
            assert await anext(listener, None) is None
            seen.append(("end", listener.connected, listener.error))

    if kind is ScriptedListener:
        with listener:
            for event in listener:
                note(event)
            assert next(listener, None) is None
            seen.append(("end", listener.connected, listener.error))
    else:
        asyncio.run(main())
    return seen, listener


@pytest.mark.parametrize("kind", FAKES)
def test_the_state_follows_the_script(kind: Any) -> None:
    """Connected from a Connected to the next Disconnected; at the end the listener is as if closed."""
    seen, listener = told(kind, [Connected(), SAVED, BROKEN, Connected(), GAP, SAVED])
    assert [
        ("before", False, None),
        ("Connected", True, None),
        ("Received", True, None),
        ("Disconnected", False, None),
        ("Connected", True, None),
        ("Gap", True, None),
        ("Received", True, None),
        ("end", False, None),
    ] == seen
    assert (False, None) == (listener.connected, listener.error)


@pytest.mark.parametrize("kind", FAKES)
def test_a_script_that_uses_up_the_reconnects(kind: Any, caplog: pytest.LogCaptureFixture) -> None:
    """With max_reconnects, a Disconnected at the end of the script is the end of the listener; an error is logged."""
    steps: list[Step] = [Connected(), BROKEN, Connected(), GAP, REFUSED]
    seen, _ = told(kind, steps, max_reconnects=2)
    assert ("Disconnected", False, None) == seen[-2]
    assert ("end", False, REFUSED.error) == seen[-1]
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert 1 == len(errors)
    assert ": refused; max_reconnects is used up" in errors[0]
    caplog.clear()
    for ending, config in ((steps, {}), (steps[:-1], {"max_reconnects": 2})):
        assert ("end", False, None) == told(kind, ending, **config)[0][-1]
    assert logging.WARNING == max(record.levelno for record in caplog.records)


@pytest.mark.parametrize("kind", FAKES)
def test_disabled(kind: Any) -> None:
    """Nothing is connected, and nothing is wrong."""
    seen, _ = told(kind, [Connected()], enabled=False)
    assert [("before", False, None), ("end", False, None)] == seen


@pytest.mark.parametrize("kind", FAKES)
def test_a_closed_fake_is_not_connected(kind: Any) -> None:
    """`connected` is false from the call on, whatever the script says."""
    steps: list[Step] = [Connected(), SAVED]

    async def main() -> None:
        async with kind(steps) as listener:
            await anext(listener)
            assert listener.connected
            await listener.aclose()
            assert (False, None) == (listener.connected, listener.error)

    if kind is not ScriptedListener:
        asyncio.run(main())
        return
    with ScriptedListener(steps) as listener:
        next(listener)
        assert listener.connected
        listener.close()
        assert (False, None) == (listener.connected, listener.error)


# The real one beside the fake.


def test_real_and_fake_report_the_last_reconnect_alike(flavour: Flavour, caplog: pytest.LogCaptureFixture) -> None:
    """The values, the callbacks, the state that they see, and every line of the log."""
    caplog.set_level(logging.DEBUG, "checkpoint_notify")
    real, fake = (account(fake, flavour, caplog) for fake in (False, True))
    assert real == fake
    assert [SAVED] == real[0]


def account(fake: bool, flavour: Flavour, caplog: pytest.LogCaptureFixture) -> tuple[Any, ...]:
    """What a listener tells of a message, of a broken one, and of a server that goes away for good then."""
    caplog.clear()
    seen: list[tuple[str, bool]] = []
    with Server() as server:
        listener = RealOrFakeListener(fake=fake, flavour=flavour).listener(
            [Connected(), SAVED, b"junk", BROKEN], redis_url=server.url, max_reconnects=1, connect_timeout=60
        )

        def note(event: Event) -> None:
            seen.append((type(event).__name__, listener.connected))
            if isinstance(event, Connected):
                with Resp(server.port) as admin:
                    admin.ask("PUBLISH", listener.channel, SAVED.to_json_bytes())
                    admin.ask("PUBLISH", listener.channel, b"junk")
            elif isinstance(event, Invalid):
                server.kill()

        values = RealOrFakeListener(fake=fake, flavour=flavour).values(
            listener, 2, on_connected=note, on_invalid=note, on_disconnected=note
        )
    logged = [(level, words) for level, words, _ in records(caplog.records)]
    return values, seen, logged, listener.connected, listener.error is None
