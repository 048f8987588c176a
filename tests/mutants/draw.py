"""Mutants drawn at random: an operator, a comparison or a constant of one function changed."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterator
from typing import NamedTuple

from tests.mutants.change import FUNCTION, ROOT, Mutant, changed, dumped, functions, in_order, parsed, tree_of

ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitXor,
    ast.BitXor: ast.BitAnd,
}  # fmt: skip
"""`@` and `|` have no counterpart: `|` joins mappings and types."""
COMPARED: dict[type[ast.cmpop], list[type[ast.cmpop]]] = {
    ast.Lt: [ast.LtE, ast.GtE], ast.LtE: [ast.Lt, ast.Gt], ast.Gt: [ast.GtE, ast.LtE], ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.Is: [ast.IsNot], ast.IsNot: [ast.Is], ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}  # fmt: skip
MESSAGES = {"Refused", "Phrase", "DeviceError", "ValueError", "warn"}
"""What is called with a text for people."""


class Drawn(NamedTuple):
    """A mutant and the line of the source that it changes."""

    mutant: Mutant
    line: int

    def __str__(self) -> str:
        m = self.mutant
        return f"{m.module}:{m.function or '<module>'}:{self.line}  {m.before}  →  {m.after}"


class Site(NamedTuple):
    """A node that can be changed: its function, the nodes around it from the outermost, and what may replace it."""

    function: str
    around: tuple[ast.AST, ...]
    node: ast.expr | ast.AugAssign
    instead: tuple[ast.AST, ...]


def engine_modules() -> list[str]:
    files = sorted((ROOT / "engine").rglob("*.py"))
    return [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files if file.name != "__init__.py"]


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """What a node may be replaced by."""

    def new(**fields: object) -> ast.AST:
        made = copy.copy(node)
        for name, value in fields.items():
            setattr(made, name, value)
        return made

    match node:
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in ARITHMETIC and not _is_text(node):
            yield new(op=ARITHMETIC[type(op)]())
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            yield operand
        case ast.BoolOp(op=op):
            yield new(op=ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.Compare(ops=[op, *rest]):
            for other in COMPARED[type(op)]:
                yield new(ops=[other(), *rest])
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield from (ast.Constant(value + 1), _number(value - 1))
        case ast.Constant(value=float(value)):
            yield ast.Constant(2 * value or 1.0)


def _number(value: int) -> ast.expr:
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def _is_text(node: ast.BinOp | ast.AugAssign) -> bool:
    parts = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.value]
    return any(
        isinstance(p, ast.JoinedStr) or (isinstance(p, ast.Constant) and isinstance(p.value, str)) for p in parts
    )


def _left_alone(node: ast.AST) -> bool:
    """Messages, text, assertions for the type checker, what is only run for types."""
    match node:
        case ast.Raise() | ast.JoinedStr() | ast.Assert():
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in MESSAGES
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
    return False


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """The children of a node, its annotations and decorators left out."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        if isinstance(node, ast.Subscript) and name == "slice" and _is_type(node.value):
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.AST):
                yield each


def _is_type(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in {"tuple", "list", "dict", "set", "type", "Callable", "Generator"}


def sites(node: ast.AST, function: str = "", around: tuple[ast.AST, ...] = ()) -> Iterator[Site]:
    """Every node below this one that can be changed, in the order of the source."""
    if _left_alone(node):
        return
    if isinstance(node, (*FUNCTION, ast.ClassDef)):
        function, around = f"{function}.{node.name}".lstrip("."), ()
    if isinstance(node, (ast.expr, ast.AugAssign)) and (instead := tuple(variants(node))):
        yield Site(function, around, node, instead)
    if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
        return  # -1 is one constant: its sign is what changes
    for part in _parts(node):
        yield from sites(part, function, (*around, node))


def pieces_of(tree: ast.Module, function: str) -> dict[str, list[ast.AST]]:
    """The nodes of a function by their text, in the order of the source."""
    found: dict[str, list[ast.AST]] = {}
    for scope in functions(tree, function):
        for node in in_order(scope):
            if isinstance(node, (ast.expr, ast.stmt)):
                found.setdefault(dumped(node), []).append(node)
    return found


def named(module: str, site: Site, new: ast.AST, pieces: dict[str, list[ast.AST]]) -> Mutant | None:
    """The mutant that puts `new` at a site, told by the smallest piece of code around it that occurs once.

    None where no piece of code can tell it (a format inside a text). `pieces` are those of the function.
    """
    around = [site.node, *reversed(site.around)]
    best: Mutant | None = None
    for piece in around[isinstance(site.node, ast.Constant) :]:
        if not isinstance(piece, (ast.expr, ast.stmt)) or isinstance(piece, (*FUNCTION, ast.ClassDef)):
            continue
        before, after = ast.unparse(piece), ast.unparse(_with(piece, site.node, new))
        if not _parses(before, piece) or "\n" in before or before == after:
            continue
        same = pieces[dumped(piece)]
        if len(same) == 1:
            return Mutant(module, site.function, before, after)
        nth = next(n for n, other in enumerate(same) if other is piece)
        best = Mutant(module, site.function, before, after, nth)
    return best


def _with(piece: ast.AST, node: ast.AST, new: ast.AST) -> ast.AST:
    """A copy of a piece of code with one node in it replaced."""
    if piece is node:
        return new
    made = copy.copy(piece)
    for name, value in ast.iter_fields(piece):
        if isinstance(value, list):
            setattr(made, name, [_with(v, node, new) if isinstance(v, ast.AST) else v for v in value])
        elif isinstance(value, ast.AST):
            setattr(made, name, _with(value, node, new))
    return made


def _parses(code: str, piece: ast.AST) -> bool:
    """Whether the text, read again, is this piece and nothing else."""
    try:
        body = parsed(code)
    except SyntaxError:
        return False
    found: ast.AST = body[0]
    if isinstance(piece, ast.expr):
        if not isinstance(found, ast.Expr):
            return False
        found = found.value
    return len(body) == 1 and dumped(found) == dumped(piece)


def every(module: str) -> Iterator[Drawn]:
    """All mutants of a module, in the order of the source."""
    tree = tree_of(module)
    pieces: dict[str, dict[str, list[ast.AST]]] = {}
    for site in sites(tree):
        if site.function not in pieces:
            pieces[site.function] = pieces_of(tree, site.function)
        for new in site.instead:
            mutant = named(module, site, new, pieces[site.function])
            if mutant is not None:
                yield Drawn(mutant, site.node.lineno)


def draw(seed: int, count: int, modules: list[str] | None = None) -> list[Drawn]:
    """`count` mutants of the engine, without doubles: the same for the same seed and source."""
    found = sorted({d.mutant: d for module in modules or engine_modules() for d in every(module)}.values())
    drawn = random.Random(f"mutants {seed}").sample(found, min(count, len(found)))
    return sorted(drawn, key=lambda d: (d.mutant.module, d.line, d.mutant))


def builds(mutant: Mutant) -> bool:
    """Whether the changed module can be compiled."""
    try:
        compile(changed(mutant), mutant.module, "exec")
    except (SyntaxError, LookupError):
        return False
    return True
