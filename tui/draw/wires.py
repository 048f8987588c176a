"""The edges of a net: from every unit of a layer to every unit of the next, a line each.

A weight's sign is the colour of its line and whether it is dashed, its size how thick the line is; in ASCII both are
the character that the line is made of.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from engine.device import HostArray
from tui.canvas.canvas import Canvas
from tui.draw.curve import DOTS
from tui.draw.pen import Pen

STEPS = (0.1, 0.4, 0.7)
"""Shares of the largest weight at which a line becomes thicker."""
PLAIN = {True: "..:#", False: "--=%"}
"""ASCII lines by size, of positive weights and of others."""
TRACE = {True: 3, False: 6}
"""Of a line that is hardly there, every so manieth dot is drawn."""


class Gap(NamedTuple):
    """The room between two layers: columns `left` to before `right`, and the line of every unit at either side."""

    left: int
    right: int
    starts: Sequence[int]
    ends: Sequence[int]


def strength(weight: float, most: float) -> int:
    """How thick a weight's line is, 0 to 3, beside the largest."""
    if not math.isfinite(weight):
        return 3
    share = abs(weight) / most if most > 0 else 0.0
    return sum(share > step for step in STEPS)


def heaviest(weights: HostArray) -> float:
    """The largest finite size among weights, 0 where there is none."""
    sizes = np.abs(weights[np.isfinite(weights)])
    return float(sizes.max()) if sizes.size else 0.0


def draw_wires(
    canvas: Canvas, gap: Gap, weights: HostArray, pen: Pen, lit: Sequence[int] = (), most: float | None = None
) -> None:
    """Lines for `weights` (units at the right, units at the left); those into the units `lit` over all others, which
    are dimmed.

    `most` is what sizes are compared with, the largest of `weights` by default. Where lines cross, the thickest is
    drawn; a weight that is exactly 0 has a dim trace.
    """
    wide = gap.right - gap.left
    if wide < 1 or not weights.size:
        return
    most = heaviest(weights) if most is None else most
    order = sorted(np.ndindex(*weights.shape), key=lambda at: (at[0] in lit, strength(float(weights[at]), most)))
    across, down = (1, 1) if pen.ascii_only else (2, 4)
    top = min(*gap.starts, *gap.ends)
    lines = max(*gap.starts, *gap.ends) - top + 1
    dots = np.zeros((lines * down, wide * across), dtype=bool)
    inks: dict[tuple[int, int], str] = {}
    signs: dict[tuple[int, int], str] = {}
    for j, i in order:
        weight = float(weights[j, i])
        thick, plus = strength(weight, most), weight > 0
        ink = _ink(weight, 1 if lit and j not in lit else max(1, thick))
        first, last = ((line - top) * down + down // 2 for line in (gap.starts[i], gap.ends[j]))
        for r, c in _line(first, last, wide * across, thick, plus, pen.ascii_only):
            for row in range(r - (thick == 3), r + (thick > 1) + 1) if not pen.ascii_only else (r,):
                if 0 <= row < lines * down:
                    dots[row, c] = True
                    inks[row // down, c // across], signs[row // down, c // across] = ink, PLAIN[plus][thick]
    cells = np.einsum("hawb,ab->hw", dots.reshape(lines, down, wide, across), DOTS[:down, :across])
    for (r, c), ink in inks.items():
        canvas.put(gap.left + c, top + r, signs[r, c] if pen.ascii_only else chr(0x2800 + int(cells[r, c])), ink)


def _ink(weight: float, thick: int) -> str:
    """A weight's colour; `thick` is how bright, 1 to 3."""
    if not math.isfinite(weight):
        return "warn"
    return "dim" if weight == 0 else f"wire{thick if weight > 0 else -thick}"


def _line(first: int, last: int, wide: int, thick: int, plus: bool, whole: bool) -> Iterator[tuple[int, int]]:
    """The dots (row, column) of a line across the gap, without those that its dashes leave out."""
    steps = max(wide - 1, abs(last - first), 1)
    for n in range(steps + 1):
        on = n % TRACE[plus] == 0 if thick == 0 else whole or plus or n % 6 < 3
        if on or n == 0:
            share = n / steps
            yield math.floor(first + share * (last - first) + 0.5), math.floor(share * (wide - 1) + 0.5)
