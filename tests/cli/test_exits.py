"""Every exit status that is documented, and nothing but a line or two on stderr with it."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
import redis

from checkpoint_notify.cli._process import Exit

from ..support.cli import Cli, Done
from ..support.proxy import FaultProxy
from ..support.server import Server
from ..support.waiting import PATIENCE, wait_until

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
    """A listener whose first login is refused."""
    return cli.run("watch", "--url", f"redis://:wrong@127.0.0.1:{server.port}", env=settings)


def listening_refused_again(cli: Cli, server: Server, settings: Settings) -> Done:
    """A listener that is refused as often as it was told to try."""
    url = f"redis://:wrong@127.0.0.1:{server.port}"
    return cli.run("watch", "--retry", "--url", url, env={**settings, "MODEL_RELOAD_MAX_RETRIES": "1"})


def subscribing_refused(cli: Cli, server: Server, settings: Settings) -> Done:
    """A listener that may connect, and not subscribe."""
    with redis.Redis(port=server.port, protocol=2) as client:
        client.execute_command("ACL", "SETUSER", "deaf", "on", ">pw", "resetchannels", "+@all")
    return cli.run("watch", "--url", f"redis://deaf:pw@127.0.0.1:{server.port}", env=settings)


def reply_lost(cli: Cli, server: Server, settings: Settings) -> Done:
    """PUBLISH goes out, and its reply is lost."""
    with FaultProxy(server.port, lose_replies_from=b"PUBLISH") as proxy:
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
    (usage, Exit.USAGE, r"there is no option --nonsense(; is it .*)? \(checkpoint-notify publish --help\)\n"),
    (bad_url, Exit.USAGE, r"Redis client error: .* - InvalidClientConfig; write redis://.* \(--url\)\n"),
    (switched_off, Exit.USAGE, r"switched off: ENABLE_CHECKPOINT_NOTIFY is false; to go on, .*=true\n"),
    (listening_switched_off, Exit.USAGE, r"switched off: ENABLE_MODEL_RELOAD is false; to go on, .*=true\n"),
    (port_closed, Exit.NO_CONNECTION, r"Redis connection error: Connection refused .*; nothing was sent: check .*\n"),
    (gave_up, Exit.NO_CONNECTION, r"gave up; Redis connection error: Connection refused .*: check .*\n"),
    (wrong_password, Exit.REFUSED, r"Redis connection error: .*; nothing was published: check .*\n"),
    (listening_refused, Exit.REFUSED, r"Redis connection error: .*AUTH.*; check the user .*, or .* --retry\n"),
    (listening_refused_again, Exit.REFUSED, r"gave up; Redis connection error: .*AUTH.*: check the user .*\n"),
    (subscribing_refused, Exit.REFUSED, r"Redis SUBSCRIBE error: NOPERM .*; allow this user \+subscribe .* --retry\n"),
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
    ((*PUBLISH, "--version", "-1"), "--version is an integer from 0 to 18446744073709551615, not -1"),
    ((*PUBLISH, "--version", str(2**64)), "--version is an integer from 0 to"),
    ((*PUBLISH, "--version", "1_000"), "--version is an integer from 0 to 18446744073709551615, not 1_000"),
    ((*PUBLISH, "--version", " 1"), '--version is an integer from 0 to 18446744073709551615, not " 1"'),
    ((*PUBLISH, "--version", "٣"), "--version is an integer"),
    ((*PUBLISH, "--version", "9" * 5000), "--version is an integer"),
    ((*PUBLISH, "--version", "0x10"), "--version is an integer"),
    ((*PUBLISH, "--step", "1.5"), "--step is an integer"),
    ((*PUBLISH, "--meta", "novalue"), "--meta is K=V, such as loss=0.0023, not novalue"),
    ((*PUBLISH, "--meta", "=0.5"), "--meta =0.5 has no name before its ="),
    ((*PUBLISH, "--meta", "a b=1", "--meta", "a b=2"), '--meta names "a b" twice'),
    ((*PUBLISH, "--saved-at", "yesterday"), "--saved-at is a time such as 2026-11-28T08:15:30Z, not yesterday"),
    ((*PUBLISH, "--saved-at", "2026-13-28T08:15:30Z"), "--saved-at is a time"),
    ((*PUBLISH, "--saved-at", "2026-11-28T08:15:30"), "--saved-at is a time"),
    ((*PUBLISH, "--saved-at", ""), '--saved-at is a time such as 2026-11-28T08:15:30Z, not ""'),
    ((*PUBLISH, "--require-receivers", "-1"), "--require-receivers is an integer from 0 on, not -1"),
    ((*PUBLISH, "--require-receivers", "1_0"), "--require-receivers is an integer from 0 on, not 1_0"),
    ((*PUBLISH, "--lines"), "--lines needs a FILE (- is stdin)"),
    ((*PUBLISH, "--path"), "--path needs a value (checkpoint-notify publish --help)"),
    ((*PUBLISH, "--dry-run=yes"), "--dry-run takes no value (checkpoint-notify publish --help)"),
    ((*PUBLISH, "--naem", "x"), "there is no option --naem; is it --name"),
    (("publish", "one", "two three"), 'one argument too many: "two three" (checkpoint-notify publish --help)'),
    (("publish", ""), "the name of a file is empty"),
    (("publish", "missing.json"), "cannot read missing.json: No such file or directory"),
    (("publish", "folder"), "cannot read folder: Is a directory"),
    (("publish", "secret/file"), "cannot read secret/file: Not a directory"),
    (("publish", "good.json", "--version", "3"), "leave out --version, or the FILE"),
    (("publish", "nul\0byte"), "cannot read nul␀byte"),
    (("validate", "missing"), "cannot read missing: No such file or directory"),
    (("validate", "folder"), "cannot read folder: Is a directory"),
    (("validate", "-", "missing", "-"), "stdin can be read only once: give - once"),
    (("watch", "--count", "0"), "--count is an integer from 1 on, not 0"),
    (("watch", "-c", "1_0"), "--count is an integer from 1 on, not 1_0"),
    (("watch", "--wait", "-1"), "--wait is a number of seconds from 0 to 1,000,000,000, not -1"),
    (("watch", "--wait", "1_0"), "--wait is a number of seconds"),
    (("watch", "--wait", "nan"), "--wait is a number of seconds"),
    (("watch", "--wait", "inf"), "--wait is a number of seconds"),
    (("watch", "--format", "xml"), "--format is text, json or raw, not xml"),
    (("watch", "--format", "text", "--json"), "contradict each other"),
    (("watch", "--format", "text", "--live"), "--live and --format contradict each other"),
    (("watch", "--json", "--live"), "--live and --json contradict each other"),
    (("watch", "--live"), "--live needs a terminal"),
    (("watch", "file"), "one argument too many: file (checkpoint-notify watch --help)"),
    (("watch", "--url", "redis://"), "Missing hostname"),
    (("watch", "--url", "redis://h?protocol=\x1b[31m"), "Invalid protocol version - InvalidClientConfig: \\x1b[31m"),
    (("watch", "--instance", "\udcff"), "instance_id: lone surrogate"),
    (("doctor", "--for", "fun"), "--for is publish or watch, not fun"),
    (("conformance", "--timeout", "1_0"), "--timeout is a number of seconds from 0.001 to 86,400, not 1_0"),
    (("conformance", "--known", "missing", "x"), "cannot read missing: No such file or directory"),
    (("compat", "missing", "missing"), "cannot read missing: No such file or directory"),
    (("compat", "good.json"), "NEW is missing (checkpoint-notify compat --help)"),
    (("compat", "-", "-"), "stdin can be read only once: give - once"),
    (("nonsense",), "there is no command nonsense: checkpoint-notify --help lists all"),
    (("\x1b[31m",), "there is no command ␛[31m"),
    (("--nonsense",), "there is no option --nonsense (checkpoint-notify --help)"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG, ids=[ascii(" ".join(words)) for words, _ in WRONG])
def test_mistakes_of_a_user(arguments: tuple[str, ...], words: str, cli: Cli, tmp_path: Path) -> None:
    """Status 2, a word about it, and no traceback."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "secret").touch()
    (tmp_path / "good.json").write_bytes(b"{}")
    done = cli.run(*arguments, folder=tmp_path)
    judged = arguments[0] == "validate" and arguments.count("-") < 2
    assert (Exit.USAGE, "0 accepted, 0 refused, 1 cannot be read\n" * judged) == done[:2]
    assert done.err.startswith(f"checkpoint-notify: {words}") or words in done.err
    assert (True, 1) == (done.err.startswith("checkpoint-notify: "), done.err.count("\n"))


def send(server: Server, settings: Settings, payload: bytes) -> None:
    """Publish bytes on the channel of these settings."""
    with redis.Redis(port=server.port, protocol=2) as client:
        channel = f"fks:{settings['FKS_INSTANCE_ID']}:model_checkpoints"
        wait_until(lambda: client.pubsub_numsub(channel)[0][1], "there is a subscriber")
        client.publish(channel, payload)
