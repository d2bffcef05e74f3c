"""The shape of the package: imports point one way, what is an extra stays at home, modules are short."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCE: Final = ROOT / "python"
PACKAGE: Final = "checkpoint_notify"

HOMES: Final = {
    "annotated_types": ("_bounds",),
    "asyncio": ("_asyncio", "testing"),
    "click": ("cli",),
    "hypothesis": ("_bounds", "testing"),
    "msgspec": ("codec",),
    "pytest": ("testing",),
    "redis": ("_sync", "_asyncio", "_protocol", "_redis_py", "cli"),
    "rich": ("cli",),
}
"""Where alone a package may be imported: every third-party one, and asyncio."""

LINES: Final = 500

TWINS: Final = re.compile(r"^_(sync|asyncio)\.|(?<=^testing\.)(fakes|asyncio)$")
"""What distinguishes the modules of the two flavours."""


def modules() -> dict[str, Path]:
    """Every module of the package by its name without the package's, which is '' for the package itself."""
    return {
        ".".join(file.relative_to(SOURCE / PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip("."): file
        for file in sorted((SOURCE / PACKAGE).rglob("*.py"))
    }


def imports(file: Path) -> Iterator[str]:
    """Full names of the modules that a file imports anywhere, also late or for type checkers alone."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name}: imports are absolute"
            yield from (_module_of(node.module or "", alias.name) for alias in node.names)


def _module_of(origin: str, name: str) -> str:
    inner = SOURCE.joinpath(*origin.split("."), name)
    return f"{origin}.{name}" if inner.with_suffix(".py").is_file() or inner.is_dir() else origin


def inside(file: Path) -> set[str]:
    """The package's own modules that a file imports."""
    return {
        name.removeprefix(PACKAGE).lstrip(".") for name in imports(file) if name.split(".", maxsplit=1)[0] == PACKAGE
    }


def check_layers(cwd: Path) -> subprocess.CompletedProcess[str]:
    """What `make check` runs for the contracts in pyproject.toml, on the package in this folder."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(cwd / "python")}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_imports_point_one_way() -> None:
    """Each module imports from its own layer and from those below it."""
    done = check_layers(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "code", "complaint"),
    [
        ("codec/late.py", "def late():\n    import checkpoint_notify._sync.notifier", "codec.late -> "),
        ("codec/root.py", "from checkpoint_notify import CheckpointNotifier", "codec.root"),
        ("nowhere.py", "", "nowhere"),
    ],
    ids=["from_above", "from_the_package_itself", "without_a_layer"],
)
def test_an_upward_import_is_detected(tmp_path: Path, file: str, code: str, complaint: str) -> None:
    """So is a late one, one of the public names, and a module without a layer."""
    shutil.copytree(SOURCE, tmp_path / "python", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "python" / PACKAGE / file).write_text(code, encoding="utf-8")
    done = check_layers(tmp_path)
    assert done.returncode == 1, done.stderr
    assert complaint in done.stdout


def test_there_is_no_import_cycle() -> None:
    """Late imports and longer cycles count, too."""
    graph = {module: inside(file) - {module} for module, file in modules().items()}
    TopologicalSorter(graph).prepare()  # CycleError names the cycle


@pytest.mark.parametrize("module", modules())
def test_extras_are_imported_by_their_parts_only(module: str) -> None:
    """The codec does not import redis, the library does not import click, and only `testing` imports pytest."""
    foreign = {name.split(".")[0] for name in imports(modules()[module])} - {PACKAGE}
    bound = {name for name in foreign if name in HOMES or name not in sys.stdlib_module_names}
    assert set() == {name for name in bound if module.split(".")[0] not in HOMES.get(name, ())}


@pytest.mark.parametrize("file", sorted((*SOURCE.rglob("*.py"), *(ROOT / "tests").rglob("*.py"))), ids=lambda f: f.name)
def test_no_module_is_long(file: Path) -> None:
    """What grows beyond it is more than one idea."""
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LINES


def test_no_two_classes_share_a_name() -> None:
    """Except twins, which stand in modules of the same name, and the generated class with the one built on it."""
    places: dict[str, set[str]] = {}
    for module, file in modules().items():
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, set()).add(TWINS.sub("", module))
    shared = {name: found for name, found in places.items() if len(found) > 1}
    assert {"CheckpointNotification": {"_generated", "_message"}} == shared
