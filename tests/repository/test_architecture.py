"""docs/architecture.md names calls and files: each of them exists."""

from __future__ import annotations

import ast
import re
from typing import Final

import pytest

from ..support.docs import ROOT

PAGE: Final = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGE: Final = ROOT / "python" / "checkpoint_notify"
CALLS: Final = re.findall(r"^\| `([\w.]+)` \| `(_\w+/\w+\.py|\w+\.py)` \|", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("call", "file"), CALLS)
def test_each_call_stands_in_the_file_that_is_named(call: str, file: str) -> None:
    """A method is named with its class, a function without one."""
    tree = ast.parse((PACKAGE / file).read_text(encoding="utf-8"))
    found = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    for cls in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        found |= {
            f"{cls.name}.{item.name}" for item in cls.body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))
        }
    assert call in found


def test_both_walks_are_read() -> None:
    """A table in another form would not be checked."""
    assert len(CALLS) >= 15


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:_protocol|_sync|_asyncio|tests|schema|cli|testing)/[\w/.]*)`", PAGE)))
)
def test_each_path_exists(path: str) -> None:
    """In the package, or from the root of the repository."""
    assert (PACKAGE / path).exists() or (ROOT / path).exists()
