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
def _patient_cli() -> Iterator[Cli]:
    with Cli() as running:
        yield running


@pytest.fixture
def cli(request: pytest.FixtureRequest) -> Iterator[Cli]:
    """Runs `checkpoint-notify`; for a test that is about the time limits, from a process that has them."""
    if request.node.get_closest_marker("time_limits") is None:
        yield request.getfixturevalue("_patient_cli")
        return
    with Cli() as limited:
        yield limited


@pytest.fixture
def settings(server: Server) -> dict[str, str]:
    """The environment for a command: the server, and an instance that no other test has."""
    return {"REDIS_URL": server.url, "FKS_INSTANCE_ID": f"cli{next(_numbers)}"}
