"""Fixtures that more than one test module uses."""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings

from checkpoint_notify import CheckpointListenerConfig

from .support.flavours import FLAVOURS, Flavour, FlavourNotifier
from .support.listeners import Listen, listening
from .support.peer import Peer
from .support.rust import PATIENT_FACTOR, SLOW_CLOCK
from .support.server import Server

limits: Final[Any] = importlib.import_module("package_limits")
"""From tests/support/patient, which pytest puts on the search path."""
_RUST_PROGRAMS: Final = Path(__file__).parent / "rust" / "target" / "debug"

RustBin = Callable[[str], Path]


def pytest_configure(config: pytest.Config) -> None:
    """Prepare this process, and those that it starts.

    The programs that are tested end by Ctrl-C, though a shell that runs tests in the background forbids it. The time
    limits are out of the way: those of the package, of the crate's notifier, and of Hypothesis.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line(
        "markers",
        "time_limits(*names, **seconds): the test is about time limits of the package: those that are named are real,"
        " or what is given; without arguments all are real; all others are out of the way",
    )
    settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("patient")
    limits.set_limits({})
    os.environ.setdefault(SLOW_CLOCK, str(PATIENT_FACTOR))


@pytest.fixture(autouse=True)
def _time_limits(request: pytest.FixtureRequest) -> Iterator[None]:
    """No time limit of the package ends what a test does, but for those that its marker names."""
    marker = request.node.get_closest_marker("time_limits")
    if marker is None:
        yield
        return
    real = marker.args if marker.args or marker.kwargs else limits.NAMES
    limits.set_limits(dict.fromkeys(real) | marker.kwargs)
    yield
    limits.set_limits({})


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


@pytest.fixture(params=FLAVOURS)
def flavour(request: pytest.FixtureRequest) -> Flavour:
    """Each test that takes this, or a fixture below, runs with both flavours."""
    chosen: Flavour = request.param
    return chosen


@pytest.fixture
def publisher(flavour: Flavour) -> FlavourNotifier:
    """The notifier, called as if it were blocking."""
    return FlavourNotifier(flavour)


@pytest.fixture
def listen(flavour: Flavour) -> Listen:
    """Makes a listener from settings."""
    return lambda **settings: listening(flavour, CheckpointListenerConfig(**settings))
