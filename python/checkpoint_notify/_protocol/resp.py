"""What a Redis server sends to a subscriber of one channel, RESP2, cut out of the bytes as they come.

redis-py connects and logs in; from SUBSCRIBE on, this reads. redis-py's own connections read one reply a call, await it
line by line with asyncio, and drop what they have read only when their buffer happens to be empty. A subscriber is sent
few kinds of replies, and nearly all of them start with the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from checkpoint_notify._redaction import TransportError, text_of

Reply: TypeAlias = bytes | list[bytes]
"""The payload of a message; or any other reply, as a list of its parts. Each part begins with the sign of its kind, so
that no kind can be taken for another: `[b"*", b"$subscribe", b"$channel", b":1"]`, `[b"+PONG"]`, `[b"-NOAUTH …"]`."""

_PONGS: Final[tuple[Reply, ...]] = ([b"*", b"$pong", b"$"], [b"+PONG"])
"""How a subscriber is answered in RESP2, and how other clients are."""
_ALIVE: Final = re.compile(rb"-(?:BUSY|LOADING|MASTERDOWN|MISCONF|NOPERM|ERR unknown command)(?: |\Z)")
"""Errors with which a server answers PING while its subscribers receive all the same."""

_END: Final = b"\r\n"
_LONGEST_LINE: Final = 64 * 1024
_UNKNOWN: Final = 1
"""How many bytes more an incomplete reply needs, when only its next bytes can tell."""


class ProtocolError(TransportError):
    """What the server sent is no RESP2; nothing behind it can be understood."""


class _IncompleteError(Exception):
    """The reply goes on in bytes that have not come yet: to `end`, counted from the start of the data, or further."""

    def __init__(self, end: int) -> None:
        self.end = end


def command(*words: bytes) -> bytes:
    """A command, as a client writes it."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def answers_ping(frame: Reply) -> bool:
    """Whether a living server sends this in reply to PING: a PONG, or an error that is about PING alone.

    Any other error may be a proxy's own, which says nothing about the server behind it.
    """
    return frame in _PONGS or (len(frame) == 1 and isinstance(frame, list) and _ALIVE.match(frame[0]) is not None)


class RespParser:
    """Takes bytes in any pieces, gives frames."""

    def __init__(self, channel: bytes) -> None:
        self._message = [b"*", b"$message", b"$" + channel]
        self._prefix = b"*3\r\n$7\r\nmessage\r\n$%d\r\n%s\r\n$" % (len(channel), channel)
        self._pending = bytearray()
        self._needed = 0

    def feed(self, data: bytes) -> Iterator[Reply]:
        """The frames that these bytes complete; the iterator must be used up before the next call.

        Raises ProtocolError, after the frames before the fault.
        """
        if self._pending:
            self._pending += data
            if len(self._pending) < self._needed:
                return  # a large payload is put together once, not at every piece
            data = bytes(self._pending)
            self._pending.clear()
        start = 0
        try:
            while start < len(data):
                frame, start = self._frame(data, start)
                yield frame
        except _IncompleteError as incomplete:
            self._pending += data[start:] if start else data
            self._needed = incomplete.end - start

    def _frame(self, data: bytes, start: int) -> tuple[Reply, int]:
        if data.startswith(self._prefix, start):
            return _bulk(data, start + len(self._prefix))
        frame, end = _reply(data, start)
        if len(frame) == 4 and frame[:3] == self._message and frame[3].startswith(b"$"):
            return frame[3][1:], end
        return frame, end


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
        raise ProtocolError("the server sent '", text_of(line), "' where a reply was due")
    return line, end


def _bulk(data: bytes, start: int) -> tuple[bytes, int]:
    """A bulk string whose length begins at `start`."""
    line, begin = _line(data, start)
    end = begin + _number(line)
    if len(data) < end + len(_END):
        raise _IncompleteError(end + len(_END))
    if not data.startswith(_END, end):
        raise ProtocolError("the server sent a string that is longer than it said")
    return data[begin:end], end + len(_END)


def _line(data: bytes, start: int) -> tuple[bytes, int]:
    end = data.find(_END, start, start + _LONGEST_LINE)
    if end < 0:
        if len(data) - start >= _LONGEST_LINE:
            raise ProtocolError("the server sent a line without end")
        raise _IncompleteError(len(data) + _UNKNOWN)
    return data[start:end], end + len(_END)


def _number(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 10:
        raise ProtocolError("the server sent '", text_of(digits), "' where a length was due")
    return int(digits)
