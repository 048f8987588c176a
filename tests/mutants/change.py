"""A mutant is a piece of code before and after, matched on the syntax tree: layout and comments do not matter."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


class Mutant(NamedTuple):
    """`before` replaced by `after` in a function of a module; both are an expression, or statements.

    `function` is a qualified name as in `Class.method`; "" searches the whole module. Where `before` occurs several
    times, `nth` (from 0, in the order of the source) says which; -1 requires that it occurs once.
    """

    module: str
    function: str
    before: str
    after: str
    nth: int = -1

    def __str__(self) -> str:
        which = f" [{self.nth}]" if self.nth >= 0 else ""
        return f"{self.module}:{self.function or '<module>'}{which}  {self.before}  →  {self.after}"


class NotFound(LookupError):
    """`before` does not occur as often as it should."""


def file_of(module: str) -> Path:
    """The source file of a module, found without importing it."""
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def tree_of(module: str) -> ast.Module:
    return ast.parse(file_of(module).read_text(encoding="utf-8"))


def dumped(node: ast.AST) -> str:
    """A node as text that does not tell whether a name is read or written."""
    return ast.dump(node).replace("ctx=Store()", "ctx=Load()").replace("ctx=Del()", "ctx=Load()")


@cache
def parsed(code: str) -> tuple[ast.stmt, ...]:
    return tuple(ast.parse(code.strip()).body)


def expression(code: str) -> ast.expr | None:
    """The expression that `code` is, or None where it is made of statements."""
    body = parsed(code)
    return body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None


def functions(tree: ast.AST, name: str) -> list[ast.AST]:
    """The definitions of that qualified name; the whole tree for ""."""
    found: list[ast.AST] = [tree]
    for part in name.split(".") if name else ():
        found = [
            node for scope in found for node in inside(scope)
            if isinstance(node, (*FUNCTION, ast.ClassDef)) and node.name == part
        ]  # fmt: skip
    return found


def inside(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope, not of the functions and classes within it, but these themselves."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, (*FUNCTION, ast.ClassDef)):
            yield from inside(child)


def in_order(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all below it, in the order of the source."""
    yield node
    for child in ast.iter_child_nodes(node):
        yield from in_order(child)


class _Replace(ast.NodeTransformer):
    """Counts where `before` occurs, and replaces the occurrence number `nth` (all, if -1)."""

    def __init__(self, mutant: Mutant) -> None:
        self.count, self.nth = 0, mutant.nth
        self.before, self.after = parsed(mutant.before), parsed(mutant.after)
        before, after = expression(mutant.before), expression(mutant.after)
        self.old = dumped(before) if before is not None and after is not None else None
        self.new = after
        self.lines = [dumped(line) for line in self.before]

    def _this_one(self) -> bool:
        self.count += 1
        return self.nth in (-1, self.count - 1)

    def visit(self, node: ast.AST) -> ast.AST:
        if self.old is not None and isinstance(node, ast.expr) and dumped(node) == self.old and self._this_one():
            return ast.copy_location(_copy(self.new, getattr(node, "ctx", None)), node)
        self.generic_visit(node)
        if self.old is None:
            for field in ("body", "orelse", "finalbody"):
                if isinstance(body := getattr(node, field, None), list):
                    setattr(node, field, list(self._statements(body)))
        return node

    def _statements(self, body: list[ast.stmt]) -> Iterator[ast.stmt]:
        n, length = 0, len(self.lines)
        while n < len(body):
            if [dumped(line) for line in body[n : n + length]] == self.lines and self._this_one():
                yield from (ast.copy_location(line, body[n]) for line in ast.parse(_text(self.after)).body)
                n += length
            else:
                yield body[n]
                n += 1


def _text(body: tuple[ast.stmt, ...]) -> str:
    return "\n".join(ast.unparse(line) for line in body)


def _copy(new: ast.expr | None, context: ast.expr_context | None) -> ast.expr:
    assert new is not None
    copy = ast.parse(ast.unparse(new), mode="eval").body
    if context is not None and hasattr(copy, "ctx"):
        copy.ctx = context
    return copy


def replaced(tree: ast.Module, mutant: Mutant) -> int:
    """Applies a mutant to a module's tree, in place. How often `before` occurs."""
    change = _Replace(mutant)
    for scope in functions(tree, mutant.function):
        change.visit(scope)
    ast.fix_missing_locations(tree)
    return change.count


def changed(mutant: Mutant, tree: ast.Module | None = None) -> ast.Module:
    """The module's tree with the mutant applied. Raises NotFound unless it occurs (once, where `nth` is not given)."""
    tree = tree_of(mutant.module) if tree is None else tree
    count = replaced(tree, mutant)
    if not (count == 1 if mutant.nth < 0 else mutant.nth < count):
        raise NotFound(f"occurs {count} times: {mutant}" + ("" if count else _similar([tree], mutant)))
    return tree


def _similar(trees: list[ast.Module], mutant: Mutant) -> str:
    """Code in those trees that is nearly that of the mutant: it may have been renamed."""
    kinds = ast.expr if expression(mutant.before) is not None else ast.stmt
    scopes = [scope for tree in trees for scope in functions(tree, mutant.function)]
    pieces = {ast.unparse(node) for scope in scopes for node in ast.walk(scope) if isinstance(node, kinds)}
    near = get_close_matches(mutant.before, pieces, 3, 0.7)
    return "; there is " + " and ".join(repr(piece) for piece in near) if near else ""


def compiled(mutant: Mutant) -> CodeType:
    return compile(changed(mutant), str(file_of(mutant.module)), "exec")


def load(module: str, code: CodeType | None = None) -> ModuleType:
    """A module of its own, run from its source or from `code`; the imported one is not touched."""
    file = str(file_of(module))
    made = ModuleType(module)
    made.__file__ = file
    exec(code or compile(tree_of(module), file, "exec"), made.__dict__)
    return made


def one_of(modules: list[str], before: str, after: str, function: str = "") -> Mutant:
    """The mutant of the one module among these in which `before` occurs. Raises NotFound if it occurs elsewhere too."""
    found = [Mutant(module, function, before, after) for module in modules]
    counts = [replaced(tree_of(mutant.module), mutant) for mutant in found]
    if sum(counts) != 1:
        near = "" if any(counts) else _similar([tree_of(module) for module in modules], found[0])
        raise NotFound(f"occurs {sum(counts)} times in {', '.join(modules)}: {before}{near}")
    return found[counts.index(1)]
