"""How panels look: one module for each kind, each a function from a panel to a canvas as high as it needs."""

from __future__ import annotations

import math

from lessons.contract.panels import (
    Beside,
    Cloud,
    Curve,
    Field,
    Formula,
    Graph,
    Heat,
    Laws,
    Lens,
    Matrix,
    Multiples,
    Network,
    Note,
    Panel,
    Picture,
    Plot,
    Strip,
    Table,
)
from tui.canvas.canvas import Canvas, fit
from tui.draw.cloud import draw_cloud
from tui.draw.curve import draw_curve
from tui.draw.field import draw_field, draw_multiples, draw_network
from tui.draw.graph import draw_graph
from tui.draw.matrix import draw_heat, draw_lens, draw_matrix
from tui.draw.pen import Pen
from tui.draw.plot import draw_plot
from tui.draw.words import draw_formula, draw_laws, draw_note, draw_picture, draw_strip, draw_table

__all__ = ["Pen", "draw"]


def draw(panel: Panel, width: int, pen: Pen) -> Canvas:
    """The panel, `width` wide. A tight pen leaves out what is only there for ease."""
    match panel:
        case Matrix():
            return draw_matrix(panel, width, pen)
        case Heat():
            return draw_heat(panel, width, pen)
        case Lens():
            return draw_lens(panel, width, pen)
        case Graph():
            return draw_graph(panel, width, pen)
        case Curve():
            return draw_curve(panel, width, pen)
        case Field():
            return draw_field(panel, width, pen)
        case Multiples():
            return draw_multiples(panel, width, pen)
        case Network():
            return draw_network(panel, width, pen)
        case Plot():
            return draw_plot(panel, width, pen)
        case Picture():
            return draw_picture(panel, width, pen)
        case Formula():
            return draw_formula(panel, width, pen)
        case Laws():
            return draw_laws(panel, width, pen)
        case Table():
            return draw_table(panel, width, pen)
        case Strip():
            return draw_strip(panel, width, pen)
        case Note():
            return draw_note(panel, width, pen)
        case Cloud():
            return draw_cloud(panel, width, pen)
        case Beside():
            return draw_beside(panel, width, pen)
    raise TypeError(f"no way to draw a {type(panel).__name__}")


def draw_beside(panel: Beside, width: int, pen: Pen) -> Canvas:
    """Every stack in its columns, under a title if there is one; tight, no higher than the highest first panel."""
    canvas = pen.canvas(width)
    top = 1 if panel.title else 0
    if panel.title:
        canvas.put(1, 0, fit(panel.title, width - 2), "label")
    shares = panel.shares or [1.0] * len(panel.stacks)
    edge, x, drawn = 0.0, 0, list[list[tuple[int, Canvas]]]()
    for panels, share in zip(panel.stacks, shares, strict=True):
        edge += share / sum(shares)
        wide = round(edge * width) - x
        drawn.append([(x, draw(each, wide, pen)) for each in panels])
        x += wide
    most = max((stack[0][1].height for stack in drawn if stack), default=0) if pen.tight else math.inf
    for stack in drawn:
        y = top
        for x, each in stack:
            if y == top or y + each.height <= top + most:
                canvas.stamp(each, x, y)
                y += each.height
    return canvas
