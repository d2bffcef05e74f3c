"""redis-py's `listen()` as a user would write it. It runs in its own process, because it cannot be stopped otherwise.

It prints the number of each message, and `!` with a name for each exception. It reads from stdin how long to spend on
each message, and ends at the end of stdin.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

from ...support.closing import Closing
from ...support.faults.messages import CHANNEL, number_in
from ...support.waiting import PATIENCE

_ROOT: Final = Path(__file__).parents[3]


class PlainListener(Closing):
    """The process, and what it missed: ranges of numbers, and whether an exception told of them."""

    def __init__(self, port: int) -> None:
        self.received = 0
        self.errors = 0
        self.missed: list[tuple[int, int, bool]] = []
        """The first number, the last number + 1, and whether an exception reported the loss."""
        self.last = -1
        self._told = False
        self._ready = threading.Event()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.tools.soak.plain", str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
        )
        self._thread = threading.Thread(target=self._read, name="plain listener", daemon=True)
        self._thread.start()
        if not self._ready.wait(PATIENCE):
            self.close()
            raise TimeoutError("redis-py's listener did not subscribe")

    def set_pause(self, seconds: float) -> None:
        """Set how long to spend on each message."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._thread.join()

    def wait(self, number: int, timeout: float) -> None:
        """Give it some seconds to receive this message."""
        deadline = time.monotonic() + timeout
        while self.last < number and time.monotonic() < deadline:
            time.sleep(0.02)

    def lost(self, taken: bytearray) -> tuple[int, int]:
        """Return how many published messages it missed: those with an exception, and those without any sign."""
        ranges = [*self.missed, (self.last + 1, len(taken), self._told)]
        sums = {True: 0, False: 0}
        for first, end, told in ranges:
            sums[told] += sum(taken[first:end])
        return sums[True], sums[False]

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("!"):
                self.errors += 1
                self._told = True
            elif line.startswith("subscribed"):
                self._ready.set()
            else:
                self._take(int(line))

    def _take(self, number: int) -> None:
        self.received += 1
        if number > self.last + 1 and self.last >= 0:
            self.missed.append((self.last + 1, number, self._told))
        self.last = max(self.last, number)
        self._told = False


def listen(port: int) -> None:
    """Listen as a user would write it."""
    import redis

    client = redis.Redis(port=port)
    while True:
        try:
            pubsub = client.pubsub()  # type: ignore[no-untyped-call]
            pubsub.subscribe(CHANNEL)
            for message in pubsub.listen():
                handle(message)
        except redis.RedisError as error:
            print("!", type(error).__name__, flush=True)
            time.sleep(0.1)


def handle(message: dict[str, object]) -> None:
    """Print the number, and wait as long as set."""
    if message["type"] == "subscribe":
        print("subscribed", flush=True)
    if message["type"] == "message":
        assert isinstance(message["data"], bytes)
        print(number_in(message["data"]), flush=True)
        time.sleep(_pause[0])


_pause: Final = [0.0]


def _obey() -> None:
    for line in sys.stdin:
        _pause[0] = float(line)
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_obey, daemon=True).start()
    listen(int(sys.argv[1]))
