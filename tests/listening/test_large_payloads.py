"""A large message is decoded in a thread: the asyncio loop goes on, and no event is lost, doubled or out of order."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Final

import pytest

from checkpoint_notify import CheckpointListenerConfig, CheckpointNotification, Connected, Invalid, Received
from checkpoint_notify._protocol.event_decoder import EventDecoder
from checkpoint_notify.testing.asyncio import ScriptedListener

SMALL: Final = CheckpointNotification.new("small.bin", "lstm")
LARGE: Final = SMALL.with_metadata("k", "x" * 1024 * 1024)


class Held:
    """Holds each decoding of a large message until it is released."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = threading.Event()
        self.release = threading.Event()
        self.threads: list[threading.Thread] = []
        decode = EventDecoder.decode

        def held(decoder: EventDecoder, item: Any) -> Any:
            if len(getattr(item, "raw", b"")) > 1024:
                self.threads.append(threading.current_thread())
                self.begun.set()
                assert self.release.wait(60)
            return decode(decoder, item)

        monkeypatch.setattr(EventDecoder, "decode", held)


def test_loop_goes_on_while_a_thread_decodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tasks run; then the event is delivered."""

    async def main() -> None:
        async with ScriptedListener([Connected(), LARGE, SMALL]) as listener:
            held = Held(monkeypatch)
            assert Connected() == await anext(listener)
            waiting = asyncio.ensure_future(anext(listener))
            while not held.begun.is_set():
                await asyncio.sleep(0)
            for _ in range(100):
                await asyncio.sleep(0)
            assert not waiting.done()
            held.release.set()
            event = await waiting
            assert isinstance(event, Received)
            assert LARGE == event.notification
            assert threading.main_thread() not in held.threads
            assert 1 == listener.counters.received

    asyncio.run(main())


def test_cancellation_loses_no_large_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """A poll that ends before the thread does leaves the event to the next call, in order, counted once."""

    async def main() -> None:
        async with ScriptedListener([Connected(), LARGE, SMALL]) as listener:
            held = Held(monkeypatch)
            assert Connected() == await anext(listener)
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.01):
                        await anext(listener)
            held.release.set()
            events = [event async for event in listener]
            assert [LARGE, SMALL] == [event.notification for event in events if isinstance(event, Received)]
            assert 2 == len(events)
            assert 1 == len(held.threads)
            assert 2 == listener.counters.received

    asyncio.run(main())


def test_large_refused_message() -> None:
    """Its error is that of the decoder."""

    async def main() -> None:
        raw = b"[" * (1024 * 1024 + 1)
        async with ScriptedListener([Connected(), raw], CheckpointListenerConfig()) as listener:
            await anext(listener)
            event = await anext(listener)
            assert isinstance(event, Invalid)
            assert raw == event.raw

    asyncio.run(main())


def test_without_threads_it_is_decoded_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system without threads delivers the event all the same."""

    def fail(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def main() -> None:
        async with ScriptedListener([Connected(), LARGE]) as listener:
            await anext(listener)
            monkeypatch.setattr(threading.Thread, "start", fail)
            event = await anext(listener)
            assert isinstance(event, Received)

    asyncio.run(main())
