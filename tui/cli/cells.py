"""A cell as it is typed: `unroll show --cell "W[0,1]"`."""

from __future__ import annotations

import re

from engine.walks import rules as ruling
from engine.walks.step import split
from lessons.contract.knobs import Refused
from lessons.contract.view import Cell, View
from lessons.player.player import Player

NUMBERS = r"\[\s*-?\d+(?:\s*,\s*-?\d+)*\s*\]"
TYPED = re.compile(rf"(?P<name>[^\W\d]\w*)(?P<first>{NUMBERS})?(?P<second>{NUMBERS})?")
"""A name, and up to two brackets: those of the symbol, if it is one of a family, and those of the entry."""


def cell_at(player: Player, typed: str) -> Cell:
    """The symbol and the index that are typed; without an index, the first entry.

    Raises Refused: not written as a cell is, no such symbol, nothing in it at this place, an index outside.
    """
    match = TYPED.fullmatch(typed.strip())
    if match is None:
        raise Refused("cell_form", cell=typed)
    name, first, second = match["name"], _numbers(match["first"]), _numbers(match["second"])
    family = f"{name}[{','.join(map(str, first))}]" if first else name
    readings: list[Cell] = [(family, second)] if second else [(name, first), (family, ())]
    view, shape = player.view(), tuple[int, ...]()
    found = ""
    for symbol, index in readings:
        held = view.get(symbol)
        if held is None:
            continue
        index = index or (0,) * held.ndim
        if len(index) == held.ndim and all(0 <= i < n for i, n in zip(index, held.shape, strict=True)):
            return symbol, index
        found, shape = symbol, held.shape
    if found:
        raise Refused("cell_outside", cell=typed, symbol=found, shape="×".join(map(str, shape)) or "1")
    lesson = player.lesson.card.id
    if any(_is_known(view, symbol) for symbol, _ in readings):
        raise Refused("cell_not_here", cell=typed, symbol=readings[-1][0])
    raise Refused("cell_symbol", cell=typed, symbol=name, lesson=lesson, symbols=", ".join(view.start.params))


def _numbers(brackets: str | None) -> tuple[int, ...]:
    return tuple(int(each) for each in brackets[1:-1].split(",")) if brackets else ()


def _is_known(view: View, symbol: str) -> bool:
    """Whether the lesson has such a symbol: held from the start, or written by a rule somewhere."""
    family, _ = split(symbol)
    written = {ruling.names(ruling.parse(rule)[0])[0].id for rule in view.rules.values()}
    return family in {*written, *view.start.params, *view.start.inputs}
