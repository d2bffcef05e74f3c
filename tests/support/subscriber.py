"""A plain subscriber on redis-py, for tests: a thread listens, and payloads are read in order."""

from __future__ import annotations

import queue
import threading
from types import TracebackType
from typing import Any, Self

from redis import Redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.retry import Retry

from checkpoint_notify.redis_url import RedisUrl

from .waiting import PATIENCE


class Subscriber:
    """Listens to one channel from `start()`, which returns once the server has confirmed it, to `stop()`."""

    def __init__(self, url: str, channel: str) -> None:
        self._url = RedisUrl.parse(url)
        self._channel = channel
        self._received: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, name=f"subscriber of {channel}", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Subscribe, and listen in the background."""
        self._client = _client(self._url)
        self._pubsub: PubSub = self._client.pubsub()  # type: ignore[no-untyped-call]
        self._pubsub.subscribe(self._channel)
        confirmation = self._pubsub.get_message(timeout=PATIENCE)
        if confirmation is None or confirmation["type"] != "subscribe":
            raise TimeoutError(f"SUBSCRIBE {self._channel} was not confirmed in {PATIENCE} s")
        self._thread.start()

    def stop(self) -> None:
        """End the thread and the connection; what was received can still be read."""
        self._stopping.set()
        self._thread.join()
        self._pubsub.close()
        self._client.close()

    def receive(self, timeout: float = PATIENCE) -> bytes:
        """The next payload, as it came over the wire; TimeoutError after `timeout` seconds without one."""
        try:
            received = self._received.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError(f"nothing on {self._channel} in {timeout} s") from None
        if isinstance(received, Exception):
            raise received
        return received

    def _listen(self) -> None:
        try:
            while not self._stopping.is_set():
                message = self._pubsub.get_message(timeout=0.05)
                if message is not None and message["type"] == "message":
                    self._received.put(message["data"])
        except Exception as error:
            self._received.put(error)  # for whoever waits


def _client(url: RedisUrl) -> Redis:
    where: dict[str, Any] = (
        {"unix_socket_path": url.unix_path} if url.unix_path else {"host": url.host, "port": url.port}
    )
    who: dict[str, Any] = {} if url.password is None else {"username": url.username, "password": url.password}
    return Redis(db=url.db, protocol=2, retry=Retry(NoBackoff(), 0), socket_connect_timeout=PATIENCE, **where, **who)
