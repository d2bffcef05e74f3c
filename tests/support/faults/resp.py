"""A connection that speaks RESP2 and nothing else, for publishers and injectors: what it writes is what was asked."""

from __future__ import annotations

import socket
from typing import TypeAlias

from ..closing import Closing
from ..waiting import PATIENCE

Word: TypeAlias = str | bytes | int
Reply: TypeAlias = "bytes | int | list[Reply] | None"


class ReplyError(Exception):
    """The server answered with an error."""


class Resp(Closing):
    """A blocking connection to 127.0.0.1; raises OSError once it is broken, ReplyError for an error reply."""

    def __init__(self, port: int, *, password: str | None = None) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        if password is not None:
            self.ask("AUTH", password)

    def close(self) -> None:
        """Close the connection."""
        self._file.close()
        self._socket.close()

    def ask(self, *words: Word) -> Reply:
        """Send one command and return its reply."""
        self.write(command(*words))
        return self.read()

    def text(self, *words: Word) -> str:
        """The same, for a reply that is text."""
        reply = self.ask(*words)
        assert isinstance(reply, bytes)
        return reply.decode()

    def write(self, data: bytes) -> None:
        """Write commands without waiting for their replies."""
        self._socket.sendall(data)

    def read(self) -> Reply:
        """The next reply."""
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionResetError("the server hung up")
        sign, rest = line[:1], line[1:-2]
        if sign == b"+":
            return rest
        if sign == b"-":
            raise ReplyError(rest.decode(errors="replace"))
        if sign == b":":
            return int(rest)
        if sign == b"$":
            return self._bulk(int(rest))
        return [self.read() for _ in range(int(rest))]

    def _bulk(self, length: int) -> bytes | None:
        if length < 0:
            return None
        data = self._file.read(length + 2)
        if len(data) != length + 2:
            raise ConnectionResetError("the server hung up")
        return data[:-2]


def command(*words: Word) -> bytes:
    """A command as it is written."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(data), data) for data in map(_bytes, words))


def _bytes(word: Word) -> bytes:
    return word if isinstance(word, bytes) else str(word).encode()
