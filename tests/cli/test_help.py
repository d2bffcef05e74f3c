"""Each help text, word for word, at 80 columns; `python -m tests.tools.record_sessions` writes them again."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import click
import pytest

from checkpoint_notify.cli._process import Exit
from checkpoint_notify.cli.app import app

from ..support.cli import Cli
from ..support.terminal import Terminal
from ..support.waiting import PATIENCE

FOLDER: Final = Path(__file__).with_name("help")
COMMANDS: Final = ("publish", "watch", "validate", "doctor", "schema", "conformance", "compat")


def help_of(cli: Cli, *command: str, option: str = "--help") -> str:
    """What a command prints at 80 columns."""
    done = cli.run(*command, option, env={"COLUMNS": "80"})
    assert (Exit.OK, "") == (done.status, done.err)
    return done.out


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=" ".join)
def test_help(command: tuple[str, ...], option: str, cli: Cli) -> None:
    """Usage, what it does, an example, and each option."""
    golden = FOLDER / f"{' '.join(command) or 'checkpoint-notify'}.txt"
    assert golden.read_text(encoding="utf-8") == help_of(cli, *command, option=option)


def test_nothing_else_has_a_golden_text() -> None:
    """A command that is gone leaves none behind."""
    assert {"checkpoint-notify", *COMMANDS} == {file.stem for file in FOLDER.iterdir()}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str, cli: Cli) -> None:
    """On one line of its own, and starting with the program's name."""
    assert re.search(rf"^  Example: .*checkpoint-notify {command}\b", help_of(cli, command), re.MULTILINE)


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=" ".join)
def test_help_fits(command: tuple[str, ...], cli: Cli) -> None:
    """80 columns, but for an example, which is there to be copied."""
    assert [] == [line for line in help_of(cli, *command).splitlines() if len(line) > 80 and "Example:" not in line]


def test_the_list_of_commands_says_what_each_says(cli: Cli) -> None:
    """The first sentence of its help; the list is made without importing the commands."""
    listed = " ".join(help_of(cli).partition("\nCommands:\n")[2].split())
    context = click.Context(app)
    commands = [app.get_command(context, name) for name in COMMANDS]
    expected = [f"{command.name} {(command.help or '').partition(chr(10))[0]}" for command in commands if command]
    assert " ".join(expected) == listed


def test_without_a_command(cli: Cli) -> None:
    """The same help, on stderr."""
    done = cli.run(env={"COLUMNS": "80"})
    assert (Exit.USAGE, "", help_of(cli)) == done


@pytest.mark.parametrize("columns", [130, 60])
def test_help_is_as_wide_as_the_terminal(columns: int, cli: Cli) -> None:
    """Up to 118 columns; beyond, lines are hard to read."""
    with Terminal(cli, "watch", "--help", columns=columns, rows=80) as terminal:
        terminal.wait()
        lines = [line for line in terminal.lines if "Example:" not in line and "notification.version" not in line]
    assert min(118, columns) - 12 < max(map(len, lines)) <= min(118, columns - 1)


def test_version(cli: Cli) -> None:
    """One line."""
    assert re.fullmatch(r"checkpoint-notify \d+\.\d+\.\d+\n", cli.run("--version").out)


@pytest.mark.parametrize("module", ["checkpoint_notify", "checkpoint_notify.cli"])
def test_as_a_module(module: str, cli: Cli) -> None:
    """`python -m` is the same command, by the same name."""
    command = [sys.executable, "-m", module, "publish", "--nonsense"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert cli.run("publish", "--nonsense") == (done.returncode, done.stdout, done.stderr)
    assert 2 == done.returncode
