"""Converts a payload to bytes, and checks that they are UTF-8: the Rust decoder gets only a `&str`."""

from __future__ import annotations

import codecs
from typing import Final

from checkpoint_notify.errors import DecodeError

_CHUNK: Final = 1 << 16


def to_bytes(payload: str | bytes | bytearray | memoryview) -> bytes:
    """Return the payload as bytes. Raises DecodeError (utf8) for surrogates in a str; TypeError for another type."""
    if isinstance(payload, str):
        try:
            return payload.encode()
        except UnicodeEncodeError as error:
            offset = len(payload[: error.start].encode())
            raise _not_utf8(f"lone surrogate U+{ord(payload[error.start]):04X}", offset) from None
    if isinstance(payload, (bytes, bytearray, memoryview)):
        return bytes(payload)
    raise TypeError(f"payload must be str, bytes, bytearray or memoryview, not {type(payload).__name__}")


def check_utf8(src: bytes) -> None:
    """Raise DecodeError (utf8) unless all of `src` is strict UTF-8. Decodes in chunks, to hold no second copy."""
    if src.isascii():
        return
    start = 0
    while start < len(src):
        try:
            _, taken = codecs.utf_8_decode(src[start : start + _CHUNK], "strict", start + _CHUNK >= len(src))
        except UnicodeDecodeError as error:
            offset = start + error.start
            raise _not_utf8(f"byte 0x{src[offset]:02x}", offset) from None
        start += taken  # a sequence that the chunk cuts in two is left to the next one


def _not_utf8(what: str, offset: int) -> DecodeError:
    return DecodeError("utf8", f"invalid UTF-8: {what} at byte {offset}", None, None, offset)
