"""Curves in braille: 2 × 4 dots a character, axes that rescale only by doubling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rich.cells import cell_len

from engine.device import HostArray
from lessons.contract.panels import Curve
from lessons.explaining.figures import five
from tui.canvas.canvas import Canvas, fit
from tui.draw.pen import Pen, draw
from tui.draw.series import look, trace

LEFT, RIGHT, MOST = 9, 14, 20
"""Columns before the axis, and for the names after it: as many as are usual, and as they are given to long names."""
FIGURES = 5
"""Columns that are kept for the number behind a name, whatever it is: the axis must not move with it."""
HALF = 56
"""A curve alone in so few columns uses the room of the names."""
LOWEST = 1.5 / 16
"""The lowest top of an axis: it doubles from here."""
DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])


def doubled(least: float, unit: float) -> float:
    """The smallest unit · 2^n that holds `least`."""
    top = unit
    while top < least:
        top *= 2
    return top


def dots(y: HostArray, at: HostArray, reach: float, top: float, width: int, height: int, dotted: bool) -> HostArray:
    """A (height, width) array of braille cells for one line; every column draws from its least to its largest y."""
    grid = np.zeros((height * 4, width * 2), dtype=bool)
    known = np.isfinite(y)
    if not known.any():
        return np.zeros((height, width), dtype=int)
    columns = width * 2
    low, high = _envelope(np.where(known, y, np.nan), at, reach, columns)
    scale = height * 4 - 1
    upper, lower = (np.clip(np.round((1 - np.clip(v / top, 0, 1)) * scale), 0, scale) for v in (high, low))
    last = None
    for column in np.flatnonzero(~np.isnan(low)):
        a, b = int(upper[column]), int(lower[column])
        if last is not None:
            a, b = min(a, last[1] + 1), max(b, last[0] - 1)
        if not dotted or column % 4 < 2:
            grid[a : b + 1, column] = True
        last = int(upper[column]), int(lower[column])
    cells = grid.reshape(height, 4, width, 2)
    found: HostArray = np.einsum("hawb,ab->hw", cells, DOTS)
    return found


def _envelope(y: HostArray, at: HostArray, reach: float, columns: int) -> tuple[HostArray, HostArray]:
    """The least and the largest y in every column of dots: interpolated where points are rare, gathered where dense."""
    scale = (columns - 1) / max(reach, 1)
    x = at * scale
    low, high = np.full(columns, np.nan), np.full(columns, np.nan)
    if len(y) < 2 or (at[-1] - at[0]) * scale >= len(y) - 1:
        inside = np.arange(int(np.ceil(x[0])), min(int(x[-1]), columns - 1) + 1)
        low[inside] = high[inside] = np.interp(inside, x, y)
        return low, high
    starts = np.flatnonzero(np.diff(x.astype(int), prepend=-1))
    at = x[starts].astype(int)
    keep = at < columns
    low[at[keep]] = np.fmin.reduceat(y, starts)[keep]
    high[at[keep]] = np.fmax.reduceat(y, starts)[keep]
    return low, high


@draw.register
def draw_curve(panel: Curve, width: int, pen: Pen) -> Canvas:
    """The lines, the axes, the marks under them, and notes at the right."""
    height = max(5, pen.fill - 2) if pen.fill else 5 if pen.tight else 8
    canvas = pen.canvas(width)
    canvas.put(1, 0, fit(panel.title, width // 2 if panel.notes else width - 2), "label")
    for i, note in enumerate(panel.notes):
        canvas.right(width - 1, i, note, "" if i == 0 else "dim")
    names = [cell_len(line.name) + (FIGURES if panel.ends else 0) for line in panel.series if len(panel.series) > 1]
    right = max(RIGHT, min(MOST if width > HALF else RIGHT, max(names, default=0) + 5))
    room = width - LEFT - (right if len(panel.series) > 1 or width > HALF else 2)
    reach = doubled(panel.reach, 100)
    axis = _axis(panel, pen.log)
    measured = panel.top or any(np.isfinite(np.asarray(line.y, dtype=float)).any() for line in panel.series)
    for y, value in axis.ticks(height):
        canvas.right(LEFT - 1, y, value if measured else "", "dim")  # of what is not measured yet no height is known
        canvas.put(LEFT - 1, y, "┤", "frame")
    _lines(canvas, panel, room, height, reach, axis)
    canvas.put(0, height + 1, "")
    _marks(canvas, panel.marks, room, height, reach)
    last = f"{reach:,.0f}"
    for x, label in ((LEFT, "0"), (LEFT + room - len(last), last)):
        if not canvas.line(height + 1)[max(0, x - 1) : x + len(label) + 1].strip():
            canvas.put(x, height + 1, label, "dim")
    canvas.hit(LEFT, 1, room, height, "curve", reach, LEFT, room)
    return canvas


class Axis(NamedTuple):
    """What stands at the bottom and at the top: numbers, or of a log axis their log₁₀, which are whole."""

    low: float
    top: float
    log: bool = False

    def shares(self, y: HostArray) -> HostArray:
        """How high each y stands, 0 at the bottom and 1 at the top; NaN where a log axis has no place for it."""
        if self.log:
            with np.errstate(divide="ignore", invalid="ignore"):
                y = np.where(y > 0, np.log10(y), np.nan)
        found: HostArray = (y - self.low) / (self.top - self.low)
        return found

    def ticks(self, height: int) -> list[tuple[int, str]]:
        """Lines of the picture with the number that stands there."""
        if not self.log:
            lines = ((1, self.top), (1 + height // 2, (self.low + self.top) / 2), (height, self.low))
            return [(y, count(value)) for y, value in lines]
        decades = int(self.top - self.low)
        every = max(1, -(-decades // max(1, (height - 1) // 2)))
        exponents = range(int(self.low), int(self.top) + 1, every)
        steps = (1, 2, 5) if decades <= 2 and height > 12 else (1,)
        found = [(e + float(np.log10(step)), step * 10.0**e) for e in exponents for step in steps]
        return [(1 + round((self.top - e) / decades * (height - 1)), count(v)) for e, v in found if e <= self.top]


def count(value: float) -> str:
    """A number at an axis: whole ones as such."""
    return f"{value:.0f}" if value == int(value) and abs(value) < 1e5 else five(value)


def _axis(panel: Curve, log: bool) -> Axis:
    """From 0, its top doubling; or with `log` the whole decades around all that is above 0."""
    known = [y[np.isfinite(y)] for y in (np.asarray(s.y, dtype=float) for s in panel.series)]
    if log:
        plus = np.concatenate([y[y > 0] for y in known] or [np.zeros(0)])
        low, top = (np.floor(np.log10(plus.min())), np.ceil(np.log10(plus.max()))) if plus.size else (-1.0, 0.0)
        return Axis(float(low), float(max(top, low + 1)), True)
    most = [float(y.max()) for y in known if y.size]
    return Axis(0.0, panel.top or doubled(max([*most, panel.least_top]), LOWEST))


def _lines(canvas: Canvas, panel: Curve, room: int, height: int, reach: float, axis: Axis) -> None:
    free = list(range(1, height + 1))
    several = len(panel.series) > 1
    drawn = []
    for i, line in enumerate(panel.series):
        y = axis.shares(np.asarray(line.y, dtype=float))
        at = np.arange(len(y)) + line.first if line.at is None else line.at
        drawn.append(dots(y, at, reach, 1.0, room, height, line.dotted))
        if several and len(y) and free:
            end = 1 + int((1 - min(max(float(y[-1]), 0), 1)) * (height - 1)) if np.isfinite(y[-1]) else 1
            end = min((abs(row - end), row) for row in free)[1]
            free.remove(end)
            last = float(np.asarray(line.y, dtype=float)[-1])
            value, beside = five(last).strip(), canvas.width - (LEFT + room + 1) - 2
            name = f"{fit(line.name, beside - len(value) - 1)} {value}" if panel.ends else line.name
            sign, ink = look(i, canvas.ascii_only)
            canvas.put(LEFT + room + 1, end, f"{sign} {name}", ink)
    trace(canvas, LEFT, 1, drawn)


def _marks(canvas: Canvas, marks: Sequence[tuple[int, str, str]], room: int, height: int, reach: float) -> None:
    """Signs at their place, their words behind them; before them where there is no room."""
    for x, sign, words in marks:
        at = LEFT + min(int(x * (room - 1) / max(reach, 1)), room - 1)
        canvas.put(at, height + 1, sign, "head")
        beside = at + 2 if at + 2 + len(words) < canvas.width else at - 1 - len(words)
        canvas.put(beside, height + 1, words, "head" if sign == "▲" else "right")
