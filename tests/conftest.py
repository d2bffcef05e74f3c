"""Fixtures that more than one test module uses."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from checkpoint_notify import CheckpointListenerConfig

from .support.listeners import LISTENINGS, Listen
from .support.peer import Peer
from .support.server import Server
from .support.shells import Shell

_RUST_PROGRAMS: Final = Path(__file__).parent / "rust" / "target" / "debug"

RustBin = Callable[[str], Path]


def pytest_configure() -> None:
    """Let the programs that are tested end by Ctrl-C, though a shell that runs tests in the background forbids it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def rust_bin() -> RustBin:
    """Gives the path of a program of tests/rust; skips the test where cargo has not built it, and fails it in CI."""
    return _rust_program


def _rust_program(name: str) -> Path:
    program = _RUST_PROGRAMS / name
    if program.is_file():
        return program
    reason = "the Rust peer is not built (run make test with cargo)"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}: {name}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def peer(rust_bin: RustBin) -> Iterator[Peer]:
    """The real Rust crate, ready to answer."""
    with Peer(rust_bin("peer")) as running:
        yield running


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A Valkey server with its default settings, one for each pytest worker."""
    with Server() as running:
        yield running


@pytest.fixture(params=["sync", "asyncio"])
def shell(request: pytest.FixtureRequest) -> Shell:
    """Each test that takes this runs with both notifiers."""
    return Shell(request.param)


@pytest.fixture(params=LISTENINGS)
def listen(request: pytest.FixtureRequest) -> Listen:
    """Makes a listener from settings; each test that takes this runs with both kinds."""
    return lambda **settings: LISTENINGS[request.param](CheckpointListenerConfig(**settings))
