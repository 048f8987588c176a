"""A net with its edges: layers of units from left to right, what each unit answers, and a line for every weight."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lessons.contract.panels import Layer, Net, Wires
from lessons.explaining.figures import five
from tui.canvas.canvas import Canvas, fit
from tui.draw.pen import Pen, draw, level
from tui.draw.wires import Gap, draw_wires, heaviest

UNIT, WEIGHT = 9, 7
"""Columns of a unit with its number; and of a weight as a number, at the unit that it comes from."""
WIDEST = 32
"""Columns from one layer to the next at most."""
MOST, FEW, SMALL = 8, 4, 20
"""How many units of a layer are drawn; and on a stage with fewer lines than SMALL."""


class Seen(NamedTuple):
    """The units of a layer that are drawn, from `first` on, each with its line; `more` are not."""

    first: int
    lines: tuple[int, ...]
    more: int


@draw.register
def draw_net(panel: Net, width: int, pen: Pen) -> Canvas:
    """The layers, and between them the lines; weights of the edges at work as numbers where there is room."""
    canvas = pen.canvas(width)
    top = 1 if panel.title else 0
    if panel.title:
        canvas.put(1, 0, fit(panel.title, width - 2), "label")
    most = MOST if pen.height >= SMALL else FEW
    tallest = max(min(layer.size, most) + (layer.size > most) for layer in panel.layers)
    pitch = 1 if pen.tight or tallest > 4 else 2
    layers = [_seen(layer, most, tallest, pitch, top + 1) for layer in panel.layers]
    each = min(WIDEST, (width - 2 - UNIT) // max(1, len(layers) - 1))
    edges = [1 + each * n for n in range(len(layers))]
    for n, wires in enumerate(panel.wires):
        _between(canvas, wires, (edges[n] + UNIT, edges[n + 1]), layers[n], layers[n + 1], pen)
    for x, layer, seen in zip(edges, panel.layers, layers, strict=True):
        canvas.put(x, top, fit(layer.head, min(each - 1, width - x - 1)), "label")
        _units(canvas, x, layer, seen)
    return canvas


def _seen(layer: Layer, most: int, tallest: int, pitch: int, top: int) -> Seen:
    """As many units as there is room for, the ones at work among them, in the middle of the height."""
    shown = min(layer.size, most)
    first = max(0, min(min(layer.lit, default=0) - shown // 2, layer.size - shown))
    start = top + (tallest - shown - (layer.size > most)) * pitch // 2
    return Seen(first, tuple(start + pitch * i for i in range(shown)), layer.size - shown)


def _units(canvas: Canvas, x: int, layer: Layer, seen: Seen) -> None:
    for i, y in enumerate(seen.lines, seen.first):
        lit, answer = i in layer.lit, None if layer.answers is None else float(layer.answers[i])
        known = answer is not None and not np.isnan(answer)
        canvas.put(x, y, "►" if lit else " ", "written")
        canvas.put(x + 1, y, "●" if known else "○", "written" if lit else "head" if known else "dim")
        canvas.put(x + 3, y, five(answer) if known and answer is not None else "·", "written" if lit else "")
    if seen.more:
        canvas.put(x + 1, seen.lines[-1] + 1, f"+{seen.more}", "head")


def _between(canvas: Canvas, wires: Wires, room: tuple[int, int], here: Seen, there: Seen, pen: Pen) -> None:
    """The lines from one layer to the next; before they are known there is none."""
    left, right = room
    if wires.values is None or right - left < 1:
        return
    first, last = there.first, here.first
    values = wires.values[first : first + len(there.lines), last : last + len(here.lines)]
    lit = [j - first for j in wires.lit if 0 <= j - first < len(there.lines)]
    if right - left >= 2 * WEIGHT:
        if len(lit) == 1:
            most = heaviest(wires.values)
            for y, weight in zip(here.lines, values[lit[0]], strict=True):
                canvas.put(left, y, five(float(weight)), level(float(weight), most))
        left += WEIGHT
    draw_wires(canvas, Gap(left, right, here.lines, there.lines), values, pen, lit)
