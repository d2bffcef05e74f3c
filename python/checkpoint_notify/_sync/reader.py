"""The blocking listener's thread: connects, reads, answers in time, and connects again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checkpoint_notify._protocol.driver import Driver
from checkpoint_notify._sync.mailbox import ThreadSafeEventQueue
from checkpoint_notify._sync.waker import Interrupted, Waker
from checkpoint_notify.redis_url import RedisUrl

if TYPE_CHECKING:
    from checkpoint_notify._sync.listener_connection import Link


def import_link() -> type[Link]:
    """The connection's class; importing it imports redis."""
    from checkpoint_notify._sync.listener_connection import Link

    return Link


class Reader:
    """Fills a mailbox until the waker calls it away, or the reconnects are used up."""

    def __init__(self, url: RedisUrl, driver: Driver, mailbox: ThreadSafeEventQueue, waker: Waker) -> None:
        self._url = url
        self._driver = driver
        self._mailbox = mailbox
        self._waker = waker

    def run(self) -> None:
        """The thread's work; a fault of its own is the consumer's to raise."""
        fault: BaseException | None = None
        try:
            self._keep_connected()
        except Interrupted:
            pass
        except BaseException as error:
            fault = error
        finally:
            self._driver.end(fault)
            self._mailbox.end(fault)

    def _keep_connected(self) -> None:
        pause: float | None = 0.0
        while pause is not None:
            self._waker.sleep(pause)
            self._driver.begin()
            link = import_link()(self._url, self._waker, self._driver.wake_at)
            try:
                self._listen(link)
            except Exception as error:
                if self._waker.woken:
                    raise Interrupted from None
                pause = self._driver.fail(error)
            finally:
                link.close()

    def _listen(self, link: Link) -> None:
        """Ends with an exception."""
        link.connect()
        link.send(self._driver.subscribe())
        while not self._waker.woken:
            answer = self._driver.receive(link.receive(self._driver.wake_at))
            if answer:
                link.send(answer)
        raise Interrupted
