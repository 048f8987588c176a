"""What all drawing shares: the pen, the columns of an axis, and the look of a number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import singledispatch
from itertools import pairwise
from typing import NamedTuple

from rich.cells import cell_len

from lessons.contract.panels import Axis, Panel
from lessons.explaining.figures import cell
from tui.canvas.canvas import Canvas

LABEL, NARROW = 13, 12
COLUMN = 17
FREE = frozenset(" ╌-")
"""What a mark may stand on: blanks, and the rule after a title."""
Cursor = tuple[str, tuple[int, ...]]
"""A cell: its symbol, and the index in it."""


@dataclass(frozen=True)
class Pen:
    """How to draw: where the cell cursor is, whether room is short, and whether only ASCII may be used.

    A `tight` pen leaves out what is only there for ease, and rows that can be missed unless panels are to be `whole`.
    `rows` is how many lines a matrix in glyphs may have, `most` how many rows one of many is cut to (0: all of them),
    `height` how many lines the whole stage has. A curve or a field may `fill` so many lines, where it is looked at
    alone. With `log`, a curve has a log axis. `deep` tells that any of 16 million colours can be shown.
    """

    cursor: Cursor | None = None
    tight: bool = False
    whole: bool = False
    most: int = 0
    ascii_only: bool = False
    rows: int = 4
    colour: bool = True
    height: int = 30
    fill: int = 0
    log: bool = False
    deep: bool = False
    column: tuple[tuple[str, ...], int] | None = None
    """The labels of the axis that the cell cursor is on, and its column there."""

    @property
    def bare(self) -> bool:
        """Whether rows and panels that can be missed are left out; the canvas names them."""
        return self.tight and not self.whole

    def canvas(self, width: int, height: int = 0) -> Canvas:
        return Canvas(width, height, self.ascii_only)


@singledispatch
def draw(panel: Panel, width: int, pen: Pen) -> Canvas:
    """A panel, `width` wide and as high as it needs. A tight pen leaves out what is only there for ease.

    The functions registered here, one for each kind, stand in the modules of this folder.
    """
    raise TypeError(f"no way to draw a {type(panel).__name__}")


class Columns(NamedTuple):
    """The columns of an axis that are in sight, of `total`: their numbers in order, and the left edge of each."""

    shown: tuple[int, ...]
    edges: tuple[int, ...]
    width: int
    label: int
    room: int
    """What a number, or several, may take of a column."""
    total: int

    @property
    def first(self) -> int:
        """The first column in sight."""
        return self.shown[0]

    def edge(self, column: int) -> int | None:
        """The left edge of a column, None where it is out of sight; column −1 is the label's."""
        return dict(zip(self.shown, self.edges, strict=True)).get(column)

    def hidden(self, width: int) -> list[tuple[int, str]]:
        """(the column that it ends before, how many columns are hidden) at the left, in every gap, at the right."""
        marks = [(self.label, f"◄ {self.first}")] if self.first else []
        for i, (left, right) in enumerate(pairwise(self.shown), 1):
            marks += [(self.edges[i], f"…{right - left - 1}…")] if right > left + 1 else []
        beyond = self.total - 1 - self.shown[-1]
        end = min(width, self.edges[-1] + self.width + 6)
        return marks + ([(end, f"{beyond} ►")] if beyond > 0 else [])


def columns(axis: Axis, width: int, pen: Pen) -> Columns:
    """Where the axis' columns stand. If not all fit, a window of them moves by half its width to keep the focus in.

    The window goes on to the column that the pen is at; those of the step itself stay beside it, out of their order.
    """
    label = LABEL if width >= LABEL + 4 * COLUMN else NARROW
    count, room = len(axis.labels), width - label
    wide = 6 * axis.wide + 5
    named = max(map(cell_len, axis.labels), default=0) + 1  # a name is written out where there is room for all
    close = max(6 * axis.wide, named if count * named <= room else 0)
    each = close if axis.close else wide if wide > COLUMN and count * wide <= room else COLUMN
    seen = max(1, min(count, room // each))
    sought = pen.column[1] if pen.column is not None and pen.column[0] == axis.labels else None
    own = [column for column in dict.fromkeys((axis.focus, *axis.own)) if 0 <= column < count]
    shown: tuple[int, ...] = ()
    for apart in range(min(len(own), seen - 1) + 1):
        around = _window(axis.focus, sought, seen - apart, count)
        shown = tuple(sorted((*around, *[column for column in own if column not in around][:apart])))
        if set(own) <= set(shown):
            break
    edges = tuple(label + each * i for i in range(len(shown)))
    return Columns(shown, edges, each, label, each - (not axis.close), count)


def _window(focus: int, sought: int | None, seen: int, count: int) -> tuple[int, ...]:
    """So many neighbouring columns with the focus among them; or else as far from there as the one that is sought."""
    half = max(1, seen // 2)
    first = max(0, min((focus // half) * half - (seen - half) // 2, count - seen))
    if sought is not None:
        first = max(0, min(max(first, sought - seen + 1), sought, count - seen))
    return tuple(range(first, first + seen))


def say_hidden(canvas: Canvas, place: Columns) -> None:
    """Say where columns of a panel are hidden and how many: in the first line that has room there, or below all."""
    height = canvas.height
    for end, said in place.hidden(canvas.width):
        x = end - len(said)
        free = (y for y in range(height) if FREE.issuperset(canvas.chars[y][x - 1 : end]))
        canvas.put(x - 1, next(free, height), f" {said}", "key")


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
    """A number cell: its gutter at x, then five columns; None is "not yet". One that needs six has no mark."""
    text = "  ·  " if value is None else cell(value, counted)
    if mark != " ":
        canvas.put(x, y, mark, "written" if mark == "►" else "")
    canvas.put(x + 6 - len(text), y, text, ink)


def bracket(canvas: Canvas, x: int, y: int) -> None:
    """The brackets of the cell cursor around the number cell at x; none where a number takes their column."""
    for at, sign in ((x, "["), (x + 6, "]")):
        if at < canvas.width and canvas.chars[y][at] in " ►•>*│|┐┘+":
            canvas.put(at, y, sign, "key")
