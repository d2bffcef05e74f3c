"""One message type's way to bytes and back: a fast path for what Rust writes, the exact parser for all else.

The fast path proves itself on each payload: msgspec decodes it, the value is encoded again, and the same bytes show
that the payload is what serde_json writes for this value, and so what it reads as this value. msgspec has no u64, so
the integers are checked besides. Whatever else happens on the fast path is no verdict: the exact parser gives that.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Generic, TypeVar

import msgspec

from checkpoint_notify.codec.decoder import decode, table_of
from checkpoint_notify.codec.encoder import check
from checkpoint_notify.codec.layout import Kind, layout_of
from checkpoint_notify.codec.payload import to_bytes

M = TypeVar("M")


class Codec(Generic[M]):
    """Reads and writes messages of the class `message`, which adds no field to the dataclass `generated` for it."""

    def __init__(self, message: type[M], generated: type) -> None:
        self._message = message
        self._generated = generated
        self._layout = layout_of(generated)
        self._table = table_of(self._layout)
        self._read = msgspec.json.Decoder(message).decode
        self._write = msgspec.json.Encoder().encode
        self._any_beyond_u64 = _any_beyond_u64([field.name for field in self._layout.fields if field.kind is Kind.U64])
        self._maps = [attrgetter(field.name) for field in self._layout.fields if field.kind is Kind.STRING_MAP]

    def decode(self, payload: str | bytes | bytearray | memoryview) -> M:
        """The message in a payload; `DecodeError` where Rust refuses, TypeError for a payload of another type."""
        src = payload if type(payload) is bytes else to_bytes(payload)
        try:
            message = self._read(src)
            if self._write(message) == src and not self._any_beyond_u64(message):
                return message
        except (msgspec.MsgspecError, ValueError, RecursionError):
            pass  # no verdict
        return self.decode_exact(src)

    def decode_exact(self, src: bytes) -> M:
        """The same by the exact parser alone."""
        message = object.__new__(self._message)
        values = decode(src, self._table)
        self._generated.__init__(message, **values)  # type: ignore[misc]  # the class's own would check them again
        return message

    def encode(self, message: M) -> bytes:
        """The message as serde_json writes it; `EncodeError`, naming the field, for what no Rust value can hold.

        Only a map can have changed since the message was checked at construction; its fields cannot be assigned to.
        """
        for entries in self._maps:
            for key, value in entries(message).items():
                if type(key) is not str or type(value) is not str:
                    check(message, self._layout)
        try:
            return self._write(message)
        except UnicodeEncodeError:
            check(message, self._layout)  # says which string holds the lone surrogate
            raise


def _any_beyond_u64(names: list[str]) -> Callable[[Any], int]:
    """Whether a message has an integer outside 0..2**64-1 in these fields; compiled, as a loop takes thrice as long."""
    together = " | ".join(f"message.{name}" for name in names) or "0"  # the high bits of a negative are all set
    compiled: Callable[[Any], int] = eval(f"lambda message: ({together}) >> 64")
    return compiled
