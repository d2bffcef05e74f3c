"""The listener's wire: bytes in any pieces become replies, and what is no reply is refused."""

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
    """What a wire makes of these pieces."""
    wire = RespParser(b"channel")
    return [frame for piece in pieces for frame in wire.feed(piece)]


def test_wire_reads_every_kind_of_reply() -> None:
    """Messages are their payloads; all else is a list of parts, each with the sign of its kind."""
    stream = CONFIRMATION + message(b"a\r\nb") + PONG + message(b"") + b"-NOAUTH Authentication required.\r\n+OK\r\n"
    assert [
        [b"*", b"$subscribe", b"$channel", b":1"],
        b"a\r\nb",
        [b"*", b"$pong", b"$"],
        b"",
        [b"-NOAUTH Authentication required."],
        [b"+OK"],
    ] == frames(stream)


def test_wire_tells_kinds_apart() -> None:
    """The content of a string, and what stands in an array, is not taken for a simple reply or an error."""
    plain = [b"+PONG\r\n", b"-BUSY x\r\n", b":1\r\n"]
    disguised = [b"$%d\r\n%s" % (len(line) - 2, line) for line in plain] + [b"*1\r\n" + line for line in plain]
    seen = [frames(reply) for reply in plain + disguised]
    assert [[[line[:-2]]] for line in plain] == seen[: len(plain)]
    assert all(seen.count(each) == 1 for each in seen)


def test_wire_takes_a_message_for_what_it_is_alone() -> None:
    """However its lengths are written; and a number in the place of the payload is none."""
    odd = message(b"x").replace(b"$7", b"$07")
    assert [b"x"] == frames(odd)
    assert [[b"*", b"$message", b"$channel", b":1"]] == frames(message(b"").replace(b"$0\r\n\r\n", b":1\r\n"))


@given(
    st.lists(st.sampled_from([CONFIRMATION, PONG, b"-ERR x\r\n"]) | st.binary(max_size=40).map(message), max_size=8),
    st.data(),
)
def test_wire_takes_bytes_in_any_pieces(replies: list[bytes], data: st.DataObject) -> None:
    """However the stream is cut, the frames are the same."""
    stream = b"".join(replies)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert frames(stream) == frames(*pieces)
    assert frames(stream) == frames(*(stream[index : index + 1] for index in range(len(stream))))


def test_wire_puts_a_large_payload_together_once() -> None:
    """30 MiB in pieces of 64 KiB: as many bytes are copied as there are, a few times over, and not at every piece."""
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
def test_wire_refuses_what_is_no_reply(fault: bytes) -> None:
    """A ProtocolError, behind what came before the fault."""
    wire = RespParser(b"channel")
    reader: Iterator[Any] = wire.feed(message(b"before") + fault)
    assert b"before" == next(reader)
    with pytest.raises(ProtocolError, match="the server sent"):
        next(reader)
