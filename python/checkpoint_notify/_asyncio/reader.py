"""The asyncio listener's task: connects, reads, answers in time, and connects again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from checkpoint_notify._protocol.driver import Driver
from checkpoint_notify.redis_url import RedisUrl

if TYPE_CHECKING:
    from checkpoint_notify._asyncio.listener_connection import Link


def import_link() -> type[Link]:
    """The connection's class; importing it imports redis."""
    from checkpoint_notify._asyncio.listener_connection import Link

    return Link


class Reader:
    """Keeps a driver going until it is cancelled, or the reconnects are used up."""

    def __init__(self, url: RedisUrl, driver: Driver, give_way: Callable[[], Awaitable[None]]) -> None:
        self._url = url
        self._driver = driver
        self._give_way = give_way

    async def run(self) -> None:
        """The task's work."""
        pause: float | None = 0.0
        while pause is not None:
            await asyncio.sleep(pause)
            self._driver.begin()
            seconds = self._driver.wake_at - time.monotonic()
            link = import_link()(self._url, seconds)
            try:
                await self._listen(link, seconds)
            except Exception as error:
                pause = self._driver.fail(error)
            finally:
                await link.close()

    async def _listen(self, link: Link, seconds: float) -> None:
        """Ends with an exception; `seconds` are for connecting."""
        try:
            async with asyncio.timeout(seconds):
                await link.connect()
        except TimeoutError:
            raise TimeoutError(f"not connected within {seconds:.3g} s") from None
        link.send(self._driver.subscribe())
        alarm = Alarm(self._driver, link)
        try:
            while True:
                data = await link.receive()
                _step(self._driver, link, data)
                alarm.set()
                await self._give_way()
        finally:
            alarm.cancel()


class Alarm:
    """Looks at the clock when the driver wants to."""

    def __init__(self, driver: Driver, link: Link) -> None:
        self._driver = driver
        self._link = link
        self._set_for = float("inf")
        self._handle: asyncio.Handle | None = None
        self.set()

    def set(self) -> None:
        """Look at `wake_at`; an alarm that rings too early does no harm, and is set anew then."""
        if self._driver.wake_at < self._set_for:
            self.cancel()
            self._set_for = self._driver.wake_at
            seconds = max(0.0, self._set_for - time.monotonic())
            self._handle = asyncio.get_running_loop().call_later(seconds, self._ring)

    def cancel(self) -> None:
        """Do not ring."""
        if self._handle is not None:
            self._handle.cancel()

    def _ring(self) -> None:
        # One turn of the loop later: what came while it stood still has been read by then.
        self._handle = asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        try:
            _step(self._driver, self._link, None)
        except Exception as error:
            self._link.abort(error)
        else:
            self._set_for = float("inf")
            self.set()


def _step(driver: Driver, link: Link, data: bytes | None) -> None:
    answer = driver.receive(data)
    if answer:
        link.send(answer)
