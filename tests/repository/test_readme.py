"""The README's code runs as it stands, and what the documents name exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, get_args

import pytest
import redis

from checkpoint_notify import CheckpointNotification
from checkpoint_notify.resources import VectorKind, vectors

from ..codec.test_codec_fuzz import COUNT
from ..codec.test_weakened_decoders import INSIDE, OUTSIDE, SPACES
from ..conftest import RustBin
from ..kinds import test_kinds_fuzz
from ..kinds.test_weakened_codecs import WEAKENED
from ..support.docs import ROOT, blocks
from ..support.docs_session import Session
from ..support.kinds import SCHEMAS
from ..support.server import Server
from ..support.waiting import PATIENCE, wait_until
from ..tools.fuzz.kinds import tally
from ..tools.fuzz.run import LEAST_OF_EACH
from ..tools.mutation.__main__ import faults
from ..tools.mutation.survivors import listed
from .test_docs import cloned

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
        deadline = threading.Timer(PATIENCE, receiver.kill)  # a line that does not come is then an empty one
        deadline.start()
        try:
            wait_until(lambda: client.pubsub_numsub(CHANNEL) == [(CHANNEL.encode(), 1)], "the example subscribes")
            yield receiver, environment
        finally:
            deadline.cancel()
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
    """The receiver prints what the publisher publishes, a refused payload, and a Gap after a lost connection."""
    _, publishing, program = code("python")
    with receiving(program, server) as (receiver, environment), redis.Redis(port=server.port, protocol=2) as client:
        assert receiver.stdout is not None
        client.publish(CHANNEL, "{,}")
        assert "refused: key must be a string at line 1 column 2\n" == receiver.stdout.readline()
        published = subprocess.run(
            [sys.executable, "-c", publishing],
            env=environment,
            check=True,
            timeout=PATIENCE,
            capture_output=True,
            text=True,
        )
        shown = receiver.stdout.readline()
        client.client_kill_filter(_type="pubsub")
        gap = receiver.stdout.readline()
    assert "INFO:checkpoint_notify:Published model checkpoint notification\n" == published.stderr
    assert re.fullmatch(r"messages from \S+ \S+ to \S+ \S+ may be missing: look at the file\n", gap)
    assert shown.startswith("CheckpointNotification(model_path='checkpoints/backward/latest_model.bin', ")
    assert "version=42, " in shown
    assert "training_step=125000, metadata={'loss': '0.0023184729', 'mean_q': '1.45217368'})\n" in shown


def test_the_message_that_is_shown() -> None:
    """It is the golden vector `readme`, which the Rust crate wrote."""
    (text,) = code("json")
    (payload,) = [vector.payload for vector in vectors("canonical") if vector.name == "readme"]
    assert payload == CheckpointNotification.from_json(text).to_json_bytes()


def test_the_shell_commands(server: Server, tmp_path: Path) -> None:
    """The package is installed from a copy of the repository into an empty environment; make knows the two targets."""
    install, make = [block for block in blocks(README) if block.language == "sh"]
    programs = cloned(tmp_path)
    with Session(tmp_path, {}, lambda: True, programs) as session:
        session.run(install)
        session.run(make)
    importing = "import redis, checkpoint_notify.asyncio; checkpoint_notify.CheckpointNotifier"
    subprocess.run([programs / "python", "-c", importing], cwd=tmp_path / "schema", check=True, timeout=PATIENCE)


def test_no_block_is_left_out() -> None:
    """The tests above run each block, and the Python examples configure logging."""
    assert ["json", "rust", "python", "sh", "python", "python", "sh"] == [block.language for block in blocks(README)]
    assert all("\nlogging.basicConfig(" in text for text in code("python"))


def test_the_named_pythons_and_systems_are_those_of_the_classifiers() -> None:
    """Both name only what the tests have run on; the README calls all else expected."""
    classifiers = "\n".join(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"])
    *first, last = re.findall(r"Python :: (3\.\d+)", classifiers)
    tested, expected = re.findall(r"The tests have run on (.*?)\. (.*?) are expected to\nwork", README.read_text())[0]
    assert f"Python {', '.join(first)} and {last}, on Linux x86-64" == tested
    assert ["POSIX :: Linux"] == re.findall(r"Operating System :: (.*)", classifiers)
    assert "Linux on arm64 and macOS" in expected


def test_readme_is_short() -> None:
    """A reader decides in half a minute."""
    assert len(README.read_text(encoding="utf-8").splitlines()) < 180


def test_the_shown_refused_vector_is_in_the_fixtures() -> None:
    """The vector that is shown stands in the fixtures, to the byte."""
    (shown,) = [block.text for block in blocks(PROOF) if block.language == "json"]
    folder = ROOT / "fixtures" / "checkpoint_notification" / "refused"
    assert shown.encode() in [file.read_bytes() for file in folder.glob("*.json")]


def test_the_figures_of_the_proof_are_up_to_date() -> None:
    """The page that says how it is proved has the numbers of vectors, weakened decoders and fuzzed payloads."""
    words = " ".join(PROOF.read_text(encoding="utf-8").split())
    count = sum(1 for kind in get_args(VectorKind) for _ in vectors(kind))
    assert f"The crate made {count} of them" in words
    assert f"The tests weaken the decoder on purpose, in {len([*OUTSIDE, *SPACES, *INSIDE])} ways." in words
    assert f"{COUNT:,} payloads with a fixed seed are part of `make test`" in words
    assert f"less than {LEAST_OF_EACH * 1e6:,.0f} times in a million payloads" in words
    assert f"{len(WEAKENED)} more ways weaken the codecs of other types" in words
    assert f"payloads of {1 + len(SCHEMAS)} types" in words
    assert (
        f"in {tally.WHOLE_RUN:,} payloads, it meets a kind of field less than {tally.LEAST_OF_FIELD:,} times" in words
    )
    assert f"one of serde's messages about a kind of value less than {tally.LEAST_OF_TEXT} times" in words
    assert f"{test_kinds_fuzz.COUNT:,} payloads with a fixed seed are part of `make test`" in words
    assert f"{test_kinds_fuzz.FLOATS:,} of each are part of `make test`" in words


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
    assert f"the tests noticed all but {len(listed())}, each listed" in words
    assert "docs/proof.md does not say: 0 places" in "\n".join(faults([], whole=True))
    assert "proof" not in "\n".join(faults([], whole=False))
