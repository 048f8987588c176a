"""Symbols and rules as the field writes them: `δ₃,ₖ = (Wᵀ δ₃,ₖ₊₁) ∘ (1 − sₖ²)`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from engine.walks.rules import index, parse
from engine.walks.step import split

SUBSCRIPTS = str.maketrans("0123456789+-tkijn,", "₀₁₂₃₄₅₆₇₈₉₊₋ₜₖᵢⱼₙ,")
UNLOWERED = re.compile("[abcdefghlmopqrsuvwxyz]")
"""Letters that have no lowered form in common fonts: an index with one of them stands in brackets."""
LETTERS = {
    "delta": "δ", "W_": "W", "b_": "b", "T_W": "W", "T_b": "b", "T_V": "V",
    "yhat": "ŷ", "theta": "θ", "rate": "η", "eta": "η", "gamma": "γ",
    "gh": "∂E/∂h", "gc": "∂E/∂c", "delta_i": "δi", "delta_f": "δf", "delta_o": "δo", "delta_g": "δg", "delta_z": "δz",
    "delta_r": "δr", "delta_n": "δn", "delta_h": "δh",
    "cut_dv": "cut_v", "cut_du": "cut_u", "cut_dtheta": "cut_θ", "cut_dnoise": "cut_noise", "dnoise": "∂L/∂u⁻",
    "du": "∂L/∂u", "dv": "∂L/∂v", "dh": "∂L/∂h", "dtheta": "∂L/∂θ",
    "n_pairs": "n", "half": "½", "rate_all": "η", "count_a": "left", "count_b": "right",
    "one": "1", "top": "max", "g_norm": "‖g‖", "h": "h", "slope": "f'",
}  # fmt: skip
START = "_init"
"""What the name of a state ends with that is there before the first timestep: s_init is s₋₁."""
SCALARS = frozenset({"rate", "eta", "t", "h", "slope", "w", "d", "g"})
"""Families of single numbers: what follows one is written beside it, without a sign."""
OF_PARAMETER = {
    "E_plus": "E₊", "E_minus": "E₋", "gap": "|diff|", "numeric": "≈∂E/∂{p}", "met": "(∂E/∂{p}){at}", "unit": "1ᵢⱼ",
    "sweep": "∂E/∂{p}", "do": "∂o/∂{p}{at}", "by": "∂E/∂{p}{at}", "share": "share({p})",
    "first": "‖δ₁‖({p})", "last": "‖δ‖({p})",
    "f": "{p}(z)", "df": "{p}'(z)", "G": "G({p})", "m": "m({p})", "v": "v({p})",
}  # fmt: skip
"""Families that belong to a parameter: met_W is one term of ∂E/∂W, G_W what AdaGrad remembers of it."""
PARAMETER = re.compile(r"[A-Za-z]\d*|[WUb][fghimnoryz]\d?")
FUNCTIONS = {
    "log": "ln",
    "maximum": "max",
    "minimum": "min",
    "log_softmax": "ln softmax",
    "log_sigmoid": "ln σ",
    "sigmoid": "σ",
    "largest": "max",
    "column_sum": "Σ",
}
OPERATORS: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: (" + ", 1), ast.Sub: (" − ", 1), ast.Mult: (" ∘ ", 2), ast.Div: (" / ", 2), ast.MatMult: (" ", 2),
}  # fmt: skip
ORDERS: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">"}


def subscript(text: str) -> str:
    """Digits and t k i j n, lowered; a single index with an operator goes to brackets, having no neat form."""
    if (any(sign in text for sign in "+-") and "," not in text) or UNLOWERED.search(text):
        return f"[{text}]"
    return text.translate(SUBSCRIPTS)


NAMES: ContextVar[Mapping[str, str]] = ContextVar("NAMES", default={})  # noqa: B039 - never changed in place
"""What symbols are called instead, where another notation was chosen."""


@contextmanager
def naming(names: Mapping[str, str]) -> Iterator[None]:
    """Inside, symbols are typeset under these names."""
    token = NAMES.set(names)
    try:
        yield
    finally:
        NAMES.reset(token)


def name(symbol: str) -> str:
    """A symbol as the field writes it: delta[3,1] is δ₃,₁, dW[3] is ∂E₃/∂W, its k-th term (∂E₃/∂W)ₖ."""
    family, indices = split(symbol)
    return _name(family, [str(i) for i in indices])


def _name(family: str, indices: list[str]) -> str:
    other = NAMES.get()
    if family.removesuffix(START) in other:
        return other[family.removesuffix(START)] + (subscript(",".join(indices)) if family in other else "₋₁")
    if family.endswith(START):
        before = family.removesuffix(START)
        return numbered(before) + (",₋₁" if before[-1:].isdigit() else "₋₁")
    if family in ("gh", "gc") and len(indices) > 1:
        return f"∂E{subscript(indices[0])}/∂{family[1]}{subscript(indices[1])}"
    if family in LETTERS:
        return LETTERS[family] + subscript(",".join(indices))
    if family == "column":
        return f"col{subscript(indices[0])}"
    kind, _, of = family.rpartition("_")
    form = OF_PARAMETER.get(kind)
    if form is not None:
        at = subscript(indices[0]) if indices else ""
        return form.format(p=numbered(of), at=at)
    if PARAMETER.fullmatch(family[1:]) and family[0] == "d":
        of_t = subscript(indices[0]) if indices else ""
        whole = f"∂E{of_t}/∂{numbered(family[1:])}"
        return f"({whole}){subscript(indices[1])}" if len(indices) > 1 else whole
    layer = family[len(family.rstrip("0123456789")) :]
    if layer and indices and family not in other:  # a layer's number and a timestep's are kept apart
        letters = family.removesuffix(layer)
        return LETTERS.get(letters, letters) + subscript(",".join([layer, *indices]))
    return numbered(family) + (subscript(",".join(indices)) if indices else "")


def numbered(family: str) -> str:
    """A name with its number lowered: W1 is W₁."""
    letters = family.rstrip("0123456789")
    if family in NAMES.get():
        return NAMES.get()[family]
    return LETTERS.get(letters, letters) + subscript(family[len(letters) :])


def entry(symbol: str, at: tuple[int, ...]) -> str:
    """One entry of a symbol: W₀₁ for a plain matrix, δ₃,₁[0] for anything that has an index already."""
    family, indices = split(symbol)
    plain = len(family) == 1 and not indices and len(at) == 2 and all(i < 10 for i in at)
    if plain:
        return numbered(family) + subscript("".join(map(str, at)))
    return name(symbol) + (f"[{','.join(map(str, at))}]" if at else "")


class Typeset(NamedTuple):
    """Text and how tightly it binds: 1 a sum, 2 a product, 3 a single thing."""

    text: str
    tight: int


def law(rule: str, bound: Mapping[str, int] | None = None) -> str:
    """A rule in symbols, its loop indices as letters, or as the numbers that `bound` gives them.

    What is made from its own old value is no equation: W ← W − η ∂E/∂W.
    """
    left, right = parse(rule)
    return f"{typeset(left, bound or {}).text} {sign(rule)} {typeset(right, bound or {}).text}"


def sign(rule: str) -> str:
    """← where a rule puts something new in the place of what it read, = elsewhere."""
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
    """What a power is taken of: a fraction such as ∂E/∂W in brackets."""
    return f"({text})" if "/" in text and not text.startswith(("(", "√")) else text


def beginning(node: ast.expr) -> str:
    """0 or 1 where that is all an expression says: what sums and products begin with, shaped as its other factor."""
    match node:
        case ast.BinOp(left=ast.Constant(value=0), op=ast.Mult()):
            return "0"
        case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=0)):
            return "1"
        case ast.BinOp(left=ast.Constant(value=1), op=ast.Add(), right=right) if beginning(right) == "0":
            return "1"
    return ""


def typeset(node: ast.expr, bound: Mapping[str, int]) -> Typeset:
    """An expression in symbols; loop indices that are `bound` as numbers."""
    if first := beginning(node):
        return Typeset(first, 3)
    match node:
        case ast.Name(id=plain):
            return Typeset(str(bound[plain]) if plain in bound else _name(plain, []), 3)
        case ast.Subscript(value=ast.Name(id=family), slice=indices):
            parts = indices.elts if isinstance(indices, ast.Tuple) else [indices]
            at = [_index(part, bound) for part in parts]
            return Typeset(_name(family + START, []) if at == ["-1"] else _name(family, at), 3)
        case ast.Constant(value=constant):
            return Typeset(plain_number(constant), 3)
        case ast.Attribute(value=inner, attr="T"):
            return Typeset(f"{_paren(typeset(inner, bound), 3)}ᵀ", 3)
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
            return Typeset(f"Σₜ {_name(family, ['t', _index(column, bound)])}", 2)
        case ast.Call(func=ast.Name(id="sum"), args=[inner]):
            return Typeset(f"Σ {_paren(typeset(inner, bound), 2)}", 2)
        case ast.Call(func=ast.Name(id="sqrt"), args=[inner]):
            return Typeset(f"√({typeset(inner, bound).text})", 3)
        case ast.Call(func=ast.Name(id="abs"), args=[inner]):
            return Typeset(f"|{typeset(inner, bound).text}|", 3)
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
    """A number of the rule itself, as short as can be."""
    return f"{x:g}".removeprefix("0") if isinstance(x, float) and 1e-3 < x < 1 else f"{x:g}"
