"""Schemas and vectors of other types, as a reader in Python meets them; tests/rust/tests/kinds.rs asks the types."""

from __future__ import annotations

import base64
import json
import re
import struct
import subprocess
from collections.abc import Iterator
from typing import Any, Final

import jsonschema
import pytest

from ..conftest import RustBin
from ..support.kinds import FOLDER, LISTS, SCHEMAS, payload, schema, vectors
from ..support.peer import Peer

PAIRS: Final[dict[str, dict[str, Any]]] = json.loads((FOLDER / "pairs.json").read_text(encoding="utf-8"))
MESSAGE: Final = FOLDER.parents[1] / "schema" / "checkpoint_notification.schema.json"
RESPONSE: Final = json.loads((MESSAGE.parent / "peer_protocol.schema.json").read_text(encoding="utf-8"))


def _all_schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in SCHEMAS:
        yield name, schema(name)
    for name, pair in PAIRS.items():
        yield from ((f"{name}/{side}", pair[side]) for side in ("old", "new"))


def test_each_schema_is_one() -> None:
    """Of draft 2020-12, and its defaults are as it says."""
    for name, one in _all_schemas():
        jsonschema.Draft202012Validator.check_schema(one)
        for node in (one, *one.get("$defs", {}).values()):
            for field, property_ in node.get("properties", {}).items():
                whole = {"$defs": one.get("$defs", {}), **property_}
                if "default" in property_:
                    assert jsonschema.Draft202012Validator(whole).is_valid(property_["default"]), (name, field)


def test_accepted_payloads_in_object_form_are_as_the_schema_says() -> None:
    """What Rust writes is valid by the schema."""
    for name in SCHEMAS:
        validator = jsonschema.Draft202012Validator(schema(name))
        for vector in vectors(name, "canonical"):
            validator.validate(json.loads(vector["payload"]))


def test_the_message_with_more_fields_is_the_message() -> None:
    """Each `Extended…` has the schema of the message, and fields behind its own."""
    message = json.loads(MESSAGE.read_text(encoding="utf-8"))
    extended = [name for name in SCHEMAS if name.startswith("Extended")]
    assert len(extended) > 20
    for name in extended:
        found = schema(name)
        own = list(message["properties"].items())
        assert own == list(found["properties"].items())[: len(own)], name
        assert len(own) < len(found["properties"]), name
        assert message["title"] == found["title"], name


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_peer_answers_each_vector(name: str, peer: Peer) -> None:
    """By the name of the type; a canonical payload is what is written for its value, but for the order of maps."""
    for which in LISTS:
        found = vectors(name, which)
        assert found
        asked = [
            {"op": "decode", "type": name, "payload": base64.b64encode(payload(vector)).decode()} for vector in found
        ]
        expected = [{key: vector[key] for key in ("value", "error") if key in vector} for vector in found]
        assert expected == peer.ask_many(asked)
        assert ("error" if which == "refused" else "value") in expected[0]
    canonical = vectors(name, "canonical")
    answers = peer.ask_many([{"op": "encode", "type": name, "value": vector["value"]} for vector in canonical])
    written = [base64.b64decode(answer["payload"]) for answer in answers]
    assert [sorted(payload(vector)) for vector in canonical] == [sorted(text) for text in written]


def test_values_are_as_the_protocol_says() -> None:
    """No number stands outside of a string, and each name stands once in a list."""
    response = jsonschema.Draft202012Validator({"$defs": RESPONSE["$defs"], "$ref": "#/$defs/value"})
    for name in SCHEMAS:
        for which in LISTS:
            found = vectors(name, which)
            assert len(found) == len({vector["name"] for vector in found}), (name, which)
            for vector in found:
                assert ("error" in vector) == (which == "refused"), (name, vector["name"])
                response.validate(vector.get("value", {}))


def test_each_pair_was_measured() -> None:
    """With its two types, and with what became of their messages."""
    facts = [
        json.loads(line) for line in (FOLDER / "vectors" / "pairs" / "facts.jsonl").read_text("utf-8").splitlines()
    ]
    assert list(PAIRS) == [fact["pair"] for fact in facts]
    for fact in facts:
        for direction in ("backward", "forward"):
            assert fact[f"{direction}_written"] or not fact[f"{direction}_spelled"], fact
            assert (f"{direction}_lost" in fact) == (not fact[f"{direction}_spelled"]), fact


def test_pairs_are_types_of_the_peer(peer: Peer) -> None:
    """`pairs/NAME/old` and `pairs/NAME/new`."""
    types = peer.ask({"op": "types"})["types"]
    assert {f"pairs/{name}/{side}" for name in PAIRS for side in ("old", "new")} | SCHEMAS.keys() == set(types) - {
        "CheckpointNotification"
    }


def _floats(rust_bin: RustBin, how: str, lines: list[str]) -> list[str]:
    text = "".join(f"{line}\n" for line in lines)
    done = subprocess.run([rust_bin("floats"), how], input=text, capture_output=True, encoding="ascii", check=True)
    return done.stdout.splitlines()


def _bits(number: float) -> str:
    return struct.pack(">d", number).hex()


def test_floats_are_read_and_written_in_bulk(rust_bin: RustBin) -> None:
    """Bits for texts and texts for bits; a float whose text is read inexactly shows it."""
    read = _floats(rust_bin, "read", ["0.1", "-0.0", "1.5777777777770001", "1e999", "7"])
    assert [_bits(0.1), _bits(-0.0), _bits(1.577777777777)] == read[:3]
    assert ["-number out of range at line 1 column 5", _bits(7.0)] == read[3:]
    numbers = [0.1, -0.0, 1.0, 1e16, 1e15, 1e-7, 1e-5, 5e-324, float("inf")]
    expected = ["0.1", "-0.0", "1.0", "1e+16", "1000000000000000.0", "1e-7", "0.00001", "5e-324", "null"]
    assert expected == _floats(rust_bin, "write", [_bits(number) for number in numbers])
    assert [_bits(0.1), _bits(5e-324)] == _floats(rust_bin, "again", [_bits(0.1), _bits(5e-324)])


PAGE: Final = (FOLDER / "README.md").read_text(encoding="utf-8")
ROWS: Final = re.findall(r"^\| (\w+) \| `([^`]+)` \| (?:`` (.+) ``|`(.+)`) \|$", PAGE, re.MULTILINE)


def test_the_answers_of_the_page(peer: Peer) -> None:
    """The peer gives each answer that README.md shows."""
    assert 100 < len(ROWS)
    asked = [
        {
            "op": "decode",
            "type": name,
            "payload": base64.b64encode(shown.replace("\\n", "\n").encode()).decode(),
        }
        for name, shown, _, _ in ROWS
    ]
    found = [_shown(answer) for answer in peer.ask_many(asked)]
    assert [with_ticks or without for _, _, with_ticks, without in ROWS] == found


def _shown(answer: dict[str, Any]) -> str:
    return "{category}: {text}".format(**answer["error"]) if "error" in answer else "accepted"


def test_the_pairs_of_the_page() -> None:
    """The table of README.md is what was measured."""
    lines = (FOLDER / "vectors" / "pairs" / "facts.jsonl").read_text(encoding="utf-8").splitlines()
    columns = ("backward_written", "backward_spelled", "forward_written", "forward_spelled")
    rows = []
    for fact in map(json.loads, lines):
        rows.append(f"| `{fact['pair']}` | {' | '.join('yes' if fact[column] else 'no' for column in columns)} |")
    assert PAGE.endswith("\n".join(["|---|---|---|---|---|", *rows, ""]))
