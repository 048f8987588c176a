"""Curves of sizes over a logarithmic axis: there a product of equal factors is a straight line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.device import HostArray
from lessons.contract.panels import Line, Plot

FLOOR = 1e-24
"""The least number that is drawn: a size of 0 is nowhere on this axis."""
Point = tuple[float, float, str]


def over_log(
    id: str, priority: int, title: str, x: tuple[float, float], lines: Sequence[Line], points: Sequence[Point] = ()
) -> Plot:
    """A plot from the power of ten below all sizes to that above, two powers of ten at least."""
    shown = [replace(line, y=above_floor(line.y)) for line in lines]
    at = [point for point in points if FLOOR < point[1] < np.inf]
    found = np.concatenate([*(np.asarray(line.y, dtype=float) for line in shown), [y for _, y, _ in at]])
    found = found[np.isfinite(found)]
    low, high = (np.log10(found.min()), np.log10(found.max())) if found.size else (0.0, 0.0)
    y = 10.0 ** np.floor(low), 10.0 ** np.ceil(high + 1e-9)
    if y[1] / y[0] < 100:
        y = y[0] / 10, y[1] * 10
    return Plot(id=id, priority=priority, title=title, lines=shown, x=x, y=y, points=at, log=True)


def above_floor(y: Sequence[float] | HostArray) -> HostArray:
    """Sizes, those that cannot be drawn as NaN."""
    values = np.asarray(y, dtype=float)
    return np.where(values > FLOOR, values, np.nan)
