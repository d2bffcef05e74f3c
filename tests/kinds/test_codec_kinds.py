"""The codec of each type, with all of its golden vectors."""

from __future__ import annotations

import base64

import pytest

from checkpoint_notify.codec import codec_for
from checkpoint_notify.conformance.values import values_for
from checkpoint_notify.conformance.verdict import answer_to

from ..support.kinds import LISTS, SCHEMAS, generated, payload, vectors
from ..support.peer import Peer


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_codec_answers_each_vector_as_rust(name: str) -> None:
    """With both decoders; what is written for a canonical payload's value is that payload."""
    codec, values = codec_for(generated(name)), values_for(generated(name))
    for which in LISTS:
        for vector in vectors(name, which):
            given = payload(vector)
            expected = {key: vector[key] for key in ("value", "error") if key in vector}
            for decode in (codec.decode, codec.decode_exact):
                assert expected == answer_to(given, decode, values.to_protocol), (which, vector["name"])
            if which == "canonical":
                assert given == codec.encode(codec.decode(given)), vector["name"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_codec_writes_each_value_as_rust(name: str, peer: Peer) -> None:
    """Rust's maps have no order."""
    codec = codec_for(generated(name))
    found = [vector for which in ("canonical", "unusual") for vector in vectors(name, which)]
    answers = peer.ask_many([{"op": "encode", "type": name, "value": vector["value"]} for vector in found])
    for vector, answer in zip(found, answers, strict=True):
        assert sorted(base64.b64decode(answer["payload"])) == sorted(codec.encode(codec.decode(payload(vector))))
