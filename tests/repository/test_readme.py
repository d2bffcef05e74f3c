"""The README's code runs as it stands, and what the documents name exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, get_args

import pytest
import redis

from checkpoint_notify import CheckpointNotification
from checkpoint_notify.resources import VectorKind, vectors

from ..conftest import RustBin
from ..support.docs import ROOT, blocks
from ..support.server import Server
from ..support.waiting import PATIENCE, wait_until
from ..tools.mutation.__main__ import faults
from ..tools.mutation.survivors import listed

README: Final = ROOT / "README.md"
DOCUMENTS: Final = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"]
CHANNEL: Final = "fks:readme:model_checkpoints"


PROOF: Final = ROOT / "docs" / "proof.md"
RUST_SOURCE: Final = ROOT / "tests" / "rust" / "src" / "bin" / "readme.rs"


def code(language: str) -> list[str]:
    """The README's blocks in a language."""
    return [block.text for block in blocks(README) if block.language == language]


@contextmanager
def receiving(program: str, server: Server) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """A program that has subscribed, and the environment for one that publishes."""
    environment = {
        **os.environ,
        "REDIS_URL": server.url,
        "FKS_INSTANCE_ID": "readme",
        "ENABLE_CHECKPOINT_NOTIFY": "true",
    }
    command = [sys.executable, "-c", program]
    with (
        redis.Redis(port=server.port, protocol=2) as client,
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as receiver,
    ):
        try:
            wait_until(lambda: client.pubsub_numsub(CHANNEL) == [(CHANNEL.encode(), 1)], "the example subscribes")
            yield receiver, environment
        finally:
            receiver.kill()


def test_rust_sends_and_python_receives(server: Server, rust_bin: RustBin) -> None:
    """The two programs that stand side by side."""
    (rust,) = code("rust")
    assert RUST_SOURCE.read_text(encoding="utf-8").endswith(f"\n\n{rust}")
    with receiving(code("python")[0], server) as (receiver, environment):
        subprocess.run([rust_bin("readme")], env=environment, check=True, timeout=PATIENCE)
        assert receiver.stdout is not None
        assert "load checkpoints/backward/latest_model.bin version 42\n" == receiver.stdout.readline()


def test_publishing_and_receiving(server: Server) -> None:
    """The receiver prints what the publisher publishes, and refuses what is no message."""
    _, publishing, program = code("python")
    with receiving(program, server) as (receiver, environment), redis.Redis(port=server.port, protocol=2) as client:
        assert receiver.stdout is not None
        client.publish(CHANNEL, "{,}")
        assert "refused: key must be a string at line 1 column 2\n" == receiver.stdout.readline()
        subprocess.run(
            [sys.executable, "-c", publishing], env=environment, check=True, timeout=PATIENCE, capture_output=True
        )
        shown = receiver.stdout.readline()
    assert shown.startswith("CheckpointNotification(model_path='checkpoints/backward/latest_model.bin', ")
    assert "version=42, " in shown
    assert "training_step=125000, metadata={'loss': '0.0023184729', 'mean_q': '1.45217368'})\n" in shown


def test_the_message_that_is_shown() -> None:
    """It is a message, and the one that the programs send."""
    (text,) = code("json")
    message = CheckpointNotification.from_json(text)
    assert (42, 125000) == (message.version, message.training_step)
    assert {"loss": "0.0023184729", "mean_q": "1.45217368"} == message.metadata


def test_readme_is_short() -> None:
    """A reader decides in half a minute."""
    assert len(README.read_text(encoding="utf-8").splitlines()) < 180


def test_the_shown_refused_vector_is_in_the_fixtures() -> None:
    """The vector that is shown stands in the fixtures, to the byte."""
    (shown,) = [block.text for block in blocks(PROOF) if block.language == "json"]
    folder = ROOT / "fixtures" / "checkpoint_notification" / "refused"
    assert shown.encode() in [file.read_bytes() for file in folder.glob("*.json")]


def test_the_number_of_vectors_is_up_to_date() -> None:
    """The page that says how it is proved names as many as there are."""
    count = sum(1 for kind in get_args(VectorKind) for _ in vectors(kind))
    assert f"The crate made {count} of them" in PROOF.read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_named_targets_files_and_links_exist(document: str) -> None:
    """Every target of make, every file and every link; NAME and VERSION in a path are for the reader to fill in."""
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set() == set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", text, re.MULTILINE)) - targets
    paths = re.findall(r"`((?:schema|python|fixtures|tests)/[\w./-]+)`", text) + re.findall(r"\]\(([\w./]+)\)", text)
    assert [] == [path for path in paths if not (ROOT / path).exists() and not re.search("target|NAME|VERSION", path)]


def test_the_figures_about_mutants_are_guarded() -> None:
    """docs/proof.md names as many survivors as are listed; `make mutants` fails if the whole sentence is not true."""
    words = " ".join(PROOF.read_text(encoding="utf-8").split())
    assert f"the tests notice all but {len(listed())}, each listed" in words
    assert "docs/proof.md does not say: 0 places" in "\n".join(faults([], whole=True))
    assert "proof" not in "\n".join(faults([], whole=False))
