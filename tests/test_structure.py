"""The shape of the package: imports point one way, what is an extra stays at home, modules are short."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCE: Final = ROOT / "python"
PACKAGE: Final = "checkpoint_notify"

LAYERS: Final = (
    ("errors", "_bounds", "_foreign"),
    ("_generated",),
    ("codec",),
    ("notification",),
    ("channel", "config", "counters", "events", "listener_config", "redis_url", "resources", "_log", "_redis_py"),
    ("_listening", "_publishing", "_waker"),
    ("_connection", "_asyncio_connection", "_line", "_asyncio_line"),
    ("_mailbox", "_reader", "_asyncio_reader"),
    ("listener", "_asyncio_listener", "notifier", "asyncio"),
    ("",),  # the package itself: its names
    ("compat", "conformance", "testing"),
    ("cli",),
)
"""A module imports from its own layer and from those above it in this list; a package stands for all its modules."""

HOMES: Final = {
    "annotated_types": ("_bounds",),
    "asyncio": ("asyncio", "_asyncio_connection", "_asyncio_line", "_asyncio_listener", "_asyncio_reader", "testing"),
    "hypothesis": ("_bounds", "testing"),
    "msgspec": ("codec",),
    "pytest": ("testing",),
    "redis": ("_connection", "_asyncio_connection", "_line", "_publishing", "_redis_py", "cli"),
    "rich": ("cli",),
    "typer": ("cli",),
}
"""Where alone a package may be imported: every third-party one, and asyncio."""

LINES: Final = 500


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


def layer(module: str) -> int:
    """The index of a module's layer."""
    return next(index for index, names in enumerate(LAYERS) if module.split(".")[0] in names)


@pytest.mark.parametrize("module", modules())
def test_imports_point_one_way(module: str) -> None:
    """From transport to notification to codec to errors, and from the tools to the library; never back."""
    assert set() == {other for other in inside(modules()[module]) if layer(other) > layer(module)}


def test_no_modules_import_each_other() -> None:
    """Also not late, nor around several corners."""
    graph = {module: inside(file) - {module} for module, file in modules().items()}
    TopologicalSorter(graph).prepare()  # CycleError names the cycle


@pytest.mark.parametrize("module", modules())
def test_what_is_an_extra_stays_at_home(module: str) -> None:
    """The codec imports no redis, the library no typer, nothing but the tests' helpers pytest."""
    foreign = {name.split(".")[0] for name in imports(modules()[module])} - {PACKAGE}
    bound = {name for name in foreign if name in HOMES or name not in sys.stdlib_module_names}
    assert set() == {name for name in bound if module.split(".")[0] not in HOMES.get(name, ())}


@pytest.mark.parametrize("file", sorted((*SOURCE.rglob("*.py"), *(ROOT / "tests").rglob("*.py"))), ids=lambda f: f.name)
def test_no_module_is_long(file: Path) -> None:
    """What grows beyond it is more than one idea."""
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LINES
