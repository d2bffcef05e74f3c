"""`publish`: what arrives at a real Rust subscriber."""

from __future__ import annotations

import base64
import dataclasses
from pathlib import Path
from typing import Final

import pytest

from checkpoint_notify import CheckpointNotification
from checkpoint_notify.cli._exits import Exit
from checkpoint_notify.resources import vectors

from ..conftest import RustBin
from ..support.cli import Cli
from ..support.rust import RustSubscriber
from ..support.values import from_protocol

MADE: Final = ("--path", "модели/m.bin", "--name", "lstm", "--version", str(2**64 - 1), "--step", "7")
META: Final = ("--meta", "loss=0.0023", "--meta", "formula=a=b", "--meta", "empty=", "--meta", "loss=0.5")


def test_rust_receives_it(cli: Cli, settings: dict[str, str], rust_bin: RustBin) -> None:
    """All fields, and the number of receivers; the last of equal keys wins, and only the first `=` parts."""
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
