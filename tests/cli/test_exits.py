"""Every exit status that is documented, and nothing but a line or two on stderr with it."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
import redis

from checkpoint_notify.cli._exits import Exit

from ..support.cli import Cli, Done, eventually
from ..support.proxy import Proxy
from ..support.server import Server
from ..support.waiting import PATIENCE

PUBLISH: Final = ("publish", "--path", "model.bin", "--name", "lstm")
Settings = dict[str, str]
Scene = Callable[[Cli, Server, Settings], Done]


def ok(cli: Cli, server: Server, settings: Settings) -> Done:
    """A notification that the server takes."""
    return cli.run(*PUBLISH, env=settings)


def refused_payload(cli: Cli, server: Server, settings: Settings) -> Done:
    """A payload that Rust refuses."""
    return cli.run("publish", "-", stdin=b"{,}", env=settings)


def drift(cli: Cli, server: Server, settings: Settings) -> Done:
    """A payload in a file of payloads."""
    return cli.run("validate", "--lines", stdin=b"{,}\n")


def invalid_message(cli: Cli, server: Server, settings: Settings) -> Done:
    """An invalid message under --fail-on-invalid."""
    with cli.start("watch", "--fail-on-invalid", env=settings) as watching:
        assert '"connected"' in watching.out.line()
        send(server, settings, b"{,}")
        return watching.finish()


def usage(cli: Cli, server: Server, settings: Settings) -> Done:
    """An option that does not exist."""
    return cli.run("publish", "--nonsense", env=settings)


def bad_url(cli: Cli, server: Server, settings: Settings) -> Done:
    """A URL that Rust refuses."""
    return cli.run(*PUBLISH, "--url", "http://localhost", env=settings)


def switched_off(cli: Cli, server: Server, settings: Settings) -> Done:
    """Publishing, where the environment says not to."""
    return cli.run(*PUBLISH, env={**settings, "ENABLE_CHECKPOINT_NOTIFY": "false"})


def listening_switched_off(cli: Cli, server: Server, settings: Settings) -> Done:
    """Watching, where the environment says not to."""
    return cli.run("watch", env={**settings, "ENABLE_MODEL_RELOAD": "false"})


def port_closed(cli: Cli, server: Server, settings: Settings) -> Done:
    """No server."""
    return cli.run(*PUBLISH, "--url", "redis://127.0.0.1:1", env=settings)


def gave_up(cli: Cli, server: Server, settings: Settings) -> Done:
    """A listener that was told how often to try."""
    return cli.run("watch", "--url", "redis://127.0.0.1:1", env={**settings, "MODEL_RELOAD_MAX_RETRIES": "1"})


def wrong_password(cli: Cli, server: Server, settings: Settings) -> Done:
    """A password where the server wants none."""
    return cli.run(*PUBLISH, "--url", f"redis://:wrong@127.0.0.1:{server.port}", env=settings)


def listening_refused(cli: Cli, server: Server, settings: Settings) -> Done:
    """A listener that is refused as often as it was told to try."""
    url = f"redis://:wrong@127.0.0.1:{server.port}"
    return cli.run("watch", "--url", url, env={**settings, "MODEL_RELOAD_MAX_RETRIES": "1"})


def subscribing_refused(cli: Cli, server: Server, settings: Settings) -> Done:
    """A listener that may connect, and not subscribe."""
    with redis.Redis(port=server.port, protocol=2) as client:
        client.execute_command("ACL", "SETUSER", "deaf", "on", ">pw", "resetchannels", "+@all")
    url = f"redis://deaf:pw@127.0.0.1:{server.port}"
    return cli.run("watch", "--url", url, env={**settings, "MODEL_RELOAD_MAX_RETRIES": "1"})


def reply_lost(cli: Cli, server: Server, settings: Settings) -> Done:
    """PUBLISH goes out, and its reply is lost."""
    with Proxy(server.port, lose_replies_from=b"PUBLISH") as proxy:
        return cli.run(*PUBLISH, "--url", proxy.url, env=settings)


def too_few(cli: Cli, server: Server, settings: Settings) -> Done:
    """Nobody listens."""
    return cli.run(*PUBLISH, "--require-receivers", "1", env=settings)


def gap(cli: Cli, server: Server, settings: Settings) -> Done:
    """The server closes a listener's connection."""
    with cli.start("watch", "--fail-on-gap", "--wait", str(PATIENCE), env=settings) as watching:
        assert '"connected"' in watching.out.line()
        with redis.Redis(port=server.port, protocol=2) as client:
            client.client_kill_filter(_type="pubsub")
        return watching.finish()


def expired(cli: Cli, server: Server, settings: Settings) -> Done:
    """Nothing is published."""
    return cli.run("watch", "--wait", "0.2", env=settings)


def interrupted(cli: Cli, server: Server, settings: Settings) -> Done:
    """Ctrl-C."""
    return signalled(cli, settings, signal.SIGINT)


def terminated(cli: Cli, server: Server, settings: Settings) -> Done:
    """SIGTERM."""
    return signalled(cli, settings, signal.SIGTERM)


def signalled(cli: Cli, settings: Settings, number: signal.Signals) -> Done:
    """A signal, once the listener is connected."""
    with cli.start("watch", env=settings) as watching:
        assert '"connected"' in watching.out.line()
        watching.send(number)
        return watching.finish()


def broken_pipe(cli: Cli, server: Server, settings: Settings) -> Done:
    """The reader of the output is gone."""
    with cli.start("watch", env=settings) as watching:
        assert '"connected"' in watching.out.line()
        watching.out.close()
        send(server, settings, b"{,}")
        return Done(watching.wait(), "", watching.err.rest().decode())


SCENES: Final[list[tuple[Scene, Exit, str]]] = [
    (ok, Exit.OK, ""),
    (refused_payload, Exit.INVALID, r"stdin: refused: key must be a string at line 1 column 2\n    \{,\}\n     \^\n"),
    (drift, Exit.INVALID, ""),
    (invalid_message, Exit.INVALID, ""),
    (usage, Exit.USAGE, r"Usage: .*\n.*\n\nError: No such option.*\n"),
    (bad_url, Exit.USAGE, r"Redis client error: .* - InvalidClientConfig; write redis://.* \(REDIS_URL, --url\)\n"),
    (switched_off, Exit.USAGE, r"switched off: ENABLE_CHECKPOINT_NOTIFY is false; to go on, .*=true\n"),
    (listening_switched_off, Exit.USAGE, r"switched off: ENABLE_MODEL_RELOAD is false; to go on, .*=true\n"),
    (port_closed, Exit.NO_CONNECTION, r"Redis connection error: .* refused .*; nothing was sent on .*: check .*\n"),
    (gave_up, Exit.NO_CONNECTION, r"gave up: .*refused; see checkpoint-notify doctor --for watch\n"),
    (wrong_password, Exit.REFUSED, r"Redis connection error: .*; nothing was published on .*: check .*\n"),
    (listening_refused, Exit.REFUSED, r"gave up: .*AUTH.*\n"),
    (subscribing_refused, Exit.REFUSED, r"gave up: .*NOPERM.*\n"),
    (reply_lost, Exit.UNKNOWN, r"Redis PUBLISH error: timed out, .*; subscribers of .* may have it or not: .*\n"),
    (too_few, Exit.TOO_FEW_RECEIVERS, r"published, but 0 of 1 receivers had it; .*\n"),
    (gap, Exit.GAP, ""),
    (expired, Exit.EXPIRED, r"0 of 1 came within 0\.2 s\n"),
    (interrupted, Exit.INTERRUPTED, ""),
    (broken_pipe, Exit.BROKEN_PIPE, ""),
    (terminated, Exit.TERMINATED, ""),
]


LIMITED: Final = (reply_lost,)
"""The scenes in which a time limit ends the command."""
CASES: Final = [
    pytest.param(*row, id=row[0].__name__, marks=[pytest.mark.time_limits("REPLY_SECONDS")] * (row[0] in LIMITED))
    for row in SCENES
]


@pytest.mark.parametrize(("scene", "status", "words"), CASES)
def test_status(scene: Scene, status: Exit, words: str, cli: Cli, server: Server, settings: Settings) -> None:
    """The exit status, and the words on stderr: what is wrong and what to do, never a traceback."""
    done = scene(cli, server, settings)
    assert (status, "") == (done.status, "" if re.fullmatch(f"(checkpoint-notify: )?{words}", done.err) else done.err)


def test_all_are_tested() -> None:
    """Each status has a scene."""
    assert set(Exit) == {status for _, status, _ in SCENES}


def test_all_are_documented(cli: Cli) -> None:
    """The help lists each status."""
    (listed,) = re.findall(r"Exit status: (.*?\.)\n\n", cli.run("--help").out, re.DOTALL)
    assert set(map(int, Exit)) == {int(number) for number in re.findall(r"(?:^|; *)(\d+)", " ".join(listed.split()))}


WRONG: Final[list[tuple[tuple[str, ...], str]]] = [
    (("publish",), "what is to be published?"),
    (("publish", "--path", "p"), "both --path and --name"),
    ((*PUBLISH, "--version", "-1"), "--version"),
    ((*PUBLISH, "--version", str(2**64)), "--version"),
    ((*PUBLISH, "--step", "1.5"), "--step"),
    ((*PUBLISH, "--meta", "novalue"), "--meta is K=V"),
    ((*PUBLISH, "--require-receivers", "-1"), "--require-receivers"),
    (("publish", ""), "the name of a file is empty"),
    (("publish", "missing.json"), "cannot read missing.json: No such file or directory"),
    (("publish", "folder"), "cannot read folder: Is a directory"),
    (("publish", "secret/file"), "cannot read secret/file: Not a directory"),
    (("publish", "good.json", "--version", "3"), "leave out --version, or the FILE"),
    (("publish", "nul\0byte"), "cannot read nul␀byte"),
    (("validate", "missing"), "cannot read missing: No such file or directory"),
    (("validate", "folder"), "cannot read folder: Is a directory"),
    (("watch", "--count", "0"), "--count"),
    (("watch", "--wait", "-1"), "--wait"),
    (("watch", "--wait", "nan"), "--wait"),
    (("watch", "--wait", "inf"), "--wait"),
    (("watch", "--format", "xml"), "--format"),
    (("watch", "--format", "text", "--json"), "contradict each other"),
    (("watch", "--url", "redis://"), "Missing hostname"),
    (("watch", "--url", "redis://h?protocol=\x1b[31m"), "Invalid protocol version - InvalidClientConfig: \\x1b[31m"),
    (("watch", "--instance", "\udcff"), "instance_id: lone surrogate"),
    (("doctor", "--for", "fun"), "--for"),
    (("nonsense",), "nonsense"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG, ids=[ascii(" ".join(words)) for words, _ in WRONG])
def test_mistakes_of_a_user(arguments: tuple[str, ...], words: str, cli: Cli, tmp_path: Path) -> None:
    """Status 2, a word about it, and no traceback."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "secret").touch()
    (tmp_path / "good.json").write_bytes(b"{}")
    done = cli.run(*arguments, folder=tmp_path)
    assert (Exit.USAGE, "0 accepted, 0 refused, 1 cannot be read\n" * (arguments[0] == "validate")) == done[:2]
    assert words in done.err
    assert "Traceback" not in done.err


def send(server: Server, settings: Settings, payload: bytes) -> None:
    """Publish bytes on the channel of these settings."""
    with redis.Redis(port=server.port, protocol=2) as client:
        channel = f"fks:{settings['FKS_INSTANCE_ID']}:model_checkpoints"
        eventually("there is a subscriber", lambda: client.pubsub_numsub(channel)[0][1])
        client.publish(channel, payload)
