"""Every small change of a statement: it is left out, or gives back something else."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .expressions import OPERATORS, Change


def changed_statements(node: ast.stmt, returns: str, *, at_module_level: bool) -> Iterator[Change]:
    """Each change of this statement itself; `returns` is what its function is annotated to return."""
    dropped = (ast.Expr, ast.Raise, ast.Continue, ast.Break, ast.Assign, ast.AnnAssign, ast.AugAssign)
    if isinstance(node, dropped) and not at_module_level:  # there, all that follows needs it
        yield ast.Pass(), f"without `{ast.unparse(node)}`"
    if isinstance(node, ast.Return) and node.value is not None:
        yield from ((new, _words(node, new)) for new in _returns(node.value, returns))
    elif isinstance(node, ast.AugAssign):
        other = ast.AugAssign(node.target, OPERATORS[type(node.op)](), node.value)
        plain = ast.Assign([node.target], node.value, lineno=node.lineno)
        yield from ((new, _words(node, new)) for new in (other, plain))
    elif isinstance(node, ast.For):
        yield ast.For(node.target, ast.Tuple([], ast.Load()), node.body, node.orelse, lineno=node.lineno), "no turn"
    elif isinstance(node, ast.Try):
        yield ast.Try(node.body, [], [], [ast.Pass()]), "nothing is caught"


def _returns(value: ast.expr, returns: str) -> Iterator[ast.stmt]:
    yield ast.Return(ast.Constant(None))
    if returns == "int":
        yield ast.Return(_plus_one(value))
    elif returns == "bool":
        yield ast.Return(ast.UnaryOp(ast.Not(), value))
    elif returns.startswith("tuple[int") and isinstance(value, ast.Tuple):
        yield ast.Return(ast.Tuple([_plus_one(value.elts[0]), *value.elts[1:]], ast.Load()))


def _plus_one(value: ast.expr) -> ast.expr:
    return ast.BinOp(value, ast.Add(), ast.Constant(1))


def _words(old: ast.stmt, new: ast.stmt) -> str:
    return f"`{ast.unparse(old)}` -> `{ast.unparse(new)}`"
