"""Fields: what a net says over the plane, the points on top; several of them side by side; and a net of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rich.cells import cell_len

from engine.device import HostArray
from lessons.contract.panels import Dot, Field, Multiples, Network, Unit
from lessons.explaining.figures import five
from tui.canvas.canvas import Canvas, fit
from tui.draw.halves import draw_halves
from tui.draw.matrix import block_size, draw_block
from tui.draw.pen import Pen, draw, glyph, level
from tui.draw.wires import Gap, draw_wires

GAP = 3
BIG = (18, 36)
"""Lines and columns of a net's large field, where there is room."""
SMALL = 8
"""Columns of one of several fields at least."""
LEAST = 12
"""Columns of it at least, where there are many layers."""


@draw.register
def draw_field(panel: Field, width: int, pen: Pen) -> Canvas:
    """One field under its title; where it is looked at alone, as large as the stage."""
    canvas = pen.canvas(width)
    canvas.put(1, 0, fit(panel.title, width - 2), "written" if panel.written else "label")
    lines, cols = _size(panel)
    if pen.fill:
        panel = resampled(panel, pen.fill - 1, min(width - 2, 2 * pen.fill))
    elif cols > width - 2:
        panel = resampled(panel, lines, width - 2)
    _field(canvas, 1, 1, panel, width - 2, pen)
    return canvas


@draw.register
def draw_multiples(panel: Multiples, width: int, pen: Pen) -> Canvas:
    """As many fields as fit, the last ones kept, how many came before them said; or all, as small as that takes."""
    canvas = pen.canvas(width)
    wide = max((_size(field)[1] for field in panel.fields), default=8)
    gap, fields = GAP, panel.fields
    if panel.shrink and len(fields) * (wide + gap) - gap > width - 2:
        gap = 1
        wide = min(wide, max(SMALL, (width - 1) // max(1, len(fields)) - gap))
        fields = [resampled(field, max(1, _size(field)[0] * wide // max(1, _size(field)[1])), wide) for field in fields]
    seen = max(1, (width - 2 + gap) // (wide + gap))
    shown = fields[-seen:]
    before = len(fields) - len(shown)
    top = 1 if panel.title or before else 0
    if top:
        canvas.put(1, 0, fit(panel.title, width - 8), "label")
        canvas.right(width - 2, 0, f"◄ {before}" if before else "", "key")
    for i, field in enumerate(shown):
        x = 1 + i * (wide + gap)
        canvas.put(
            x, top, fit(("►" if field.written else "") + field.title, wide), "written" if field.written else "dim"
        )
        height = _field(canvas, x, top + 1, field, wide, pen)
        if field.caption:
            canvas.put(x, top + 1 + height, fit(field.caption, wide), "written" if field.written else "")
        if panel.arrows and i + 1 < len(shown):
            canvas.put(x + wide + 1, top + 1 + height // 2, "→", "dim")
    return canvas


@draw.register
def draw_network(panel: Network, width: int, pen: Pen) -> Canvas:
    """The layers as columns of small fields, the large one at the right, and under the layers what else is known."""
    canvas = pen.canvas(width)
    high = max(8, pen.fill - 3 if pen.fill else min(BIG[0], pen.height - 5))
    wide = max(LEAST, min(2 * high if pen.fill else BIG[1], width - 6 * len(panel.columns) - 4))
    room = width - wide - 4
    canvas.put(1, 0, fit(panel.title, width - 2), "label")
    each = max(6, min(17, room // max(1, len(panel.columns))))
    tall = max((len(units) for _, units in panel.columns), default=1)
    lines = next((lines for lines in (3, 2) if tall * lines <= high - len(panel.notes)), 1)
    notes = min(len(panel.notes), high - tall * lines)
    pitch = lines + (1 if tall * (lines + 1) <= high - notes else 0)
    rights = []
    for c, (head, units) in enumerate(panel.columns):
        x = 1 + c * each
        canvas.put(x, 1, fit(head if cell_len(head) < each else head.split()[-1], each - 1), "dim")
        label = min(each - 3, max(1 + cell_len(unit.name) for unit in units)) if units else 2
        label = max(2, label)
        gap = max(2, min(6, each - label - 4)) if panel.wires else 2
        size = lines, max(1, min(8, each - label - gap))
        rights.append(x + label + size[1])
        for r, unit in enumerate(units):
            shown = replace(unit, weight=None) if panel.wires else unit
            _unit(canvas, x, 2 + r * pitch, shown, size, each, label, pen)
        if any(unit.chosen for unit in units):
            _weights(canvas, panel, high + 2, width, pen)  # next to its unit in the order of the tab key
    for c, weights in enumerate(panel.wires):
        starts, ends = ([2 + r * pitch + lines // 2 for r in range(len(panel.columns[c + k][1]))] for k in (0, 1))
        lit = [j for j, unit in enumerate(panel.columns[c + 1][1]) if unit.chosen]
        draw_wires(canvas, Gap(rights[c], 1 + (c + 1) * each, starts, ends), weights, pen, lit)
    below = high + 2 - notes
    for i, note in enumerate(panel.notes[:notes]):
        canvas.put(1, below + i, fit(note, room), "" if i == 0 else "dim")
    x = width - wide - 2
    canvas.put(x, 1, fit(panel.field.title, wide), "head")
    _field(canvas, x, 2, resampled(panel.field, high, wide), wide, pen)
    return canvas


def _weights(canvas: Canvas, panel: Network, y: int, width: int, pen: Pen) -> None:
    """The chosen unit's weights as numbers."""
    x = canvas.put(1, y, panel.caption, "dim") + 1 if panel.weights else 1
    for block in panel.weights:
        if width - x < 8:
            break
        x = canvas.put(x, y, block.title, "label")
        draw_block(canvas, x, y, block, width - x, pen)
        x += block_size(block, width - x, pen)[0] + 2


def _unit(canvas: Canvas, x: int, y: int, unit: Unit, size: tuple[int, int], room: int, label: int, pen: Pen) -> None:
    """A unit: its name, its field of so many lines and columns, the weight of its edge into the chosen unit."""
    lines, wide = size
    here = pen.cursor == (unit.symbol, unit.index)
    ink = "head" if unit.chosen else "dim"
    canvas.put(x, y, fit(unit.name, label), ink + ("+cursor" if here else ""))
    small = Field(id="", values=unit.field, x=(0, 1), y=(0, 1), most=unit.most, halves=True)
    _field(canvas, x + label, y, resampled(small, lines, wide), wide, pen)
    if here:
        canvas.put(x + label - 1, y, "[", "key")
        canvas.put(x + label + wide, y, "]", "key")
    elif unit.chosen:
        canvas.put(x + label - 1, y, "►", "written")
    if unit.weight is not None:
        at, ink = y + lines // 2, level(unit.weight, unit.heaviest)
        long = room - label - wide > 5
        canvas.put(x + label + wide, at, five(unit.weight) if long else glyph(unit.weight, unit.heaviest), ink)
    canvas.hit(x, y, room - 1, lines, "cell", unit.symbol, unit.index)


def resampled(field: Field, lines: int, cols: int) -> Field:
    """The same field with so many lines and columns, every value the nearest one."""
    if field.values is None:
        return field
    rows = lines * (2 if field.halves else 1)
    r = ((np.arange(rows) + 0.5) * field.values.shape[0] / rows).astype(int)
    c = ((np.arange(cols) + 0.5) * field.values.shape[1] / cols).astype(int)
    return replace(field, values=field.values[np.ix_(r, c)])


def _size(field: Field) -> tuple[int, int]:
    """Lines and columns of a field."""
    if field.values is None:
        return 5, 11
    rows, cols = field.values.shape
    return (rows + 1) // 2 if field.halves else rows, cols


def _field(canvas: Canvas, x: int, y: int, field: Field, width: int, pen: Pen) -> int:
    """The cells, then the points; how many lines."""
    rows, cols = _size(field)
    cols = min(cols, width)
    if field.values is None:
        canvas.put(x, y + rows - 1, "")
    if field.values is not None and field.halves and pen.colour and not pen.ascii_only:
        draw_halves(canvas, x, y, field.values[:, :cols], field.most, pen.deep)
    elif field.values is not None:
        values = _paired(field.values) if field.halves else field.values
        for r in range(rows):
            for c in range(cols):
                value = float(values[r, c])
                ink = "" if value == 0 else level(value, field.most)
                canvas.put(x + c, y + r, " " if value == 0 else glyph(value, field.most), ink)
    for (c, r), dots in places(field, cols, rows).items():
        behind = canvas.inks[y + r][x + c]
        lit = "+cursor" if any(dot.lit for dot in dots) else ""
        canvas.put(x + c, y + r, sign_of(field, dots, rows), f"dot:{behind}" if "/" in behind else f"head{lit}")
    if field.values is None:
        canvas.put(x, y + rows // 2, "···", "dim")
    return rows


def places(field: Field, cols: int, rows: int) -> dict[tuple[int, int], list[Dot]]:
    """The cells (column, line) of a field that points lie in, each with its points; those outside have none."""
    found: dict[tuple[int, int], list[Dot]] = {}
    wide, high = field.x[1] - field.x[0], field.y[1] - field.y[0]
    for dot in field.dots if 0 < wide < np.inf and 0 < high < np.inf else ():
        c, r = _place((dot.x - field.x[0]) / wide, cols, field.halves), down(field, dot, rows)
        if 0 <= c < cols and 0 <= r < rows:
            found.setdefault((int(c), int(r)), []).append(dot)
    return found


def down(field: Field, dot: Dot, rows: int) -> float:
    """How many lines below the upper edge of a field of so many lines a point lies."""
    return _place((field.y[1] - dot.y) / (field.y[1] - field.y[0]), rows, field.halves)


def _place(share: float, size: int, pieces: bool) -> float:
    """A share of the way over so many cells, in cells: every cell is a piece of the way, or the outermost its ends."""
    if not pieces:
        return share * (size - 1) + 0.5
    return share * size if share != 1 else size - 0.5


def sign_of(field: Field, dots: Sequence[Dot], rows: int) -> str:
    """The sign of points that lie in one cell: of one, of several of a class, or of both classes.

    Where those of one class are in the upper half of the cell and the others in the lower, it shows which are where.
    A sign that one of them has of its own goes before, that of the one in focus before all.
    """
    own = next((dot.sign for dot in sorted(dots, key=lambda dot: not dot.lit) if dot.sign), "")
    if own:
        return own
    wants = {dot.wants for dot in dots}
    if len(wants) == 1:
        return (("●", "◉") if True in wants else ("○", "◎"))[len(dots) > 1]
    upper, lower = ({dot.wants for dot in dots if (down(field, dot, rows) % 1 < 0.5) is half} for half in (True, False))
    if len(upper) == len(lower) == 1:
        return "◓" if True in upper else "◒"
    return "◐"


def _paired(values: HostArray) -> HostArray:
    """Two rows of values a line, as their mean."""
    if values.shape[0] % 2:
        values = np.concatenate([values, values[-1:]])
    paired: HostArray = values.reshape(-1, 2, values.shape[1]).mean(axis=1)
    return paired
