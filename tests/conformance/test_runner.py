"""The runner: how it counts each wrong answer, that no peer makes it hang, and that no process is left."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Final, NamedTuple

import pytest

from checkpoint_notify.conformance import (
    Check,
    CommandNotFoundError,
    Limits,
    OutcomeKind,
    Report,
    Run,
    all_checks,
    process,
    run,
)
from checkpoint_notify.conformance.checks import judge
from checkpoint_notify.conformance.process import PeerProcess
from checkpoint_notify.resources import vectors

from ..support.waiting import PATIENCE, wait_until
from ..tools.peers.faulty import ALWAYS, AT_TARGET, TARGETS

CHECKS: Final = list(all_checks())
PATIENT: Final = Limits(start=PATIENCE, answer=PATIENCE, stop=PATIENCE)

FEW: Final = [
    check
    for check in CHECKS
    if check.vector.name in {"absolute_path", "trailing_text", *(target.name for target in TARGETS)}
]
DECODE, DECODE_NEXT, REFUSE, ENCODE_FIRST, ENCODE = (check.name for check in FEW[1:])


def faulty(mode: str, *arguments: str) -> list[str]:
    """The command of the peer that goes wrong so."""
    return [sys.executable, "-m", "tests.tools.peers.faulty", mode, *arguments]


def not_passed(found: Run) -> dict[str, str]:
    """What did not pass, by name."""
    return {
        outcome.check.name: str(outcome.kind) for outcome in found.outcomes if outcome.kind is not OutcomeKind.PASSED
    }


def all_three(kind: str) -> dict[str, str]:
    """What all that is asked about the targets comes to."""
    return dict.fromkeys((DECODE, REFUSE, ENCODE), kind)


class Expected(NamedTuple):
    """What a peer that goes wrong gets."""

    not_passed: dict[str, str]
    detail: str = ""
    """Part of what is told about each outcome that has no answer."""
    restarts: int = 0


ONCE_EACH: Final = 2
"""It goes wrong three times, the last time at the last check of all, behind which nobody is needed."""
FLUSH: Final = "is each line flushed?"
NEXT_ONES: Final = {DECODE_NEXT: "errored", ENCODE_FIRST: "errored"}

EXPECTED: Final = {
    "crash": Expected(
        all_three("crashed"), r"it ended (exit status 3); its stderr ends with: 'out of \x1b[31mcheese'", ONCE_EACH
    ),
    "abort": Expected(all_three("crashed"), "it ended (signal 9, Killed", ONCE_EACH),
    "leave_a_child": Expected(all_three("crashed"), "it ended (exit status 0)", ONCE_EACH),
    "close_output": Expected(all_three("crashed"), "it closed its output and still runs", ONCE_EACH),
    "half_a_line": Expected(
        all_three("crashed"), """it ended (exit status 0), in the middle of a line: b'{"id": '""", ONCE_EACH
    ),
    "flood": Expected(all_three("errored"), "has the id None", ONCE_EACH),
    "answer_and_flood": Expected(NEXT_ONES, "", ONCE_EACH),
    "long_line": Expected(all_three("errored"), "it wrote a line of more than 1,048,576 bytes: b'      ", ONCE_EACH),
    "chatter": Expected({}),
    "twice": Expected(NEXT_ONES, "it wrote a line without a request: b'{", ONCE_EACH),
    "garbage": Expected(
        all_three("errored"),
        "not JSON (Expecting value: line 1 column 1 (char 0)); only responses may go to stdout: b'hm?'",
        ONCE_EACH,
    ),
    "latin_1": Expected(all_three("errored"), "not JSON ('utf-8' codec can't decode byte 0xe9", ONCE_EACH),
    "not_an_object": Expected(all_three("errored"), "not a JSON object, or nested too deep: b'[]'", ONCE_EACH),
    "nan": Expected(all_three("errored"), "not JSON (NaN is not a JSON number)", ONCE_EACH),
    "infinite": Expected(all_three("errored"), "not JSON (1e999 is too large for a float)", ONCE_EACH),
    "name_twice": Expected(all_three("errored"), "not JSON (a name occurs twice in an object)", ONCE_EACH),
    "deep": Expected(all_three("errored"), "not a JSON object, or nested too deep", ONCE_EACH),
    "deepest": Expected(all_three("errored"), "not JSON (", ONCE_EACH),
    "other_id": Expected(all_three("errored"), "has the id ", ONCE_EACH),
    "id_is_true": Expected(all_three("errored"), "has the id True", ONCE_EACH),
    "no_id": Expected(all_three("errored"), "has the id None", ONCE_EACH),
    "failure": Expected(all_three("errored"), r"its failure: 'could not: \x1b[31mred\n::error::'"),
    "failure_without_id": Expected(all_three("errored"), "its failure: 'what?'"),
    "unsupported": Expected(all_three("skipped"), "its failure: 'unsupported'"),
    "two_verdicts": Expected(all_three("errored"), "not a response to "),
    "unknown_member": Expected(all_three("errored"), "not a response to "),
    "nothing": Expected(all_three("errored"), "not a response to "),
    "error_is_text": Expected(all_three("errored"), "not a response to "),
    "line_is_true": Expected({REFUSE: "errored"}, "not a response to decode"),
    "accept": Expected({DECODE: "value", REFUSE: "verdict", ENCODE: "errored"}, "not a response to encode"),
    "refuse": Expected({DECODE: "verdict", REFUSE: "error", ENCODE: "bytes"}),
    "other_version": Expected({DECODE: "value"}),
    "version_as_number": Expected({DECODE: "value"}),
    "one_field_more": Expected({DECODE: "value"}),
    "other_column": Expected({REFUSE: "error"}),
    "other_text": Expected({REFUSE: "error"}),
    "newline_after": Expected({ENCODE: "bytes"}),
    "cut": Expected({ENCODE: "bytes"}),
    "spaces": Expected({ENCODE: "bytes"}),
    "other_number": Expected({ENCODE: "bytes"}),
    "other_order": Expected({}),
}
"""What the modes of `AT_TARGET` get that need no time to be over."""


def test_every_fault_mode_has_an_expectation() -> None:
    """The table covers all modes of the faulty peer."""
    assert AT_TARGET.keys() == EXPECTED.keys() | {"hang"}
    assert ALWAYS.keys() == HANDSHAKES.keys() & ALWAYS.keys() | ENDINGS.keys() | {"deaf_after_hello", "crashes_always"}


@pytest.mark.parametrize("mode", EXPECTED)
def test_each_fault_counts_as_its_kind(mode: str) -> None:
    """The other checks are judged as usual."""
    found = run(faulty(mode), FEW, PATIENT)
    expected = EXPECTED[mode]
    assert expected.not_passed == not_passed(found)
    assert expected.restarts == found.restarts
    assert None is found.gave_up
    assert [] == [one.detail for one in found.outcomes if one.detail and expected.detail not in one.detail]
    assert [one.actual is None for one in found.outcomes] == [bool(one.detail) for one in found.outcomes]
    assert (not expected.not_passed) == Report(found).ok


def test_a_hanging_peer_is_a_timeout() -> None:
    """The peer is started again and asked the rest."""
    (target,) = [check for check in FEW if check.name == DECODE]
    found = run(faulty("hang"), [FEW[0], target, *FEW[3:4]], PATIENT._replace(answer=5.0))
    assert {DECODE: "timed_out"} == {k: v for k, v in not_passed(found).items() if k != REFUSE}
    assert f"no answer within 5 s; {FLUSH}" == found.outcomes[1].detail
    assert 1 == found.restarts


def test_an_unterminated_line_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newline may be missing, or be another character."""
    read = PeerProcess._read_stdout
    passed = [0.0]

    def read_and_wait(peer: PeerProcess) -> None:
        read(peer)
        passed[0] = 2 * PATIENCE

    monkeypatch.setattr(PeerProcess, "_read_stdout", read_and_wait)
    monkeypatch.setattr(process, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + passed[0]))
    program = r"input(); print('{}\r', end='', flush=True); input()"
    found = run([sys.executable, "-c", program], FEW, PATIENT)
    expected = rf"it did not answer `hello`: no answer within {PATIENCE:g} s, only the start of a line: b'{{}}\r'"
    assert expected == found.gave_up


def test_a_peer_that_does_not_read_is_a_timeout() -> None:
    """A request that does not fit into the pipe has the same limit."""
    (long,) = [check for check in CHECKS if check.name == "decode/unusual/ignored_arrays_100000_deep"]
    found = run(faulty("deaf_after_hello"), [long], PATIENT._replace(answer=0.5))
    assert {long.name: "timed_out"} == not_passed(found)


def test_a_crashing_peer_is_given_up() -> None:
    """A message says so. Checks that were not run did not pass."""
    found = run(faulty("crashes_always"), FEW, PATIENT._replace(restarts=2))
    assert ["crashed"] * 3 + ["not_run"] * 3 == [str(outcome.kind) for outcome in found.outcomes]
    assert (2, "it was restarted 2 times, and failed again") == (found.restarts, found.gave_up)
    assert not Report(found).ok


HANDSHAKES: Final = {
    "protocol_2": "it speaks version 2 of the protocol; this runner speaks 1",
    "other_message": "it reads the message 'weather'; the vectors are for 'checkpoint_notification'",
    "hello_fails": "it did not answer `hello`: 'shy'",
    "hello_lacks_a_name": "it did not answer `hello`: not a response to hello, wrong in `name`: b'{",
    "pass": "it did not answer `hello`: it ended (exit status 0)",
    "raise SystemExit('no!')": "it did not answer `hello`: it ended (exit status 1); its stderr ends with: 'no!'",
    "print('Welcome!', flush=True); input(); input()": "it did not answer `hello`: ",
    "import sys; print(sys.stdin.readline(), end='', flush=True); input()": (
        "it did not answer `hello`: not a response to hello, which has `name`, `version`, `protocol`, `message`, "
        """or `failure`: b'{"op": "hello", "id": 1}'"""
    ),
}
"""Modes, or programs in Python, and why they are given up."""


@pytest.mark.parametrize("program", HANDSHAKES)
def test_a_peer_without_hello_is_given_up(program: str) -> None:
    """No check was run, and none passed."""
    command = faulty(program) if program in ALWAYS else [sys.executable, "-c", program]
    found = run(command, FEW, PATIENT)
    assert {check.name: "not_run" for check in FEW} == not_passed(found)
    assert (found.gave_up or "").startswith(HANDSHAKES[program])
    assert (None, 0) == (found.peer, found.restarts)
    assert not Report(found).ok


def test_a_silent_peer_has_its_own_time_limit() -> None:
    """The first answer has a time limit of its own."""
    found = run([sys.executable, "-c", "import time; time.sleep(600)"], FEW, PATIENT._replace(start=0.5))
    assert f"it did not answer `hello`: no answer within 0.5 s; {FLUSH}" == found.gave_up


@pytest.mark.parametrize("kind", ["absent", "not executable", "a folder", "not a program", "a NUL", "nowhere"])
def test_a_command_that_cannot_start_is_an_error(kind: str, tmp_path: Path) -> None:
    """It is not a run."""
    program = tmp_path / "peer"
    if kind == "a folder":
        program.mkdir()
    elif kind != "absent":
        program.write_text("no program")
        program.chmod(0o755 if kind == "not a program" else 0o644)
    name = {"a NUL": "a\0b", "nowhere": "no-such-command-anywhere"}.get(kind, str(program))
    with pytest.raises(CommandNotFoundError):
        run([name], FEW, PATIENT)


ENDINGS: Final = {
    "ignores_stop": "it did not answer `stop`: no answer within 3 s; is each line flushed?",
    "stays_after_stop": "it did not end after `stop`, and was killed",
    "ends_badly": "it ended after `stop`, but not with exit status 0 (exit status 7)",
    "cannot_stop": "it did not answer `stop`: 'no'",
}


@pytest.mark.parametrize("mode", ENDINGS)
def test_a_peer_that_does_not_end_is_killed(mode: str) -> None:
    """A remark says so. All checks had passed."""
    limits = PATIENT
    if mode == "ignores_stop":
        limits = limits._replace(answer=3.0)
    elif mode == "stays_after_stop":
        limits = limits._replace(stop=0.5)
    found = run(faulty(mode), FEW[:1], limits)
    assert (ENDINGS[mode], {}) == (found.remark, not_passed(found))
    assert Report(found).ok


class Witness:
    """A FIFO that tells whether anyone who was given it is still alive."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "witness"
        os.mkfifo(self.path)
        self._reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)

    def close(self) -> None:
        """Look no more."""
        os.close(self._reader)

    def wait(self) -> None:
        """Until a peer has written a byte."""
        self._until(lambda read: bool(read), "the peer begins")

    def assert_alone(self) -> None:
        """Nobody holds the other end; a process that was killed may take a moment."""
        self._until(lambda read: read == b"", "no process is left behind")

    def _until(self, condition: Callable[[bytes | None], bool], what: str) -> None:
        wait_until(lambda: condition(_read(self._reader)), what)


def _read(descriptor: int) -> bytes | None:
    """What was written; empty where there is no writer, None where there is one that says nothing."""
    try:
        return os.read(descriptor, 100)
    except BlockingIOError:
        return None


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    """A FIFO for one peer."""
    made = Witness(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("mode", ["leave_a_child", "hang", "close_output", "flood", "ignores_stop"])
def test_no_process_is_left_behind(mode: str, witness: Witness) -> None:
    """Neither the peer nor its children remain, whatever signals they ignore."""
    at_target = [check for check in FEW if check.name == DECODE]
    run(faulty(mode, str(witness.path)), at_target, PATIENT._replace(answer=3.0, stop=0.1))
    witness.wait()
    witness.assert_alone()


def test_each_vector_is_checked() -> None:
    """All vectors are decoded, and those that Rust accepts are encoded. Rust's answers pass."""
    listed = {kind: [vector.name for vector in vectors(kind)] for kind in ("canonical", "unusual", "refused")}
    decoded = [f"decode/{kind}/{name}" for kind, names in listed.items() for name in names]
    encoded = [f"encode/{kind}/{name}" for kind in ("canonical", "unusual") for name in listed[kind]]
    assert decoded + encoded == [check.name for check in CHECKS]
    assert [] == [check.name for check in CHECKS if judge(check, check.expected).kind is not OutcomeKind.PASSED]


@pytest.mark.parametrize("check", FEW, ids=lambda check: check.name)
def test_no_other_answer_passes(check: Check) -> None:
    """The answer to any other vector does not pass for this one's."""
    others = [other.expected for other in CHECKS if other.op == check.op and other.expected != check.expected]
    assert {OutcomeKind.VERDICT, OutcomeKind.VALUE, OutcomeKind.ERROR, OutcomeKind.BYTES} >= {
        judge(check, other).kind for other in others
    }


def test_display_of_non_ascii_text_may_differ() -> None:
    """Another display passes. Another position, or an error without one, does not."""
    text = 'invalid type: string "\u00e9", expected u64'
    error = {"category": "data", "message": text, "line": 1, "column": 5, "text": f"{text} at line 1 column 5"}
    check = FEW[0]._replace(expected={"error": error})
    shown = error | {"message": text.replace("\u00e9", "\\u{e9}"), "text": "?"}
    assert OutcomeKind.PASSED is judge(check, {"error": shown}).kind
    assert OutcomeKind.ERROR is judge(check, {"error": shown | {"line": 77}}).kind
    assert OutcomeKind.ERROR is judge(check, {"error": {"category": "data"}}).kind
    assert OutcomeKind.ERROR is judge(check, {"error": {}}).kind
