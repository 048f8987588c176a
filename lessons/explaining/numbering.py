"""What runs from 0 in addresses and arrays and is shown from 1, as the slides count all but timesteps."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import NamedTuple

from engine.walks.rules import index, names
from engine.walks.step import Path, split
from lessons.contract.lesson import Lesson
from lessons.contract.view import Knobs
from lessons.explaining.figures import counting

Places = Mapping[str, frozenset[int]]


class FromZero(NamedTuple):
    """The loops that run from 0, which indices of which family they give, and the families whose values do so."""

    loops: frozenset[str]
    places: Places
    values: frozenset[str]


FROM_ZERO: ContextVar[FromZero] = ContextVar("FROM_ZERO", default=FromZero(frozenset(), {}, frozenset()))  # noqa: B039 - never changed in place


@contextmanager
def numbering(lesson: Lesson, knobs: Knobs, path: Path) -> Iterator[None]:
    """Inside, what a lesson counts from 0 at a place is shown from 1, and its counts without a decimal point.

    A loop that runs from 0 in one act only is declared with it, "tree/n"; an index that no rule has as "p[0]".
    """
    act = path[0][0] if path else ""
    loops = frozenset(each.removeprefix(f"{act}/") for each in lesson.from_zero)
    places = _places(loops, tuple(lesson.rule(knobs).values())) if loops else {}
    token = FROM_ZERO.set(FromZero(loops, places, lesson.ordinals))
    try:
        with counting(lesson.counted | lesson.ordinals):
            yield
    finally:
        FROM_ZERO.reset(token)


@lru_cache(maxsize=32)
def _places(loops: frozenset[str], rules: tuple[str, ...]) -> Places:
    """By family the indices, from 0, in which a rule has one of these loops: {"K": {2, 3}}."""
    declared = (each.removesuffix("]").split("[") for each in loops if each.endswith("]"))
    found: dict[str, set[int]] = {family: {int(n)} for family, n in declared}
    for node in (node for rule in rules for node in ast.walk(ast.parse(rule))):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            at = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            here = {n for n, each in enumerate(at) if loops.intersection(name.id for name in names(each))}
            found.setdefault(node.value.id, set()).update(here)
    return {family: frozenset(at) for family, at in found.items()}


def shift(symbol: str) -> int:
    """What is added to the values of a symbol before they are shown: 1 to numbers of points, cuts or places."""
    return int(split(symbol)[0] in FROM_ZERO.get().values)


def part(name: str, number: int) -> int:
    """The number of a part of an address, as it is shown."""
    return number + (name in FROM_ZERO.get().loops)


def indices(family: str, at: tuple[int, ...]) -> list[str]:
    """The indices of a symbol, as they are shown."""
    places = FROM_ZERO.get().places.get(family, frozenset())
    return [str(i + (n in places)) for n, i in enumerate(at)]


def index_text(family: str, n: int, node: ast.expr, bound: Mapping[str, int]) -> str:
    """Index n of a symbol in a rule: a number where its loops are bound, else letters; x[i+u-1] from 1 is x[i+u-2]."""
    more = n in FROM_ZERO.get().places.get(family, frozenset())
    try:
        return str(index(node, bound) + more)
    except KeyError:
        if not more or isinstance(node, ast.Name):
            return ast.unparse(node).replace(" ", "")
    letters = {name.id for name in names(node)}
    constant = index(node, dict.fromkeys(letters, 0))
    ones = index(node, {name: int(name in FROM_ZERO.get().loops) for name in letters})
    while isinstance(node, ast.BinOp) and not names(node.right):
        node = node.left
    now = 2 * constant + 1 - ones
    return ast.unparse(node).replace(" ", "") + (f"{now:+d}" if now else "")
