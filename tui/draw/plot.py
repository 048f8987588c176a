"""Plots of functions in braille, on fixed axes: 2 × 4 dots a character, the zero lines dotted, points on top."""

from __future__ import annotations

import numpy as np
from rich.cells import cell_len

from engine.device import HostArray
from lessons.contract.panels import Line, Plot
from lessons.explaining.figures import tick
from tui.canvas.canvas import Canvas, fit
from tui.draw.curve import DOTS
from tui.draw.pen import Pen, draw
from tui.draw.series import look, trace

LEFT, RIGHT = 8, 16
HEIGHT, TIGHT, WIDEST = 9, 6, 72


@draw.register
def draw_plot(panel: Plot, width: int, pen: Pen) -> Canvas:
    """The axes with their ends, every line with its name at its right end, the points."""
    canvas = pen.canvas(width)
    rows = TIGHT if pen.tight else HEIGHT
    names = [f"{look(i, canvas.ascii_only)[0]} {line.name}" for i, line in enumerate(panel.lines)]
    names = names if len(names) > 1 else [line.name for line in panel.lines]
    right = max(RIGHT, min(width // 4, 2 + max(map(cell_len, names), default=0)))  # a number is not cut
    room = max(8, min(width - LEFT - (right if panel.lines else 2), WIDEST))
    top = 1 if panel.title else 0
    canvas.put(1, 0, fit(panel.title, width - 2), "label")
    for i, note in enumerate(panel.notes):
        canvas.put(LEFT + room + 2, top + i, fit(note, width - LEFT - room - 3), "" if i == 0 else "dim")
    wide, high = panel.x[1] - panel.x[0], panel.y[1] - panel.y[0]
    if not (0 < wide < np.inf and 0 < high < np.inf):
        canvas.put(LEFT, top, "∞", "warn")
        return canvas
    _axes(canvas, panel, top, rows, room)
    ends: list[int] = [*range(top, top + len(panel.notes))]
    trace(canvas, LEFT, top, [traced(line, panel, room, rows) for line in panel.lines])
    for i, line in enumerate(panel.lines):
        ink = look(i, canvas.ascii_only)[1]
        at = top + _row(panel, _last(line), rows)
        while at in ends:
            at += 1
        ends.append(at)
        canvas.put(LEFT + room + 1, at, fit(names[i], right - 2), ink)
    for x, y, sign in panel.points:
        if panel.x[0] <= x <= panel.x[1] and np.isfinite(y) and np.isfinite(x):
            c = round((x - panel.x[0]) / (panel.x[1] - panel.x[0]) * (room - 1))
            canvas.put(LEFT + c, top + _row(panel, y, rows), sign, "head")
    return canvas


def _axes(canvas: Canvas, panel: Plot, top: int, rows: int, room: int) -> None:
    low, high = panel.y
    for y, value in ((top, high), (top + rows - 1, low)):
        canvas.right(LEFT - 1, y, tick(value).strip(), "dim")
    for y in range(top, top + rows):
        canvas.put(LEFT - 1, y, "│", "frame")
    if low < 0 < high and not panel.log:
        canvas.right(LEFT - 1, top + _row(panel, 0, rows), "0", "dim")
        canvas.fill(LEFT, top + _row(panel, 0, rows), room, "╌", "rule")
    if panel.x[0] < 0 < panel.x[1]:
        at = LEFT + round(-panel.x[0] / (panel.x[1] - panel.x[0]) * (room - 1))
        for y in range(top, top + rows):
            canvas.put(at, y, "┊", "rule")
        canvas.put(at, top + rows, "0", "dim")
    first, last = (tick(end).strip() for end in panel.x)
    canvas.put(LEFT, top + rows, first, "dim")
    if len(first) + len(last) < room:  # two numbers that touch read as one
        canvas.right(LEFT + room, top + rows, last, "dim")


def _share(panel: Plot, y: float) -> float:
    """How high y stands, 0 to 1."""
    low, high = panel.y
    if panel.log:
        low, high, y = np.log10(low), np.log10(high), np.log10(max(y, 1e-300))
    return float(np.clip((y - low) / (high - low), 0, 1))


def _row(panel: Plot, y: float, rows: int) -> int:
    return round((1 - _share(panel, y)) * (rows - 1)) if np.isfinite(y) else 0


def _last(line: Line) -> float:
    known = [float(y) for y in line.y if np.isfinite(y)]
    return known[-1] if known else 0.0


def traced(line: Line, panel: Plot, width: int, height: int) -> HostArray:
    """A (height, width) array of braille cells for one line; what leaves the axes is cut off."""
    grid = np.zeros((height * 4, width * 2), dtype=bool)
    x, y = np.asarray(line.x, dtype=float), np.asarray(line.y, dtype=float)
    columns = np.linspace(*panel.x, width * 2)
    low, high = panel.y
    if panel.log:
        low, high, y = np.log10(low), np.log10(high), np.log10(np.maximum(y, 1e-300))
    known = np.isfinite(y)
    if known.any():
        inside = (columns >= x[known].min()) & (columns <= x[known].max())
        shares = (np.interp(columns, x[known], y[known]) - low) / (high - low)
        level = np.clip((1 - shares) * (height * 4 - 1), -1e6, 1e6)
        for c in np.flatnonzero(inside):
            before = level[c - 1] if c and inside[c - 1] else level[c]
            a, b = sorted((before, level[c]))
            if b < -0.5 or a > height * 4 - 0.5 or (line.dotted and c % 4 >= 2):
                continue
            first, last = (int(np.clip(round(v), 0, height * 4 - 1)) for v in (a, b))
            grid[first : last + 1, c] = True
    cells: HostArray = np.einsum("hawb,ab->hw", grid.reshape(height, 4, width, 2), DOTS)
    return cells
