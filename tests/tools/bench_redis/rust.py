"""The real Rust notifier: `tests/rust/target/{release,debug}/notifier`, which publishes each line that it reads."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from checkpoint_notify.conformance.values import to_protocol

from ...support.rust import environment
from .payloads import NOTIFICATION

_TARGET: Final = Path(__file__).parents[2] / "rust" / "target"
_PUBLISH: Final = json.dumps(to_protocol(NOTIFICATION)).encode() + b"\n"
_NOTHING: Final = b"{}\n"
"""A line without a value: the program reads, refuses and answers it, and publishes nothing. So it times the pipe."""


def program() -> Path | None:
    """Return the path of the program, of the release build if there is one; None if it is not built."""
    return next((path for build in ("release", "debug") if (path := _TARGET / build / "notifier").is_file()), None)


class RustPipe:
    """The running program."""

    def __init__(self, path: Path, url: str) -> None:
        self._process = subprocess.Popen(
            [path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment({"REDIS_URL": url}),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def publish(self) -> None:
        """Publish once; the time includes the pipe in both directions."""
        if (answer := self._ask(_PUBLISH)) != b'{"ok":true}\n':
            raise RuntimeError(f"the Rust notifier answered {answer!r}")

    def pass_through(self) -> None:
        """Use the pipe in both directions without publishing."""
        if b"failure" not in (answer := self._ask(_NOTHING)):
            raise RuntimeError(f"the Rust notifier answered {answer!r}")

    def _ask(self, line: bytes) -> bytes:
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("the process was started with pipes")
        self._process.stdin.write(line)
        self._process.stdin.flush()
        return self._process.stdout.readline()
