"""No time limit of the package ends a test that is not about it, here or in a program that the test starts."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Final

import pytest

from checkpoint_notify import CheckpointNotification
from checkpoint_notify.conformance.values import to_protocol

from ..conftest import RustBin
from ..support.loopback import LoopbackServer, silent
from ..support.rust import SLOW_CLOCK, RustNotifier

LIMITS: Final = """
import importlib, json, pkgutil
import checkpoint_notify

names = {each.name for each in pkgutil.walk_packages(checkpoint_notify.__path__, "checkpoint_notify.")}
found = {}
for module in map(importlib.import_module, sorted(names - {"checkpoint_notify.cli.__main__"})):
    for name in vars(module).keys() & {"CONNECT_SECONDS", "REPLY_SECONDS", "LISTEN_SECONDS", "BAR_SECONDS"}:
        found.setdefault(name, set()).add(vars(module)[name])
config = checkpoint_notify.CheckpointListenerConfig()
found |= {name: {getattr(config, name)} for name in ("connect_timeout", "ping_timeout")}
"""
"""Finds all values of each limit."""
PATIENT: Final = {
    "CONNECT_SECONDS": [60.0],
    "REPLY_SECONDS": [60.0],
    "LISTEN_SECONDS": [60.0],
    "BAR_SECONDS": [60.0],
    "connect_timeout": [60.0],
    "ping_timeout": [60.0],
}


def found_here() -> dict[str, list[float]]:
    """Those in this process."""
    names: dict[str, dict[str, set[float]]] = {}
    exec(LIMITS, names)
    return {name: sorted(values) for name, values in names["found"].items()}


def found_in_a_program() -> dict[str, list[float]]:
    """Those in a program that is started from here."""
    program = LIMITS + "print(json.dumps({name: sorted(values) for name, values in found.items()}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    limits: dict[str, list[float]] = json.loads(done.stdout)
    return limits


def test_all_time_limits_are_out_of_the_way() -> None:
    """In each module that has one of them, and none is missing."""
    assert PATIENT == found_here() == found_in_a_program()


@pytest.mark.time_limits
def test_the_marker_restores_all_time_limits() -> None:
    """What the package says."""
    real = {"CONNECT_SECONDS": [1.0], "REPLY_SECONDS": [0.5], "LISTEN_SECONDS": [3.0], "BAR_SECONDS": [0.5]}
    assert real | {"connect_timeout": [1.0], "ping_timeout": [5.0]} == found_here() == found_in_a_program()


@pytest.mark.time_limits("REPLY_SECONDS", "ping_timeout", CONNECT_SECONDS=3.0)
def test_the_marker_sets_some_time_limits() -> None:
    """Real, or of a length of its own; all others stay out of the way."""
    asked = {"REPLY_SECONDS": [0.5], "ping_timeout": [5.0], "CONNECT_SECONDS": [3.0]}
    assert PATIENT | asked == found_here() == found_in_a_program()


def test_time_limits_are_reset_after_a_test() -> None:
    """This test runs after tests with other limits."""
    assert PATIENT == found_here()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the clock of the Rust notifier stays as it is")
def test_the_limits_of_the_rust_notifier_are_as_long_as_they_are_told(rust_bin: RustBin) -> None:
    """It waits three times as long for a server that is silent."""
    with LoopbackServer(silent) as server:
        settings = {"REDIS_URL": server.url, SLOW_CLOCK: "3"}
        with RustNotifier(rust_bin("notifier"), settings) as notifier:
            begun = time.monotonic()
            error = notifier.publish(to_protocol(CheckpointNotification.new("p", "n")))
            assert 3.0 <= time.monotonic() - begun
    assert "Redis connection error: timed out" == error
