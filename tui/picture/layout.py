"""A stage from its panels: drawn at ease if there is room, else tightly, else without the least important ones."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from lessons.contract.panels import Formula, Matrix, Panel
from tui.canvas.canvas import Canvas
from tui.draw import Pen, draw


class Laid(NamedTuple):
    """A stage as one canvas, and the panels that found no room for themselves or for some rows, by id."""

    canvas: Canvas
    dropped: tuple[str, ...]


def lay(panels: list[Panel], width: int, height: int, pen: Pen, dense: bool = False) -> Laid:
    """The panels from the top, each as high as it needs, a blank line between them where there is room.

    Dense: always tight, and with no blank lines, so that panels at the top stay where they are whatever follows.
    """
    if dense:
        pen = replace(pen, tight=True, rows=2)
    at_ease = {panel.id: draw(panel, width, pen) for panel in panels}
    drawn = dict(at_ease)
    order = sorted(panels, key=lambda panel: panel.priority)
    tight = replace(pen, tight=True, rows=2)
    for panel in order:
        if _height(drawn) <= height:
            break
        drawn[panel.id] = draw(panel, width, tight)
    left_out: list[Panel] = []
    canvases = dict(drawn)
    for panel in order:
        if _height(drawn) <= height or len(drawn) == 1:
            break
        del drawn[panel.id]
        left_out.append(panel)
    for panel in reversed(left_out):  # where a large one went, one that is smaller may have room after all
        for canvas in (canvases[panel.id], *_shorter(panel, width, tight)):
            if panel.id not in drawn and _height(drawn) + canvas.height <= height:
                drawn[panel.id] = canvas
    for panel in reversed(order):
        larger = at_ease[panel.id]
        if panel.id in drawn and _height(drawn) - drawn[panel.id].height + larger.height <= height:
            drawn[panel.id] = larger
    spare = height - _height(drawn)
    gaps = len(drawn) - 1
    canvas = pen.canvas(width, height)
    y = 0
    for panel in panels:
        if panel.id in drawn:
            canvas.stamp(drawn[panel.id], 0, y, max(0, height - y))
            y += drawn[panel.id].height
            if gaps and spare >= gaps and not dense:
                y += 1
    short = {panel.id for panel in panels if _spares(panel) and drawn.get(panel.id) is not at_ease[panel.id]}
    return Laid(canvas, tuple(panel.id for panel in panels if panel.id not in drawn or panel.id in short))


def _shorter(panel: Panel, width: int, pen: Pen) -> list[Canvas]:
    """A formula in fewer lines, if it has such."""
    return [draw(replace(panel, lines=panel.short), width, pen)] if isinstance(panel, Formula) and panel.short else []


def _spares(panel: Panel) -> bool:
    """Whether a panel has rows that it leaves out where room is scarce."""
    return isinstance(panel, Matrix) and any(row.spare for row in panel.rows)


def _height(drawn: dict[str, Canvas]) -> int:
    return sum(canvas.height for canvas in drawn.values())
