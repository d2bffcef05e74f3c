"""The codec of one message: a fast path for the usual payloads, and the exact parser for all others.

The fast path proves its answer for each payload. msgspec decodes the payload, and the value is encoded again. If the
bytes are equal, the payload is what serde_json writes for this value; so serde_json reads it as this value. There are
two more proofs. The bytes are equal after `msgspec.json.format` has removed the white space around tokens; it removes
nothing else, and serde_json ignores that white space. Or the bytes are equal to the encoding without the fields that
hold their default; serde gives the default to an absent field.

Two kinds of numbers would survive the round trip with a wrong value. Integers out of range: msgspec is told to reject
them. Floats that serde_json does not read as the nearest float: the fast path leaves long floats and those with an
exponent to the exact parser. Every failure of the fast path is inconclusive: the exact parser decides.
"""

from __future__ import annotations

import functools
import inspect
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

import msgspec

from checkpoint_notify.codec.encoder import compile_proof_writer, encoder_for
from checkpoint_notify.codec.layout import (
    BoolKind,
    EnumKind,
    FloatKind,
    IntKind,
    Kind,
    ListKind,
    MapKind,
    OptionKind,
    StringKind,
    StructKind,
    holds,
    layout_of,
    structs_in,
)

M = TypeVar("M")

_FAST_BYTES: Final = 1 << 20
"""The fast path holds a second copy of payload and value, which is too much for larger payloads."""

Payload: TypeAlias = str | bytes | bytearray | memoryview
"""What can be decoded: JSON as text, or as bytes in UTF-8."""

_DIGIT_RUN: Final = b"0" * 17
_DIGITS_TO_ZERO: Final = bytes.maketrans(b"123456789.", b"0000000000")
_long_float: Final = re.compile(rb"0\.0{0,4}[1-9][0-9]{15}|[1-9](?=[0-9]{0,15}\.)[0-9.]{16}").search


class Codec(NamedTuple, Generic[M]):
    """Reads and writes messages of one class."""

    decode: Callable[[Payload], M]
    """Return the message in a payload. Raises DecodeError if Rust refuses it; TypeError for another type."""
    decode_exact: Callable[[bytes], M]
    """The same, with the exact parser alone."""
    encode: Callable[[M], bytes]
    """Return the bytes that serde_json writes. Raises EncodeError, with the field, if Rust cannot hold a value."""


def codec_for(message: type[M], generated: type | None = None) -> Codec[M]:
    """The codec of a generated dataclass, or of a class `message` that adds no field to the dataclass `generated`.

    Raises TypeError if a field is of a type that the codec does not know.
    """
    layout = layout_of(generated or message, message)
    read = _reader(layout)
    encode = encoder_for(layout)
    write = compile_proof_writer(layout, omit_defaults=False)
    write_short = compile_proof_writer(layout, omit_defaults=True)
    has_floats = holds(layout, lambda kind: isinstance(kind, FloatKind))
    remove_space = msgspec.json.format

    def decode(payload: Payload) -> M:
        """Return the message in a payload. Raises DecodeError if Rust refuses it; TypeError for another type."""
        src = payload if type(payload) is bytes else _to_bytes(payload)
        if len(src) <= _FAST_BYTES and not (has_floats and _may_have_long_float(src)):
            try:
                found: M = read(src)
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
        found: M = _exact_decoder()(src, layout)
        return found

    return Codec(decode, decode_exact, encode)


def _to_bytes(payload: Payload) -> bytes:
    from checkpoint_notify.codec.payload import to_bytes

    return to_bytes(payload)


def _may_have_long_float(src: bytes) -> bool:
    """Return whether the payload may have a float that serde_json does not read as the nearest float: a long one.

    serde_json computes a float from its digits as an integer, times or divided by a power of ten. For at most 15 digits
    and 10**22 both are exact floats, and the result is rounded once, so it is the nearest float. Of the floats that
    serde_json writes without an exponent, the others have at least 16 digits and the point. Strings are searched, too.
    """
    # A search for a plain byte string is much faster than one for a pattern.
    return _DIGIT_RUN in src.translate(_DIGITS_TO_ZERO) and _long_float(src) is not None


def _skips(layout: StructKind) -> bool:
    """Return whether serde leaves out a field of the message that msgspec would write as null."""
    return any(field.skipped_if_none for struct in structs_in(layout) for field in struct.fields)


def _reader(layout: StructKind) -> Callable[[bytes], Any]:
    """Return msgspec's decoder for a message.

    It rejects integers out of range; for u64 those above 2**63-1, msgspec's largest bound. It does not
    call `__post_init__`, which would check the values again.
    """
    with _prepared_for_msgspec(layout):
        return msgspec.json.Decoder(layout.cls).decode


_PREPARING: Final = threading.Lock()


@contextmanager
def _prepared_for_msgspec(layout: StructKind) -> Iterator[None]:
    """Give each class bounded integers and an empty `__post_init__` while msgspec inspects it.

    msgspec inspects a class once and caches the result in the class. The cache is removed: a program that decodes with
    msgspec itself needs the unchanged class.
    """
    with _PREPARING:
        changed = [_Changed(struct) for struct in structs_in(layout)]
        try:
            yield
        finally:
            for each in changed:
                each.restore()


class _Changed:
    """A class that is prepared for msgspec."""

    def __init__(self, struct: StructKind) -> None:
        cls: Any = struct.cls
        self._cls = cls
        self._annotations = inspect.get_annotations(cls)
        self._post_init = vars(cls).get("__post_init__")
        types = {field.name: _msgspec_type(field.kind) for field in struct.fields}
        cls.__annotations__ = self._annotations | types
        if hasattr(cls, "__post_init__"):
            cls.__post_init__ = staticmethod(type)  # does nothing, and is fast

    def restore(self) -> None:
        self._cls.__annotations__ = self._annotations
        if self._post_init is not None:
            self._cls.__post_init__ = self._post_init
        elif "__post_init__" in vars(self._cls):
            del self._cls.__post_init__
        if "__msgspec_cache__" in vars(self._cls):
            del self._cls.__msgspec_cache__


def _msgspec_type(kind: Kind) -> Any:
    match kind:
        case StringKind():
            return str
        case IntKind():
            return Annotated[int, msgspec.Meta(ge=kind.minimum, le=min(kind.maximum, 2**63 - 1))]
        case FloatKind():
            return float
        case OptionKind(inner):
            return _msgspec_type(inner) | None
        case ListKind(item):
            return list[_msgspec_type(item)]  # type: ignore[misc]
        case MapKind(value):
            return dict[str, _msgspec_type(value)]  # type: ignore[misc]
        case EnumKind() | StructKind():
            return kind.cls
        case BoolKind():
            return bool


@functools.cache
def _exact_decoder() -> Callable[[bytes, StructKind], Any]:
    from checkpoint_notify.codec.decoder import decode  # late: its patterns take long to compile

    return decode
