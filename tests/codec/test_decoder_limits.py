"""Payloads made to break a decoder: deep, long, of many parts. Each is judged as Rust does, by `DecodeError` alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from checkpoint_notify import CheckpointNotification
from checkpoint_notify.conformance.verdict import answer_to

from ..support.peer import Peer

HEAD: Final = b'{"model_path":"p","model_name":"n","version":1,"saved_at":"t","training_step":2'
DEEP: Final = 100_000

PAYLOADS: Final[dict[str, Callable[[], bytes]]] = {
    "arrays 100,000 deep": lambda: HEAD + b',"x":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "objects 100,000 deep": lambda: HEAD + b',"x":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
    "mixed 100,000 deep": lambda: HEAD + b',"x":' + b'[{"a":' * (DEEP // 2) + b"1" + b"}]" * (DEEP // 2) + b"}",
    "arrays never closed": lambda: HEAD + b',"x":' + b"[" * DEEP,
    "arrays closed too often": lambda: HEAD + b',"x":' + b"[" * DEEP + b"]" * (DEEP + 1) + b"}",
    "deep in a used field": lambda: b'{"model_path":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep at the top": lambda: b"[" * DEEP,
    "a million unknown keys": lambda: HEAD + b',"x":1' * 1_000_000 + b"}",
    "200,000 metadata entries": lambda: (
        HEAD + b',"metadata":{' + b",".join(b'"%d":""' % i for i in range(200_000)) + b"}}"
    ),
    "an ignored number of 10 MB": lambda: HEAD + b',"x":' + b"9" * 10_000_000 + b"}",
    "a version of 10 MB": lambda: HEAD.replace(b'"version":1', b'"version":' + b"9" * 10_000_000) + b"}",
    "a version of 5,000 digits": lambda: HEAD.replace(b'"version":1', b'"version":' + b"9" * 5_000) + b"}",
    "a fraction of 10 MB": lambda: HEAD.replace(b'"version":1', b'"version":0.' + b"0" * 10_000_000 + b"1") + b"}",
    "an exponent of 1 MB": lambda: HEAD.replace(b'"version":1', b'"version":1e' + b"0" * 1_000_000 + b"5") + b"}",
    "an exponent of 5,000 nines": lambda: HEAD.replace(b'"version":1', b'"version":1e' + b"9" * 5_000) + b"}",
    "100 MB of one string": lambda: HEAD + b',"x":"' + b"a" * 100_000_000 + b'"}',
    "10 MB of escapes": lambda: HEAD.replace(b'"p"', b'"' + b"\\u00e9" * 1_700_000 + b'"') + b"}",
    "10 MB of white space": lambda: HEAD + b"\n" * 10_000_000 + b"}",
    "10 MB of newlines before a fault": lambda: b"\n" * 10_000_000 + b"x",
    "bad UTF-8 at the end of 10 MB": lambda: HEAD + b',"x":"' + b"a" * 10_000_000 + b'\xff"}',
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_payloads_are_judged_as_by_rust(peer: Peer, name: str) -> None:
    """The same answer as the real crate's, and no exception but `DecodeError`."""
    payload = PAYLOADS[name]()
    assert peer.decode(payload) == answer_to(payload)


def test_a_deep_str_is_judged_as_its_bytes() -> None:
    """Depth is no matter of the payload's type."""
    payload = PAYLOADS["arrays 100,000 deep"]()
    assert CheckpointNotification.from_json(payload) == CheckpointNotification.from_json(payload.decode())
