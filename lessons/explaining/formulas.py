"""Rules as the field writes them: `δ₃,ₖ = (Wᵀ δ₃,ₖ₊₁) ∘ (1 − sₖ²)`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.walks.rules import index, parse
from lessons.explaining.numbering import index_text
from lessons.explaining.typeset import START, family_name, subscript

SCALARS = frozenset({"rate", "eta", "t", "h", "slope", "w", "d", "g"})
"""Families of single numbers: what follows one is written beside it, without a sign."""
FUNCTIONS = {
    "log": "ln",
    "maximum": "max",
    "minimum": "min",
    "log_softmax": "ln softmax",
    "log_sigmoid": "ln σ",
    "sigmoid": "σ",
    "largest": "max",
    "argmaxes": "argmax",
    "column_sum": "Σ",
    "row_sum": "Σ",
    "nearest": "argmin",
    "cut_axis": "columns",
    "cut_place": "midpoints",
}
"""What a function of a rule is called, where it is not called so."""
OPERATORS: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: (" + ", 1), ast.Sub: (" − ", 1), ast.Mult: (" ∘ ", 2), ast.Div: (" / ", 2), ast.MatMult: (" ", 2),
}  # fmt: skip
"""The sign of an operator, and how tightly it binds, as in `Typeset`."""
ORDERS: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.Eq: "="}


class Typeset(NamedTuple):
    """An expression as text, and how tightly its outermost operation binds: 1 a sum, 2 a product, 3 one thing."""

    text: str
    tight: int


def law(rule: str, bound: Mapping[str, int] | None = None) -> str:
    """A rule in symbols, its loop indices as letters, or as the numbers that `bound` gives them.

    A symbol that is made from its own old value is assigned, not equated: W ← W − η ∂E/∂W.
    """
    left, right = parse(rule)
    return f"{typeset(left, bound or {}).text} {sign(rule)} {typeset(right, bound or {}).text}"


def sign(rule: str) -> str:
    """← where a rule reads the very symbol that it writes, = elsewhere."""
    left, right = parse(rule)
    indexed = {id(node.value) for node in ast.walk(right) if isinstance(node, ast.Subscript)}
    read = {ast.unparse(node) for node in ast.walk(right) if isinstance(node, type(left)) and id(node) not in indexed}
    return "←" if ast.unparse(left) in read else "="


def _index(node: ast.expr, bound: Mapping[str, int]) -> str:
    try:
        return str(index(node, bound))
    except KeyError:
        return ast.unparse(node).replace(" ", "")


def _paren(part: Typeset, tight: int) -> str:
    return part.text if part.tight >= tight else f"({part.text})"


def raised(text: str) -> str:
    """The base of a power: in brackets where it is a fraction, such as ∂E/∂W."""
    return f"({text})" if "/" in text and not text.startswith(("(", "√")) else text


def beginning(node: ast.expr) -> str:
    """ "0" or "1" where an expression is a constant that has the shape of an array, such as `0 * z`; else ""."""
    match node:
        case ast.BinOp(left=ast.Constant(value=0), op=ast.Mult()):
            return "0"
        case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=0)):
            return "1"
        case ast.BinOp(left=left, op=ast.MatMult()) if beginning(left) == "0":  # 0 * h.T @ h: a number, 0
            return "0"
        case ast.BinOp(left=ast.Constant(value=1), op=ast.Add(), right=right) if beginning(right) == "0":
            return "1"
    return ""


def typeset(node: ast.expr, bound: Mapping[str, int]) -> Typeset:
    """An expression in symbols; loop indices that are `bound` as numbers."""
    if first := beginning(node):
        return Typeset(first, 3)
    match node:
        case ast.Name(id=plain):
            return Typeset(str(bound[plain]) if plain in bound else family_name(plain, []), 3)
        case ast.Subscript(value=ast.Name(id=family), slice=indices):
            parts = indices.elts if isinstance(indices, ast.Tuple) else [indices]
            at = [index_text(family, n, part, bound) for n, part in enumerate(parts)]
            return Typeset(family_name(family + START, []) if at == ["-1"] else family_name(family, at), 3)
        case ast.Constant(value=constant):
            return Typeset(plain_number(constant), 3)
        case ast.Attribute(value=inner, attr="T"):
            return Typeset(f"{raised(_paren(typeset(inner, bound), 3))}ᵀ", 3)
        case ast.UnaryOp(operand=inner):
            return Typeset(f"−{_paren(typeset(inner, bound), 2)}", 1)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            of, by = raised(_paren(typeset(left, bound), 3)), _paren(typeset(right, bound), 3)
            return Typeset(f"{of}²" if by == "2" else f"{of}^{by}", 3)
        case ast.BinOp(left=ast.Constant(value=1), op=ast.Mult(), right=right):
            return typeset(right, bound)
        case ast.BinOp(left=left, op=op, right=right):
            sign, tight = OPERATORS[type(op)]
            a, b = typeset(left, bound), typeset(right, bound)
            scalar = _is_scalar(left)
            between = " " if isinstance(op, ast.Mult) and scalar else sign
            if isinstance(op, ast.Mult):  # (Wᵀ δ) ∘ slope: a matrix product is kept together
                a, b = (Typeset(p.text, 1) if _is_product(n) else p for p, n in ((a, left), (b, right)))
            if isinstance(op, ast.MatMult):  # U (r ∘ h): and so is what it multiplies
                a, b = (Typeset(p.text, 1) if _is_entrywise(n) else p for p, n in ((a, left), (b, right)))
            return Typeset(_paren(a, tight) + between + _paren(b, tight + isinstance(op, ast.Sub | ast.Div)), tight)
        case ast.Compare(left=left, ops=[order], comparators=[right]):
            return Typeset(f"[{typeset(left, bound).text} {ORDERS[type(order)]} {typeset(right, bound).text}]", 3)
        case ast.Call(func=ast.Name(id="batch"), args=[inner]):
            return typeset(inner, bound)
        case ast.Call(func=ast.Name(id="total"), args=[ast.Name(id=family), column]):
            return Typeset(f"Σₜ {family_name(family, ['t', _index(column, bound)])}", 2)
        case ast.Call(func=ast.Name(id="sum"), args=[inner]):
            return Typeset(f"Σ {_paren(typeset(inner, bound), 2)}", 2)
        case ast.Call(func=ast.Name(id="sqrt"), args=[inner]):
            return Typeset(f"√({typeset(inner, bound).text})", 3)
        case ast.Call(func=ast.Name(id="abs"), args=[inner]):
            return Typeset(f"|{typeset(inner, bound).text}|", 3)
        case ast.Call(func=ast.Name(id="at"), args=[array, *where]):
            inside = ",".join(typeset(each, bound).text for each in where)
            return Typeset(f"{_paren(typeset(array, bound), 3)}[{inside}]", 3)
        case ast.Call(func=ast.Name(id="below"), args=args):
            of, numbers, most = (typeset(each, bound).text for each in args)
            return Typeset(f"[{of}[{numbers}] ≤ {most}]", 3)
        case ast.Call(func=ast.Name(id="scored" | "blended" | "spread" as form), args=args):
            one, two = (_paren(typeset(each, bound), 3) for each in args)
            forms = {"scored": f"{one} {two}", "blended": f"{one}ᵀ {two}", "spread": f"{one} {two}ᵀ"}
            return Typeset(forms[form], 2)
        case ast.Call(func=ast.Name(id="flat"), args=[inner]):
            return typeset(inner, bound)
        case ast.Call(func=ast.Name(id="slab"), args=[rows, place, _]):
            return Typeset(f"({typeset(rows, bound).text}){subscript(_index(place, bound))}", 3)
        case ast.Call(func=ast.Name(id="stack"), args=[above, below]):
            return Typeset(f"[{typeset(above, bound).text}; {typeset(below, bound).text}]", 3)
        case ast.Call(func=ast.Name(id="left" | "right" as half), args=[whole, _]):
            return Typeset(f"{half}({typeset(whole, bound).text})", 3)
        case ast.Call(func=ast.Name(id=function), args=args):
            called = FUNCTIONS.get(function, "E" if function.startswith("E_") else function)
            return Typeset(f"{called}({', '.join(typeset(a, bound).text for a in args)})", 3)
    raise ValueError(f"cannot typeset {ast.dump(node)}")


def _family(node: ast.expr) -> str:
    """The family that a name or subscript belongs to."""
    node = node.value if isinstance(node, ast.Subscript) else node
    return node.id if isinstance(node, ast.Name) else ""


def _is_scalar(node: ast.expr) -> bool:
    """Whether a factor is a single number, or a product of such."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return _is_scalar(node.left) and _is_scalar(node.right)
    return isinstance(node, ast.Constant) or _family(node) in SCALARS


def _is_product(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)


def _is_entrywise(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and not _is_scalar(node.left)


def plain_number(x: Any) -> str:
    """A constant of a rule, as short as can be: .5, 2, 1e-08."""
    return f"{x:g}".removeprefix("0") if isinstance(x, float) and 1e-3 < x < 1 else f"{x:g}"
