"""Numbers computed in a text: `{= sum(E) at forward}` is an expression over a lesson's symbols, read at an address.

    {= EXPRESSION}  {= EXPRESSION at ADDRESS}  {= EXPRESSION at ADDRESS :FORMAT}
    {work SYMBOL[entry] at ADDRESS}            the formula that made it, and under it the numbers
    {if CONDITION}…{else}…{/}                  what is said where it holds, and where not
    {field at ADDRESS}                         what the lesson's other texts are filled with there

Expressions are those of rules (`engine.walks.rules` evaluates them) with the functions of `FUNCTIONS`; nothing else of
Python is understood. A second bracket, or an index that no symbol has, is an entry, from 0: s[3][0], W[0,1].
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from engine.device import HOST, quiet
from engine.walks import rules
from engine.walks.step import symbol
from lessons.contract.view import View
from lessons.explaining.figures import MINUS, eight, three
from lessons.explaining.inspect import Inspection, inspect

xp = HOST.xp
PLACEHOLDER = re.compile(
    r"\{(?![/?])(?P<kind>=|work |if |)\s*(?P<body>[^{}:]+?)(?:\s+at\s+(?P<at>[\w/=,-]+))?\s*(?::(?P<form>[^{}]*))?\}"
)
"""One placeholder: its kind, what is computed, at which address, and how it is written."""
CONDITION = re.compile(r"(?P<asked>\{if [^{}]+\})(?P<yes>.*?)(?:\{else\}(?P<no>.*?))?\{/\}", re.DOTALL)
"""What is said where something holds."""
MOST_SHOWN = 8
"""Entries of a vector that are written out."""
MOST_WHOLE = 1e5
"""A whole number below this is written without a decimal point."""
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{name: rules.FUNCTIONS[name] for name in ("exp", "sqrt", "abs", "tanh", "sign", "sigmoid", "softmax")},
    "ln": xp.log, "round": xp.round,
    "sum": lambda a: float(xp.sum(a)), "mean": lambda a: float(xp.mean(a)), "std": lambda a: float(xp.std(a)),
    "max": lambda *a: float(max(xp.max(each) for each in a)), "min": lambda *a: float(min(xp.min(each) for each in a)),
    "norm": lambda a: float(xp.sqrt(xp.sum(xp.square(a)))), "argmax": lambda a: int(xp.argmax(a)),
    "argmin": lambda a: int(xp.argmin(a)), "count": lambda a: int(xp.sum(xp.asarray(a) != 0)),
    "len": lambda a: len(a) if hasattr(a, "__len__") else 1,
    "radius": lambda a: float(xp.max(xp.abs(xp.linalg.eigvals(xp.atleast_2d(a))))),
    "spectral": lambda a: float(xp.linalg.norm(xp.atleast_2d(a), 2)),
    "diag": lambda a: xp.diag(xp.atleast_1d(a)), "row": lambda a, i: xp.atleast_2d(a)[int(i)],
    "column": lambda a, i: xp.atleast_2d(a)[:, int(i)],
}  # fmt: skip
"""What expressions in texts may call; `norm` is the root of the sum of squares.

`radius` is the spectral radius, `spectral` the spectral norm.
"""


class Unresolved(ValueError):
    """Why something in a text cannot be computed here."""


Views = Callable[[str], Sequence[View]]
"""The views at an address; of "" all those in which a symbol without an address is looked for, the best first."""


class Computed:
    """Computes what placeholders ask for, at the views that it is given; what was read once is kept.

    Raises Unresolved.
    """

    def __init__(self, views: Views) -> None:
        self._views = views
        self._known: dict[tuple[str, str], Any] = {}

    def value(self, expression: str, at: str = "") -> Any:
        """A number, a vector, a word or whether something holds."""
        key = (expression.strip(), at)
        if key not in self._known:
            self._known[key] = self._evaluated(*key)
        return self._known[key]

    def _evaluated(self, expression: str, at: str) -> Any:
        try:
            node = ast.parse(expression, mode="eval").body
        except SyntaxError as error:
            raise Unresolved(f"{expression!r} is no expression: {error.msg}") from None
        views = self._views(at)
        try:
            with quiet():
                return _plain(_value(_Reads(views, self).visit(node)))
        except Unresolved:
            raise
        except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise Unresolved(f"{expression!r} cannot be computed at {at or 'any act'}: {error}") from None

    def work(self, cell: str, at: str = "") -> Inspection:
        """A symbol or one entry of it, explained by the rule that made it."""
        views = self._views(at)
        name, index = self._cell(cell, views)
        made = next((view for view in views if view.get(name) is not None and view.writer(name) is not None), None)
        made = made or next((view for view in views if view.get(name) is not None), None)
        if made is None:
            raise Unresolved(f"{name} is not known at {at or 'any act'}")
        found = inspect(made, name, index)
        if found.value is None:
            raise Unresolved(f"{cell} is more than one number: name an entry, as in {name}[0]")
        return found

    def _cell(self, cell: str, views: Sequence[View]) -> tuple[str, tuple[int, ...]]:
        """The symbol and the entry of "delta[3,1][0]", or of "W[0,1]" where no symbol is called so."""
        parts = re.fullmatch(r"(\w+)((?:\[[\w,+\-() ]+\])*)", cell.strip())
        if parts is None:
            raise Unresolved(f"{cell!r} is neither a symbol nor an entry of one")
        name = parts[1]
        groups = [[part.strip() for part in each.split(",")] for each in re.findall(r"\[([^\]]+)\]", parts[2])]
        indices = [
            [_last(views, name, i, len(g)) if e == "last" else self._whole(e) for i, e in enumerate(g)] for g in groups
        ]
        if indices and any(view.get(symbol(name, *indices[0])) is not None for view in views):
            return symbol(name, *indices[0]), tuple(indices[1]) if len(indices) > 1 else (0, 0)
        return name, tuple(indices[0]) if indices else (0, 0)

    def _whole(self, written: str) -> int:
        return int(self.value(written))


def _value(node: ast.expr) -> Any:
    """By the evaluator of rules, all that is read being in its place already."""
    return node.value if isinstance(node, ast.Constant) else rules.value(node, {}, lambda name: None)


class _Reads(ast.NodeTransformer):
    """Puts what an expression reads in the place of its names, and what its calls give in that of the calls."""

    def __init__(self, views: Sequence[View], computed: Computed) -> None:
        self.views, self.computed = views, computed
        self.first = 0
        """What the entries of the family read last count from."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(self.read(node.id))

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if isinstance(node.value, ast.Name):
            name = node.value.id
            at = [_last(self.views, name, i, len(parts)) if _is_last(p) else self.whole(p) for i, p in enumerate(parts)]
            found = self.held(symbol(name, *at))
            if found is not None:
                return ast.Constant(found)
            if self.held(name) is None and any(
                view.get(symbol(name, i)) is not None for view in self.views for i in (0, 1)
            ):
                raise Unresolved(f"{symbol(name, *at)} is not known here")
        held = _value(self.visit(node.value))
        if isinstance(held, float | int):
            held = xp.full((1,) * len(parts), held)
        at = [len(held) - 1 if _is_last(p) else self.whole(p) for p in parts]
        return ast.Constant(_single(held[at[0]] if isinstance(held, list) else held[tuple(at)]))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "known":
            return ast.Constant(self.is_known(node.args[0]))
        if name == "there":
            expression, where = node.args
            assert isinstance(where, ast.Constant)
            return ast.Constant(self.computed.value(ast.unparse(expression), str(where.value)))
        if name not in FUNCTIONS:
            raise Unresolved(
                f"there is no function {name or ast.unparse(node.func)!r}; there are {', '.join(FUNCTIONS)}"
            )
        self.first = 0
        given = [_value(self.visit(each)) for each in node.args]
        found = FUNCTIONS[name](*given)
        return ast.Constant(found + self.first if name in ("argmax", "argmin") else found)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = (_value(self.visit(each)) for each in (node.left, node.right))
        single = not (getattr(left, "ndim", 0) and getattr(right, "ndim", 0))
        op = ast.Mult() if isinstance(node.op, ast.MatMult) and single else node.op
        return ast.Constant(_value(ast.BinOp(ast.Constant(left), op, ast.Constant(right))))

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        holds = [bool(_value(self.visit(each))) for each in node.values]
        return ast.Constant(all(holds) if isinstance(node.op, ast.And) else any(holds))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        held = _value(self.visit(node.operand))
        return ast.Constant(not held if isinstance(node.op, ast.Not) else -held)

    def is_known(self, node: ast.expr) -> bool:
        """Whether something can be read here."""
        try:
            self.visit(node)
        except (Unresolved, IndexError, KeyError, TypeError):
            return False
        return True

    def whole(self, node: ast.expr) -> int:
        return int(_value(self.visit(node)))

    def held(self, name: str) -> Any:
        """What a symbol holds at the first view that knows it."""
        for view in self.views:
            found = view.get(name)
            if found is not None:
                return _single(found)
        return None

    def read(self, name: str) -> Any:
        """A symbol; else all of a family, one under the other; else what is read or set: inputs, curves, knobs."""
        found = self.held(name)
        if found is not None:
            return found
        for view in self.views:
            first = next((i for i in (0, 1) if view.get(symbol(name, i)) is not None), None)
            if first is not None:
                self.first = first
                return xp.stack(list(_family(view, name, first)))
        view = self.views[0]
        if name in view.start.inputs:
            given = view.start.inputs[name]
            words = isinstance(given, str) or any(isinstance(each, str) for each in given)
            return list(given) if words else xp.asarray(given, float)
        training = next((each.training for each in self.views if each.training is not None), None)
        if name == "curve" and training is not None:
            return [xp.asarray(each[training.current][1]) for each in (training.curves, *training.also)]
        if name in view.knobs:
            return view.knobs[name]
        raise Unresolved(f"{name} is not known here")


def _family(view: View, name: str, first: int) -> Any:
    for i in count(first):
        held = view.get(symbol(name, i))
        if held is None:
            return
        yield _single(held)


def _is_last(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "last"


def _last(views: Sequence[View], name: str, place: int, places: int) -> int:
    """The largest index in one place of a family's, or of an array of that name, where there is no family."""
    for view in views if places == 1 else ():
        found = [i for i in range(2) if view.get(symbol(name, i)) is not None]
        if found:
            return found[0] + sum(1 for _ in _family(view, name, found[0])) - 1
    for view in views:
        held = view.get(name)
        if held is not None and held.ndim > place:
            return int(held.shape[place]) - 1
    raise Unresolved(f"{name} has no last one here")


def _single(held: Any) -> Any:
    """An array of one number as that number."""
    return float(held.reshape(-1)[0]) if hasattr(held, "size") and held.size == 1 else held


def _plain(found: Any) -> Any:
    found = _single(found)
    if isinstance(found, xp.bool_):
        return bool(found)
    return found.item() if isinstance(found, xp.generic) else found


def written(value: Any, form: str = "") -> str:
    """A value as it stands in a text: three figures, a count whole, a vector in brackets.

    `form` is ".3" for so many decimals, "8" for eight figures, "d" for a whole number, "%" for per cent.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        raise Unresolved("whether something holds is no number: say it with {if …}")
    if getattr(value, "ndim", 0) == 1:
        said = [written(float(each), form) for each in value[:MOST_SHOWN]]
        return f"({', '.join(said + ['…'] * (len(value) > MOST_SHOWN))})"
    if not isinstance(value, int | float):
        raise Unresolved("it is more than one number")
    if form == "8":
        return eight(float(value))
    if form == "%":
        return f"{100 * value:.1f} %".replace("-", MINUS)
    if form.startswith("."):
        return f"{value + 0.0:{form}f}".replace("-", MINUS) if abs(value) < 1e9 else three(float(value))
    if form == "d" or (float(value).is_integer() and abs(value) < MOST_WHOLE):
        return f"{value + 0.0:.0f}".replace("-", MINUS)
    return three(float(value))
