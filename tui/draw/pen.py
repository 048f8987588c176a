"""What all drawing shares: the pen, the columns of an axis, and the look of a number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import singledispatch
from typing import NamedTuple

from lessons.contract.panels import Axis, Panel
from lessons.explaining.figures import cell
from tui.canvas.canvas import Canvas

LABEL, NARROW = 13, 12
COLUMN = 17
Cursor = tuple[str, tuple[int, ...]]
"""A cell: its symbol, and the index in it."""


@dataclass(frozen=True)
class Pen:
    """How to draw: where the cell cursor is, whether room is short, and whether only ASCII may be used.

    `rows` is how many lines a matrix in glyphs may have, `height` how many the whole stage has. A curve or a field may
    `fill` so many lines, where it is looked at alone. With `log`, a curve has a log axis. `deep` tells that any of 16
    million colours can be shown.
    """

    cursor: Cursor | None = None
    tight: bool = False
    ascii_only: bool = False
    rows: int = 4
    colour: bool = True
    height: int = 30
    fill: int = 0
    log: bool = False
    deep: bool = False

    def canvas(self, width: int, height: int = 0) -> Canvas:
        return Canvas(width, height, self.ascii_only)


@singledispatch
def draw(panel: Panel, width: int, pen: Pen) -> Canvas:
    """A panel, `width` wide and as high as it needs. A tight pen leaves out what is only there for ease.

    The functions registered here, one for each kind, stand in the modules of this folder.
    """
    raise TypeError(f"no way to draw a {type(panel).__name__}")


class Columns(NamedTuple):
    """The columns of an axis that are in sight: the first one's number, and the left edge of each."""

    first: int
    edges: tuple[int, ...]
    width: int
    label: int
    room: int
    """What a number, or several, may take of a column."""

    def edge(self, column: int) -> int | None:
        """The left edge of a column, None where it is out of sight; column −1 is the label's."""
        at = column - self.first
        return self.edges[at] if 0 <= at < len(self.edges) else None


def columns(axis: Axis, width: int) -> Columns:
    """Where the axis' columns stand. If not all fit, a window of them moves by half its width to keep the focus in."""
    label = LABEL if width >= LABEL + 4 * COLUMN else NARROW
    count, room = len(axis.labels), width - label
    wide = 6 * axis.wide + 5
    each = 6 * axis.wide if axis.close else wide if wide > COLUMN and count * wide <= room else COLUMN
    seen = max(1, min(count, room // each))
    half = max(1, seen // 2)
    first = max(0, min((axis.focus // half) * half - (seen - half) // 2, count - seen))
    return Columns(first, tuple(label + each * i for i in range(seen)), each, label, each - (not axis.close))


def level(x: float, most: float) -> str:
    """The ink of a magnitude: pos1 … pos3 or neg1 … neg3, relative to the largest of its matrix."""
    if not math.isfinite(x):
        return "warn"
    if x == 0:
        return "dim"
    share = abs(x) / most if most > 0 else 0.0
    step = 3 if share > 0.7 else 2 if share > 0.35 else 1
    return f"{'pos' if x > 0 else 'neg'}{step}"


def glyph(x: float, most: float) -> str:
    """A magnitude without digits: ░▒▓ for plus, -=≡ for minus, blank under a tenth, · for not yet."""
    if math.isnan(x):
        return "·"
    if x == 0:
        return "0"
    share = 1.0 if math.isinf(x) else abs(x) / most if most > 0 else 0.0
    if share < 0.1:
        return " "
    return ("░▒▓" if x > 0 else "-=≡")[min(2, int((share - 0.1) / 0.3))]


def number(
    canvas: Canvas, x: int, y: int, value: float | None, ink: str, mark: str = " ", counted: bool = False
) -> None:
    """A number cell: its gutter at x, then five columns; None is "not yet"."""
    if mark != " ":
        canvas.put(x, y, mark, "written" if mark == "►" else "")
    canvas.put(x + 1, y, "  ·  " if value is None else cell(value, counted), ink)
