"""Fixed runs of the fuzzers of types and of floats: what `make fuzz` and `make fuzz-floats` do with more payloads."""

from __future__ import annotations

from typing import Final

import pytest

from checkpoint_notify.codec import encoder, numbers

from ..conftest import RustBin
from ..tools.fuzz import floats
from ..tools.fuzz.kinds import payloads
from ..tools.fuzz.kinds.run import fuzz
from ..tools.fuzz.kinds.tally import report, shortfalls
from ..tools.fuzz.kinds.types import fuzzed_types

SEED: Final = 20_261_128
COUNT: Final = 5_000
FLOATS: Final = 20_000


def test_the_codecs_of_all_types_and_rust_agree(rust_bin: RustBin) -> None:
    """The run met each type, each kind of field, and no answer that is not known."""
    tally = fuzz(rust_bin("peer"), SEED, COUNT)
    assert [] == tally.disagreements
    assert [] == shortfalls(tally, fuzzed_types()), report(tally, fuzzed_types(), 0)
    assert COUNT == tally.types.total()


def test_a_run_of_trivial_payloads_falls_short(rust_bin: RustBin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Payloads that all fail at their first byte agree, and are no proof."""
    monkeypatch.setattr(payloads.Payloads, "_padded", lambda self, text: b"x")
    monkeypatch.setattr(payloads.Payloads, "_as_written", lambda self, root: (b"x", "nowhere"))
    tally = fuzz(rust_bin("peer"), SEED, 2_000)
    assert [] == tally.disagreements
    assert len(fuzzed_types()) < len(shortfalls(tally, fuzzed_types()))


def test_floats_are_read_and_written_as_by_rust(rust_bin: RustBin) -> None:
    """On both paths; enough of them are such that serde_json does not read the nearest float."""
    found = floats.fuzz(rust_bin("floats"), SEED, FLOATS)
    assert [] == found.disagreements
    assert [] == list(floats.shortfalls(found)), found
    assert (FLOATS, FLOATS) == (found.read, found.written)


def test_the_nearest_float_is_detected(rust_bin: RustBin, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Python reads it."""
    monkeypatch.setattr(numbers, "_scale", lambda src, pos, significand, exponent: float(f"{significand}e{exponent}"))
    assert any(" is read as " in line for line in floats.fuzz(rust_bin("floats"), SEED, 300).disagreements)


def test_python_text_of_a_float_is_detected(rust_bin: RustBin, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has another exponent."""
    monkeypatch.setattr(encoder, "show_float", repr)
    assert any(" is written as " in line for line in floats.fuzz(rust_bin("floats"), SEED, 300).disagreements)


def test_floats_that_prove_little_fall_short(rust_bin: RustBin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Integers alone agree, and are no proof."""
    monkeypatch.setattr(floats, "number_text", lambda random: "1")
    found = floats.fuzz(rust_bin("floats"), SEED, 300)
    assert [] == found.disagreements
    assert ["inexact: 0 of 300 texts", "refused: 0 of 300 texts"] == list(floats.shortfalls(found))[-2:]
