"""Parts of stages that show pictures: a side of units or a map as a picture, a row of probabilities as bars."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt, log10

import numpy as np

from engine.walks.step import symbol
from lessons.building.stage_parts import Parts
from lessons.contract.panels import Block, Picture, Tile
from lessons.explaining.typeset import name as typeset

LEVELS = " ▁▂▃▄▅▆▇█"
HIGH = 3
"""Lines of the bars."""
LEAST = -8.0
"""log₁₀ of the probability whose bar is empty."""


def square(size: int) -> tuple[int, int]:
    """The rows and columns nearest to a square that so many units fill."""
    rows = next(r for r in range(isqrt(size), 0, -1) if size % r == 0)
    return rows, size // rows


def units(parts: Parts, name: str, size: int, title: str = "") -> Tile:
    """Units as a picture near a square, `size` of them where they are not known yet; of a batch its first example.

    Titled by its symbol.
    """
    value = parts.view.get(name)
    shape = square(size if value is None else len(value))
    shown = None if value is None else value.reshape(len(value), -1)[:, 0].reshape(shape)
    lie = "square" if value is None or value.ndim == 1 else "slice_square"
    return Tile(Block(name, shown, shape, lie, **parts.flags(name)), title or typeset(name))


def map_of(parts: Parts, family: str, shape: tuple[int, int], number: int) -> Block:
    """The numbers of a family at all places (i, j), from 0, as far as they are known: each is a symbol of its own."""
    values = np.full(shape, np.nan)
    for i, j in np.ndindex(shape):
        value = parts.number(symbol(family, number, i, j))
        values[i, j] = np.nan if value is None else value
    return Block(symbol(family, number), values, shape)


def log_bars(title: str, p: Sequence[float | None], lit: int | None = None, priority: int = 8) -> Picture:
    """A bar for each probability on a log scale, from 10^`LEAST` to 1; a dot where it is not known; `lit` is marked."""
    marks, top = [], len(LEVELS) - 1
    for m, each in enumerate(p):
        share = 0.0 if each is None or not each > 0 else max(0.0, 1 - log10(each) / LEAST)
        for line in range(HIGH):
            level = min(max(round(share * HIGH * top) - (HIGH - 1 - line) * top, 0), top)
            dot = "·" if each is None and line == HIGH - 1 else LEVELS[level]
            marks.append((line, 2 * m, dot, "written" if lit == m else ""))
    return Picture(id="bars", priority=priority, title=title, marks=marks)
