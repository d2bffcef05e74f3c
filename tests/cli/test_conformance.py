"""`checkpoint-notify conformance` as it is run: what it prints, its exit status, the list of what is known, signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from checkpoint_notify.cli.contract import conformance as command
from checkpoint_notify.conformance import (
    Entry,
    KnownFileError,
    Limits,
    Outcome,
    OutcomeKind,
    Report,
    Run,
    all_checks,
    read_known,
)

from ..conformance.test_runner import FEW, Witness, faulty, witness
from ..conftest import RustBin
from ..support.waiting import PATIENCE
from ..tools.peers.table import PEERS

__all__ = ["witness"]

COMMAND: Final = [sys.executable, "-m", "checkpoint_notify.cli", "conformance"]
OURS: Final = PEERS["python"].command
TARGET: Final = "decode/refused/trailing_word"
ONLY: Final = ["--only", TARGET, "--only", "*/absolute_path"]
CHECKS: Final = list(all_checks())
ALL: Final = len(CHECKS)


def conformance(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command, its output in a pipe."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env={**os.environ, "GITHUB_ACTIONS": "", **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE * 5,
        check=False,
    )


def known_file(folder: Path, content: str, name: str = "known.toml") -> Path:
    """A list of known divergences."""
    file = folder / name
    file.write_text(content)
    return file


def entry(kind: str = "verdict", vectors: str = '["trailing_word"]', reason: str = '"as is"') -> str:
    """An entry of such a list, in TOML."""
    return f"[[known]]\nkind = {kind!r}\nvectors = {vectors}\nreason = {reason}\n"


def test_the_rust_crate_conforms(rust_bin: RustBin) -> None:
    """The judge judges itself, with every vector."""
    done = conformance("--", rust_bin("peer"))
    assert (0, "") == (done.returncode, done.stderr)
    assert f"CONFORMS: {ALL:,} of {ALL:,} checks passed" in done.stdout


def test_this_package_conforms() -> None:
    """So does the decoder of this package, and the table is text without colours, also where CI asks for them."""
    done = conformance("--", *OURS, GITHUB_ACTIONS="true", TERM="xterm-256color")
    assert (0, "") == (done.returncode, done.stderr)
    assert f"CONFORMS: {ALL:,} of {ALL:,} checks passed" in done.stdout
    assert "\x1b" not in done.stdout
    assert "checkpoint_notify 0.1.0" == done.stdout.splitlines()[0].strip()


def test_one_wrong_answer_fails() -> None:
    """A peer that gives one other answer than Rust, of more than a thousand, does not conform."""
    done = conformance("--", *faulty("other_column"))
    assert 1 == done.returncode
    summary = done.stdout.splitlines()[-1]
    assert summary.startswith(f"DOES NOT CONFORM: {ALL - 1:,} of {ALL:,} checks passed in ")
    assert summary.endswith(" s, 1 failed")
    assert (
        "error: decode/refused/trailing_word: A word after the message is a trailing character, "
        "even where it is JSON.\n"
        '    expected  {"error": {"category": "syntax", "column": 95, "line": 1, "message": "trailing characters", '
        '"text": "trailing characters at line 1 column 95"}}\n'
        '    actual    {"error": {"category": "syntax", "column": 1, "line": 1, "message": "trailing characters", '
        '"text": "trailing characters at line 1 column 95"}}\n'
    ) in done.stdout


def test_json() -> None:
    """All that the page says, and nothing else on stdout."""
    done = conformance("--json", *ONLY, "--", *faulty("accept"))
    assert 1 == done.returncode
    report: dict[str, Any] = json.loads(done.stdout)
    assert 0 < report.pop("seconds") < PATIENCE
    assert {kind: 2 * (kind == "passed") + (kind == "verdict") for kind in OutcomeKind} == report.pop("counts")
    assert {
        "format": 1,
        "ok": False,
        "message": "checkpoint_notification",
        "command": faulty("accept"),
        "peer": {"name": "checkpoint_notify", "version": "0.1.0"},
        "restarts": 0,
        "gave_up": None,
        "remark": None,
        "known": {"verdict": 0, "value": 0, "error": 0, "bytes": 0},
        "stale": [],
        "outcomes": [
            {
                "check": TARGET,
                "description": "A word after the message is a trailing character, even where it is JSON.",
                "kind": "verdict",
                "known": None,
                "expected": next(check.expected for check in FEW if check.name == TARGET),
                "actual": {"value": {}},
                "detail": "",
            }
        ],
    } == report


def test_the_page_describes_the_report() -> None:
    """Each member of the JSON report, and each kind, has its row in docs/protocol.md."""
    page = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
    report = Report(Run((), None, (), 0.0, 0, None, None)).to_json()
    rows = "".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    assert [] == [name for name in (*report, *OutcomeKind) if f"`{name}`" not in rows]


def test_in_github_actions() -> None:
    """What fails is an annotation, and nothing that a peer says can be one."""
    done = conformance(*ONLY, "--", *faulty("failure"), GITHUB_ACTIONS="true")
    assert 1 == done.returncode
    (annotation,) = [line for line in (done.stdout + done.stderr).splitlines() if line.lstrip().startswith("::")]
    assert annotation.startswith("::error title=checkpoint-notify conformance::DOES NOT CONFORM: 2 of 3 checks passed")
    assert r"could not: \x1b[31mred\n::error::" in done.stdout


def test_a_run_that_was_given_up() -> None:
    """Says so once, and why."""
    done = conformance("--", sys.executable, "-c", "raise SystemExit('no')")
    assert 1 == done.returncode
    assert "Given up: it did not answer `hello`: it ended (exit status 1); its stderr ends with: 'no'\n" in done.stdout
    assert done.stdout.splitlines()[-1].endswith(f" s, {ALL:,} failed, the run was given up")


def test_list_and_only() -> None:
    """The names of the checks, all or by pattern; nothing is run."""
    assert ALL == len(conformance("--list").stdout.splitlines())
    listed = conformance("--list", *ONLY, "--", "no-such-command")
    expected = ["decode/canonical/absolute_path", TARGET, "encode/canonical/absolute_path"]
    assert (0, expected) == (listed.returncode, listed.stdout.splitlines())


WRONG_LISTS: Final = {
    "unknown name": (entry(vectors='["trailing_wort"]'), "there is no vector 'trailing_wort' to decode"),
    "name without a value": (entry("bytes"), "there is no vector 'trailing_word' to encode"),
    "twice": (entry() + entry(), "'trailing_word' is listed twice as verdict"),
    "every one twice": (entry(vectors='"*"') * 2, "'*' is listed twice as verdict"),
    "no reason": (entry(reason='" "'), "entry 1 of `known`: `reason` must say why"),
    "no pass": (entry("crashed"), "`kind` must be one of verdict, value, error, bytes: nothing else can be known"),
    "kind of no text": (entry().replace("'verdict'", "[1]"), "`kind` must be one of"),
    "no name": (entry(vectors="[]"), '`vectors` must be a list of names, or "*"'),
    "text for a list": (entry(vectors='"trailing_word"'), '`vectors` must be a list of names, or "*"'),
    "unknown member": (entry() + "vector = 'x'\n", "it must have `kind`, `vectors` and `reason`, and nothing else"),
    "second entry": (entry() + "[[known]]\n", "entry 2 of `known`: it must have"),
    "no list": ("known = 1", "it must hold a list `known`, and nothing else"),
    "other name": ("[[knwon]]", "it must hold a list `known`, and nothing else"),
    "endless": ("known = " + "[" * 100_000, "known.toml: "),
    "no TOML": ("[[known", "Expected ']]'"),
}


@pytest.mark.parametrize("name", WRONG_LISTS)
def test_a_wrong_list(name: str, tmp_path: Path) -> None:
    """It is refused as a whole, and the text says what to mend."""
    content, fault = WRONG_LISTS[name]
    with pytest.raises(KnownFileError) as refused:
        read_known(known_file(tmp_path, content), CHECKS)
    assert fault in str(refused.value)


def test_a_wrong_list_is_no_run(tmp_path: Path) -> None:
    """Exit status 2, and the fault in one line."""
    done = conformance("--known", known_file(tmp_path, WRONG_LISTS["unknown name"][0]), "--", *OURS)
    assert (2, "", 1) == (done.returncode, done.stdout, len(done.stderr.splitlines()))
    assert "there is no vector 'trailing_wort' to decode" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--", "no-such-command-anywhere"], "no-such-command-anywhere: No such file or directory"),
        ([], "which command starts the peer?"),
        (["--only", "nothing", "--", *OURS], "no check is named 'nothing'"),
        (["--timeout", "nan", "--", *OURS], "--timeout"),
        (["--start-timeout", "inf", "--", *OURS], "--start-timeout"),
        (["--timeout", "0", "--", *OURS], "--timeout"),
        (["--known", "no-such-file", "--", *OURS], "no-such-file"),
    ],
)
def test_wrong_usage(arguments: list[str], fault: str) -> None:
    """Exit status 2, and what is wrong."""
    done = conformance(*arguments)
    assert (2, "") == (done.returncode, done.stdout)
    assert fault in done.stderr


@pytest.mark.parametrize("vectors", ['["trailing_word"]', '"*"'])
def test_what_is_known_passes(vectors: str, tmp_path: Path) -> None:
    """A divergence that is listed, by name or with all others of its kind, does not fail the run."""
    done = conformance("--known", known_file(tmp_path, entry(vectors=vectors)), *ONLY, "--", *faulty("accept"))
    assert 0 == done.returncode
    summary = done.stdout.splitlines()[-1]
    assert summary.startswith("CONFORMS, BUT FOR WHAT IS KNOWN: 2 of 3 checks passed in ")
    assert summary.endswith(" s, 1 known to diverge")


def test_a_list_in_json(tmp_path: Path) -> None:
    """JSON of the same shape is read as well; the report repeats the reason."""
    item = {"kind": "verdict", "vectors": ["trailing_word"], "reason": "as is"}
    file = known_file(tmp_path, json.dumps({"known": [item]}), "known.json")
    done = conformance("--json", "--known", file, *ONLY, "--", *faulty("accept"))
    report = json.loads(done.stdout)
    assert (0, True, 1) == (done.returncode, report["ok"], report["known"]["verdict"])
    assert ["as is"] == [outcome["known"] for outcome in report["outcomes"]]


@pytest.mark.parametrize(
    ("kind", "mode", "text"),
    [
        ("verdict", "other_order", "known as verdict: trailing_word: no longer diverges, remove the entry"),
        ("verdict", "refuse", "known as verdict: trailing_word: now diverges as error, change the entry"),
    ],
)
def test_what_is_known_no_longer_fails(kind: str, mode: str, text: str, tmp_path: Path) -> None:
    """An entry must still diverge, and in its own kind."""
    done = conformance("--known", known_file(tmp_path, entry(kind)), *ONLY, "--", *faulty(mode))
    assert 1 == done.returncode
    assert text in done.stdout.splitlines()
    assert done.stdout.splitlines()[-1].endswith("1 no longer as known")


def _report(kinds: list[OutcomeKind], known: list[Entry], *, complete: bool = True) -> Report:
    outcomes = tuple(Outcome(check, kind) for check, kind in zip(FEW, kinds, strict=False))
    return Report(Run((), None, outcomes, 0.0, 0, None, None), known, complete=complete)


def test_an_entry_for_all_must_meet_one() -> None:
    """Unless only some checks were chosen, which may all be others."""
    every = [Entry(OutcomeKind.ERROR, "*", "its own words")]
    assert ["known as error: *: no check diverges in this way any more, remove the entry"] == [
        str(stale) for stale in _report([OutcomeKind.PASSED], every).stale
    ]
    assert _report([OutcomeKind.PASSED], every, complete=False).ok
    assert _report([OutcomeKind.ERROR], every).ok


@pytest.mark.parametrize(
    "kind", [OutcomeKind.SKIPPED, OutcomeKind.ERRORED, OutcomeKind.TIMED_OUT, OutcomeKind.CRASHED, OutcomeKind.NOT_RUN]
)
def test_no_list_makes_it_a_pass(kind: OutcomeKind) -> None:
    """What gave no answer is neither known nor gone."""
    name = FEW[0].vector.name
    report = _report(
        [kind], [Entry(OutcomeKind.VERDICT, name, "?"), Entry(OutcomeKind.VALUE, "*", "?")], complete=False
    )
    assert (False, [], 1) == (report.ok, report.stale, len(report.failures))


def test_a_run_without_checks_is_no_pass() -> None:
    """Nothing was seen to conform."""
    assert not _report([], []).ok


# A shell that runs the tests in the background has them ignore Ctrl-C, and so would the command.
HEEDING_SIGNALS: Final = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("checkpoint_notify.cli", run_name="__main__")
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(number: int, status: int, witness: Witness) -> None:
    """Ctrl-C and SIGTERM end the run, and the peer with it, which ignores both."""
    heeding = [sys.executable, "-c", HEEDING_SIGNALS, "conformance"]
    words = [*heeding, "--only", TARGET, "--timeout", str(PATIENCE * 5), "--", *faulty("hang", str(witness.path))]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        try:
            witness.wait()
            running.send_signal(number)
            output, errors = running.communicate(timeout=PATIENCE)
        finally:
            running.kill()
    assert (status, b"", b"") == (running.returncode, output, errors)
    witness.assert_alone()


def test_limits_are_finite() -> None:
    """By default, too, nothing is waited for without end; the command line has the library's defaults."""
    assert [] == [limit for limit in Limits() if not 0 < limit < 100]
    defaults = {param.name: param.default for param in command.params}
    limits = [defaults[name] for name in ("start_timeout", "timeout", "restarts")]
    assert [Limits().start, Limits().answer, Limits().restarts] == limits
