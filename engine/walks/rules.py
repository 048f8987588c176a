"""A rule is the formula of one operation, `delta[t,k] = (W.T @ delta[t,k+1]) * (1 - s[k]**2)`, and can be evaluated.

The path of a step binds t and k. Rules are parsed by Python's `ast` and evaluated on host arrays, with the functions
below; a test evaluates every rule against every step, so that a formula on the screen cannot differ from the code.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from engine.device import HOST
from engine.maths import selecting, side_by_side
from engine.maths.activations import log_sigmoid, log_softmax, sigmoid, softmax
from engine.walks.step import Path, split, symbol

Lookup = Callable[[str], Any]
"""From a symbol to its value before the operation, or None."""
xp = HOST.xp

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "tanh": xp.tanh,
    "sigmoid": lambda z: sigmoid(xp, z),
    "softmax": lambda z: softmax(xp, z),
    "log_softmax": lambda z: log_softmax(xp, z),
    "log_sigmoid": lambda z: log_sigmoid(xp, z),
    "sign": xp.sign,
    "maximum": xp.maximum,
    "minimum": xp.minimum,
    "abs": xp.abs,
    "sqrt": xp.sqrt,
    "exp": xp.exp,
    "log": xp.log,
    "sum": xp.sum,
    "batch": lambda a: xp.sum(a, axis=1, keepdims=True),
    "row_sum": lambda a: xp.sum(a, axis=1, keepdims=True),
    "diag": lambda a: xp.eye(len(a)) * a,
    "column_sum": lambda a: xp.sum(a, axis=0, keepdims=True),
    "largest": lambda a: xp.max(a, axis=0, keepdims=True),
    "cumulative": lambda a: xp.cumsum(a, axis=0),
    "stack": lambda a, b: xp.concat((a, b), axis=0),
    "left": lambda a, like: a[: len(like)],
    "right": lambda a, like: a[-len(like) :],
    "among": lambda a, count: 1.0 * (a >= xp.sort(a, axis=0)[-int(min(count, len(a)))]),
    "one_hot": lambda letters, pick: 1.0 * (letters == pick),
    "argmaxes": lambda a: 1.0 * xp.argmax(a, axis=0, keepdims=True),
    "flat": lambda v: side_by_side.flat(xp, v),
    "slab": lambda rows, s, B: side_by_side.slab(xp, rows, s, int(B)),
    "scored": lambda rows, q: side_by_side.scored(xp, rows, q),
    "blended": lambda rows, w: side_by_side.blended(xp, rows, w),
    "spread": lambda w, g: side_by_side.spread(xp, w, g),
    "at": selecting.at,
    "argmax": selecting.argmax,
    "argmin": selecting.argmin,
    "nearest": selecting.nearest,
    "cut_axis": selecting.cut_axis,
    "cut_place": selecting.cut_place,
    "below": selecting.below,
    "best_rows": selecting.best_rows,
    "best_columns": selecting.best_columns,
    "best_entries": selecting.best_entries,
    "columns": selecting.columns,
}
OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
    ast.MatMult: lambda a, b: a @ b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.Eq: lambda a, b: a == b,
}


class Placing(NamedTuple):
    """A function of a rule, from the environment, that puts numbers elsewhere: windows of a picture, what a pool keeps.

    An entry of what it gives is explained by its value alone.
    """

    call: Callable[..., Any]

    def __call__(self, *args: Any) -> Any:
        return self.call(*args)


class Rule(NamedTuple):
    """A parsed rule: the symbol that it writes, and the expression."""

    target: ast.expr
    value: ast.expr


@cache
def parse(rule: str) -> Rule:
    """The two sides of "left = right"."""
    statement = ast.parse(rule).body[0]
    assert isinstance(statement, ast.Assign)
    return Rule(statement.targets[0], statement.value)


def bindings(path: Path) -> dict[str, int]:
    """The loop indices that a path binds: {"t": 3, "k": 1}."""
    return {name: index for name, index in path if index >= 0}


def index(node: ast.expr, bound: Mapping[str, int]) -> int:
    """The value of an index expression such as k+1, or 2*i+u."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.Name):
        return bound[node.id]
    if isinstance(node, ast.UnaryOp):
        return -index(node.operand, bound)
    assert isinstance(node, ast.BinOp), ast.dump(node)
    left, right = index(node.left, bound), index(node.right, bound)
    if isinstance(node.op, ast.Mult):
        return left * right
    return left + right if isinstance(node.op, ast.Add) else left - right


def reference(node: ast.expr, bound: Mapping[str, int]) -> str | None:
    """The symbol that a name or subscript refers to; None if the node is something else (or a bound index)."""
    if isinstance(node, ast.Name):
        return None if node.id in bound else node.id
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return symbol(node.value.id, *(index(part, bound) for part in parts))
    return None


def members(family: str, k: int, lookup: Lookup) -> list[Any]:
    """family[t,k] for t = k, k+1, … while `lookup` has them: one column of a ledger."""
    column: list[Any] = []
    while (value := lookup(symbol(family, k + len(column), k))) is not None:
        column.append(value)
    return column


def value(node: ast.expr, bound: Mapping[str, int], lookup: Lookup) -> Any:
    """The value of an expression. Raises KeyError, naming the symbol, where one cannot be read."""
    name = reference(node, bound)
    if name is not None:
        read = lookup(name)
        if read is None:
            raise KeyError(name)
        return read
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return bound[node.id]
        case ast.Attribute(attr="T"):
            return value(node.value, bound, lookup).T
        case ast.UnaryOp(op=ast.USub()):
            return -value(node.operand, bound, lookup)
        case ast.BinOp():
            return OPERATORS[type(node.op)](value(node.left, bound, lookup), value(node.right, bound, lookup))
        case ast.Compare():
            return OPERATORS[type(node.ops[0])](
                value(node.left, bound, lookup), value(node.comparators[0], bound, lookup)
            )
        case ast.Call(func=ast.Name(id="total"), args=[ast.Name(id=family), column]):
            return sum(members(family, index(column, bound), lookup))
        case ast.Call(func=ast.Name(id=function)):
            call = FUNCTIONS.get(function) or lookup(function)
            return call(*(value(a, bound, lookup) for a in node.args))
    raise ValueError(f"a rule cannot hold {ast.dump(node)}")


def target(rule: str, path: Path) -> str:
    """The symbol that a rule writes at a path."""
    name = reference(parse(rule).target, bindings(path))
    assert name is not None
    return name


def evaluate(rule: str, path: Path, lookup: Lookup) -> Any:
    """The value of a rule's right side at a path, from `lookup`. Raises KeyError where that gives None."""
    return value(parse(rule).value, bindings(path), lookup)


@lru_cache(maxsize=1 << 12)
def reads(rule: str, path: Path) -> tuple[str, ...]:
    """The symbols that a rule reads at a path, each once, in the order of the formula."""
    bound = bindings(path)
    names: dict[str, None] = {}
    functions = {n.func for n in ast.walk(parse(rule).value) if isinstance(n, ast.Call)}

    def visit(node: ast.AST) -> None:
        if node in functions:
            return
        name = reference(node, bound) if isinstance(node, ast.expr) else None
        if name is not None:
            names[name] = None
            return
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(parse(rule).value)
    return tuple(names)


def unify(rule: str, name: str) -> Path | None:
    """The loop indices with which a rule writes `name`, as a path; None if it never does, or if it also reads indices
    of other loops.
    """
    target, expression = parse(rule)
    family, indices = split(name)
    plain = isinstance(target, ast.Name)
    whole = target if plain else target.value if isinstance(target, ast.Subscript) else None
    if not isinstance(whole, ast.Name) or whole.id != family:
        return None
    inside = target.slice if isinstance(target, ast.Subscript) else None
    parts = [] if inside is None else inside.elts if isinstance(inside, ast.Tuple) else [inside]
    if len(parts) != len(indices) or not all(isinstance(part, ast.Name) for part in parts):
        return None
    bound = {part.id: index for part, index in zip(parts, indices, strict=True) if isinstance(part, ast.Name)}
    if any(bound[part.id] != at for part, at in zip(parts, indices, strict=True) if isinstance(part, ast.Name)):
        return None  # delta[t,t] is no delta[3,1]
    used = {node.id for sub in ast.walk(expression) if isinstance(sub, ast.Subscript) for node in names(sub.slice)}
    return tuple(bound.items()) if used <= set(bound) and _makes(expression, target) else None


def names(node: ast.AST) -> list[ast.Name]:
    """All plain names below a node."""
    return [each for each in ast.walk(node) if isinstance(each, ast.Name)]


def _makes(expression: ast.expr, target: ast.expr) -> bool:
    """Whether the expression does not read the target itself, as the rule of an accumulator does."""
    return ast.unparse(target) not in {ast.unparse(node) for node in ast.walk(expression)}


def close(a: Any, b: Any) -> bool:
    """Whether two arrays agree to rounding."""
    return bool(xp.allclose(a, b, rtol=1e-9, atol=1e-12))
