"""Small pictures side by side, each number a square: colours in half blocks, or a glyph for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from rich.cells import cell_len

from engine.device import HostArray
from lessons.contract.panels import Tile, Tiles
from tui.canvas.canvas import Canvas, fit
from tui.draw.halves import draw_halves
from tui.draw.pen import Pen, draw, glyph, level

GAP = 2
LINES = 2
"""Lines of tiles at most, where room is not short."""


class Scale(NamedTuple):
    """Columns of a number, and how many numbers share a line's height."""

    columns: int
    rows: int

    def size(self, tile: Tile) -> tuple[int, int]:
        """Columns and lines of a tile's picture."""
        rows, cols = tile.block.shape
        return cols * self.columns, (rows + self.rows - 1) // self.rows


LARGE, HIGH, SMALL = Scale(2, 1), Scale(1, 1), Scale(1, 2)


class Placed(NamedTuple):
    """A tile at a column of a line of tiles."""

    tile: Tile
    line: int
    x: int
    width: int


@draw.register
def draw_tiles(panel: Tiles, width: int, pen: Pen) -> Canvas:
    """As many tiles as fit, those that the step is about among them; how many are left out stands beside the title."""
    canvas = pen.canvas(width)
    top = 1 if panel.title else 0
    if panel.title:
        canvas.put(1, 0, fit(panel.title, width - 10), "label")
    scale = _scale(panel, width, pen)
    names = any(tile.name for tile in panel.tiles)
    captions = any(tile.caption for tile in panel.tiles)
    high = max((scale.size(tile)[1] for tile in panel.tiles), default=0) + names + captions
    first, shown = _seen(panel.tiles, scale, width, _lines(high, pen))
    before, after = first, len(panel.tiles) - first - len(shown)
    if top and before + after:
        said = " ".join([f"◄ {before}"] * bool(before) + [f"{after} ►"] * bool(after))
        canvas.right(width - 1, 0, said, "key")
    most = panel.most or largest(panel.tiles)
    for placed in shown:
        y = top + placed.line * high
        tile = placed.tile
        ink = "written" if tile.lit or tile.block.written else "head" if tile.block.read else "dim"
        mark = "►" if tile.lit or tile.block.written else "•" if tile.block.read else ""
        if names:
            canvas.put(placed.x, y, fit(mark + tile.name, placed.width), ink)
        _picture(canvas, placed.x, y + names, tile, scale, most, pen)
        if captions:
            canvas.put(placed.x, y + high - 1, fit(tile.caption, placed.width), "written" if tile.lit else "")
    return canvas


def largest(tiles: Sequence[Tile]) -> float:
    """The largest finite size of all their numbers, 0 where none is known."""
    known = [
        np.abs(tile.block.values[np.isfinite(tile.block.values)]) for tile in tiles if tile.block.values is not None
    ]
    return max((float(each.max()) for each in known if each.size), default=0.0)


def _scale(panel: Tiles, width: int, pen: Pen) -> Scale:
    """Large where that is wanted and all have room, else half of it; without colour a line for each row, if it may."""
    whole = sum(max(LARGE.size(tile)[0], cell_len(tile.caption)) + GAP for tile in panel.tiles)
    high = max((tile.block.shape[0] for tile in panel.tiles), default=0)
    if (panel.large or pen.fill) and not pen.tight and whole <= width and high <= max(pen.fill, pen.height - 4):
        return LARGE
    plain = not pen.colour or pen.ascii_only
    return HIGH if plain and not pen.tight else SMALL


def _lines(high: int, pen: Pen) -> int:
    if pen.fill:
        return max(1, (pen.fill - 1) // max(1, high))
    return 1 if pen.tight else max(1, min(LINES, pen.height // 2 // max(1, high)))


def _width(tile: Tile, scale: Scale) -> int:
    """Columns of a tile with its name, which may be a little wider, and its caption."""
    wide = scale.size(tile)[0]
    return max(wide, cell_len(tile.caption), min(cell_len(tile.name) + 1, wide + 6))


def _seen(tiles: Sequence[Tile], scale: Scale, width: int, lines: int) -> tuple[int, list[Placed]]:
    """Which tile is the first in sight, and where those in sight stand: the last one that is at work among them."""
    lit = max((i for i, tile in enumerate(tiles) if tile.lit or tile.block.written), default=0)
    first = 0
    while True:
        shown = list(_placed(tiles[first:], scale, width, lines))
        if first + len(shown) > lit or first >= lit:
            return first, shown
        first += max(1, len(shown) // 2)


def _placed(tiles: Sequence[Tile], scale: Scale, width: int, lines: int) -> Iterator[Placed]:
    x, line = 1, 0
    for tile in tiles:
        wide = _width(tile, scale)
        if x > 1 and x + wide > width:
            x, line = 1, line + 1
        if line == lines:
            return
        yield Placed(tile, line, x, min(wide, width - x))
        x += wide + GAP


def _picture(canvas: Canvas, x: int, y: int, tile: Tile, scale: Scale, most: float, pen: Pen) -> None:
    """The squares, the frame of the window over them, and the mark of the cell that is pointed at."""
    values, (rows, cols) = tile.block.values, tile.block.shape
    if values is None:
        values = np.full((rows, cols), np.nan)
    _squares(canvas, x, y, values, scale, most, pen)
    for r, c in zip(*np.nonzero(np.isnan(values)), strict=True):
        if scale.rows == 1 or bool(np.isnan(values[r - r % 2 : r - r % 2 + 2, c]).all()):
            canvas.put(x + scale.columns * int(c), y + int(r) // scale.rows, "·" + " " * (scale.columns - 1), "dim")
    if tile.window is not None:
        _frame(canvas, x, y, tile.window, (rows, cols), scale)
    for r in range(rows):
        for c in range(cols):
            index = tile.block.index(r, c)
            at = x + scale.columns * c, y + r // scale.rows
            canvas.hit(*at, scale.columns, 1, "cell", tile.block.symbol, index, lower=bool(r % scale.rows))
            if pen.cursor == (tile.block.symbol, index):
                _point(canvas, *at, r, scale)


def _squares(canvas: Canvas, x: int, y: int, values: HostArray, scale: Scale, most: float, pen: Pen) -> None:
    if pen.colour and not pen.ascii_only:
        wide = np.repeat(np.repeat(values, scale.columns, axis=1), 2 // scale.rows, axis=0)
        draw_halves(canvas, x, y, wide, most, pen.deep)
        return
    for line in range((values.shape[0] + scale.rows - 1) // scale.rows):
        pair = values[line * scale.rows : (line + 1) * scale.rows]
        known = np.where(np.isnan(pair), 0.0, pair)
        for c, value in enumerate(known.mean(axis=0)):
            ink = level(float(value), most) if value else ""
            sign = glyph(float(value), most) if value else " "
            canvas.put(x + scale.columns * c, y + line, sign * scale.columns, ink)


def _frame(
    canvas: Canvas, x: int, y: int, window: tuple[int, int, int, int], shape: tuple[int, int], scale: Scale
) -> None:
    """A bracket at either side of every line of the window that lies in the picture."""
    first, left, high, wide = window
    for line in range(max(0, first) // scale.rows, (min(shape[0], first + high) - 1) // scale.rows + 1):
        for column, sign in ((left * scale.columns, "["), ((left + wide) * scale.columns - 1, "]")):
            at = min(max(0, column), shape[1] * scale.columns - 1)
            _over(canvas, x + at, y + line, sign)


def _point(canvas: Canvas, x: int, y: int, row: int, scale: Scale) -> None:
    """The mark of the cell cursor: brackets, or, where two numbers share a cell, its upper or lower half."""
    if scale.columns == 2:
        _over(canvas, x, y, "[")
        _over(canvas, x + 1, y, "]")
    elif scale.rows == 1:
        _over(canvas, x, y, "×")
    else:
        _over(canvas, x, y, ("'" if canvas.ascii_only else "▀", "," if canvas.ascii_only else "▄")[row % 2])


def _over(canvas: Canvas, x: int, y: int, sign: str) -> None:
    """A sign over what is there, on the colour that is behind it."""
    behind = canvas.inks[y][x]
    canvas.put(x, y, sign, behind if behind.startswith("dot:") else f"dot:{behind}" if "/" in behind else "key")
