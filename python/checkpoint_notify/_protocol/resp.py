"""Parses RESP2, as a Redis server sends it to a subscriber of one channel.

redis-py connects and logs in; this parser reads from SUBSCRIBE on. redis-py's own connections read one reply a call,
await each line of it with asyncio, and keep the bytes they have read until their buffer is empty. A subscriber is sent
few kinds of replies, and nearly all of them start with the same bytes.

Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from checkpoint_notify._redaction import TransportError, text_of

Reply: TypeAlias = bytes | list[bytes]
"""The payload of a message; or any other reply, as the list of its parts. Each part begins with the first byte of its
RESP type: `[b"*", b"$subscribe", b"$channel", b":1"]`, `[b"+PONG"]`, `[b"-NOAUTH …"]`."""

_PONGS: Final[tuple[Reply, ...]] = ([b"*", b"$pong", b"$"], [b"+PONG"])
"""The reply to PING for a subscriber in RESP2, and for other clients."""
_ALIVE: Final = re.compile(rb"-(?:BUSY|LOADING|MASTERDOWN|MISCONF|NOPERM|ERR unknown command)(?: |\Z)")
"""Error replies to PING from a server whose subscribers still receive messages."""

_END: Final = b"\r\n"
_LONGEST_LINE: Final = 64 * 1024
_AT_LEAST: Final = 1
"""How many more bytes an incomplete reply needs, if only its next bytes can tell."""


class ProtocolError(TransportError):
    """The server sent bytes that are not RESP2; the bytes after them cannot be parsed."""


class _IncompleteError(Exception):
    """The reply is not complete. It needs bytes up to `end`, an index from the start of the data, or more."""

    def __init__(self, end: int) -> None:
        self.end = end


def command(*words: bytes) -> bytes:
    """Return a command as a client writes it: an array of bulk strings."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def answers_ping(reply: Reply) -> bool:
    """Return whether this reply to PING shows a living server: a PONG, or an error that concerns PING alone.

    Any other error may come from a proxy, and says nothing about the server behind it.
    """
    return reply in _PONGS or (len(reply) == 1 and isinstance(reply, list) and _ALIVE.match(reply[0]) is not None)


class RespParser:
    """Takes bytes in pieces of any size, and gives replies."""

    def __init__(self, channel: bytes) -> None:
        self._message = [b"*", b"$message", b"$" + channel]
        self._prefix = b"*3\r\n$7\r\nmessage\r\n$%d\r\n%s\r\n$" % (len(channel), channel)
        self._pending = bytearray()
        self._needed = 0

    def feed(self, data: bytes) -> Iterator[Reply]:
        """Return the replies that these bytes complete; exhaust the iterator before the next call.

        Raises ProtocolError, after the replies before the fault.
        """
        if self._pending:
            self._pending += data
            if len(self._pending) < self._needed:
                return  # join the pieces of a large payload once, not at every piece
            data = bytes(self._pending)
            self._pending.clear()
        start = 0
        try:
            while start < len(data):
                reply, start = self._parse(data, start)
                yield reply
        except _IncompleteError as incomplete:
            self._pending += data[start:] if start else data
            self._needed = incomplete.end - start

    def _parse(self, data: bytes, start: int) -> tuple[Reply, int]:
        if data.startswith(self._prefix, start):
            return _bulk(data, start + len(self._prefix))
        reply, end = _reply(data, start)
        if len(reply) == 4 and reply[:3] == self._message and reply[3].startswith(b"$"):
            return reply[3][1:], end
        return reply, end


def _reply(data: bytes, start: int) -> tuple[list[bytes], int]:
    if not data.startswith(b"*", start):
        element, end = _element(data, start)
        return [element], end
    line, position = _line(data, start)
    elements = [b"*"]
    for _ in range(_number(line[1:])):
        element, position = _element(data, position)
        elements.append(element)
    return elements, position


def _element(data: bytes, start: int) -> tuple[bytes, int]:
    if data.startswith(b"$", start):
        content, end = _bulk(data, start + 1)
        return b"$" + content, end
    line, end = _line(data, start)
    if line[:1] not in (b"+", b"-", b":"):
        raise ProtocolError("the server sent '", text_of(line), "' where a reply was expected")
    return line, end


def _bulk(data: bytes, start: int) -> tuple[bytes, int]:
    """A bulk string whose length begins at `start`."""
    line, begin = _line(data, start)
    end = begin + _number(line)
    if len(data) < end + len(_END):
        raise _IncompleteError(end + len(_END))
    if not data.startswith(_END, end):
        raise ProtocolError("the server sent a string that is longer than its length")
    return data[begin:end], end + len(_END)


def _line(data: bytes, start: int) -> tuple[bytes, int]:
    end = data.find(_END, start, start + _LONGEST_LINE)
    if end < 0:
        if len(data) - start >= _LONGEST_LINE:
            raise ProtocolError("the server sent a line of more than 64 KiB")
        raise _IncompleteError(len(data) + _AT_LEAST)
    return data[start:end], end + len(_END)


def _number(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 10:
        raise ProtocolError("the server sent '", text_of(digits), "' where a length was expected")
    return int(digits)
