"""The times of the real Rust crate: a client for `tests/rust/target/release/bench`, which measures itself."""

from __future__ import annotations

import base64
import subprocess
import tomllib
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

_CRATE: Final = Path(__file__).parents[2] / "rust"
PROGRAM: Final = _CRATE / "target" / "release" / "bench"


class RustTimer:
    """A running bench program; its times exclude the pipe and base64."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def nanoseconds(self, operation: Literal["decode", "encode"], count: int, payload: bytes) -> int:
        """What `count` calls took together; to encode, the payload is decoded first, untimed."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise AssertionError("the program was started with pipes")
        stdin.write(f"{operation} {count} {base64.b64encode(payload).decode()}\n")
        stdin.flush()
        return int(stdout.readline())


def fault() -> str | None:
    """Return why Rust cannot be timed; None if it can."""
    if not PROGRAM.is_file():
        return "tests/rust/target/release/bench is not built (make bench builds it where cargo works)"
    try:
        with RustTimer() as timer:
            timer.nanoseconds("decode", 1, b"{}")
    except (OSError, ValueError) as error:
        return f"tests/rust/target/release/bench does not run: {error}"
    return None


def versions() -> dict[str, str]:
    """Of the crate and of what reads and writes its JSON, as locked."""
    packages = tomllib.loads((_CRATE / "Cargo.lock").read_text())["package"]
    found = {package["name"]: package["version"] for package in packages}
    return {name: found[name] for name in ("jflow-core", "serde_json")}
