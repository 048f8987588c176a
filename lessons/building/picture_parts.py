"""Parts of stages that show pictures: a side of units or a map as a picture, a row of probabilities as bars."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt, log10

import numpy as np

from engine.walks.step import symbol
from lessons.building.stage_parts import Parts, flow
from lessons.building.staging import LessonStage
from lessons.contract.panels import Beside, Block, Heat, Picture, Stage, Tile, Tiles
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


def pixels(parts: Parts, name: str, title: str, shape: tuple[int, int]) -> Tile:
    """A vector as a picture of this shape, of a batch its first example; nothing where it is not known yet."""
    value = parts.view.get(name)
    shown = None if value is None else value.reshape(len(value), -1)[:, 0].reshape(shape)
    lie = "square" if value is None or value.ndim == 1 else "slice_square"
    return Tile(Block(name, shown, shape, lie, **parts.flags(name)), title)


def rows_as_pictures(parts: Parts, name: str, shape: tuple[int, int], rows: Sequence[int], title: str) -> Tiles:
    """Some rows of a matrix, from 0, each as a picture titled by its number from 1."""
    held, tiles = parts.view.get(name), []
    for j in rows:
        shown = None if held is None else held[j].reshape(shape)
        tiles.append(Tile(Block(name, shown, shape, "fold", j), f"{j + 1}"))
    return Tiles(id="rows", priority=6, title=title, tiles=tiles)


def each_in_its_scale(tiles: Sequence[Tile], least: int = 8) -> Beside:
    """Pictures side by side, each in a scale of its own, with room for `least` columns."""
    stacks = [[Tiles(id=f"tile{n}", priority=10, large=True, tiles=[tile])] for n, tile in enumerate(tiles)]
    shares = [max(tile.block.shape[1], least) + 1.0 for tile in tiles]
    return Beside(id="pictures", priority=10, stacks=stacks, shares=shares)


def maps_of_batch(parts: Parts, name: str, title: str, shape: tuple[int, int], count: int) -> list[Tile]:
    """The first maps (F, P·B) of a convolution, of a batch those of its first picture, titled by their numbers."""
    held = parts.view.get(name)
    maps = None if held is None else held.reshape(held.shape[0], *shape, -1)
    B, tiles = 1 if maps is None else maps.shape[-1], []
    for f in range(count):
        shown = None if maps is None else maps[f, :, :, 0]
        tiles.append(Tile(Block(name, shown, shape, "fold", f, B), f"{title} {f + 1}"))
    return tiles


def largest(parts: Parts, name: str, size: int) -> list[int]:
    """The entries of a vector by their size, the largest first; in order where they are not known yet."""
    held = parts.view.get(name)
    sizes = np.zeros(size) if held is None else np.abs(held.reshape(size, -1)[:, 0])
    order: list[int] = np.argsort(-sizes, kind="stable").tolist()
    return order


def made_whole(stage: LessonStage, title: str) -> Stage:
    """What the last step wrote, whole: a number as a cell, more of them as heat under `title`."""
    step = stage.view.step
    assert step is not None, "nothing has been made yet"
    name = next(iter(step.values))
    value = stage.view.get(name)
    if value is None or value.size == 1:
        return [stage.law(step.op), flow("made", {0: stage.scalar(name)}, 10)]
    made = value.reshape(len(value), -1)
    block = Block(name, made, (made.shape[0], made.shape[1]), written=True)
    return [stage.law(step.op), Heat(id="made", priority=10, title=title, block=block)]
