"""The README's code runs as it stands, and what the documents name exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Final

import pytest
import redis

from ..support.docs import ROOT, blocks
from ..support.server import Server
from ..support.waiting import PATIENCE, wait_until
from ..tools.mutation.__main__ import faults
from ..tools.mutation.survivors import listed

README: Final = ROOT / "README.md"
DOCUMENTS: Final = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"]
CHANNEL: Final = "fks:readme:model_checkpoints"


def test_publishing_and_receiving(server: Server) -> None:
    """What the first example publishes, the second prints; what is no message, it refuses."""
    publishing, receiving = [block.text for block in blocks(README) if block.language == "python"]
    environment = {
        **os.environ,
        "REDIS_URL": server.url,
        "FKS_INSTANCE_ID": "readme",
        "ENABLE_CHECKPOINT_NOTIFY": "true",
    }
    command = [sys.executable, "-c", receiving]
    with (
        redis.Redis(port=server.port, protocol=2) as client,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as receiver,
    ):
        try:
            assert receiver.stdout is not None
            _wait_for_subscriber(client)
            client.publish(CHANNEL, "{,}")
            assert (
                "refused, as Rust refuses it: key must be a string at line 1 column 2\n" == receiver.stdout.readline()
            )
            subprocess.run([sys.executable, "-c", publishing], env=environment, check=True, timeout=PATIENCE)
            shown = receiver.stdout.readline()
        finally:
            receiver.kill()
    assert shown.startswith("CheckpointNotification(model_path='checkpoints/backward/latest_model.bin', ")
    assert "version=42, " in shown
    assert "training_step=100000, metadata={'loss': '0.0023'})\n" in shown


def _wait_for_subscriber(client: redis.Redis) -> None:
    wait_until(lambda: client.pubsub_numsub(CHANNEL) == [(CHANNEL.encode(), 1)], "the second example subscribes")


def test_the_shown_refused_vector_is_in_the_fixtures() -> None:
    """The vector that is shown stands in the fixtures, to the byte."""
    (shown,) = [block.text for block in blocks(README) if block.language == "json"]
    folder = ROOT / "fixtures" / "checkpoint_notification" / "refused"
    assert shown.encode() in [file.read_bytes() for file in folder.glob("*.json")]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_named_targets_files_and_links_exist(document: str) -> None:
    """Every target of make, every file and every link; NAME and VERSION in a path are for the reader to fill in."""
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set() == set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", text, re.MULTILINE)) - targets
    paths = re.findall(r"`((?:schema|python|fixtures|tests)/[\w./-]+)`", text) + re.findall(r"\]\(([\w./]+)\)", text)
    assert [] == [path for path in paths if not (ROOT / path).exists() and not re.search("target|NAME|VERSION", path)]


def test_the_figures_about_mutants_are_guarded() -> None:
    """The README names as many survivors as are listed; `make mutants` fails if the whole sentence is not true."""
    words = " ".join(README.read_text(encoding="utf-8").split())
    assert f"the tests notice all but {len(listed())}, each listed" in words
    assert "the README does not say: 0 places" in "\n".join(faults([], whole=True))
    assert "README" not in "\n".join(faults([], whole=False))
