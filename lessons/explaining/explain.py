"""One entry of a rule with its numbers in place: `(δ₃,₁)₁ = (W₁₁·(δ₃,₂)₁ + …)·(1 − (s₁)₁²) = (.500·.311 + …)·…`."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.maths import selecting
from engine.walks import rules
from engine.walks.rules import Lookup, bindings, index, members, parse, reference, value
from engine.walks.step import Path
from lessons.explaining.figures import counts, figures, parted, three
from lessons.explaining.formulas import FUNCTIONS, OPERATORS, ORDERS, beginning, plain_number, raised, typeset
from lessons.explaining.numbering import part, shift
from lessons.explaining.typeset import STACKED, entry, entry_of, first_of, subscript

MOST_TERMS = 6
"""A sum of more terms than this is shown by its first ones and its last."""


class Cell(NamedTuple):
    """One entry of an expression: in symbols, in numbers, how tightly both bind (as in `Typeset`), and its value."""

    symbols: str
    numbers: str
    tight: int
    value: float
    parts: str = ""
    """The numbers with every factor or summand worked out, .275 · .958: the line between formula and result."""
    counted: bool = False
    """Whether it is a count, which has no decimal point."""
    shown: str = ""
    """Its value with more figures, where fewer would be those of another number beside it."""

    @property
    def worth(self) -> str:
        """Its value in figures."""
        return self.shown or figures(self.value, self.counted)


def explain(rule: str, path: Path, at: tuple[int, ...], lookup: Lookup) -> Cell:
    """Entry `at` of what a rule gives at a path, its formula carried down to numbers.

    `at` is (), (row,) or (row, column); `lookup` gives the symbols as they were before the step, as in evaluation.
    Raises ValueError for an expression that no rule may hold, KeyError where a symbol cannot be read.
    """
    bound, expression = bindings(path), parse(rule).value
    row, col = (*at, 0, 0)[:2]
    return _Expansion(bound, lookup).cell(expression, (row, col))


class _Expansion:
    """Walks a formula from the outside in, carrying the index of one entry, (row, column), down to the arrays."""

    def __init__(self, bound: Mapping[str, int], lookup: Lookup) -> None:
        self.bound, self.lookup = bound, lookup

    def value(self, node: ast.expr) -> Any:
        return value(node, self.bound, self.lookup)

    def cell(self, node: ast.expr, at: tuple[int, int]) -> Cell:
        symbol = reference(node, self.bound)
        if symbol is not None:
            return self.entry(symbol, self.value(node), at)
        if first := beginning(node):
            return Cell(first, first, 3, float(first))
        match node:
            case ast.Constant(value=int() | float() as constant):
                return Cell(plain_number(constant), plain_number(constant), 3, float(constant))
            case ast.Name(id=plain):
                said = str(part(plain, self.bound[plain]))
                return Cell(said, said, 3, float(self.bound[plain]))
            case ast.Attribute(value=inner, attr="T"):
                return self.cell(inner, (at[1], at[0]))
            case ast.UnaryOp(operand=inner):
                a = self.cell(inner, at)
                numbers = _bracket(a.numbers) if a.tight >= 2 else f"({a.numbers})"
                return Cell(f"−{_wrap(a.symbols, a.tight, 2)}", f"−{numbers}", 1, -a.value)
            case ast.BinOp(left=left, op=ast.MatMult(), right=right):
                return self.product(left, right, at)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                a, b = self.cell(left, at), self.cell(right, at)
                power = "²" if b.symbols == "2" else f"^{_wrap(b.numbers, b.tight, 3)}"
                symbols, numbers = raised(_wrap(a.symbols, a.tight, 3)) + power, _negative(a.numbers, a.tight) + power
                return Cell(symbols, numbers, 3, _power(a.value, b.value))
            case ast.BinOp(left=left, op=op, right=right):
                return self.pair(left, op, right, at)
            case ast.Compare(left=left, ops=[order], comparators=[right]):
                holds = float(self.at(self.value(node), at))
                a, b, sign = self.cell(left, at), self.cell(right, at), ORDERS[type(order)]
                return Cell(f"[{a.symbols} {sign} {b.symbols}]", f"[{a.numbers} {sign} {b.numbers}]", 3, holds)
            case ast.Call(func=ast.Name(id=function), args=args):
                return self.call(node, function, args, at)
        raise ValueError(f"cannot explain {ast.dump(node)}")

    @staticmethod
    def at(array: Any, at: tuple[int, int]) -> Any:
        """The entry of a column, matrix or scalar at a full index, broadcasting as NumPy does."""
        shape = getattr(array, "shape", ())
        if not shape:
            return array
        if len(shape) == 1:
            return array[min(at[0], shape[0] - 1)]
        return array[min(at[0], shape[0] - 1), min(at[1], shape[1] - 1)]

    def entry(self, symbol: str, array: Any, at: tuple[int, int]) -> Cell:
        x, counted = float(self.at(array, at)), counts(symbol)
        shape = getattr(array, "shape", ())
        single = not shape or array.size == 1
        where = () if single else at if len(shape) > 1 and max(shape[1:]) > 1 else (at[0],)
        said = figures(x + shift(symbol), counted)
        return Cell(entry(symbol, where), said, 3, x, counted=counted, shown=said if shift(symbol) else "")

    def product(self, left: ast.expr, right: ast.expr, at: tuple[int, int]) -> Cell:
        """Σ_m left[i,m] right[m,j]; of more than two terms those that are exactly 0 are left out."""
        a, b = self.value(left), self.value(right)
        i, j, few = min(at[0], a.shape[0] - 1), min(at[1], b.shape[1] - 1), a.shape[1] <= 2
        terms = [m for m in range(a.shape[1]) if few or a[i, m] != 0 != b[m, j]]
        products = [_times(self.cell(left, (i, m)), self.cell(right, (m, j))) for m in written_out(terms)]
        total = float((a @ b)[i, j])
        if not products:
            return Cell("0", "0", 3, total)
        return _added(products, len(terms), total)

    def pair(self, left: ast.expr, op: ast.operator, right: ast.expr, at: tuple[int, int]) -> Cell:
        a, b = self.cell(left, at), self.cell(right, at)
        if isinstance(op, ast.Mult):
            return _times(a, b)
        sign, tight = OPERATORS[type(op)]
        after = tight + isinstance(op, ast.Sub | ast.Div)
        x = a.value + b.value if isinstance(op, ast.Add) else a.value - b.value
        if isinstance(op, ast.Div):
            x = a.value / b.value if b.value else float("nan")
        if isinstance(op, ast.Sub) and a.value != b.value and a.worth == b.worth:
            a, b = (each._replace(shown=said) for each, said in zip((a, b), parted(a.value, b.value), strict=True))
        symbols = _wrap(a.symbols, a.tight, tight) + sign + _wrap(b.symbols, b.tight, after)
        numbers = _wrap(_exact(a), a.tight, tight) + sign + _after(_exact(b), b.tight, after)
        sums = (ast.Add, ast.Sub)
        summed = isinstance(op, sums) and isinstance(left, ast.BinOp) and isinstance(left.op, sums)
        before = a.parts if summed and a.parts else a.worth  # of a sum each addend for itself
        counted = isinstance(op, sums) and a.counted and b.counted
        return Cell(symbols, numbers, tight, x, f"{before}{sign}{_after(b.worth, 3, after)}", counted)

    def call(self, node: ast.Call, function: str, args: list[ast.expr], at: tuple[int, int]) -> Cell:
        if function in ("batch", "row_sum", "column_sum"):
            rows, cols = self.value(args[0]).shape
            down = function == "column_sum"
            entries = [(i, at[1]) for i in range(rows)] if down else [(at[0], n) for n in range(cols)]
            return self.series(args[0], entries, float(self.at(self.value(node), at)))
        if function == "one_hot":
            pair = self.cell(args[0], (at[0], 0)), self.cell(args[1], (0, 0))
            symbols, numbers = (" = ".join(each) for each in zip(*((c.symbols, c.numbers) for c in pair), strict=True))
            return Cell(f"[{symbols}]", f"[{numbers}]", 3, float(self.at(self.value(node), at)))
        if function == "cumulative":
            entries = [(i, at[1]) for i in range(at[0] + 1)]
            return self.series(args[0], entries, float(self.at(self.value(node), at)))
        if function == "diag":
            return self.cell(args[0], (at[0], 0)) if at[0] == at[1] else Cell("0", "0", 3, 0.0)
        if function in ("stack", "left", "right"):
            above, below = (len(self.value(each)) for each in args)
            if function == "stack":
                return self.cell(args[0], at) if at[0] < above else self.cell(args[1], (at[0] - above, at[1]))
            return self.cell(args[0], at if function == "left" else (at[0] + above - below, at[1]))
        if function in ("scored", "blended", "spread", "flat", "slab"):
            return self.side_by_side(node, function, args, at)
        if function == "total":
            assert isinstance(args[0], ast.Name)
            values = members(args[0].id, index(args[1], self.bound), self.lookup)
            every = [float(self.at(v, at)) for v in values]
            numbers = _series([_bracket(three(x)) for x in written_out(every)], len(every))
            return Cell(typeset(node, self.bound).text, numbers, 1, float(sum(every)))
        if function == "sum":
            return self.sum(args[0])
        if function in ("largest", "argmaxes"):
            name, rows = FUNCTIONS.get(function, function), self.value(args[0]).shape[0]
            column = [self.cell(args[0], (i, at[1])) for i in range(rows)]
            symbols = f"{name}({', '.join(c.symbols for c in column)})"
            several = [f"{i}: {c.numbers}" for i, c in enumerate(column, 1)] if function == "argmaxes" else None
            numbers = f"{name}({', '.join(several or [c.numbers for c in column])})"
            return Cell(symbols, numbers, 3, float(self.at(self.value(node), at)))
        if function == "at":
            where = [selecting.one(self.value(each)) for each in args[1:]]
            cell = self.cell(args[0], (where[0], where[1] if len(where) > 1 else 0))
            chosen = ",".join(str(i + 1) for i in where)  # as entries count
            return cell._replace(symbols=f"{_wrap(typeset(args[0], self.bound).text, 3, 3)}[{chosen}]", tight=3)
        if function in ("argmax", "argmin", "nearest"):
            return self.chosen(node, args)
        if function in ("cut_axis", "cut_place", "below"):
            return self.cut(node, function, args, at)
        if function in ("softmax", "log_softmax"):
            return self.softmax(function, args[0], at, float(self.at(self.value(node), at)))
        if function.startswith("E_"):
            x = float(self.value(node))
            return Cell(typeset(node, self.bound).text, f"{x:.10f}", 3, x)
        answer = self.value(node)
        x = float(self.at(answer, at))
        if isinstance(self.lookup(function), rules.Placing):
            return Cell(entry_of(typeset(node, self.bound).text, at), figures(x, False), 3, x)
        if function not in rules.FUNCTIONS:  # a network of the lesson's, which answers a whole column
            inputs = [self.cell(args[0], (i, at[1])).numbers for i in range(self.value(args[0]).shape[0])]
            which = at[:1] if len(answer) > 1 else ()
            made = f"{function}({', '.join(inputs)})"
            return Cell(entry_of(typeset(node, self.bound).text, which), entry_of(made, which), 3, x)
        cells = [self.cell(a, at) for a in args]
        form = {"abs": "|{}|", "sqrt": "√({})"}.get(function) or FUNCTIONS.get(function, function) + "({})"
        symbols = form.format(", ".join(c.symbols for c in cells))
        numbers = form.format(", ".join(c.numbers for c in cells))
        return Cell(symbols, numbers, 3, x, form.format(", ".join(c.worth for c in cells)))

    def side_by_side(self, node: ast.Call, function: str, args: list[ast.expr], at: tuple[int, int]) -> Cell:
        """What `maths.side_by_side` makes of the vectors of several places, which lie in the rows of args[0]."""
        made, (i, j) = self.value(node), at
        if function == "flat":
            return self.cell(args[0], divmod(j, self.value(args[0]).shape[1]))
        B = self.value(args[0]).shape[1] if function == "spread" else made.shape[1]
        if function == "slab":
            return self.cell(args[0], (index(args[1], self.bound), i * B + j))
        if function == "spread":
            return _times(self.cell(args[0], (i, j % B)), self.cell(args[1], divmod(j, B)))

        def of_place(where: tuple[int, int]) -> Cell:
            """An entry of the rows; of a batch the example's number follows that of the entry."""
            cell = self.cell(args[0], where)
            if B == 1 or not isinstance(args[0], ast.Name) or args[0].id not in STACKED:
                return cell
            return cell._replace(symbols=entry(f"{STACKED[args[0].id]}[{where[0]}]", divmod(where[1], B)))

        if function == "scored":
            pairs = [((i, n * B + j), (n, j)) for n in range(self.value(args[1]).shape[0])]
        else:
            pairs = [((s, i * B + j), (s, j)) for s in range(self.value(args[1]).shape[0])]
        products = [_times(of_place(a), self.cell(args[1], b)) for a, b in written_out(pairs)]
        return _added(products, len(pairs), float(made[i, j]))

    def chosen(self, node: ast.Call, args: list[ast.expr]) -> Cell:
        """The number of the largest or smallest entry: of many that are compared the first to be chosen."""
        column = self.value(args[0])
        among = self.value(args[1]) if len(args) > 1 else column == column
        rows = [i for i in range(len(column)) if among[i, 0] > 0]
        x, shown = float(self.value(node)), rows
        if len(rows) > MOST_TERMS:
            apart = {i: abs(float(column[i, 0] - column[int(x), 0])) for i in rows}
            shown = sorted(sorted(rows, key=apart.__getitem__)[: MOST_TERMS - 1])
        compared = [f"{i + 1}: {self.cell(args[0], (i, 0)).worth}" for i in shown] + ["…"] * (len(rows) > len(shown))
        said = typeset(node, self.bound).text
        numbers = f"{said.partition('(')[0]}({', '.join(compared)})"
        return Cell(said, numbers, 3, x, counted=True, shown=f"{x + 1:.0f}")

    def cut(self, node: ast.Call, function: str, args: list[ast.expr], at: tuple[int, int]) -> Cell:
        """A place between two points of a column, which column that is, or whether a point is not above it."""
        x = float(self.at(self.value(node), at))
        if function == "below":
            f = selecting.one(self.at(self.value(args[1]), at)) - 1
            point, place = self.cell(args[0], (at[1], f)), self.cell(args[2], (at[0], 0))
            symbols, numbers = (
                f"[{a} ≤ {b}]" for a, b in ((point.symbols, place.symbols), (point.numbers, place.numbers))
            )
            return Cell(symbols, numbers, 3, x)
        points, inside = (self.value(each) for each in args[:2])
        if function == "cut_axis":
            return Cell(typeset(node, self.bound).text, f"{x:.0f}", 3, x, counted=True)
        f = int(selecting.cut_axis(points, inside, *map(self.value, args[2:]))[at[0], 0]) - 1
        rows = sorted((i for i in range(len(points)) if inside[i, 0] > 0), key=lambda i: float(points[i, f]))
        above = next(i for i in rows if points[i, f] > x)
        below = next((i for i in reversed(rows) if points[i, f] <= x), None)
        b = self.cell(args[0], (above, f))
        if below is None:
            return Cell(f"{b.symbols} − 1", f"{b.numbers} − 1", 1, x)
        a = self.cell(args[0], (below, f))
        return Cell(f"({a.symbols} + {b.symbols}) / 2", f"({a.numbers} + {_bracket(b.numbers)}) / 2", 2, x)

    def softmax(self, function: str, scores: ast.expr, at: tuple[int, int], x: float) -> Cell:
        """x = softmax of a column of scores, or its logarithm."""
        inner, array, said = self.cell(scores, at), self.value(scores), typeset(scores, self.bound)
        first = min((first_of(node.id) for node in ast.walk(scores) if isinstance(node, ast.Name)), default=1)
        own, one = subscript(str(at[0] + first)), entry_of(said.text, at[:1], first)
        each = one.removesuffix(own) + "ⱼ"
        if function == "log_softmax":
            return Cell(f"ln softmax({said.text}){own}", f"ln {three(math.exp(x))}", 2, x)
        every = array[:, min(at[1], array.shape[1] - 1)].tolist()
        others = _series([f"e^{_bracket(three(v))}" for v in written_out(every)], len(every))
        symbols = f"e^{one} / Σⱼ e^{each}"
        return Cell(symbols, f"e^{_bracket(three(inner.value))} / ({others})", 2, x)

    def sum(self, inner: ast.expr) -> Cell:
        array = self.value(inner)
        rows, cols = array.shape[0], array.shape[1] if array.ndim > 1 else 1
        entries = [(i, j) for i in range(rows) for j in range(cols) if float(self.at(array, (i, j))) != 0]
        return self.series(inner, entries, float(array.sum()))

    def series(self, inner: ast.expr, entries: list[tuple[int, int]], total: float) -> Cell:
        """The sum of these entries of an expression."""
        return _added([self.cell(inner, at) for at in written_out(entries)], len(entries), total)


def _power(a: float, b: float) -> float:
    try:
        return float(a**b)
    except (OverflowError, ZeroDivisionError):
        return float("inf")


def _times(a: Cell, b: Cell) -> Cell:
    symbols = f"{_wrap(a.symbols, a.tight, 2)}·{_wrap(b.symbols, b.tight, 2)}"
    numbers = f"{_factor(a)}·{_factor(b)}"
    parts = f"{_bracket(a.worth)} · {_bracket(b.worth)}" if min(a.tight, b.tight) < 3 or a.parts else ""
    return Cell(symbols, numbers, 2, a.value * b.value, parts)


def _factor(a: Cell) -> str:
    return _bracket(a.numbers) if a.tight == 3 else _wrap(a.numbers, a.tight, 2)


def _bracket(number: str) -> str:
    """A negative number in brackets, where it follows an operator."""
    return f"({number})" if number.startswith("−") else number


def _wrap(text: str, tight: int, needed: int) -> str:
    return text if tight >= needed else f"({text})"


def _after(text: str, tight: int, needed: int) -> str:
    return _bracket(text) if tight >= needed else f"({text})"


def _negative(text: str, tight: int) -> str:
    return _bracket(text) if tight == 3 else f"({text})"


def written_out(terms: list[Any]) -> list[Any]:
    """The terms of a sum that are written out: all of them, or of many the first and the last."""
    return terms if len(terms) <= MOST_TERMS else [*terms[: MOST_TERMS - 2], terms[-1]]


def _series(parts: list[str], count: int) -> str:
    """A sum of so many terms, of which `parts` are written out."""
    if count > len(parts):
        parts = [*parts[:-1], "…", parts[-1]]
    return " + ".join(parts) if parts else "0"


def _added(terms: list[Cell], count: int, total: float) -> Cell:
    """A sum of so many entries, of which `terms` are written out; it comes to `total`."""
    tight = terms[0].tight if len(terms) == 1 else 1
    return Cell(_series([c.symbols for c in terms], count), _series([c.numbers for c in terms], count), tight, total)


def _exact(cell: Cell) -> str:
    """Its numbers, with more figures where it is one number that has more."""
    return cell.shown if cell.shown and cell.numbers == figures(cell.value, cell.counted) else cell.numbers
