"""Every small change of an expression."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from .patterns import changed_patterns, looks_like_a_pattern

Change: TypeAlias = tuple[ast.AST, str]
"""What to put in place of a node, and the change in words."""

_COMPARISONS: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OPERATORS: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_FUNCTIONS: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
_METHODS: Final = {
    "lstrip": "rstrip",
    "rstrip": "lstrip",
    "startswith": "endswith",
    "find": "rfind",
    "rfind": "find",
    "partition": "rpartition",
    "match": "fullmatch",
    "end": "start",
    "start": "end",
}


def changed_tests(test: ast.expr) -> Iterator[Change]:
    """A condition turned round, and one that always or never holds."""
    yield _named(test, ast.UnaryOp(ast.Not(), test))
    yield _named(test, ast.Constant(True))
    yield _named(test, ast.Constant(False))


def changed_expressions(node: ast.expr, *, in_text: bool) -> Iterator[Change]:
    """Each change of this node itself, not of its parts; `in_text`: it is a part of an f-string."""
    if isinstance(node, ast.Constant):
        yield from _constants(node, in_text=in_text)
    elif isinstance(node, ast.Compare):
        yield from (_named(node, new) for new in _comparisons(node))
    elif isinstance(node, ast.BoolOp):
        yield from (_named(node, new) for new in _boolean(node))
    elif isinstance(node, ast.BinOp):
        yield from (_named(node, new) for new in _arithmetic(node))
    elif isinstance(node, ast.UnaryOp):
        yield _named(node, node.operand)
    elif isinstance(node, ast.IfExp):
        yield _named(node, ast.IfExp(node.test, node.orelse, node.body))
    elif isinstance(node, ast.Call):
        yield from (_named(node, new) for new in _calls(node))
    elif isinstance(node, ast.Subscript):
        yield from (_named(node, new) for new in _slices(node))
    elif isinstance(node, ast.Lambda):
        yield _named(node, ast.Lambda(node.args, ast.Constant(None)))
    elif isinstance(node, (ast.Tuple, ast.List, ast.Dict)):
        yield from _displays(node)
    elif isinstance(node, (ast.Name, ast.Attribute)):
        yield from (_named(node, new) for new in _names(node))


def _named(old: ast.AST, new: ast.AST) -> Change:
    return new, f"`{ast.unparse(old)}` -> `{ast.unparse(new)}`"


def _constants(node: ast.Constant, *, in_text: bool) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bytes) and looks_like_a_pattern(value):
        yield from ((ast.Constant(new), words) for new, words in changed_patterns(value))
        return
    others: list[object] = []
    if isinstance(value, bool):
        others = [not value]
    elif isinstance(value, int):
        others = [value + 1, value - 1]
    elif isinstance(value, float):
        others = [value + 1, value / 10]
    elif isinstance(value, str):
        others = [value + "x"] if in_text else [value + "x", ""]
    elif isinstance(value, bytes):
        others = [bytes([value[0] ^ 1, *value[1:]]) if value else b"x", b""]
    for other in others:
        if other != value or type(other) is not type(value):
            yield _named(node, ast.Constant(other))  # type: ignore[arg-type]  # one of the types above


def _comparisons(node: ast.Compare) -> Iterator[ast.expr]:
    for at, op in enumerate(node.ops):
        for other in _COMPARISONS[type(op)]:
            yield ast.Compare(node.left, [*node.ops[:at], other(), *node.ops[at + 1 :]], node.comparators)


def _boolean(node: ast.BoolOp) -> Iterator[ast.expr]:
    yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
    for at in range(len(node.values)):
        kept = _without(node.values, at)
        yield ast.BoolOp(node.op, kept) if len(kept) > 1 else kept[0]


def _arithmetic(node: ast.BinOp) -> Iterator[ast.expr]:
    yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
    yield node.left
    yield node.right


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    commutes = isinstance(node.func, ast.Name) and node.func.id in ("min", "max")
    if len(node.args) > 1 and not commutes:
        yield ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)
    if len(node.args) > 1:
        yield ast.Call(node.func, node.args[:-1], node.keywords)
    for at in range(len(node.keywords)):
        yield ast.Call(node.func, node.args, _without(node.keywords, at))
    if isinstance(node.func, ast.Attribute):
        yield node.func.value  # a method that is not called
    elif len(node.args) == 1:
        yield node.args[0]  # a function that is not called


def _slices(node: ast.Subscript) -> Iterator[ast.expr]:
    if isinstance(node.slice, ast.Slice):
        if node.slice.lower is not None:
            yield ast.Subscript(node.value, ast.Slice(None, node.slice.upper, node.slice.step), node.ctx)
        if node.slice.upper is not None:
            yield ast.Subscript(node.value, ast.Slice(node.slice.lower, None, node.slice.step), node.ctx)


def _displays(node: ast.Tuple | ast.List | ast.Dict) -> Iterator[Change]:
    if isinstance(node, ast.Dict):
        for at, key in enumerate(node.keys):
            new = ast.Dict(_without(node.keys, at), _without(node.values, at))
            yield new, f"without the key `{ast.unparse(key) if key else '**'}`"
        return
    for at, item in enumerate(node.elts):
        yield type(node)(_without(node.elts, at), node.ctx), f"without the element `{ast.unparse(item)}`"


def _names(node: ast.Name | ast.Attribute) -> Iterator[ast.expr]:
    if isinstance(node, ast.Name) and node.id in _FUNCTIONS:
        yield ast.Name(_FUNCTIONS[node.id], node.ctx)
    if isinstance(node, ast.Attribute) and node.attr in _METHODS:
        yield ast.Attribute(node.value, _METHODS[node.attr], node.ctx)


def _without(items: Sequence, at: int) -> list:  # type: ignore[type-arg]  # of any kind of node
    return [*items[:at], *items[at + 1 :]]
