"""The page, the schema and the peers say the same: each line that is exchanged, each example, each rule."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from checkpoint_notify.conformance import Implementation, RefusedError, all_checks
from checkpoint_notify.conformance.lines import LONGEST, LineError, OutOfTurnError, line_of, read_response
from checkpoint_notify.conformance.peer import OURS
from checkpoint_notify.conformance.serving import answer

from ..conftest import RustBin
from ..support.peers import peer_command
from ..support.waiting import PATIENCE

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
SCHEMA: Final = json.loads((ROOT / "schema" / "peer_protocol.schema.json").read_text(encoding="utf-8"))
LANGUAGES: Final = ["rust", "python", "node"]
VALUE: Final = {
    "model_path": "p",
    "model_name": "n",
    "version": "1",
    "saved_at": "t",
    "training_step": "2",
    "metadata": {"k": "v"},
}


def validator(part: str) -> jsonschema.Draft202012Validator:
    """For one definition of the schema."""
    return jsonschema.Draft202012Validator({"$defs": SCHEMA["$defs"], "$ref": f"#/$defs/{part}"})


REQUEST: Final = validator("request")
RESPONSE: Final = validator("response")


def talk(command: tuple[str, ...], requests: bytes) -> list[Any]:
    """The responses to all that is written at once; the peer must end by itself, and well."""
    done = subprocess.run(command, input=requests, capture_output=True, timeout=PATIENCE, check=False)
    assert (0, b"") == (done.returncode, done.stderr)
    *lines, rest = done.stdout.split(b"\n")
    assert b"" == rest
    assert LONGEST > max(map(len, lines))
    return [json.loads(line) for line in lines]


def is_failure(response: dict[str, Any], number: int | None) -> bool:
    """Whether it is a failure under this id."""
    return response.keys() == {"id", "failure"} and response["id"] == number and isinstance(response["failure"], str)


EXAMPLES: Final = [
    (sent, json.loads(received)) for sent, received in re.findall(r"^-> (.*)\n<- (.*)$", PAGE, re.MULTILINE)
]


def test_the_protocol_schema_is_valid() -> None:
    """A valid draft 2020-12 schema under its own name."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert "urn:fks:peer_protocol:v1" == SCHEMA["$id"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_examples_of_the_page(language: str, rust_bin: RustBin) -> None:
    """Every peer answers as the page shows; who it is, and what it cannot know of an error, is its own."""
    assert 9 == len(EXAMPLES)
    requests = b"".join(sent.encode() + b"\n" for sent, _ in EXAMPLES)
    responses = talk(peer_command(language, rust_bin), requests)
    for (sent, expected), response in zip(EXAMPLES, responses, strict=True):
        RESPONSE.validate(expected)
        if "failure" in expected:
            assert is_failure(response, expected["id"]), sent
        elif "name" in expected and language != "rust":
            assert expected.keys() == response.keys()
            assert expected["protocol"] == response["protocol"]
        elif "error" in expected and language == "node":
            assert {"id", "error"} == response.keys()
        else:
            assert expected == response


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_is_valid(language: str, rust_bin: RustBin) -> None:
    """All that the runner asks, and all that comes back, is as the schema says; so is the order."""
    asked = [{"op": "hello"}, *(check.request for check in all_checks()), {"op": "url", "url": "redis://h"}]
    requests = [{**request, "id": number} for number, request in enumerate([*asked, {"op": "stop"}], 1)]
    lines = [line_of(request, number) for number, request in enumerate([*asked, {"op": "stop"}], 1)]
    responses = talk(peer_command(language, rust_bin), b"".join(lines))
    assert [] == [request for request in requests if not REQUEST.is_valid(request)]
    assert [] == [response for response in responses if not RESPONSE.is_valid(response)]
    assert [request["id"] for request in requests] == [response["id"] for response in responses]
    assert all(line.isascii() and line.count(b"\n") == 1 and len(line) < 300_000 for line in lines)


@pytest.mark.parametrize("language", ["rust", "python"])
def test_types(language: str, rust_bin: RustBin) -> None:
    """A request may name a type that the peer has; it has the message at least, which is meant where none is named."""
    encode: dict[str, Any] = {"op": "encode", "value": VALUE}
    requests: list[dict[str, Any]] = [
        {"op": "types"},
        encode,
        encode | {"type": "CheckpointNotification"},
        {"op": "decode", "payload": "", "type": "NoType"},
        encode | {"type": "NoType"},
    ]
    numbered = [{**request, "id": number} for number, request in enumerate(requests)]
    assert [] == [request for request in numbered if not REQUEST.is_valid(request)]
    responses = talk(peer_command(language, rust_bin), b"".join(line_of(r, n) for n, r in enumerate(requests)))
    assert [] == [response for response in responses if not RESPONSE.is_valid(response)]
    types, unnamed, named, *unknown = responses
    assert "CheckpointNotification" == types["types"][0]
    assert unnamed["payload"] == named["payload"]
    assert [{"id": 3, "failure": "unsupported"}, {"id": 4, "failure": "unsupported"}] == unknown


BAD_LINES: Final = [b"", b"x", b"[]", b"null", b'{"op":"stop"}', b'{"id":"1","op":"stop"}', b'{"id":1.5,"op":"stop"}']


@pytest.mark.parametrize("language", LANGUAGES)
def test_unknown_requests_get_a_failure(language: str, rust_bin: RustBin) -> None:
    """The peer answers each such line with a failure and goes on. It ends at the end of the input."""
    lines = [*BAD_LINES, b'{"id":1,"op":"dance"}', b'{"id":2}', b'{"id":3,"op":"hello","new":1}']
    responses = talk(peer_command(language, rust_bin), b"\n".join(lines))
    assert [None] * len(BAD_LINES) + [1, 2, 3] == [response["id"] for response in responses]
    assert [] == [r for r in responses[:-1] if not is_failure(r, r["id"])]
    assert 1 == responses[-1]["protocol"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_stop_is_the_last_response(language: str, rust_bin: RustBin) -> None:
    """The response to `stop` is the last line."""
    lines = [b'{"id":7,"op":"stop"}', b'{"id":8,"op":"hello"}', b""]
    assert [{"id": 7, "stopped": True}] == talk(peer_command(language, rust_bin), b"\n".join(lines))


def _value(**changes: Any) -> dict[str, Any]:
    return {"op": "encode", "value": VALUE | changes}


NO_REQUESTS: Final[list[dict[str, Any]]] = [
    {"op": "decode"},
    {"op": "decode", "payload": 1},
    {"op": "decode", "payload": "e30"},
    {"op": "decode", "payload": "_-8="},
    {"op": "encode"},
    {"op": "encode", "value": "x"},
    {"op": "encode", "value": []},
    {"op": "decode", "payload": "", "type": 1},
    {"op": "encode", "value": VALUE, "type": None},
    {"op": "dance"},
    {"op": 1},
    {},
    _value(version=1),
    _value(metadata={"k": 1}),
    _value(metadata={"k": [1]}),
]
NO_VALUES: Final = [
    _value(metadata=None),
    _value(metadata={"k": None}),
    _value(model_path=["p"]),
    _value(model_path=True),
    _value(version="01"),
    _value(version="+1"),
    _value(version=" 1"),
    _value(version="1_0"),
    _value(version="\u0661"),
    _value(version="-1"),
    _value(version="18446744073709551616"),
    _value(version=""),
    _value(epoch="1"),
    {"op": "decode", "payload": "e30=\n"},
    {"op": "encode", "value": {name: field for name, field in VALUE.items() if name != "metadata"}},
]
"""To be answered by a failure, though the schema takes it: it does not know the message, and to Python `$` is also the
place before a last newline."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_malformed_requests_are_refused(language: str, rust_bin: RustBin) -> None:
    """The schema and every peer refuse them. Which values it can encode is up to the peer."""
    assert [] == [request for request in NO_REQUESTS if REQUEST.is_valid({**request, "id": 1})]
    requests = [*NO_REQUESTS, *NO_VALUES]
    if language == "node":  # it looks at no `type`, and takes any value
        requests = [r for r in requests if not isinstance(r.get("value"), dict) and "type" not in r]
    lines = [line_of(request, number) for number, request in enumerate(requests)]
    responses = talk(peer_command(language, rust_bin), b"".join(lines))
    assert [] == [
        (requests[number], response) for number, response in enumerate(responses) if not is_failure(response, number)
    ]
    assert len(requests) == len(responses) > 10


@pytest.mark.parametrize("request_id", [-1, 2**53, 1.5, "1", None, True])
def test_malformed_ids_are_refused(request_id: object) -> None:
    """An id is an integer that every reader of JSON can hold."""
    assert not REQUEST.is_valid({"id": request_id, "op": "hello"})


RESPONSES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "hello": ("hello", {"name": "n", "version": "1", "protocol": 1, "message": "m"}),
    "value": ("decode", {"value": VALUE}),
    "error": ("decode", {"error": {"category": "eof", "message": "m", "line": 1, "column": 0, "text": "t"}}),
    "utf8": ("decode", {"error": {"category": "utf8", "offset": 0}}),
    "bare error": ("decode", {"error": {}}),
    "payload": ("encode", {"payload": "e30="}),
    "no bytes": ("encode", {"payload": ""}),
    "encode refused": ("encode", {"error": {"text": "t"}}),
    "stopped": ("stop", {"stopped": True}),
    "failure": ("decode", {"failure": "f"}),
}
NO_RESPONSES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "nothing": ("decode", {}),
    "value and error": ("decode", {"value": VALUE, "error": {}}),
    "value and failure": ("decode", {"value": VALUE, "failure": "f"}),
    "unknown member": ("decode", {"value": VALUE, "note": "x"}),
    "value is text": ("decode", {"value": "x"}),
    "value is null": ("decode", {"value": None}),
    "error is null": ("decode", {"error": None}),
    "error has an unknown member": ("decode", {"error": {"pos": 1}}),
    "line is text": ("decode", {"error": {"line": "1"}}),
    "line is true": ("decode", {"error": {"line": True}}),
    "column is null": ("decode", {"error": {"column": None}}),
    "text is null": ("decode", {"error": {"text": None}}),
    "offset is half": ("decode", {"error": {"offset": 0.5}}),
    "failure is null": ("decode", {"failure": None}),
    "payload without padding": ("encode", {"payload": "e30"}),
    "payload for the web": ("encode", {"payload": "_-8="}),
    "payload is null": ("encode", {"payload": None}),
    "hello without version": ("hello", {"name": "n", "protocol": 1, "message": "m"}),
    "hello with a version of number": ("hello", {"name": "n", "version": 1, "protocol": 1, "message": "m"}),
    "hello with more": ("hello", {"name": "n", "version": "1", "protocol": 1, "message": "m", "note": ""}),
    "stopped is false": ("stop", {"stopped": False}),
}


@pytest.mark.parametrize("name", RESPONSES)
def test_valid_responses_are_accepted(name: str) -> None:
    """The schema and the runner both take it."""
    op, response = RESPONSES[name]
    RESPONSE.validate({"id": 5, **response})
    assert response == read_response(op, json.dumps({"id": 5, **response}).encode(), 5)


@pytest.mark.parametrize("name", NO_RESPONSES)
def test_malformed_responses_are_refused(name: str) -> None:
    """Neither the schema nor the runner takes it."""
    op, response = NO_RESPONSES[name]
    assert not RESPONSE.is_valid({"id": 5, **response})
    with pytest.raises(LineError, match=f"not a response to {op}"):
        read_response(op, json.dumps({"id": 5, **response}).encode(), 5)


def test_a_value_may_be_as_deep_as_serde_json_reads() -> None:
    """A message holds 127 levels at most, itself included."""
    value: dict[str, Any] = {"x": "0"}
    for _ in range(126):
        value = {"x": value}
    assert {"value": value} == read_response("decode", json.dumps({"id": 1, "value": value}).encode(), 1)
    deeper = {"x": {"x": value}}
    with pytest.raises(OutOfTurnError, match="nested too deep"):
        read_response("decode", json.dumps({"id": 1, "value": deeper}).encode(), 1)


@pytest.mark.parametrize("found", ["true", "1.0", '"1"', "2", "null", "[1]"])
def test_a_response_under_another_id(found: str) -> None:
    """A value that only Python calls equal to the id is not the id."""
    with pytest.raises(OutOfTurnError, match="the response to request 1 has the id "):
        read_response("stop", b'{"stopped":true,"id":%s}' % found.encode(), 1)


@pytest.mark.parametrize("op", ["hello", "decode", "encode", "stop"])
def test_a_response_to_another_request(op: str) -> None:
    """Each operation has its own responses."""
    for other, response in RESPONSES.values():
        if other != op and response not in [one for own, one in RESPONSES.values() if own == op]:
            if response.keys() & {"error", "failure"}:
                continue  # these are of more than one
            with pytest.raises(LineError, match="not a response to"):
                read_response(op, json.dumps({"id": 5, **response}).encode(), 5)


def _ask(implementation: Implementation, **request: Any) -> dict[str, Any]:
    response: dict[str, Any] = json.loads(answer(implementation, line_of(request, 1)))
    assert 1 == response.pop("id")
    return response


def test_serve_answers_with_a_users_decoder() -> None:
    """What a decoder raises is a refusal if it says so, and a failure if not; without an encoder it is unsupported."""

    def decode(payload: bytes) -> Mapping[str, Any]:
        if payload == b"no":
            raise RefusedError(text="I will not")
        return {"length": float(b"nan" if payload == b"nan" else b"%d" % (10 // len(payload)))}

    ask = partial(_ask, Implementation("mine", "2", decode), op="decode")
    assert {"value": {"length": 5.0}} == ask(payload=base64.b64encode(b"12").decode())
    assert {"error": {"text": "I will not"}} == ask(payload=base64.b64encode(b"no").decode())
    assert "ZeroDivisionError: " in ask(payload="")["failure"]
    assert "ValueError: Out of range float" in ask(payload=base64.b64encode(b"nan").decode())["failure"]
    assert {"failure": "unsupported"} == ask(op="encode", value=VALUE)
    assert {"failure": "unsupported"} == _ask(OURS, op="url", url="redis://h")
