"""Publishes numbered messages straight to the server, past every proxy, and notes down each in a ledger."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Final, Self

from .ledger import Ledger, Publish
from .messages import CHANNEL, numbered
from .resp import ReplyError, Resp, command

_BURST_BYTES: Final = 256 * 1024
"""How much of a burst is written before its replies are read."""


class Publisher:
    """One message every `every` seconds from `start()` to `stop()`; others may be put in between, by any thread.

    One connection and one lock for all: the server takes the messages in the order of their numbers.
    """

    def __init__(self, port: int, ledger: Ledger, *, every: float = 0.01, password: str | None = None) -> None:
        self._port = port
        self._ledger = ledger
        self._every = every
        self._password = password
        self._lock = threading.Lock()
        self._link: Resp | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._steadily, name="publisher", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def stop(self) -> None:
        """End the steady stream; `publish` still works."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def close(self) -> None:
        """End the stream and the connection."""
        self.stop()
        with self._lock:
            self._hang_up()

    def publish(self, size: int = 0) -> Publish:
        """Publish one numbered message of at least `size` bytes, and wait for its outcome."""
        with self._lock:
            publish = self._ledger.begin()
            self._ledger.end(publish, self._outcome(numbered(publish.number, size)))
            return publish

    def publish_raw(self, payload: bytes) -> Publish:
        """Publish any payload."""
        with self._lock:
            publish = self._ledger.begin(payload)
            self._ledger.end(publish, self._outcome(payload))
            return publish

    def burst(self, count: int, size: int = 0) -> None:
        """Publish many as fast as the server takes them, hundreds at a time."""
        while count > 0:
            some = min(count, max(1, _BURST_BYTES // max(size, 256)))
            with self._lock:
                self._some(some, size)
            count -= some

    def _some(self, count: int, size: int) -> None:
        publishes = [self._ledger.begin() for _ in range(count)]
        data = b"".join(command("PUBLISH", CHANNEL, numbered(publish.number, size)) for publish in publishes)
        link = self._linked()
        if link is None:
            for publish in publishes:
                self._ledger.end(publish, False)
            return
        try:
            link.write(data)
        except OSError:
            self._hang_up()
        for publish in publishes:
            self._ledger.end(publish, self._reply())

    def _steadily(self) -> None:
        while not self._stopping.wait(self._every):
            self.publish()

    def _outcome(self, payload: bytes) -> bool | None:
        link = self._linked()
        if link is None:
            return False
        try:
            link.write(command("PUBLISH", CHANNEL, payload))
        except OSError:
            self._hang_up()
        return self._reply()

    def _reply(self) -> bool | None:
        """True or False as the server says; None when it cannot say any more."""
        if self._link is None:
            return None
        try:
            self._link.read()
        except ReplyError:
            return False
        except OSError:
            self._hang_up()
            return None
        return True

    def _linked(self) -> Resp | None:
        if self._link is None:
            try:
                self._link = Resp(self._port, password=self._password)
            except (OSError, ReplyError):
                pass  # this one is not sent, and the next tries again
        return self._link

    def _hang_up(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
