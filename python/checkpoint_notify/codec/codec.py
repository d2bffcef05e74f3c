"""The codec of one message: a fast path for the usual payloads, and the exact parser for all others.

The fast path proves its answer for each payload. msgspec decodes the payload, and the value is encoded again. If the
bytes are equal, the payload is what serde_json writes for this value; so serde_json reads it as this value. There are
two more proofs. The bytes are equal after `msgspec.json.format` has removed the white space around tokens; it removes
nothing else, and serde_json ignores that white space. Or the bytes are equal to the encoding without the fields that
hold their default; serde gives the default to an absent field.

Out-of-range integers would survive the round trip, so msgspec is told to reject them. Every failure of the fast path is
inconclusive: the exact parser decides.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

import msgspec

from checkpoint_notify.codec.encoder import check, compile_short_writer, compile_writer
from checkpoint_notify.codec.layout import Kind, Layout, layout_of

M = TypeVar("M")

_FAST_BYTES: Final = 1 << 20
"""The fast path holds a second copy of payload and value, which is too much for larger payloads."""

Payload: TypeAlias = str | bytes | bytearray | memoryview
"""What can be decoded: JSON as text, or as bytes in UTF-8."""


class Codec(NamedTuple, Generic[M]):
    """Reads and writes messages of one class."""

    decode: Callable[[Payload], M]
    """Return the message in a payload. Raises DecodeError if Rust refuses it; TypeError for another type."""
    decode_exact: Callable[[bytes], M]
    """The same, with the exact parser alone."""
    encode: Callable[[M], bytes]
    """Return the bytes that serde_json writes. Raises EncodeError, with the field, if Rust cannot hold a value."""


def codec_for(message: type[M], generated: type) -> Codec[M]:
    """The codec of the class `message`, which adds no field to the dataclass `generated` for it.

    Raises TypeError if a field is of a type that the codec does not know.
    """
    layout = layout_of(generated)
    read = _reader(message, [field.name for field in layout.fields if field.kind is Kind.U64])
    write = msgspec.json.Encoder().encode
    remove_space = msgspec.json.format
    write_short = compile_short_writer(layout)
    write_message = compile_writer(layout)

    def decode(payload: Payload) -> M:
        """Return the message in a payload. Raises DecodeError if Rust refuses it; TypeError for another type."""
        src = payload if type(payload) is bytes else _to_bytes(payload)
        if len(src) <= _FAST_BYTES:
            try:
                found = read(src)
                written = write(found)
                if written == src or (len(src) < len(written) and write_short(found) == src):
                    return found
                compact = remove_space(src, indent=-1)
                if compact == written or compact == write_short(found):
                    return found
            except (msgspec.MsgspecError, ValueError, RecursionError):
                pass  # inconclusive
        return decode_exact(src)

    def decode_exact(src: bytes) -> M:
        values = _exact_decoder()(src, layout)
        found = object.__new__(message)
        for name, value in values.items():
            object.__setattr__(found, name, value)  # it is frozen, and its __init__ would check them again
        return found

    def encode(given: M) -> bytes:
        # Each value is checked each time: pydantic, pickle and others set fields without the constructor.
        try:
            written = write_message(given)
        except (AttributeError, UnicodeEncodeError):
            written = None  # a field without a value, or a lone surrogate
        if written is not None:
            return written
        check(given, layout)  # says what is wrong, and where
        return encode(given)  # another thread has made the map valid meanwhile

    return Codec(decode, decode_exact, encode)


def _to_bytes(payload: Payload) -> bytes:
    from checkpoint_notify.codec.payload import to_bytes

    return to_bytes(payload)


def _reader(message: type[M], u64_names: list[str]) -> Callable[[bytes], M]:
    """Return msgspec's decoder for a message. It rejects integers outside 0..=2**63-1, msgspec's largest bound.

    It does not call `__post_init__`, which would check the values again. msgspec inspects a class once and caches the
    result in the class. The cache is removed: a program that decodes with msgspec itself needs the unchanged class.
    """
    annotations = inspect.get_annotations(message)
    post_init = vars(message).get("__post_init__")
    bounded = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    message.__annotations__ = annotations | dict.fromkeys(u64_names, bounded)
    if post_init is not None:
        del message.__post_init__  # type: ignore[attr-defined]
    try:
        return msgspec.json.Decoder(message).decode
    finally:
        message.__annotations__ = annotations
        if post_init is not None:
            message.__post_init__ = post_init  # type: ignore[attr-defined]
        if "__msgspec_cache__" in vars(message):
            del message.__msgspec_cache__  # type: ignore[attr-defined]


@functools.cache
def _exact_decoder() -> Callable[[bytes, Layout], dict[str, Any]]:
    from checkpoint_notify.codec.decoder import decode  # late: its patterns take long to compile

    return decode
