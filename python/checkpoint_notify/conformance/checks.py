"""The checks: the requests to a peer, the expected answers, and the judgement of its answers."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args

from checkpoint_notify.conformance.lines import (
    UNSUPPORTED,
    Answer,
    decode_request,
    encode_request,
    payload_of,
)
from checkpoint_notify.conformance.values import from_protocol
from checkpoint_notify.conformance.verdict import agree, is_written
from checkpoint_notify.resources import Vector, VectorKind, vectors

Op: TypeAlias = Literal["decode", "encode"]
"""What a check asks of the peer."""


class OutcomeKind(StrEnum):
    """The result of a check; only `PASSED` is a success."""

    PASSED = "passed"
    VERDICT = "verdict"
    """The peer accepts a payload that Rust refuses, or refuses one that Rust accepts."""
    VALUE = "value"
    """Both accept the payload, but read different fields."""
    ERROR = "error"
    """Both refuse the payload, but with different errors."""
    BYTES = "bytes"
    """The peer writes other bytes than Rust, or none."""
    SKIPPED = "skipped"
    """The peer says that it does not support the operation."""
    ERRORED = "errored"
    """The peer reports a failure, or its answer breaks the protocol."""
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"
    NOT_RUN = "not_run"
    """The runner had given up before this check."""


MISMATCHES: Final = {
    OutcomeKind.VERDICT: "decode",
    OutcomeKind.VALUE: "decode",
    OutcomeKind.ERROR: "decode",
    OutcomeKind.BYTES: "encode",
}
"""The kinds of wrong answers, and the operation in whose answer each occurs."""


class Check(NamedTuple):
    """One request, and Rust's answer to it."""

    op: Op
    vector: Vector
    expected: Answer

    @property
    def name(self) -> str:
        """The name of the check, such as `decode/refused/trailing_word`."""
        return f"{self.op}/{self.vector.kind}/{self.vector.name}"

    @property
    def request(self) -> dict[str, Any]:
        """The request, without an id."""
        if self.op == "decode":
            return decode_request(self.vector.payload)
        return encode_request(_value_of(self.vector))


class Outcome(NamedTuple):
    """The result of a check, with the peer's answer."""

    check: Check
    kind: OutcomeKind
    actual: Answer | None = None
    """The peer's answer; None if there is no valid answer."""
    detail: str = ""
    """The reason, if there is no valid answer."""


def all_checks() -> Iterator[Check]:
    """Yield a decode check for each vector, and an encode check for the value of each vector that Rust accepts."""
    listed = [vector for kind in get_args(VectorKind) for vector in vectors(kind)]
    for vector in listed:
        yield Check("decode", vector, {"error": vector.error} if vector.value is None else {"value": vector.value})
    for vector in listed:
        if vector.value is not None:
            yield Check("encode", vector, {"payload": base64.b64encode(_rust_bytes(vector)).decode()})


def judge(check: Check, answer: Answer) -> Outcome:
    """Judge a well-formed answer."""
    if "failure" in answer:
        kind = OutcomeKind.SKIPPED if answer["failure"] == UNSUPPORTED else OutcomeKind.ERRORED
        return Outcome(check, kind, detail=f"its failure: {answer['failure']!a}")
    return Outcome(check, _encoded(check, answer) if check.op == "encode" else _decoded(check, answer), answer)


def _decoded(check: Check, answer: Answer) -> OutcomeKind:
    if check.expected.keys() != answer.keys():
        return OutcomeKind.VERDICT
    if agree(check.expected, answer):
        return OutcomeKind.PASSED
    return OutcomeKind.VALUE if "value" in answer else OutcomeKind.ERROR


def _encoded(check: Check, answer: Answer) -> OutcomeKind:
    written = "payload" in answer and is_written(payload_of(answer), _value_of(check.vector), _bytes_of)
    return OutcomeKind.PASSED if written else OutcomeKind.BYTES


def _rust_bytes(vector: Vector) -> bytes:
    return vector.payload if vector.kind == "canonical" else _bytes_of(_value_of(vector))


def _bytes_of(value: Mapping[str, Any]) -> bytes:
    return from_protocol(value).to_json_bytes()


def _value_of(vector: Vector) -> Mapping[str, Any]:
    if vector.value is None:
        raise ValueError(f"{vector.name}: Rust refuses this vector, so it has no value to encode")
    return vector.value
