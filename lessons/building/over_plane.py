"""What a classifier of points in the plane says, as a field; and the numbers of points or cuts in columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from engine.device import HostArray
from lessons.building.stage_parts import Parts
from lessons.contract.panels import Axis, Block, Dot, Field, Item, Label, Matrix, Row
from lessons.data.scatter import REACH

Says = Callable[[HostArray], HostArray]
"""From points (Q, 2) to what is said of each, from −1 to 1."""
LINES, COLUMNS = 12, 36
"""Size of a field that stands alone."""
SIZES = {True: "·•●", False: "·◦○"}
"""A point of little, middling and much weight, by its class."""
NEAR = 12
"""Columns on either side of the one in focus that are filled."""


def beyond(points: HostArray, share: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """How far points (N, 2) reach in x and in y, and beyond them by a share of it; by 1 where they do not spread."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, share * (high - low), 1.0)
    (x0, y0), (x1, y1) = low - margin, high + margin
    return (float(x0), float(x1)), (float(y0), float(y1))


class Plane:
    """The plane of a stage, with points x (N, 2) of classes y (N,), ±1; `square` where they lie on the playground's."""

    def __init__(self, stage: Parts, x: HostArray, y: HostArray, square: bool = True) -> None:
        self.stage, self.x, self.y, self.square = stage, x, y, square

    def extent(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """How far the plane is shown: the playground's square, or a little beyond all points."""
        if self.square:
            return (-REACH, REACH), (-REACH, REACH)
        return beyond(self.x, 0.2)

    def field(
        self, title: str, says: Says | None, dots: Sequence[Dot] = (), size: tuple[int, int] = (LINES, COLUMNS)
    ) -> Field:
        """What a classifier says over the plane, nothing where there is none yet; and points over it."""
        (x0, x1), (y0, y1) = self.extent()
        lines, columns = size
        values = np.zeros((2 * lines, columns))
        if says is not None:
            xs, ys = ((np.arange(n) + 0.5) / n for n in (columns, 2 * lines))
            grid = np.stack(np.meshgrid(x0 + xs * (x1 - x0), y1 - ys * (y1 - y0)), axis=-1).reshape(-1, 2)
            values = np.clip(says(grid), -1, 1).reshape(values.shape)
        return Field(id="plane", title=title, values=values, x=(x0, x1), y=(y0, y1), dots=dots, halves=True)

    def dots(self, lit: Sequence[int] = (), weights: HostArray | None = None) -> list[Dot]:
        """All points, those in focus lit; larger the more they weigh."""
        points = enumerate(zip(self.x, self.y, strict=True))
        found = [Dot(float(a), float(b), bool(y > 0), i in lit) for i, ((a, b), y) in points]
        if weights is None:
            return found
        shares = weights / max(float(weights.max()), 1e-300)
        signs = (SIZES[dot.wants][int(s > 0.15) + int(s > 0.5)] for dot, s in zip(found, shares, strict=True))
        return [replace(dot, sign=sign) for dot, sign in zip(found, signs, strict=True)]

    def entry(self, symbol: str, i: int) -> Block:
        """Entry i of a vector, or row i of a matrix; of "p.0" and "p.1" one of the entries of the vector p[i]."""
        family, _, part = symbol.partition(".")
        if part:
            symbol, i = f"{family}[{i}]", int(part)
        value = self.stage.view.get(symbol)
        known = None if value is None else value[i : i + 1].reshape(1, -1)
        wide = 1 if known is None else known.shape[1]
        return Block(symbol, known, (1, wide), "at" if wide == 1 else "line", i, **self.stage.flags(symbol))

    def points(self, more: Mapping[str, str], focus: int, own: Sequence[int] = ()) -> Matrix:
        """The points with their classes, and what else is known of each: see `columns`."""
        return self.columns("points", {"p.0": "x₁", "p.1": "x₂", "y": "y", **more}, len(self.x), focus, own)

    def columns(
        self, id: str, rows: Mapping[str, str], count: int, focus: int, own: Sequence[int] = (), wide: int = 1
    ) -> Matrix:
        """Vectors, each under its label, around one of their entries, from 1; the columns `own` stay in sight too."""
        axis = Axis(tuple(map(str, range(1, count + 1))), focus, wide, close=True, own=tuple(own))
        near = sorted({*range(max(0, focus - NEAR), min(count, focus + NEAR + 1)), *own})
        heads: dict[int, Item] = {i: Label(str(i + 1), role="head" if i in (focus, *own) else "dim") for i in near}
        found = [Row(label, {i: self.entry(symbol, i) for i in near}) for symbol, label in rows.items()]
        return Matrix(id=id, priority=7, axis=axis, rows=[Row(self.stage.say(id), heads), *found])
