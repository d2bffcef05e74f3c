"""Fixtures of the command line's tests."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Final

import pytest

from ..conftest import limits
from ..support.cli import Cli
from ..support.server import Server

_numbers: Final = itertools.count()


@pytest.fixture(scope="session")
def _cli_for() -> Iterator[Callable[[str], Cli]]:
    """A process that runs `checkpoint-notify` for all tests that have the same time limits."""
    with ExitStack() as stack:
        yield functools.cache(lambda _limits: stack.enter_context(Cli()))


@pytest.fixture
def cli(_cli_for: Callable[[str], Cli]) -> Cli:
    """Runs `checkpoint-notify`, from a process that has the time limits of the test."""
    return _cli_for(os.environ[limits.VARIABLE])


@pytest.fixture
def settings(server: Server) -> dict[str, str]:
    """The environment for a command: the server, and an instance that no other test has."""
    return {"REDIS_URL": server.url, "FKS_INSTANCE_ID": f"cli{next(_numbers)}"}
