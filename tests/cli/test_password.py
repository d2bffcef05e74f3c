"""No command shows a password: not in results, not in errors, not in JSON, not on a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

import pytest

from ..support.cli import Cli
from ..support.loopback import LoopbackServer, scripted
from ..support.server import Server
from ..support.terminal import Terminal
from ..support.waiting import PATIENCE

PASSWORD: Final = "s3cr3t"
MADE: Final = ("--path", "p", "--name", "n")
COMMANDS: Final[list[tuple[str, ...]]] = [
    ("publish", *MADE),
    ("publish", *MADE, "--json"),
    ("publish", *MADE, "--dry-run"),
    ("publish", *MADE, "--dry-run", "--json"),
    ("watch", "--wait", "0.3"),
    ("watch", "--wait", "0.3", "--format", "text"),
    ("watch", "--wait", "0.3", "--format", "raw"),
    ("doctor",),
    ("doctor", "--json"),
]


@pytest.fixture(scope="module")
def guarded() -> Iterator[Server]:
    """A server that asks for the password."""
    with Server(password=PASSWORD) as server:
        yield server


@pytest.fixture(scope="module")
def repeating() -> Iterator[LoopbackServer]:
    """A server that repeats what it was sent, as old ones do with commands that they do not know."""
    words = f"-ERR unknown command AUTH, with args beginning with: {PASSWORD}\r\n".encode()
    with LoopbackServer(scripted((b"AUTH", words), (b"HELLO", words), (b"", b"+OK\r\n"))) as server:
        yield server


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_in_pipes(command: tuple[str, ...], cli: Cli, guarded: Server, repeating: LoopbackServer) -> None:
    """With the right password, a wrong one, no server, a URL that cannot be read, and a server that repeats it."""
    urls = [
        f"redis://:{PASSWORD}@127.0.0.1:{guarded.port}",
        f"redis://somebody:{PASSWORD}@127.0.0.1:{guarded.port}",
        f"redis://:{PASSWORD}@127.0.0.1:1",
        f"redis://:{PASSWORD}@[not an address",
        f"http://:{PASSWORD}@localhost",
        f"redis://:{PASSWORD}@127.0.0.1:{repeating.port}",
        f"unix:///no/such/socket?pass={PASSWORD}",
    ]
    for url in urls:
        done = cli.run(*command, env={"REDIS_URL": url})
        assert PASSWORD not in done.out + done.err, url


@pytest.mark.parametrize("command", [("publish", *MADE), ("publish", *MADE, "--dry-run"), ("watch",)], ids=" ".join)
def test_a_refusal_that_repeats_it(command: tuple[str, ...], cli: Cli) -> None:
    """Rust's words repeat what is wrong in a URL, which may be the password."""
    done = cli.run(*command, env={"REDIS_URL": f"redis://:{PASSWORD}@localhost?protocol={PASSWORD}"})
    assert "Redis client error: Invalid protocol version - InvalidClientConfig: ***; " in done.err
    assert PASSWORD not in done.out + done.err


@pytest.mark.parametrize("command", ["watch", "publish", "validate", "doctor"])
@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"redis://:{PASSWORD}@127.0.0.1:1", "redis://:***@127.0.0.1:1"),
        (f"redis://u:two {PASSWORD}@127.0.0.1:1", "redis://u:***@127.0.0.1:1"),
        (f"unix:///socket?db=1&pass={PASSWORD}&user=u", "unix:///socket?db=1&pass=***&user=u"),
    ],
)
def test_a_url_where_none_belongs(command: str, url: str, shown: str, cli: Cli) -> None:
    """It is said to be no file, or one argument too many."""
    done = cli.run(command, url)
    assert done.status
    assert shown in done.err
    assert PASSWORD not in done.out + done.err


@pytest.mark.parametrize("command", ["watch", "validate"])
def test_where_the_locale_is_ascii(command: str) -> None:
    """There is another way to the stream then."""
    done = subprocess.run(
        [sys.executable, "-m", "checkpoint_notify.cli", command, f"redis://:{PASSWORD}@127.0.0.1:1"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert "redis://:***@127.0.0.1:1" in done.stderr
    assert PASSWORD not in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["watch --live --wait 0.5", "doctor"])
def test_on_a_terminal(command: str, cli: Cli, guarded: Server) -> None:
    """The table names the server; the password is not in it."""
    url = f"redis://:{PASSWORD}@127.0.0.1:{guarded.port}"
    with Terminal(cli, *command.split(), env={"REDIS_URL": url}) as terminal:
        terminal.wait()
        assert f"127.0.0.1:{guarded.port}" in " ".join(terminal.lines)
        assert PASSWORD.encode() not in terminal.written
