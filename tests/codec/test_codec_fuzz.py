"""A fixed run of the fuzzer: `make fuzz` does the same with more payloads and another seed each time."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

import pytest

from checkpoint_notify import CheckpointNotification
from checkpoint_notify.codec import decoder, numbers
from checkpoint_notify.conformance.verdict import agree, answer_to

from ..conftest import RustBin
from ..support.peer import Peer
from ..tools.fuzz.found import shrunk, write_vector
from ..tools.fuzz.paths import CANONICAL, EXACT, FAST
from ..tools.fuzz.run import fuzz, report, shortfalls

SEED: Final = 20_261_124
COUNT: Final = 50_000


def test_python_and_rust_agree_on_50000_payloads(rust_bin: RustBin) -> None:
    """Not one disagreement, and the run met enough of every kind of answer to mean something."""
    record = fuzz(rust_bin("peer"), SEED, COUNT)
    assert [] == record.disagreements
    assert [] == shortfalls(record), report(record, 0)
    assert COUNT == record.paths.total()
    assert min(record.paths[path] for path in (CANONICAL, FAST, EXACT)) > COUNT // 30


def test_a_run_of_trivial_payloads_falls_short(rust_bin: RustBin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Payloads that die at their first byte agree, and are not taken for a proof."""
    monkeypatch.setattr("tests.tools.fuzz.generator.Generator.payload", lambda self: b"x")
    record = fuzz(rust_bin("peer"), SEED, 1000)
    assert [] == record.disagreements
    assert len(shortfalls(record)) > 50


def test_a_disagreement_is_shrunk_and_becomes_a_vector(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A decoder that takes 1.0 for an integer is found out, by a payload with nothing in it that could go."""
    read = numbers.read_number

    def weak(src: bytes, pos: int) -> tuple[int, int | float]:
        end, value = read(src, pos)
        return end, int(value) if value == int(value) else value

    monkeypatch.setattr(decoder, "read_number", weak)
    payload = b'{"x":[1,2],"model_path":"a","model_name":"b","version": 1.0,"saved_at":"c","training_step":2} '
    assert isinstance(CheckpointNotification.from_json(payload), CheckpointNotification)
    small = shrunk(payload, peer)
    rust = peer.decode(small)
    assert not agree(rust, answer_to(small))
    assert b'"version":1.0' in small
    assert len(small) < 30

    source = tmp_path / "vectors.toml"
    write_vector(small, rust, source)
    (entry,) = tomllib.loads(source.read_text())["refused"]
    assert entry["name"].startswith("found_")
