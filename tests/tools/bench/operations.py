"""The operations to time, each with all contenders that support it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import repeat
from time import perf_counter_ns
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from . import messages
from .contenders import (
    ARRAY_DECODERS,
    DECODERS,
    ENCODERS,
    OURS,
    PLAIN,
    RUST,
    Decoder,
    build,
    construct,
    construct_plain,
)
from .rust import RustTimer

Run: TypeAlias = Callable[[int], int]
"""Runs a number of calls and returns their total time in nanoseconds."""

DECODE: Final = "decode, canonical"
DECODE_SPACED: Final = "decode, with spaces"
DECODE_ABSENT: Final = "decode, without metadata"
DECODE_UNKNOWN: Final = "decode, with three unknown fields"
DECODE_ARRAY: Final = "decode, array form"
REFUSE: Final = {fault: f"refuse, {fault}" for fault in messages.REFUSED}
ENCODE: Final = "encode"
BUILD: Final = "build, new and four builders"
CONSTRUCT: Final = "build, constructor"


NOTES: Final = {
    ENCODE: "ours is bound by the look at each value before msgspec writes it, and by reading the slots of a dataclass"
}
"""What bounds us, by operation."""


class Job(NamedTuple):
    """One operation as one contender does it."""

    operation: str
    contender: str
    run: Run
    accepts: bool = True
    """Whether it accepts the payload."""


def jobs(rust: RustTimer | None) -> list[Job]:
    """Return all jobs, grouped by operation."""
    return [*_decode(rust), *_refuse(rust), *_encode(rust), *_build()]


def _decode(rust: RustTimer | None) -> Iterator[Job]:
    for operation, payload, decoders in (
        (DECODE, messages.CANONICAL, DECODERS),
        (DECODE_SPACED, messages.SPACED, DECODERS),
        (DECODE_ABSENT, messages.WITHOUT_METADATA, DECODERS),
        (DECODE_UNKNOWN, messages.WITH_UNKNOWN_FIELDS, DECODERS),
        (DECODE_ARRAY, messages.ARRAY, ARRAY_DECODERS),
    ):
        for decoder in decoders:
            yield _decoding(operation, decoder, payload)
        yield from _rust(operation, rust, "decode", payload)


def _refuse(rust: RustTimer | None) -> Iterator[Job]:
    for fault, payload in messages.REFUSED.items():
        for decoder in DECODERS:
            yield _decoding(REFUSE[fault], decoder, payload)
        yield from _rust(REFUSE[fault], rust, "decode", payload)


def _decoding(operation: str, decoder: Decoder, payload: bytes) -> Job:
    try:
        decoder.decode(payload)
    except decoder.refusals:
        return Job(operation, decoder.name, partial(_refusing, decoder, payload), accepts=False)
    return Job(operation, decoder.name, partial(calling, decoder.decode, payload))


def _encode(rust: RustTimer | None) -> Iterator[Job]:
    for encoder in ENCODERS:
        yield Job(ENCODE, encoder.name, partial(calling, encoder.encode, encoder.message))
    yield from _rust(ENCODE, rust, "encode", messages.CANONICAL)


def _build() -> Iterator[Job]:
    yield Job(BUILD, OURS, partial(calling, build, messages.VALUES))
    yield Job(CONSTRUCT, OURS, partial(calling, construct, messages.VALUES))
    yield Job(CONSTRUCT, PLAIN, partial(calling, construct_plain, messages.VALUES))


def _rust(operation: str, rust: RustTimer | None, what: Literal["decode", "encode"], payload: bytes) -> Iterator[Job]:
    if rust is not None:
        accepts = operation not in REFUSE.values()
        yield Job(operation, RUST, lambda count: rust.nanoseconds(what, count, payload), accepts)


def calling(call: Callable[[Any], object], argument: object, count: int) -> int:
    """Return the time of that many calls with the argument, in nanoseconds."""
    start = perf_counter_ns()
    for _ in repeat(None, count):
        call(argument)
    return perf_counter_ns() - start


def _refusing(decoder: Decoder, payload: bytes, count: int) -> int:
    decode, refusals = decoder.decode, decoder.refusals
    start = perf_counter_ns()
    for _ in repeat(None, count):
        try:
            decode(payload)
        except refusals:
            pass
    return perf_counter_ns() - start
