"""The checks that the sample peers fail: each is listed with its reason, and no check is left out."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest

from checkpoint_notify.conformance import OutcomeKind, Report, Run, all_checks, read_known, run

from ..conftest import RustBin
from ..support.peers import peer_command
from ..tools.peers.table import FOLDER, PEERS, judged, label, row, shown

ROOT: Final = Path(__file__).parents[2]
CHECKS: Final = list(all_checks())
JUDGED: Final = {OutcomeKind.PASSED, OutcomeKind.VERDICT, OutcomeKind.VALUE, OutcomeKind.ERROR, OutcomeKind.BYTES}
_RUNS: Final[dict[str, Run]] = {}


def run_of(name: str, rust_bin: RustBin) -> Run:
    """One run of each peer serves all tests."""
    peer_command(name, rust_bin)
    if name not in _RUNS:
        _RUNS[name] = judged(name)
    return _RUNS[name]


@pytest.mark.parametrize("name", ["rust", "python"])
def test_rust_and_python_conform(name: str, rust_bin: RustBin) -> None:
    """All checks pass, without a list of exceptions."""
    report = Report(run_of(name, rust_bin))
    assert len(CHECKS) == report.counts[OutcomeKind.PASSED] > 1000
    assert report.ok


@pytest.mark.parametrize("name", ["json", "msgspec", "pydantic", "node"])
def test_other_peers_fail_the_listed_checks(name: str, rust_bin: RustBin) -> None:
    """The failed checks are exactly those of the list beside the peer. All checks were run and answered."""
    found = run_of(name, rust_bin)
    entries = read_known(FOLDER / (PEERS[name].known or ""), CHECKS)
    report = Report(found, entries)
    assert [] == [f"{one.kind} {one.check.name}: {one.actual or one.detail}" for one in report.failures]
    assert [] == [str(stale) for stale in report.stale]
    assert (len(CHECKS), None, None, 0) == (len(found.outcomes), found.gave_up, found.remark, found.restarts)
    assert JUDGED >= {outcome.kind for outcome in found.outcomes}
    assert not Report(found).ok


@pytest.mark.parametrize("name", ["json", "msgspec", "pydantic", "node"])
def test_other_peers_read_accepted_values_as_rust(name: str, rust_bin: RustBin) -> None:
    """What they accept as Rust does, they read as Rust does, and they write its bytes: u64 come out right."""
    counts = Report(run_of(name, rust_bin)).counts
    assert (0, 0) == (counts[OutcomeKind.VALUE], counts[OutcomeKind.BYTES])
    assert sum(check.op == "encode" for check in CHECKS) < counts[OutcomeKind.PASSED]


def test_a_peer_that_rounds_u64_fails(rust_bin: RustBin, tmp_path: Path) -> None:
    """In Node, a u64 that becomes a JavaScript number changes."""
    peer_command("node", rust_bin)
    source = (FOLDER / "node.mjs").read_text(encoding="utf-8")
    rounding = source.replace("value[name] = digits;", "value[name] = BigInt(Number(digits)).toString();")
    assert source != rounding
    (tmp_path / "node.mjs").write_text(rounding, encoding="utf-8")
    found = run(["node", str(tmp_path / "node.mjs")], CHECKS)
    wrong = {outcome.check.vector.name for outcome in found.outcomes if outcome.kind is OutcomeKind.VALUE}
    assert {"version_maximum", "training_step_maximum"} <= wrong


ROWS: Final = {line.split("|")[1].strip(): line for line in shown()}


def test_the_readme_table_has_each_peer() -> None:
    """It has a row for each peer, as `python -m tests.tools.peers` prints it."""
    assert len(PEERS) == len(ROWS)


@pytest.mark.parametrize("name", PEERS)
def test_the_readme_is_up_to_date(name: str, rust_bin: RustBin) -> None:
    """The numbers are those of a run; another Python, Node or release than the table's has another row."""
    found = run_of(name, rust_bin)
    if label(found) not in ROWS and not is_locked(name):
        pytest.skip(f"the table of docs/proof.md has no row for {label(found)}")
    assert row(found) == ROWS.get(label(found))


def is_locked(name: str) -> bool:
    """Whether its version here is the repository's own, and none that this machine or `make test-lowest` chose."""
    if name in ("msgspec", "pydantic"):
        return f"{name}=={version(name)}" in (ROOT / ".ci" / "requirements.txt").read_text().split()
    return name in ("rust", "python")
