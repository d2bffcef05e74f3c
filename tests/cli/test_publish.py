"""`publish`: what arrives at a real Rust subscriber."""

from __future__ import annotations

import base64
import dataclasses
import os
from pathlib import Path
from typing import Final

import pytest

from checkpoint_notify import CheckpointNotification
from checkpoint_notify.cli._process import Exit
from checkpoint_notify.conformance.values import from_protocol
from checkpoint_notify.resources import vectors

from ..conftest import RustBin
from ..support.cli import Cli
from ..support.proxy import FaultProxy
from ..support.rust import RustSubscriber
from ..support.server import Server
from ..support.subscriber import Subscriber
from ..support.terminal import Terminal

MADE: Final = ("--path", "модели/m.bin", "--name", "lstm", "--version", str(2**64 - 1), "--step", "7")
META: Final = ("--meta", "loss=0.5", "--meta", "formula=a=b", "--meta", "empty=")


def test_rust_receives_it(cli: Cli, settings: dict[str, str], rust_bin: RustBin) -> None:
    """All fields, and the number of receivers; only the first `=` parts."""
    with RustSubscriber(rust_bin("subscriber"), settings) as subscriber:
        done = cli.run("publish", *MADE, *META, "--require-receivers", "1", env=settings)
        received = from_protocol(subscriber.read()["value"])
    assert (Exit.OK, f"published on {subscriber.channel}; receivers on that server: 1\n", "") == done
    assert {"loss": "0.5", "formula": "a=b", "empty": ""} == received.metadata
    assert ("модели/m.bin", "lstm", 2**64 - 1, 7) == (
        received.model_path,
        received.model_name,
        received.version,
        received.training_step,
    )


@pytest.mark.parametrize("source", ["file", "stdin"])
def test_a_file_is_sent_as_rust_would_write_it(
    source: str, cli: Cli, settings: dict[str, str], rust_bin: RustBin, tmp_path: Path
) -> None:
    """Known fields, in their order, without white space."""
    payload = (
        b'{\n "other": 1, "version": 3, "model_path": "p", "model_name": "n", "saved_at": "t", "training_step": 0}\n'
    )
    (tmp_path / "message.json").write_bytes(payload)
    with RustSubscriber(rust_bin("subscriber"), settings) as subscriber:
        given = "message.json" if source == "file" else "-"
        done = cli.run("publish", given, stdin=payload, folder=tmp_path, env=settings)
        sent = base64.b64decode(subscriber.read()["payload"])
    assert Exit.OK == done.status
    expected = b'{"model_path":"p","model_name":"n","version":3,"saved_at":"t","training_step":0,"metadata":{}}'
    assert expected == sent


def test_dry_run(cli: Cli) -> None:
    """The payload alone on stdout, to be piped on; where it would go on stderr. No server is asked, nor needed."""
    env = {"REDIS_URL": "redis://127.0.0.1:1/3", "FKS_INSTANCE_ID": "dry", "ENABLE_CHECKPOINT_NOTIFY": "false"}
    done = cli.run("publish", *MADE, "--dry-run", env=env)
    assert Exit.OK == done.status
    assert 2**64 - 1 == CheckpointNotification.from_json(done.out.removesuffix("\n")).version
    assert (
        "checkpoint-notify: not sent; it would go to fks:dry:model_checkpoints at 127.0.0.1:1/3,"
        " if ENABLE_CHECKPOINT_NOTIFY were not false\n"
    ) == done.err


def test_json(cli: Cli, settings: dict[str, str]) -> None:
    """One object: what went out, where, and to how many."""
    sent, dry = (cli.run("publish", *MADE, "--json", *more, env=settings).objects for more in ([], ["--dry-run"]))
    channel = f"fks:{settings['FKS_INSTANCE_ID']}:model_checkpoints"
    assert [(channel, True, 0)] == [(one["channel"], one["published"], one["receivers"]) for one in sent]
    assert [(channel, False, None)] == [(one["channel"], one["published"], one.get("receivers")) for one in dry]
    assert 2**64 - 1 == sent[0]["notification"]["version"]
    assert sent[0]["notification"] == dataclasses.asdict(CheckpointNotification.from_json(sent[0]["raw"]))


def test_options_override_the_environment(cli: Cli, settings: dict[str, str]) -> None:
    """`--url` and `--instance`."""
    url = settings["REDIS_URL"]
    wrong = {"REDIS_URL": "http://", "FKS_INSTANCE_ID": "other"}
    done = cli.run("publish", *MADE, "--url", url, "--instance", "mine", env=wrong)
    assert "published on fks:mine:model_checkpoints; receivers on that server: 0\n" == done.out


def test_every_canonical_vector_is_sent_as_it_is(cli: Cli, settings: dict[str, str]) -> None:
    """A few of them, those with most in them: what Rust wrote goes out unchanged."""
    longest = sorted(vectors("canonical"), key=lambda vector: len(vector.payload))[-3:]
    for vector in longest:
        done = cli.run("publish", "-", "--dry-run", stdin=vector.payload, env=settings)
        assert done.out.encode() == vector.payload + b"\n", vector.name


def test_a_checkpoint_is_no_notification(cli: Cli) -> None:
    """Who gives it as the FILE is told how to name it."""
    done = cli.run("publish", "-", stdin=b"\x80\x02}q\x00.")
    assert (1, "a FILE is a notification as JSON; a checkpoint is named by --path") == (
        done.status,
        done.err.splitlines()[-1],
    )


def test_what_no_rust_value_holds(cli: Cli, settings: dict[str, str]) -> None:
    """Bytes that are not UTF-8 in an argument: 1, and words about it."""
    done = cli.run("publish", "--path", "\udcff", "--name", "n", env=settings)
    assert Exit.INVALID == done.status
    assert done.err.startswith("checkpoint-notify: model_path")
    assert 1 == done.err.count("\n")


def test_saved_at(cli: Cli) -> None:
    """Goes out as it is written."""
    for time in ("2026-11-28T08:15:30Z", "2026-11-28T08:15:30.123456789+01:00", "2026-11-28t08:15:30z"):
        (shown,) = cli.run("publish", *MADE, "--saved-at", time, "--dry-run", "--json").objects
        assert time == shown["notification"]["saved_at"]


def test_short_options(cli: Cli, settings: dict[str, str]) -> None:
    """`-u` is `--url`."""
    done = cli.run("publish", *MADE, "-u", settings["REDIS_URL"], "--instance", "short", env={"REDIS_URL": "http://"})
    assert (Exit.OK, "published on fks:short:model_checkpoints; receivers on that server: 0\n", "") == done


def test_a_channel_with_spaces(cli: Cli, settings: dict[str, str]) -> None:
    """Is in quotes."""
    done = cli.run("publish", *MADE, "--instance", "a b; c", env=settings)
    assert 'published on "fks:a b; c:model_checkpoints"; receivers on that server: 0\n' == done.out


# --lines

GOOD: Final = [CheckpointNotification.new("p", "n").with_version(number).to_json_bytes() for number in range(3)]


@pytest.mark.parametrize("source", ["a file", "-"])
def test_lines(source: str, cli: Cli, settings: dict[str, str], rust_bin: RustBin, tmp_path: Path) -> None:
    """Each line is published, in order; one that ends with CR LF, and a last one without a newline, too."""
    content = GOOD[0] + b"\r\n" + GOOD[1] + b"\n" + GOOD[2]
    (tmp_path / "a file").write_bytes(content)
    with RustSubscriber(rust_bin("subscriber"), settings) as subscriber:
        done = cli.run("publish", "--lines", source, stdin=content, folder=tmp_path, env=settings)
        received = [from_protocol(subscriber.read()["value"]).version for _ in GOOD]
    assert [0, 1, 2] == received
    name = "stdin" if source == "-" else '"a file"'
    where = f"published on {subscriber.channel}; receivers on that server: 1"
    assert (Exit.OK, "".join(f"{name}:{number}: {where}\n" for number in (1, 2, 3)), "") == done


def test_lines_as_json(cli: Cli, settings: dict[str, str]) -> None:
    """An object for each, with its number."""
    done = cli.run("publish", "--lines", "-", "--json", stdin=b"\n".join(GOOD), env=settings)
    assert [(1, 0), (2, 1), (3, 2)] == [(one["number"], one["notification"]["version"]) for one in done.objects]


def test_each_line_is_published_at_once(cli: Cli, settings: dict[str, str]) -> None:
    """Not only when the next one comes, or the end."""
    with cli.start("publish", "--lines", "-", env=settings) as running:
        for number, line in enumerate(GOOD, 1):
            os.write(running.stdin, line + b"\n")
            assert running.out.line().startswith(f"stdin:{number}: published on ")


@pytest.mark.parametrize(
    ("bad", "status", "words"),
    [
        (b"{,}", Exit.INVALID, "stdin:2: refused: key must be a string at line 1 column 2\n    {,}\n     ^\n"),
        (b"", Exit.INVALID, "stdin:2: refused: EOF while parsing a value at line 1 column 0\n"),
    ],
)
def test_lines_up_to_a_refused_one(
    bad: bytes, status: Exit, words: str, cli: Cli, settings: dict[str, str], server: Server
) -> None:
    """What is before it is published, what is behind it is not; the message names the line."""
    with Subscriber(server.url, f"fks:{settings['FKS_INSTANCE_ID']}:model_checkpoints") as subscriber:
        done = cli.run("publish", "--lines", "-", stdin=GOOD[0] + b"\n" + bad + b"\n" + GOOD[1], env=settings)
        assert GOOD[0] == subscriber.receive()
        with pytest.raises(TimeoutError):
            subscriber.receive(0.1)
    assert (status, 1) == (done.status, done.out.count("published"))
    assert done.err.startswith(f"checkpoint-notify: {words}")


@pytest.mark.time_limits("REPLY_SECONDS")
def test_lines_up_to_one_that_is_not_published(cli: Cli, settings: dict[str, str], server: Server) -> None:
    """The message names the line, and says what was before it."""
    with FaultProxy(server.port, lose_replies_from=b'"version":1') as proxy:
        done = cli.run("publish", "--lines", "-", "-u", proxy.url, stdin=b"\n".join(GOOD), env=settings)
    assert (Exit.UNKNOWN, 1) == (done.status, done.out.count("published"))
    assert done.err.startswith("checkpoint-notify: stdin:2: Redis PUBLISH error: timed out, no reply within 0.5 s; ")


def test_lines_up_to_one_with_too_few_receivers(cli: Cli, settings: dict[str, str]) -> None:
    """It was published itself."""
    done = cli.run("publish", "--lines", "-", "--require-receivers", "1", stdin=b"\n".join(GOOD), env=settings)
    assert (Exit.TOO_FEW_RECEIVERS, 1) == (done.status, done.out.count("published"))
    assert done.err.startswith("checkpoint-notify: stdin:1: published, but 0 of 1 receivers had it; ")


def test_lines_dry(cli: Cli) -> None:
    """Each payload on a line, as Rust would write it."""
    done = cli.run("publish", "--lines", "-", "--dry-run", stdin=b"".join(line + b" \n" for line in GOOD))
    assert (Exit.OK, b"".join(line + b"\n" for line in GOOD).decode()) == done[:2]


def test_no_lines(cli: Cli, settings: dict[str, str]) -> None:
    """That is said."""
    done = cli.run("publish", "--lines", "-", env=settings)
    assert (Exit.OK, "", "checkpoint-notify: nothing was published: the FILE is empty\n") == done


# What a terminal would obey.


def test_a_dry_run_on_a_terminal(cli: Cli) -> None:
    """In a pipe it is the payload to the byte; a terminal gets pictures."""
    arguments = ("publish", *MADE, "--meta", "a=\x9b31m\u202e", "--dry-run")
    assert "\x9b31m\u202e" in cli.run(*arguments).out
    with Terminal(cli, *arguments) as terminal:
        assert Exit.OK == terminal.wait()
        assert "<U+009B>31m<U+202E>" in "".join(terminal.lines)
        assert b"\xc2\x9b" not in terminal.written
