"""What a peer is asked, what it should answer, and what its answer is worth."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args

from checkpoint_notify._message import CheckpointNotification
from checkpoint_notify.conformance.lines import (
    UNSUPPORTED,
    Answer,
    decode_request,
    encode_request,
    payload_of,
)
from checkpoint_notify.conformance.values import from_protocol
from checkpoint_notify.conformance.verdict import agree
from checkpoint_notify.errors import DecodeError
from checkpoint_notify.resources import Vector, VectorKind, vectors

Op: TypeAlias = Literal["decode", "encode"]


class Kind(StrEnum):
    """What came of a check; only `PASSED` is a pass."""

    PASSED = "passed"
    VERDICT = "verdict"
    """It accepts what Rust refuses, or the other way round."""
    VALUE = "value"
    """Both accept, and read different fields."""
    ERROR = "error"
    """Both refuse, with different errors."""
    BYTES = "bytes"
    """It writes other bytes than Rust, or none."""
    SKIPPED = "skipped"
    """It says that it has no such operation."""
    ERRORED = "errored"
    """It says that it failed, or its answer is not one of the protocol."""
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"
    NOT_RUN = "not_run"
    """The run was given up before."""


MISMATCHES: Final = {Kind.VERDICT: "decode", Kind.VALUE: "decode", Kind.ERROR: "decode", Kind.BYTES: "encode"}
"""What an answer can differ in, and in answer to what."""


class Check(NamedTuple):
    """One question, with Rust's answer."""

    op: Op
    vector: Vector
    expected: Answer

    @property
    def name(self) -> str:
        """Such as `decode/refused/trailing_word`."""
        return f"{self.op}/{self.vector.kind}/{self.vector.name}"

    @property
    def request(self) -> dict[str, Any]:
        """The request, without an id."""
        if self.op == "decode":
            return decode_request(self.vector.payload)
        return encode_request(_value_of(self.vector))


class Outcome(NamedTuple):
    """What came of a check."""

    check: Check
    kind: Kind
    actual: Answer | None = None
    """What the peer answered; None where that is no answer."""
    detail: str = ""
    """What went wrong, where it gave none."""


def all_checks() -> Iterator[Check]:
    """Each vector decoded; and the value of each that Rust accepts, encoded."""
    listed = [vector for kind in get_args(VectorKind) for vector in vectors(kind)]
    for vector in listed:
        yield Check("decode", vector, {"error": vector.error} if vector.value is None else {"value": vector.value})
    for vector in listed:
        if vector.value is not None:
            yield Check("encode", vector, {"payload": base64.b64encode(_rust_bytes(vector)).decode()})


def judge(check: Check, answer: Answer) -> Outcome:
    """What a well-formed answer is worth."""
    if "failure" in answer:
        kind = Kind.SKIPPED if answer["failure"] == UNSUPPORTED else Kind.ERRORED
        return Outcome(check, kind, detail=f"its failure: {answer['failure']!a}")
    return Outcome(check, _encoded(check, answer) if check.op == "encode" else _decoded(check, answer), answer)


def _decoded(check: Check, answer: Answer) -> Kind:
    if check.expected.keys() != answer.keys():
        return Kind.VERDICT
    if agree(check.expected, answer):
        return Kind.PASSED
    return Kind.VALUE if "value" in answer else Kind.ERROR


def _encoded(check: Check, answer: Answer) -> Kind:
    written = "payload" in answer and _is_written(_value_of(check.vector), payload_of(answer))
    return Kind.PASSED if written else Kind.BYTES


def _is_written(value: Mapping[str, Any], payload: bytes) -> bool:
    """Whether Rust could have written these bytes for this value: the order of metadata is nobody's promise.

    They mean the value, and are what is written for a value whose metadata has the order that they have.
    """
    try:
        read = CheckpointNotification.from_json(payload)
    except DecodeError:
        return False
    return read == from_protocol(value) and read.to_json_bytes() == payload


def _rust_bytes(vector: Vector) -> bytes:
    return vector.payload if vector.kind == "canonical" else from_protocol(_value_of(vector)).to_json_bytes()


def _value_of(vector: Vector) -> Mapping[str, Any]:
    if vector.value is None:
        raise ValueError(f"{vector.name}: Rust refuses it, so there is no value to be encoded")
    return vector.value
