"""The real Rust notifier, and a Rust subscriber, as processes: `tests/rust/target/debug/{notifier,subscriber}`."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

from .closing import Closing
from .waiting import PATIENCE

Settings = Mapping[str, str | bytes]
"""Environment variables for the process; all others that either side reads are unset."""

SLOW_CLOCK: Final = "JUDGE_SLOW_CLOCK"
"""The variable that makes the Rust notifier's own time limits, 1 s to connect and 0.5 s for a reply, so many times as
long; it obeys on Linux."""
PATIENT_FACTOR: Final = 60
"""What tests/conftest.py sets it to, for all tests that are not about these limits."""

_SETTINGS: Final = ("REDIS_URL", "FKS_INSTANCE_ID", "ENABLE_CHECKPOINT_NOTIFY", "JUDGE_LOG")


class RustProcess(Closing):
    """A process of tests/rust that speaks JSON lines; its stderr is kept."""

    def __init__(self, program: Path, settings: Settings) -> None:
        self._stderr: IO[bytes] = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=environment(settings),
        )
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def close(self) -> None:
        """End the process by the end of its input."""
        self.end()
        self._stderr.close()

    def end(self) -> bytes:
        """End the process by the end of its input; what it wrote to stderr."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
        self._stderr.seek(0)
        return self._stderr.read()

    def write(self, value: Mapping[str, Any]) -> None:
        """Send one line."""
        if self._process.stdin is None:
            raise AssertionError("the process was started with pipes")
        self._process.stdin.write(json.dumps(value).encode() + b"\n")
        self._process.stdin.flush()

    def read(self) -> dict[str, Any]:
        """Its next line."""
        line = self._lines.get(timeout=PATIENCE)
        if not line:
            raise AssertionError(f"the process ended: {self.end().decode(errors='replace')}")
        answer = json.loads(line)
        if not isinstance(answer, dict) or "failure" in answer:
            raise AssertionError(f"the process failed: {answer!r}")
        return answer

    def _read(self) -> None:
        if self._process.stdout is None:
            raise AssertionError("the process was started with pipes")
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put(b"")


class RustNotifier(RustProcess):
    """The crate's `CheckpointNotifier` with its `from_env`."""

    def publish(self, value: Mapping[str, Any]) -> str | None:
        """Publish a value (in the protocol's form): the text of the crate's error, or None."""
        self.write(value)
        error: str | None = self.read().get("error")
        return error

    def log(self) -> list[dict[str, Any]]:
        """End the process; what it logged, if it was started with JUDGE_LOG=1."""
        records = [json.loads(line) for line in self.end().splitlines()]
        return [record for record in records if record["target"] == "jflow_core::checkpoint_notify"]


class RustSubscriber(RustProcess):
    """A subscriber on redis-rs; ready, and subscribed, once it is constructed."""

    def __init__(self, program: Path, settings: Settings) -> None:
        super().__init__(program, settings)
        self.channel: str = self.read()["subscribed"]


def environment(settings: Settings) -> dict[bytes, bytes]:
    """This process' environment with these settings of the notifier, and no others."""
    rest = {name: value for name, value in os.environb.items() if name.decode() not in _SETTINGS}
    return rest | {name.encode(): os.fsencode(value) for name, value in settings.items()}
