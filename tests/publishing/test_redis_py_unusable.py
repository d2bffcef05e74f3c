"""What is called redis and is not redis-py 5 or newer counts as missing: it is named, and never executed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import redis

REDIS: Final = Path(redis.__file__).parent
PROGRAM: Final = """
import asyncio, importlib, sys
{setup}
from checkpoint_notify import *
import checkpoint_notify.asyncio as aio
from checkpoint_notify.testing import RecordingNotifier, ScriptedListener
saved = CheckpointNotification.new("p", "n")
config = CheckpointNotifierConfig(redis_url="redis://127.0.0.1:1", enabled={enabled})
for notifier in (CheckpointNotifier(config), RecordingNotifier(config)):
    assert notifier.publish(saved) is None
    assert notifier.try_publish(saved) is False
    assert notifier.counters.not_sent == 2 * {enabled}, notifier.counters
notifier = aio.CheckpointNotifier(config)
assert asyncio.run(notifier.publish(saved)) is None
assert asyncio.run(notifier.try_publish(saved)) is False

async def enter():
    async with aio.CheckpointListener(CheckpointListenerConfig()):
        pass

def enter_fake():
    with ScriptedListener([]):
        pass

def enter_real():
    with CheckpointListener(CheckpointListenerConfig()):
        pass

for listen in (lambda: asyncio.run(enter()), enter_real, enter_fake):
    try:
        listen()
    except ImportError as error:
        print(error)
assert "executed" not in vars(asyncio)
"""
EXECUTED: Final = "import asyncio\nasyncio.executed = True\nraise SystemExit('executed')\n"
BEGIN: Final = "Redis feature not enabled — checkpoint notification not published on 'fks:default:model_checkpoints': "


def run(folder: Path, setup: str = "", *, enabled: bool = True) -> set[str]:
    """The reasons that a script in this folder is given, by warnings and by ImportErrors."""
    script = folder / "script.py"
    script.write_text(PROGRAM.format(setup=setup, enabled=enabled), encoding="utf-8")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    lines = done.stderr.splitlines()
    assert [BEGIN] * 6 == [line[: len(BEGIN)] for line in lines]
    raised = done.stdout.splitlines()
    assert 3 == len(raised)
    return {line.removeprefix(BEGIN) for line in lines} | set(raised)


def a_file(folder: Path) -> Path:
    """A script's own redis.py."""
    (folder / "redis.py").write_text(EXECUTED)
    return folder / "redis.py"


def a_package(folder: Path) -> Path:
    """A script's own package redis."""
    (folder / "redis").mkdir()
    (folder / "redis" / "__init__.py").write_text(EXECUTED)
    return folder / "redis"


def a_namespace(folder: Path) -> Path:
    """A folder with data, or what an uninstallation leaves, where Python has no other redis."""
    (folder / "redis").mkdir()
    (folder / "redis" / "connection.py").write_text(EXECUTED)
    return folder / "redis"


def an_old_release(folder: Path) -> Path:
    """What redis-py 4.6 consists of, and its metadata."""
    package = a_package(folder)
    for name in ("connection", "exceptions", "backoff", "credentials", "retry"):
        (package / f"{name}.py").write_text(EXECUTED)
    (package / "asyncio").mkdir()
    (package / "asyncio" / "__init__.py").write_text(EXECUTED)
    (folder / "redis-4.6.0.dist-info").mkdir()
    (folder / "redis-4.6.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: redis\nVersion: 4.6.0\n")
    return package


def a_very_old_release(folder: Path) -> Path:
    """What redis-py 3 consists of."""
    package = a_package(folder)
    for name in ("connection", "exceptions", "client"):
        (package / f"{name}.py").write_text(EXECUTED)
    return package


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize(
    ("layout", "words"),
    [
        (a_file, "is not redis-py"),
        (a_package, "is not redis-py"),
        (an_old_release, "redis-py 4.6.0"),
        (a_very_old_release, "is older than 5.0"),
    ],
)
def test_a_module_called_redis_beside_the_script_is_named(
    tmp_path: Path, layout: Callable[[Path], Path], words: str, enabled: bool
) -> None:
    """The text says what was found, where, and what to do. The module is not executed."""
    place = layout(tmp_path)
    (reason,) = run(tmp_path, enabled=enabled)
    assert words in reason
    assert str(place) in reason
    assert "pip install '.[redis]'" in reason


WITHOUT_SITE: Final = f"""
sys.path[:] = [place for place in sys.path if place != {str(REDIS.parent)!r}]
import importlib.util, pathlib
class Others:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if path is None and name not in ("redis",):
            return importlib.machinery.PathFinder.find_spec(name, [{str(REDIS.parent)!r}])
sys.meta_path.append(Others)
"""


def test_namespace_package(tmp_path: Path) -> None:
    """A folder without `__init__.py` counts where there is no package of that name."""
    place = a_namespace(tmp_path)
    (reason,) = run(tmp_path, WITHOUT_SITE)
    assert f"the folder {place} is not redis-py" in reason


def test_not_installed(tmp_path: Path) -> None:
    """Nothing of that name."""
    assert {"redis-py is not installed: run pip install '.[redis]' in a clone of the repository"} == run(
        tmp_path, WITHOUT_SITE
    )


@pytest.mark.parametrize(
    ("setup", "words"),
    [
        pytest.param("sys.modules['redis'] = None", "blocked", id="none"),
        pytest.param("import types; sys.modules['redis'] = types.ModuleType('redis')", "type module", id="module"),
        pytest.param("from unittest.mock import *; sys.modules['redis'] = MagicMock()", "type MagicMock", id="mock"),
        pytest.param("sys.modules['redis'] = object()", "type object", id="object"),
        pytest.param(
            "import types, importlib.machinery as m; stub = types.ModuleType('redis')\n"
            "stub.__spec__ = m.ModuleSpec('redis', None); sys.modules['redis'] = stub",
            "the module",
            id="spec",
        ),
        pytest.param("import redis; sys.modules['redis.credentials'] = None", "cannot be imported", id="part"),
        pytest.param(
            "from unittest.mock import *; sys.modules['redis.backoff'] = None", "cannot be imported", id="backoff"
        ),
    ],
)
def test_a_stub_in_sys_modules_is_named(tmp_path: Path, setup: str, words: str) -> None:
    """What somebody put into `sys.modules`."""
    (reason,) = run(tmp_path, setup)
    assert words in reason
    assert "pip install '.[redis]'" in reason


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import dependency_that_is_absent", "ModuleNotFoundError: No module named 'dependency_that_is_absent'"),
        ("def (", "SyntaxError: "),
        ("raise RuntimeError('one\\ntwo\\u2028')", r"(RuntimeError: one\ntwo\u2028)"),
    ],
)
def test_import_that_fails(tmp_path: Path, code: str, words: str) -> None:
    """redis-py itself, and it cannot be imported: a dependency is missing, or its files are broken."""
    for name in ("connection", "exceptions", "_parsers", "backoff", "credentials", "retry", "asyncio"):
        part = tmp_path / "redis" / name
        part.mkdir(parents=True)
        (part / "__init__.py").touch()
    (tmp_path / "redis" / "__init__.py").write_text(code)
    (reason,) = run(tmp_path)
    assert f"redis-py {tmp_path / 'redis'} cannot be imported" in reason
    assert words in reason


def test_a_lazy_module_is_not_loaded(tmp_path: Path) -> None:
    """Looking at a module that is loaded lazily does not load it."""
    a_file(tmp_path)
    setup = """
import importlib.util
spec = importlib.util.find_spec("redis")
spec.loader = importlib.util.LazyLoader(spec.loader)
sys.modules["redis"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
"""
    (reason,) = run(tmp_path, setup)
    assert "is not redis-py" in reason


def test_a_script_called_redis_is_not_executed_twice(tmp_path: Path) -> None:
    """A program that is itself called redis.py is not executed a second time."""
    program: Any = PROGRAM.format(setup="", enabled=True)
    (tmp_path / "redis.py").write_text(program, encoding="utf-8")
    done = subprocess.run([sys.executable, tmp_path / "redis.py"], capture_output=True, text=True, check=False)
    assert (0, 3, 6) == (done.returncode, len(done.stdout.splitlines()), len(done.stderr.splitlines()))


def test_redis_is_found_after_a_stub_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stub that is taken away again leaves no trace."""
    from checkpoint_notify import _redis_py

    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ModuleNotFoundError):
        _redis_py.check()
    monkeypatch.undo()
    assert 1 == _redis_py.load(lambda: 1)
