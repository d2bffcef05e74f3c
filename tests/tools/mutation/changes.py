"""Makes every mutant of a module: its source with one small change to the syntax tree.

The name of a mutant has its file, function, source line and the change in words. So the name stays the same if other
lines change. Equal names in one module are numbered.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .expressions import Change, changed_expressions, changed_tests
from .statements import changed_statements


class Mutant(NamedTuple):
    """One changed module."""

    file: str
    """Its path in the package."""
    place: str
    """The function that the change is in, or `module`."""
    line: str
    """The source line, without white space around it."""
    change: str
    source: str
    """The whole module, changed."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Its name."""
        return self.file, self.place, self.line, self.change


class _Where(NamedTuple):
    place: str
    returns: str
    line: int
    in_text: bool
    """Whether the node is within an f-string, for which older Pythons give wrong positions."""


_Put = Callable[[ast.AST], None]


def mutants_of(file: str, source: str) -> list[Mutant]:
    """All mutants of a module, in the order of its lines."""
    tree = ast.parse(source)
    lines = source.splitlines()
    seen: Counter[tuple[str, str, str]] = Counter()
    found = []
    for where, old, new, words, put in _changes(tree, _Where("module", "", 1, in_text=False)):
        put(new)
        changed = ast.unparse(tree)
        put(old)
        name = (where.place, lines[where.line - 1].strip(), words)
        seen[name] += 1
        number = f" ({seen[name]})" if seen[name] > 1 else ""
        found.append(Mutant(file, name[0], name[1], words + number, changed + "\n"))
    if ast.unparse(tree) != ast.unparse(ast.parse(source)):
        raise AssertionError(f"the tree of {file} was not put back")
    return found


def _changes(node: ast.AST, where: _Where) -> Iterator[tuple[_Where, ast.AST, ast.AST, str, _Put]]:
    for field, value in ast.iter_fields(node):
        children = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for index, child in children:
            if not isinstance(child, ast.AST) or _is_left_alone(node, field, child):
                continue
            here = _moved(where, child)
            put = _putter(node, field, index)
            for new, words in _changes_of(node, field, child, here):
                if ast.unparse(new) != ast.unparse(child):
                    yield here, child, new, words, put
            yield from _changes(child, here)


def _changes_of(parent: ast.AST, field: str, node: ast.AST, where: _Where) -> Iterator[Change]:
    if isinstance(node, ast.stmt):
        yield from changed_statements(node, where.returns, at_module_level=where.place == "module")
    elif isinstance(node, ast.expr):
        if field in ("test", "ifs"):
            yield from changed_tests(node)
        loads = not isinstance(getattr(node, "ctx", ast.Load()), (ast.Store, ast.Del))
        if loads:
            yield from changed_expressions(node, in_text=isinstance(parent, ast.JoinedStr))


def _moved(where: _Where, child: ast.AST) -> _Where:
    if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
        returns = getattr(child, "returns", None)
        where = where._replace(place=child.name, returns=ast.unparse(returns) if returns else "")
    line = getattr(child, "lineno", None)
    if line is not None and not where.in_text:
        where = where._replace(line=line)
    return where._replace(in_text=where.in_text or isinstance(child, ast.JoinedStr))


def _putter(node: ast.AST, field: str, index: int | None) -> _Put:
    def put(new: ast.AST) -> None:
        if index is None:
            setattr(node, field, new)
        else:
            getattr(node, field)[index] = new

    return put


def _is_left_alone(parent: ast.AST, field: str, child: Any) -> bool:
    """Return whether to skip a node: types, imports and docstrings have other checks, or no effect."""
    if field in ("annotation", "returns", "bases", "type_comment", "decorator_list", "keywords_of_class"):
        return True
    if isinstance(child, (ast.Import, ast.ImportFrom)):
        return True
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
        return True
    if isinstance(child, ast.AnnAssign):
        return child.value is None or ast.unparse(child.annotation) == "TypeAlias"
    return isinstance(child, ast.Assign) and ast.unparse(child.value).startswith("TypeVar(")
