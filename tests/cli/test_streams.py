"""Output and signals: what a shell and its user rely on."""

from __future__ import annotations

import fcntl
import functools
import json
import os
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Final

import pytest

from checkpoint_notify.cli._process import Exit

from ..support.cli import ROOT, Cli, Pipe
from ..support.terminal import Terminal
from ..support.waiting import PATIENCE, wait_until


def test_names_of_checks(cli: Cli) -> None:
    """On lines for people, and as JSON for machines."""
    listed = [cli.run("conformance", "--list", *json_) for json_ in ([], ["--json"])]
    assert listed[0].out.splitlines() == json.loads(listed[1].out)


def test_the_installed_script(tmp_path: Path) -> None:
    """A new interpreter, no fork: the one that users start."""
    script = Path(sys.executable).with_name("checkpoint-notify")
    done = subprocess.run([script, "validate", "-"], input=b"{,}", capture_output=True, check=False, cwd=tmp_path)
    assert (1, b"") == (done.returncode, done.stderr)
    assert done.stdout.startswith(b"stdin: refused (syntax): key must be a string at line 1 column 2\n")


def test_without_the_extra_cli() -> None:
    """One line, with a way to install it that works today, and status 2."""
    done = _without("click", "schema")
    assert (2, "") == (done.returncode, done.stdout)
    hint = "in a clone of the repository, run: pip install '.[cli]'"
    assert f"checkpoint-notify: click is not installed; {hint}\n" == done.stderr


@pytest.mark.parametrize("command", ["publish --path p --name n", "watch", "doctor"])
def test_without_the_extra_redis(command: str) -> None:
    """One line, and status 2; the library alone would log a warning."""
    done = _without("redis", *command.split())
    assert (2, "") == (done.returncode, done.stdout)
    hint = "run pip install '.[redis]' in a clone of the repository"
    words = f"redis-py is blocked, sys.modules['redis'] is None: unblock it, or {hint}"
    assert f"checkpoint-notify: {words}\n" == done.stderr


@pytest.mark.parametrize("command", ["publish --path p --name n", "watch", "doctor"])
def test_another_redis(command: str, tmp_path: Path) -> None:
    """A file of the user's own that is called redis.py: it is named, and not executed."""
    (tmp_path / "redis.py").write_text("print('it is executed')")
    done = subprocess.run(
        [sys.executable, "-m", "checkpoint_notify", *command.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (2, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n"))
    assert f"the module {tmp_path}/redis.py is not redis-py, but has its name: rename it, " in done.stderr


def _without(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command where a package cannot be found."""
    code = f"import sys; sys.modules[{name!r}] = None; from checkpoint_notify.cli import main; main()"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)


def test_reader_that_goes_away(cli: Cli, refused: Path) -> None:
    """`validate … | head -1`: 141, and silence."""
    with cli.start("validate", "--lines", "big", folder=refused) as running:
        assert running.out.line().startswith("big:1: refused")
        running.out.close()
        assert (Exit.BROKEN_PIPE, b"") == (running.wait(), running.err.rest())


def test_reader_of_help_that_is_gone(cli: Cli) -> None:
    """Also where click writes."""
    (stdin, other), (reader, out), (err, their_err) = os.pipe(), os.pipe(), os.pipe()
    os.close(reader)
    report = cli.order(["--help"], {}, (stdin, out, their_err), ROOT)
    report.line()
    assert str(int(Exit.BROKEN_PIPE)) == report.line()
    assert b"" == os.read(err, 1000)
    for descriptor in (other, err):
        os.close(descriptor)
    report.close()


FULL: Final = {
    "--help": "cannot write",
    "--version": "cannot write",
    "--show-completion bash": "cannot write",
    "schema": "cannot write",
    "conformance --list": "cannot write",
    "validate --lines big": "cannot write",
    "validate --json big": "cannot write",
    "watch --json": "cannot write",
    "watch --format text": "cannot write",
    "doctor": "cannot write",
    "publish --path p --name n --dry-run": "cannot write",
    "publish --path p --name n": "published, but that cannot be written",
    "publish --path p --name n --json": "published, but that cannot be written",
}
"""Commands, and what each says where the disk is full."""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("command", FULL)
def test_full_disk(command: str, cli: Cli, settings: dict[str, str], refused: Path) -> None:
    """One line; and a notification that is out was published."""
    (stdin, other), (err, their_err) = os.pipe(), os.pipe()
    streams = (stdin, os.open("/dev/full", os.O_WRONLY), their_err)
    report = cli.order(command.split(), settings, streams, refused)
    report.line()
    assert "2" == report.line()
    assert f"checkpoint-notify: {FULL[command]}: No space left on device\n".encode() == os.read(err, 1000)
    for descriptor in (other, err):
        os.close(descriptor)
    report.close()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [("- <&-", "stdin: it is closed"), ("missing >&-", "missing: No such file or directory")],
)
def test_streams_that_are_closed(arguments: str, words: str) -> None:
    """No traceback, and no file takes their place."""
    assert (2, f"checkpoint-notify: cannot read {words}\n") == _in_a_shell(f"validate {arguments}")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process cannot limit its memory")
@pytest.mark.parametrize("command", ["publish", "validate"])
def test_file_that_is_larger_than_the_memory(command: str, tmp_path: Path) -> None:
    """Such as a checkpoint that is given in place of a notification."""
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 35)
    words = f"cannot read {tmp_path}/huge: it is larger than the memory"
    limit = 'ulimit -v 4000000 && exec "$0" -m checkpoint_notify.cli "$@"'
    done = subprocess.run(
        ["/bin/sh", "-c", limit, sys.executable, command, tmp_path / "huge"],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (2, f"checkpoint-notify: {words}\n") == (done.returncode, done.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize(
    ("arguments", "status"),
    [("publish --path p --name n --dry-run", 0), ("publish missing", 2), ("nonsense", 2), ("--help", 0)],
)
def test_messages_that_cannot_be_written(arguments: str, status: int) -> None:
    """The status is what it is elsewhere."""
    assert (status, "") == _in_a_shell(f"{arguments} 2> /dev/full")


def _in_a_shell(arguments: str) -> tuple[int, str]:
    """The status, and what came on stderr."""
    command = ["/bin/sh", "-c", f'exec "$0" -m checkpoint_notify.cli {arguments}', sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, Exit.INTERRUPTED), (signal.SIGTERM, Exit.TERMINATED)], ids=["INT", "TERM"]
)
def test_signal_while_nobody_reads(number: signal.Signals, status: Exit, cli: Cli, refused: Path) -> None:
    """A full pipe holds up the command, but not its end."""
    with cli.start("validate", "--lines", "big", folder=refused) as running:
        running.out.line()
        wait_until(functools.partial(_stands_still, running.out), "the pipe is full")
        running.send(number)
        assert status == running.wait()
        assert b"" == running.err.rest()


def _stands_still(pipe: Pipe) -> bool:
    """Whether nothing is added to what waits in the pipe; on a slow machine that may be too early, and no harm."""
    before = _waiting(pipe)
    time.sleep(0.2)
    return 0 < before == _waiting(pipe)


def _waiting(pipe: Pipe) -> int:
    count: int = struct.unpack("i", fcntl.ioctl(pipe.descriptor, termios.FIONREAD, bytes(4)))[0]
    return count


INTERRUPTED_IMPORT: Final = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may start its tests with Ctrl-C ignored
from checkpoint_notify.cli import main
left = int(sys.argv.pop(1))
class Thing:
    def __del__(self):  # where an exception gets lost, as in some callbacks of imports
        os.kill(os.getpid(), signal.SIGINT)
def interrupt(event, arguments):
    global left
    if event == "import":
        left -= 1
        if not left:
            Thing()
sys.addaudithook(interrupt)
main()
"""


@pytest.mark.parametrize("number", [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233])
def test_ctrl_c_while_it_starts(number: int) -> None:
    """Within any import, such as the first: no traceback, and no Ctrl-C that is not heeded."""
    command = [sys.executable, "-c", INTERRUPTED_IMPORT, str(number), "doctor", "--url", "redis://127.0.0.1:1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (Exit.INTERRUPTED, "") == (done.returncode, done.stderr)


def test_ctrl_c_on_a_terminal(cli: Cli, settings: dict[str, str]) -> None:
    """130; the table stays, whole and once, and the cursor is back."""
    with Terminal(cli, "watch", "--live", env=settings) as terminal:
        terminal.until("connected since")
        hidden = not terminal.shows_cursor
        terminal.type(b"\x03")
        assert Exit.INTERRUPTED == terminal.wait()
        assert (True, True) == (hidden, terminal.shows_cursor)
        assert 1 == sum(line.startswith("channel ") for line in terminal.lines)


@pytest.mark.parametrize("command", ["doctor", "validate -"])
def test_colours_only_on_a_terminal(command: str, cli: Cli, settings: dict[str, str]) -> None:
    """Not in a pipe, whatever the variables say that some libraries obey; not where NO_COLOR is set."""
    loud = {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1", "GITHUB_ACTIONS": "true", "TERM": "xterm-256color"}
    assert "\x1b" not in cli.run(*command.split(), env={**settings, **loud}).out
    assert {"default"} < _colours(cli, command, settings)
    assert {"default"} == _colours(cli, command, {**settings, "NO_COLOR": "1"})
    assert {"default"} == _colours(cli, command, {**settings, "TERM": "dumb"})


def _colours(cli: Cli, command: str, environment: dict[str, str]) -> set[str]:
    with Terminal(cli, *command.split(), env=environment) as terminal:
        if command.startswith("validate"):
            terminal.type(b"{,}\n\x04")
        terminal.wait()
        return terminal.colours


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file, `big`, the report on which is more than a pipe holds."""
    folder = tmp_path_factory.mktemp("refused")
    (folder / "big").write_bytes(b"{,}\n" * 100_000)
    return folder
