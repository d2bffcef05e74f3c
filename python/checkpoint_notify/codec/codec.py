"""One message type's way to bytes and back: a fast path for what writers write, the exact parser for all else.

The fast path proves itself on each payload. msgspec decodes it, and the value is encoded again. The same bytes show
that the payload is what serde_json writes for this value, and so what it reads as this value. So do the same bytes but
for white space around tokens: `msgspec.json.format` removes it, and nothing else, and no reader heeds it. So do the
same bytes without the fields that hold their default, since a reader gives that to a field that is absent.

msgspec is told to leave integers that are no u64 to the exact parser, as it would write them again as they came.
Whatever else happens on the fast path is no verdict: the exact parser gives that.
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
"""Beyond it, the second copies that the fast path makes of payload and value would be felt."""

Payload: TypeAlias = str | bytes | bytearray | memoryview
"""What can be decoded: JSON as text, or as bytes in UTF-8."""


class Codec(NamedTuple, Generic[M]):
    """Reads and writes messages of one class."""

    decode: Callable[[Payload], M]
    """The message in a payload; `DecodeError` where Rust refuses, TypeError for a payload of another type."""
    decode_exact: Callable[[bytes], M]
    """The same by the exact parser alone."""
    encode: Callable[[M], bytes]
    """The bytes that serde_json writes; `EncodeError`, naming the field, for what no Rust value can hold."""


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
        """The message in a payload; `DecodeError` where Rust refuses, TypeError for a payload of another type."""
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
                pass  # no verdict
        return decode_exact(src)

    def decode_exact(src: bytes) -> M:
        values = _exact_decoder()(src, layout)
        found = object.__new__(message)
        for name, value in values.items():
            object.__setattr__(found, name, value)  # it is frozen, and its __init__ would check them again
        return found

    def encode(given: M) -> bytes:
        # Each value is looked at each time: pydantic, pickle and others set fields without the constructor.
        try:
            written = write_message(given)
        except (AttributeError, UnicodeEncodeError):
            written = None  # a field without a value, or a lone surrogate
        if written is not None:
            return written
        check(given, layout)  # says what is wrong, and where
        return encode(given)  # another thread has mended a map meanwhile

    return Codec(decode, decode_exact, encode)


def _to_bytes(payload: Payload) -> bytes:
    from checkpoint_notify.codec.payload import to_bytes

    return to_bytes(payload)


def _reader(message: type[M], u64_names: list[str]) -> Callable[[bytes], M]:
    """The decoder that msgspec makes for a message; it refuses integers outside 0..=2**63-1, the most it can bound.

    Nor does it call `__post_init__`, which would check the values once more. msgspec looks at a class once and keeps in
    it what it finds: that is removed again, since a program that decodes with msgspec itself needs the class as it is.
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
