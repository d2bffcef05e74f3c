"""The same fault has the same words in every command, and they name what the user can change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import pytest
import redis

from checkpoint_notify.cli._process import Exit

from ..support.cli import Cli
from ..support.loopback import LoopbackServer, scripted, silent
from ..support.server import Server

Fault = tuple[str, str, Exit]
"""A URL; what is wrong, a bar, and what to do, where `{}` is what the user can change; the exit status."""

PUBLISH: Final = ("publish", "--path", "p", "--name", "n")
ANSWERS: Final = "check that a Redis server answers at"


@contextmanager
def closed_port() -> Iterator[Fault]:
    """No server."""
    words = "Redis connection error: Connection refused (os error 111)"
    yield "redis://127.0.0.1:1", f"{words}|{ANSWERS} 127.0.0.1:1/0 ({{}})", Exit.NO_CONNECTION


@contextmanager
def no_socket() -> Iterator[Fault]:
    """No socket of that name."""
    words = "Redis connection error: No such file or directory (os error 2)"
    yield "unix:///no/such/socket", f"{words}|{ANSWERS} unix socket '/no/such/socket' ({{}})", Exit.NO_CONNECTION


@contextmanager
def unknown_name() -> Iterator[Fault]:
    """A host that no resolver knows."""
    words = "Redis connection error: failed to lookup address information: "
    yield "redis://unknown.invalid", f"{words}|{ANSWERS} unknown.invalid:6379/0 ({{}})", Exit.NO_CONNECTION


@contextmanager
def silence() -> Iterator[Fault]:
    """A server that takes the connection, and says nothing."""
    with LoopbackServer(silent) as peer:
        words = "Redis connection error: timed out, no answer within 1 s"
        yield f"redis://:pw@127.0.0.1:{peer.port}", f"{words}|{ANSWERS} 127.0.0.1:", Exit.NO_CONNECTION


@contextmanager
def wrong_password() -> Iterator[Fault]:
    """A login that is refused."""
    with Server(password="pw") as server:
        words = (
            "Redis connection error: WRONGPASS invalid username-password pair or user is disabled"
            "|check the user and the password in {}"
        )
        yield f"redis://:wrong@127.0.0.1:{server.port}", words, Exit.REFUSED


@contextmanager
def no_such_database() -> Iterator[Fault]:
    """A database number that the server does not have."""
    with Server() as server:
        words = "Redis connection error: ERR DB index is out of range|check the database in {}"
        yield f"{server.url}/99", words, Exit.REFUSED


@contextmanager
def protected_mode() -> Iterator[Fault]:
    """A server that takes only its own machine's connections."""
    words = b"-DENIED Redis is running in protected mode\r\n"
    with LoopbackServer(scripted((b"", words))) as peer:
        shown = "error: DENIED Redis is running in protected mode|in protected mode, and add it to {}"
        yield peer.url, shown, Exit.REFUSED


@contextmanager
def bad_url() -> Iterator[Fault]:
    """A URL that Rust refuses."""
    words = "Redis client error: Missing hostname - InvalidClientConfig"
    yield "redis://", f"{words}|write redis://[user:password@]host[:port][/database] ({{}})", Exit.USAGE


FAULTS: Final = [
    closed_port, no_socket, unknown_name, silence, wrong_password, no_such_database, protected_mode, bad_url,
]  # fmt: skip


@pytest.mark.parametrize("given", ["--url", "REDIS_URL"])
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(
            fault,
            id=fault.__name__,
            marks=[pytest.mark.time_limits("CONNECT_SECONDS", "connect_timeout")] * (fault is silence),
        )
        for fault in FAULTS
    ],
)
def test_the_words_of_a_fault(fault: Callable[[], AbstractContextManager[Fault]], given: str, cli: Cli) -> None:
    """What is wrong, what to do, and the exit status."""
    with fault() as (url, words, status):
        options, env = (["-u", url], {"REDIS_URL": "redis://other"}) if given == "--url" else ([], {"REDIS_URL": url})
        what, advice = words.format(given).split("|")
        published = cli.run(*PUBLISH, *options, env=env)
        watched = cli.run("watch", *options, env={**env, "MODEL_RELOAD_MAX_RETRIES": "1"})
        dry = cli.run(*PUBLISH, "--dry-run", *options, env=env)
        examined = cli.run("doctor", "--json", *options, env=env)
    failed = next(check for check in examined.objects[0]["checks"] if check["grade"] == "failed")
    assert [status] * 3 == [published.status, watched.status, examined.status]
    for told in (published.err, watched.err, f"{failed['detail']} {failed['advice']}"):
        assert what in told
        assert advice in told
        assert (given == "--url") == ("REDIS_URL" not in told)
    if status is Exit.USAGE:
        assert (Exit.USAGE, published.err) == (dry.status, dry.err)


@pytest.mark.parametrize("given", ["--url", "REDIS_URL"])
def test_no_password(given: str, cli: Cli) -> None:
    """The server asks for one only when it is asked for something."""
    with Server(password="pw") as server:
        url = f"redis://127.0.0.1:{server.port}"
        options, env = (["--url", url], {}) if given == "--url" else ([], {"REDIS_URL": url})
        told = [cli.run(*command, *options, env=env) for command in (PUBLISH, ("watch",), ("doctor", "--json"))]
    assert [Exit.REFUSED] * 3 == [done.status for done in told]
    for done in told:
        assert "NOAUTH Authentication required" in done.out + done.err
        assert f"add the user and the password to {given}" in done.out + done.err


def test_no_right(cli: Cli, server: Server) -> None:
    """The same right is named."""
    with redis.Redis(port=server.port, protocol=2) as client:
        client.execute_command("ACL", "SETUSER", "powerless", "reset", "on", ">pw", "-@all")
    url = f"redis://powerless:pw@127.0.0.1:{server.port}"
    for purpose, command in (("publish", PUBLISH), ("watch", ("watch",))):
        done = cli.run(*command, "--url", url)
        (report,) = cli.run("doctor", "--json", "--for", purpose, "--url", url).objects
        failed = next(check for check in report["checks"] if check["grade"] == "failed")
        assert (Exit.REFUSED, Exit.REFUSED) == (done.status, report["status"])
        assert f"checkpoint-notify: {failed['detail']}; " in done.err
        assert failed["advice"].partition(", or ask with")[0] in done.err


@pytest.mark.parametrize(
    "command",
    [("publish", "{}"), ("publish", "--lines", "{}"), ("validate", "{}"), ("compat", "{}", "{}")],
    ids=" ".join,
)
@pytest.mark.parametrize("name", ["missing", "a folder"])
def test_a_file_that_cannot_be_read(command: tuple[str, ...], name: str, cli: Cli, tmp_path: Path) -> None:
    """Its name, in quotes where it needs them, and the system's words."""
    (tmp_path / "a folder").mkdir()
    done = cli.run(*(word.format(name) for word in command), folder=tmp_path)
    words = {"missing": "missing: No such file or directory", "a folder": '"a folder": Is a directory'}[name]
    assert (Exit.USAGE, f"checkpoint-notify: cannot read {words}\n") == (done.status, done.err)
