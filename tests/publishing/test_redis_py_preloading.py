"""redis-py is imported when an enabled notifier or listener is made, and before a clock starts."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

CONFIGS: Final = {
    "CheckpointNotifier": "CheckpointNotifierConfig",
    "CheckpointListener": "CheckpointListenerConfig",
    "aio.CheckpointNotifier": "CheckpointNotifierConfig",
    "aio.CheckpointListener": "CheckpointListenerConfig",
    "testing.RecordingNotifier": "CheckpointNotifierConfig",
    "fakes.RecordingNotifier": "CheckpointNotifierConfig",
}
NEEDED: Final = {
    "CheckpointNotifier": "checkpoint_notify._sync.connection",
    "CheckpointListener": "checkpoint_notify._sync.connection",
    "aio.CheckpointNotifier": "checkpoint_notify._asyncio.connection",
    "aio.CheckpointListener": "checkpoint_notify._asyncio.connection",
    "testing.RecordingNotifier": "checkpoint_notify._sync.connection",
    "fakes.RecordingNotifier": "checkpoint_notify._asyncio.connection",
}
HEAD: Final = """
import asyncio, copy, dataclasses, pickle, sys
from checkpoint_notify import *
saved = CheckpointNotification.new("p", "n")
"""
IMPORTS: Final = {
    "aio": "import checkpoint_notify.asyncio as aio",
    "testing": "import checkpoint_notify.testing as testing",
    "fakes": "import checkpoint_notify.testing.asyncio as fakes",
}


def run(kind: str, code: str) -> str:
    """What a new process prints."""
    flavour = IMPORTS.get(kind.partition(".")[0], "")
    program = f"{HEAD}\n{flavour}\n{code}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("kind", CONFIGS)
def test_an_enabled_constructor_imports_redis(kind: str) -> None:
    """All that a connection needs is imported by the constructor; nothing more is imported by the first use."""
    arguments = "[], " if "Scripted" in kind else ""
    code = f"""
made = {kind}({arguments}{CONFIGS[kind]}(redis_url="redis://127.0.0.1:1"))
before = set(sys.modules)
assert "redis" in before and "redis.asyncio.connection" in before
assert {NEEDED[kind]!r} in before
if hasattr(made, "try_publish"):
    result = made.try_publish(saved)
    if asyncio.iscoroutine(result):
        asyncio.run(result)
print(sorted(name for name in set(sys.modules) - before if name.startswith(("redis", "checkpoint_notify"))))
"""
    assert "[]" == run(kind, code)


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_disabled_constructor_does_not_import_redis(kind: str) -> None:
    """A disabled one imports no redis; nor does publishing with it."""
    code = f"""
made = {kind}({CONFIGS[kind]}(enabled=False))
if hasattr(made, "try_publish"):
    result = made.try_publish(saved)
    if asyncio.iscoroutine(result):
        asyncio.run(result)
print("redis" in sys.modules)
"""
    assert "False" == run(kind, code)


@pytest.mark.parametrize("kind", CONFIGS)
@pytest.mark.parametrize("reason", ["sys.modules['redis'] = None", "import redis; sys.modules['redis.retry'] = None"])
def test_a_failed_import_raises_at_use_and_not_in_the_constructor(kind: str, reason: str) -> None:
    """The constructor raises nothing. Each publish and entering a listener do."""
    assert "made" == run(kind, f"{reason}\n{kind}({CONFIGS[kind]}())\nprint('made')")


@pytest.mark.parametrize("kind", ["CheckpointNotifier", "aio.CheckpointNotifier"])
@pytest.mark.parametrize("way", ["unpickled", "enabled later", "without constructor"])
def test_a_late_import_does_not_use_up_the_limit(kind: str, way: str) -> None:
    """The import comes before the clock starts."""
    module = "checkpoint_notify._asyncio.connection" if "aio" in kind else "checkpoint_notify._sync.connection"
    code = f"""
import time
from checkpoint_notify import _redis_py, _config as config
loads = []
load = _redis_py.load
def slow(part):
    time.sleep(1.3)
    loads.append({module!r} in sys.modules)
    return load(part)
_redis_py.load = slow
made = {kind}(CheckpointNotifierConfig(redis_url="redis://127.0.0.1:1", enabled=False))
assert loads == []
made._config = dataclasses.replace(made._config, enabled=True)
if {way!r} == "unpickled":
    made = pickle.loads(pickle.dumps(made))
elif {way!r} == "without constructor":
    made = copy.copy(made)
assert "redis" not in sys.modules
try:
    result = made.publish(saved)
    if asyncio.iscoroutine(result):
        asyncio.run(result)
except NotSentError as error:
    print("refused" in str(error), loads)
"""
    assert "True [False]" == run(kind, code)
