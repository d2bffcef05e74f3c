"""The RESP parser: it makes replies of bytes in any chunks, and refuses malformed ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkpoint_notify._protocol.resp import ProtocolError, RespParser, command

from ..support.listener_world import CONFIRMATION, PONG, message

SUBSCRIBE: Final = command(b"SUBSCRIBE", b"channel")
PING: Final = command(b"PING")


def frames(*pieces: bytes) -> list[Any]:
    """The replies that a parser makes of these chunks."""
    wire = RespParser(b"channel")
    return [frame for piece in pieces for frame in wire.feed(piece)]


def test_parser_reads_every_kind_of_reply() -> None:
    """A message is its payload. Any other reply is a list of parts, each with the sign of its kind."""
    stream = CONFIRMATION + message(b"a\r\nb") + PONG + message(b"") + b"-NOAUTH Authentication required.\r\n+OK\r\n"
    assert [
        [b"*", b"$subscribe", b"$channel", b":1"],
        b"a\r\nb",
        [b"*", b"$pong", b"$"],
        b"",
        [b"-NOAUTH Authentication required."],
        [b"+OK"],
    ] == frames(stream)


def test_parser_distinguishes_strings_from_simple_replies_and_errors() -> None:
    """The content of a string or an array is not read as a simple reply or an error."""
    plain = [b"+PONG\r\n", b"-BUSY x\r\n", b":1\r\n"]
    disguised = [b"$%d\r\n%s" % (len(line) - 2, line) for line in plain] + [b"*1\r\n" + line for line in plain]
    seen = [frames(reply) for reply in plain + disguised]
    assert [[[line[:-2]]] for line in plain] == seen[: len(plain)]
    assert all(seen.count(each) == 1 for each in seen)


def test_parser_recognizes_messages_only() -> None:
    """The lengths may be written in any form. A number in place of the payload is no message."""
    odd = message(b"x").replace(b"$7", b"$07")
    assert [b"x"] == frames(odd)
    assert [[b"*", b"$message", b"$channel", b":1"]] == frames(message(b"").replace(b"$0\r\n\r\n", b":1\r\n"))


@given(
    st.lists(st.sampled_from([CONFIRMATION, PONG, b"-ERR x\r\n"]) | st.binary(max_size=40).map(message), max_size=8),
    st.data(),
)
def test_parser_accepts_any_chunks(replies: list[bytes], data: st.DataObject) -> None:
    """The replies do not depend on how the stream is divided."""
    stream = b"".join(replies)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert frames(stream) == frames(*pieces)
    assert frames(stream) == frames(*(stream[index : index + 1] for index in range(len(stream))))


def test_parser_copies_a_large_payload_a_few_times_only() -> None:
    """30 MiB arrive in chunks of 64 KiB. The payload is not copied again at each chunk."""
    payload = os.urandom(1024) * (30 * 1024)
    stream = message(payload) + PONG
    pieces = [stream[start : start + 65536] for start in range(0, len(stream), 65536)]
    assert [payload, [b"*", b"$pong", b"$"]] == frames(*pieces)


@pytest.mark.parametrize(
    "fault",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"*x\r\n",
        b"*-1\r\n",
        b"*1\r\n*1\r\n",
        b"$-1\r\n",
        b"$99999999999\r\n",
        b"$1\r\nab\r\n",
        message(b"ab").replace(b"$2", b"$1"),
        message(b"ab").replace(b"$2", b"$ 2"),
        b"+" + b"a" * 70000,
    ],
)
def test_parser_refuses_malformed_replies(fault: bytes) -> None:
    """It raises ProtocolError after the replies before the fault."""
    wire = RespParser(b"channel")
    reader: Iterator[Any] = wire.feed(message(b"before") + fault)
    assert b"before" == next(reader)
    with pytest.raises(ProtocolError, match="the server sent"):
        next(reader)
