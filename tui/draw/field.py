"""Fields: what a net says over the plane, one glyph a cell, the points on top; and several of them side by side."""

from __future__ import annotations

import numpy as np
from rich.cells import cell_len

from lessons.panels import Field, Multiples
from tui.canvas import Canvas, fit
from tui.draw.pen import Pen, glyph, level

GAP = 3


def draw_field(panel: Field, width: int, pen: Pen) -> Canvas:
    """One field under its title."""
    canvas = pen.canvas(width)
    canvas.put(1, 0, fit(panel.title, width - 2), "written" if panel.written else "label")
    _field(canvas, 1, 1, panel, width - 2, pen)
    return canvas


def draw_multiples(panel: Multiples, width: int, pen: Pen) -> Canvas:
    """As many fields as fit, the last ones kept: they are the newest."""
    canvas = pen.canvas(width)
    top = 1 if panel.title else 0
    if panel.title:
        canvas.put(1, 0, fit(panel.title, width - 2), "label")
    wide = max((_size(field)[1] for field in panel.fields), default=8)
    seen = max(1, (width - 2 + GAP) // (wide + GAP))
    shown = panel.fields[-seen:]
    for i, field in enumerate(shown):
        x = 1 + i * (wide + GAP)
        canvas.put(
            x, top, fit(("►" if field.written else "") + field.title, wide), "written" if field.written else "dim"
        )
        height = _field(canvas, x, top + 1, field, wide, pen)
        if panel.arrows and i + 1 < len(shown):
            canvas.put(x + wide + 1, top + 1 + height // 2, "→", "dim")
    return canvas


def _size(field: Field) -> tuple[int, int]:
    return (5, 11) if field.values is None else (field.values.shape[0], field.values.shape[1])


def _field(canvas: Canvas, x: int, y: int, field: Field, width: int, pen: Pen) -> int:
    """The cells, then the points; how many lines."""
    rows, cols = _size(field)
    cols = min(cols, width)
    if field.values is not None:
        for r in range(rows):
            for c in range(cols):
                value = float(field.values[r, c])
                ink = "" if value == 0 else level(value, field.most)
                canvas.put(x + c, y + r, " " if value == 0 else glyph(value, field.most), ink)
    wide, high = field.x[1] - field.x[0], field.y[1] - field.y[0]
    for dot in field.dots if 0 < wide < np.inf and 0 < high < np.inf else ():
        c = round((dot.x - field.x[0]) / wide * (cols - 1))
        r = round((field.y[1] - dot.y) / high * (rows - 1))
        if 0 <= c < cols and 0 <= r < rows:
            canvas.put(x + c, y + r, "●" if dot.wants else "○", "head" + ("+cursor" if dot.lit else ""))
    if field.values is None:
        canvas.put(x, y + rows // 2, "·" * min(3, cell_len("···")), "dim")
    return rows
