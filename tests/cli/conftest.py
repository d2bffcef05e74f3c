"""Fixtures of the command line's tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

import pytest

from ..support.cli import Cli
from ..support.server import Server

_numbers: Final = itertools.count()


@pytest.fixture(scope="session")
def cli() -> Iterator[Cli]:
    """Runs `checkpoint-notify`."""
    with Cli() as running:
        yield running


@pytest.fixture
def settings(server: Server) -> dict[str, str]:
    """The environment for a command: the server, and an instance that no other test has."""
    return {"REDIS_URL": server.url, "FKS_INSTANCE_ID": f"cli{next(_numbers)}"}
