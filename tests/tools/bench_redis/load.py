"""The publishing side: starts consumers, publishes to each over one bare socket, and collects their measurements."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from ...support.server import Server
from .consumer import CREDIT, KINDS
from .payloads import publish_command, stamped

WINDOW: Final = 8 * CREDIT
"""How many messages may be in flight; a listener's queue holds 1,024."""
_PACE_SECONDS: Final = 0.001
"""The pause between messages when latency is measured, so that the subscriber is idle at each message."""
_ROOT: Final = Path(__file__).parents[3]
_ONE_RECEIVER: Final = b":1\r\n"


class Memory(NamedTuple):
    """The resident bytes of a consumer after that share of the messages."""

    at_10: int
    at_50: int
    at_100: int


class Consumer:
    """A consumer process, and the socket that publishes to it; each has a channel of its own."""

    def __init__(self, kind: str, server: Server) -> None:
        self.kind = kind
        self._instance = f"bench-{list(KINDS).index(kind)}"
        command = [sys.executable, "-m", f"{__package__}.consumer", kind, server.url, self._instance]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, cwd=_ROOT)
        self._socket = socket.create_connection((server.host, server.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._credit = 0
        self._line = bytearray()
        if self._answer() != "ready":
            raise RuntimeError(f"{kind} is not ready")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self._process.kill()
        self._process.communicate()

    def latency(self, count: int) -> list[int]:
        """Measure for `count` messages the nanoseconds from writing PUBLISH to the consumer's receipt."""
        self._tell(f"latency {count}")
        due = time.monotonic()
        for _ in range(count):
            due = max(due + _PACE_SECONDS, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))
            self._publish(publish_command(self._instance, stamped(time.monotonic_ns())), 1)
        found: list[int] = self._answer()
        return found

    def rate(self, count: int, at: Callable[[int], None] = lambda taken: None) -> float:
        """Measure messages per second; `count` is a multiple of CREDIT. `at` is called with the number taken so far."""
        self._tell(f"rate {count}")
        block = b"".join(publish_command(self._instance, stamped(number)) for number in range(CREDIT))
        self._credit = taken = 0
        for sent in range(0, count, CREDIT):
            while sent - self._credit * CREDIT >= WINDOW:
                self._read()
            if taken != self._credit:
                taken = self._credit
                at(taken * CREDIT)
            self._publish(block, CREDIT)
        seconds: float = self._answer()
        return (count - 1) / seconds

    def memory(self, count: int) -> Memory:
        """Measure its memory while it takes `count` messages."""
        found: dict[int, int] = {}

        def look(taken: int) -> None:
            for share in (10, 50):
                if share not in found and taken * 100 >= count * share:
                    found[share] = self._resident()

        self.rate(count, look)
        return Memory(found[10], found[50], self._resident())

    def _publish(self, commands: bytes, count: int) -> None:
        self._socket.sendall(commands)
        replies = b""
        while len(replies) < count * len(_ONE_RECEIVER):
            replies += self._socket.recv(65536)
        if replies != _ONE_RECEIVER * count:
            raise RuntimeError(f"PUBLISH was answered {replies!r:.100}")

    def _tell(self, line: str) -> None:
        if self._process.stdin is None:
            raise AssertionError("the process was started with pipes")
        self._process.stdin.write(line.encode() + b"\n")

    def _answer(self) -> Any:
        while b"\n" not in self._line:
            self._read()
        line, _, rest = bytes(self._line).partition(b"\n")
        self._line[:] = rest
        return json.loads(line)

    def _read(self) -> None:
        """Read credits and any part of an answer."""
        if self._process.stdout is None:
            raise AssertionError("the process was started with pipes")
        data = self._process.stdout.read(65536)
        if not data:
            raise RuntimeError(f"the consumer ended: {self.kind}")
        self._credit += data.count(b"+")
        self._line += data.replace(b"+", b"")

    def _resident(self) -> int:
        shown = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self._process.pid)], check=True, capture_output=True, text=True
        )
        return int(shown.stdout) * 1024
