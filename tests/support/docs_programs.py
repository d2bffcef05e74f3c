"""The recipes of docs/recipes as processes: their lines are read as they come, and a model server is asked."""

from __future__ import annotations

import http.client
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

from .waiting import PATIENCE, wait_until

RECIPES: Final = Path(__file__).parent.parent.parent / "docs" / "recipes"
WIDTH: Final = 8
"""Weights of the recipes' model; in step N each of them is N."""


class Recipe:
    """A running recipe; both its outputs are one stream of lines."""

    def __init__(self, name: str, *arguments: object, settings: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", RECIPES / name, *map(str, arguments)],
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        """What was read so far."""
        self._next = 0
        """The first line that was not waited for."""
        self._coming: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def wait_line(self, word: str) -> str:
        """Its next line that holds `word`."""
        index = self._find(word, self._next)
        self._next = index + 1
        return self.lines[index]

    def any_line(self, word: str) -> str:
        """A line that holds `word`, whenever it comes; those before it can still be waited for."""
        return self.lines[self._find(word, 0)]

    def _find(self, word: str, index: int) -> int:
        deadline = time.monotonic() + PATIENCE
        while True:
            if index == len(self.lines):
                self.lines.append(self._read_line(word, deadline))
            if word in self.lines[index]:
                return index
            index += 1

    def _read_line(self, word: str, deadline: float) -> str:
        try:
            line = self._coming.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise TimeoutError(f"no line with {word!r} in {PATIENCE} s; there were {self.lines}") from None
        if not line:
            raise AssertionError(f"it ended without a line with {word!r}: {self.lines}")
        return line

    def wait(self) -> int:
        """Its exit status, once it has ended by itself."""
        status = self._process.wait(PATIENCE)
        self._reader.join()
        while line := self._coming.get():
            self.lines.append(line)
        return status

    def terminate(self) -> int:
        """Send SIGTERM; its exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """End it at once, with SIGKILL."""
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._coming.put(line)
        self._coming.put("")


class Asking(Protocol):
    """A connection to a model server, over whichever protocol."""

    def close(self) -> None:
        """Hang up."""

    def step(self) -> int | None:
        """The step that is served, None while there is no model; AssertionError for the output of no saved model."""


class ModelClient:
    """One connection to the recipe's model server."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._lines = self._socket.makefile("rb")

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()

    def send(self, line: bytes) -> dict[str, Any]:
        """The answer to a line."""
        self._socket.sendall(line + b"\n")
        answer: dict[str, Any] = json.loads(self._lines.readline())
        return answer

    def step(self) -> int | None:
        """The step that is served, None while there is no model; AssertionError for the output of no saved model."""
        answer = self.send(json.dumps([1.0] * WIDTH).encode())
        if answer == {"error": "there is no model yet"}:
            return None
        assert {"step": answer["step"], "output": float(WIDTH * answer["step"])} == answer
        return int(answer["step"])

    def wait_step(self, step: int) -> None:
        """Ask until this step is served."""
        wait_until(lambda: self.step() == step, f"step {step} is served")


class HttpModelClient:
    """One connection to the recipe's model server that speaks HTTP."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, Any]:
        """Status and JSON of one request."""
        self._connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def step(self) -> int | None:
        """The step that is served, None while there is no model; AssertionError for the output of no saved model."""
        status, answer = self.ask("POST", "/predict", json.dumps([1.0] * WIDTH))
        if status == 503:
            return None
        assert (200, float(WIDTH * answer["step"])) == (status, answer["output"])
        return int(answer["step"])

    def wait_step(self, step: int) -> None:
        """Ask until this step is served."""
        wait_until(lambda: self.step() == step, f"step {step} is served")


class Crowd:
    """Clients that ask without a pause until `close()`; each answer was checked, and steps never went back."""

    def __init__(self, connect: Callable[[], Asking], clients: int = 2) -> None:
        self.answers = 0
        self._faults: list[BaseException] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(connect,)) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End, and raise what went wrong."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        if self._faults:
            raise self._faults[0]

    def _ask(self, connect: Callable[[], Asking]) -> None:
        try:
            client = connect()
            seen = 0
            while not self._over.is_set():
                step = client.step() or 0
                assert seen <= step
                seen = step
                self.answers += 1
            client.close()
        except BaseException as error:
            self._faults.append(error)
