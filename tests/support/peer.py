"""The real Rust crate, asked over a pipe: a client for `tests/rust/target/debug/peer`.

A request is one JSON line, a response is one JSON line, in the same order. Values hold u64 as decimal strings.
"""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeAlias

Value: TypeAlias = dict[str, Any]
"""A notification as the peer writes it: strings, u64 as decimal strings, metadata a dict of strings."""

Answer: TypeAlias = dict[str, Any]
"""What the crate says: `{"value": …}`, `{"error": …}`, `{"payload": …}` or `{"url": …}`; never a failure."""

_STOP_SECONDS = 10.0
_STDERR_TAIL = 2000


class PeerError(Exception):
    """The peer died, did not understand, or answered out of turn: never a verdict on a payload."""


class Peer:
    """A running peer. Not for use by two threads at once."""

    def __init__(self, program: Path) -> None:
        self._program = program
        self._last_id = 0
        self._stderr: IO[bytes] = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the peer: the end of its input is its order to stop; one that stays is killed."""
        _, stdout = self._pipes()
        self._hang_up()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        stdout.close()
        self._stderr.close()

    def hello(self) -> Answer:
        """The peer's name, version, protocol and message."""
        return self.ask({"op": "hello"})

    def decode(self, payload: bytes) -> Answer:
        """The crate's verdict on one payload: `{"value": …}` or `{"error": …}`."""
        return self.ask(_decode_request(payload))

    def decode_many(self, payloads: Iterable[bytes]) -> list[Answer]:
        """The crate's verdicts, in order; requests and answers flow at the same time."""
        return self.ask_many([_decode_request(payload) for payload in payloads])

    def encode(self, value: Mapping[str, Any]) -> bytes:
        """The bytes that the crate's `to_json` makes of a value."""
        return _payload_of(self.ask(_encode_request(value)))

    def encode_many(self, values: Iterable[Mapping[str, Any]]) -> list[bytes]:
        """The bytes for each value, in order."""
        return [_payload_of(answer) for answer in self.ask_many([_encode_request(value) for value in values])]

    def url(self, url: str) -> Answer:
        """How `redis::Client::open` reads a URL: `{"url": …}` or `{"error": …}`."""
        return self.ask(_url_request(url))

    def url_many(self, urls: Iterable[str]) -> list[Answer]:
        """The same for each URL, in order."""
        return self.ask_many([_url_request(url) for url in urls])

    def ask(self, request: Mapping[str, Any]) -> Answer:
        """One request, one answer."""
        return self.ask_many([request])[0]

    def ask_many(self, requests: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Send all requests from a thread while the answers are read here, so that no full pipe can stop both ends."""
        first = self._last_id + 1
        self._last_id += len(requests)
        lines = [_line({**request, "id": first + index}) for index, request in enumerate(requests)]
        writer = threading.Thread(target=self._write, args=(lines,), daemon=True)
        writer.start()
        try:
            answers = [self._read() for _ in requests]
        except BaseException:
            self._process.kill()  # answers still under way would be taken for those of the next question
            raise
        finally:
            writer.join()
        return [_checked(answer, first + index) for index, answer in enumerate(answers)]

    def _write(self, lines: list[bytes]) -> None:
        stdin, _ = self._pipes()
        try:
            for line in lines:
                stdin.write(line)
            stdin.flush()
        except OSError:
            pass  # the peer is gone; the reader finds its output at an end and says so

    def _read(self) -> Answer:
        _, stdout = self._pipes()
        line = stdout.readline()
        if not line.endswith(b"\n"):
            raise PeerError(self._obituary())
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise PeerError(f"the peer answered with {line!r}")
        return answer

    def _obituary(self) -> str:
        self._hang_up()
        try:
            status: int | str = self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            status = "none: it closed its output and still runs"
        self._stderr.seek(0)
        words = self._stderr.read().decode(errors="replace")[-_STDERR_TAIL:]
        return f"the peer {self._program.name} died (exit status {status}); its last words: {words or 'none'}"

    def _hang_up(self) -> None:
        stdin, _ = self._pipes()
        try:
            stdin.close()
        except OSError:
            pass  # what was still buffered has no reader any more

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("the peer was started with pipes")
        return self._process.stdin, self._process.stdout


def _checked(answer: Answer, expected: int) -> Answer:
    if "failure" in answer:
        raise PeerError(f"the peer could not do request {expected}: {answer['failure']}")
    if answer.pop("id", None) != expected:
        raise PeerError(f"the peer answered out of turn: {answer!r} for request {expected}")
    return answer


def _decode_request(payload: bytes) -> dict[str, Any]:
    return {"op": "decode", "payload": base64.b64encode(payload).decode()}


def _encode_request(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"op": "encode", "value": value}


def _url_request(url: str) -> dict[str, Any]:
    return {"op": "url", "url": url}


def _payload_of(answer: Answer) -> bytes:
    return base64.b64decode(answer["payload"], validate=True)


def _line(request: Mapping[str, Any]) -> bytes:
    return json.dumps(request).encode() + b"\n"
