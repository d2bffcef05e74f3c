"""The real Rust crate, asked over a pipe: a client for `tests/rust/target/debug/peer` (docs/protocol.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from checkpoint_notify.conformance import lines
from checkpoint_notify.conformance.lines import Answer, decode_request, encode_request, line_of, payload_of
from checkpoint_notify.conformance.process import PeerFaultError, PeerProcess

from .closing import Closing
from .waiting import PATIENCE

__all__ = ["Answer", "Peer", "PeerError", "Value"]

Value: TypeAlias = dict[str, Any]
"""A message as the peer writes it (docs/protocol.md): numbers are strings."""


class PeerError(Exception):
    """The peer died, did not understand, or answered out of turn: never a verdict on a payload."""


class Peer(Closing):
    """A running peer. Not for use by two threads at once."""

    def __init__(self, program: Path) -> None:
        self._name = program.name
        self._last_id = 0
        self._process = PeerProcess([str(program)])

    def close(self) -> None:
        """End the peer: the end of its input is its order to stop; one that stays is killed."""
        self._process.close(PATIENCE)

    def hello(self) -> Answer:
        """The peer's name, version, protocol and message."""
        return self.ask({"op": "hello"})

    def decode(self, payload: bytes) -> Answer:
        """The crate's verdict on one payload: `{"value": …}` or `{"error": …}`."""
        return self.ask(decode_request(payload))

    def decode_many(self, payloads: Iterable[bytes]) -> list[Answer]:
        """The crate's verdicts, in order; requests and answers flow at the same time."""
        return self.ask_many([decode_request(payload) for payload in payloads])

    def encode(self, value: Mapping[str, Any]) -> bytes:
        """The bytes that the crate's `to_json` makes of a value."""
        return payload_of(self.ask(encode_request(value)))

    def encode_many(self, values: Iterable[Mapping[str, Any]]) -> list[bytes]:
        """The bytes for each value, in order."""
        return [payload_of(answer) for answer in self.ask_many([encode_request(value) for value in values])]

    def url(self, url: str) -> Answer:
        """How `redis::Client::open` reads a URL: `{"url": …}` or `{"error": …}`."""
        return self.ask({"op": "url", "url": url})

    def url_many(self, urls: Iterable[str]) -> list[Answer]:
        """The same for each URL, in order."""
        return self.ask_many([{"op": "url", "url": url} for url in urls])

    def ask(self, request: Mapping[str, Any]) -> Answer:
        """One request, one answer."""
        return self.ask_many([request])[0]

    def ask_many(self, requests: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """The answers in order; after an error the peer is dead, so that no answer is taken for another's."""
        first = self._last_id + 1
        self._last_id += len(requests)
        text = b"".join(line_of(request, first + index) for index, request in enumerate(requests))
        try:
            found = self._process.exchange(text, count=len(requests))
        except BaseException as error:
            self._process.kill()
            if isinstance(error, PeerFaultError):
                raise PeerError(f"the peer {self._name}: {error}") from error
            raise
        return [_answer(line, first + index) for index, line in enumerate(found)]


def _answer(line: bytes, number: int) -> Answer:
    try:
        response = lines.read_object(line)
    except lines.LineError as error:
        raise PeerError(f"the peer answered with {error}") from error
    if "failure" in response:
        raise PeerError(f"the peer could not do request {number}: {response['failure']}")
    if response.pop("id", None) != number:
        raise PeerError(f"the peer answered out of turn: {response!r} for request {number}")
    return response
