"""Completion in shells: what they ask, what they read, and where it is put."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from checkpoint_notify.cli._process import Exit

from ..support.cli import Cli
from ..support.waiting import PATIENCE

HINT: Final = "which shell? Name it: --install-completion bash, zsh or fish"


@pytest.mark.parametrize(
    ("words", "number", "expected"),
    [
        ("checkpoint-notify wa", 1, ["plain,watch"]),
        ("checkpoint-notify publish --req", 2, ["plain,--require-receivers"]),
        ("checkpoint-notify watch --format ", 3, ["plain,text", "plain,json", "plain,raw"]),
        ("checkpoint-notify doctor --for w", 3, ["plain,watch"]),
        ("checkpoint-notify validate some", 2, ["file,some"]),
        ("checkpoint-notify --show-completion z", 2, ["plain,zsh"]),
    ],
)
def test_what_bash_asks(words: str, number: int, expected: list[str], cli: Cli) -> None:
    """When Tab is pressed."""
    asked = {"_CHECKPOINT_NOTIFY_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(number)}
    assert expected == cli.run(env=asked).out.splitlines()


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        ("bash", "complete -o nosort -F _checkpoint_notify_completion checkpoint-notify"),
        ("zsh", "#compdef checkpoint-notify"),
        ("fish", "complete --no-files --command checkpoint-notify"),
    ],
)
def test_show(shell: str, words: str, cli: Cli) -> None:
    """What the shell has to read; unless it is named, the variable SHELL tells which."""
    shown = cli.run("--show-completion", shell)
    assert (Exit.OK, "") == (shown.status, shown.err)
    assert words in shown.out
    assert shown == cli.run("--show-completion", env={"SHELL": f"/usr/bin/{shell}"})


@pytest.mark.parametrize("option", ["--show-completion", "--install-completion"])
@pytest.mark.parametrize("shell", ["", "/bin/tcsh"])
def test_no_shell(option: str, shell: str, cli: Cli) -> None:
    """It is asked for."""
    assert (Exit.USAGE, "", f"checkpoint-notify: {HINT}\n") == cli.run(option, env={"SHELL": shell})


INSTALLED: Final = {
    "bash": (".bash_completions/checkpoint-notify.sh", ".bashrc", "source {}/.bash_completions/checkpoint-notify.sh"),
    "zsh": (".zfunc/_checkpoint-notify", ".zshrc", "fpath+={}/.zfunc; autoload -Uz compinit; compinit"),
    "fish": (".config/fish/completions/checkpoint-notify.fish", None, ""),
}


@pytest.mark.parametrize("shell", INSTALLED)
@pytest.mark.parametrize("before", [None, "", "alias a=b", "alias a=b\n"])
def test_install(shell: str, before: str | None, cli: Cli, tmp_path: Path) -> None:
    """The script is what --show-completion prints; one line is added to the user's own file, once."""
    script, start, line = INSTALLED[shell]
    if start and before is not None:
        (tmp_path / start).write_text(before)
    for _ in range(2):
        done = cli.run("--install-completion", shell, env={"HOME": str(tmp_path)})
        assert (Exit.OK, "") == (done.status, done.err)
        written = [f"written: {tmp_path / name}" for name in (script, start) if name]
        assert [*written, "it takes effect in new shells"] == done.out.splitlines()
    assert cli.run("--show-completion", shell).out == (tmp_path / script).read_text()
    if start:
        kept = before if not before or before.endswith("\n") else before + "\n"
        assert (kept or "") + line.format(tmp_path) + "\n" == (tmp_path / start).read_text()


def test_install_where_nothing_can_be_written(cli: Cli, tmp_path: Path) -> None:
    """One line about it."""
    (tmp_path / ".bash_completions").write_text("")
    done = cli.run("--install-completion", "bash", env={"HOME": str(tmp_path)})
    assert (Exit.USAGE, "") == (done.status, done.out)
    assert done.err.startswith(f"checkpoint-notify: cannot write {tmp_path}/.bash_completions: ")
    assert 1 == done.err.count("\n")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_in_a_real_bash(cli: Cli, tmp_path: Path) -> None:
    """An interactive shell reads what was installed, and completes."""
    assert Exit.OK == cli.run("--install-completion", "bash", env={"HOME": str(tmp_path)}).status
    press_tab = (
        "COMP_WORDS=(checkpoint-notify val); COMP_CWORD=1; _checkpoint_notify_completion checkpoint-notify;"
        ' echo "${COMPREPLY[@]}"'
    )
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-i", "-c", press_tab],
        env={"HOME": str(tmp_path), "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert "validate\n" == done.stdout
