"""Stacks of panels side by side."""

from __future__ import annotations

import math

from lessons.contract.panels import Beside
from tui.canvas.canvas import Canvas, fit
from tui.draw.pen import Pen, draw


@draw.register
def draw_beside(panel: Beside, width: int, pen: Pen) -> Canvas:
    """Every stack in its columns, under a title if there is one; bare, no higher than the highest first panel."""
    canvas = pen.canvas(width)
    top = 1 if panel.title else 0
    if panel.title:
        canvas.put(1, 0, fit(panel.title, width - 2), "label")
    shares = panel.shares or [1.0] * len(panel.stacks)
    edge, x, drawn = 0.0, 0, list[list[tuple[int, Canvas, str]]]()
    for panels, share in zip(panel.stacks, shares, strict=True):
        edge += share / sum(shares)
        wide = round(edge * width) - x
        drawn.append([(x, draw(each, wide, pen), each.id) for each in panels])
        x += wide
    most = max((stack[0][1].height for stack in drawn if stack), default=0) if pen.bare else math.inf
    for stack in drawn:
        y = top
        for x, each, id in stack:
            if y == top or y + each.height <= top + most:
                canvas.stamp(each, x, y)
                y += each.height
            else:
                canvas.lacks.append(id)
    return canvas
