"""Columns that are out of sight, by the cell cursor: which one it stands in, and the next cell of its row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lessons.contract.panels import Axis, Block, Graph, Matrix, Panel
from tui.draw.pen import Cursor
from tui.picture.lens import flat


class Line(NamedTuple):
    """A row of blocks on an axis: (column, block), from the left."""

    axis: Axis
    blocks: list[tuple[int, Block]]


def lines(panels: Sequence[Panel]) -> Iterator[Line]:
    """The rows of blocks of the panels that have an axis."""
    for panel in flat(panels):
        match panel:
            case Matrix(axis=Axis() as axis):
                for row in panel.rows:
                    yield Line(axis, sorted_blocks((n, item) for n, item in row.items.items()))
            case Graph():
                for name in panel.rows:
                    yield Line(panel.axis, sorted_blocks((n.column, n.block) for n in panel.nodes if n.row == name))


def sorted_blocks(items: Iterator[tuple[int, object]]) -> list[tuple[int, Block]]:
    """The blocks among the items, by their columns."""
    return sorted(((n, item) for n, item in items if isinstance(item, Block) and item.symbol), key=lambda each: each[0])


def held_in(panels: Sequence[Panel], cell: Cursor) -> tuple[Line, int] | None:
    """The line that shows a cell, and where in it; None where it stands on no axis."""
    for line in lines(panels):
        for i, (_, block) in enumerate(line.blocks):
            if block.symbol == cell[0] and block.cell(cell[1]) is not None:
                return line, i
    return None


def column_of(panels: Sequence[Panel], cell: Cursor | None) -> tuple[tuple[str, ...], int] | None:
    """The labels of the axis that a cell stands on, and its column."""
    held = held_in(panels, cell) if cell is not None else None
    return None if held is None else (held[0].axis.labels, held[0].blocks[held[1]][0])


def beside(panels: Sequence[Panel], cell: Cursor, way: int) -> Cursor | None:
    """The cell in the nearest column of the same row, to the right (1) or the left (−1), in sight or not."""
    held = held_in(panels, cell)
    if held is None:
        return None
    line, i = held
    here = line.blocks[i][1].cell(cell[1])
    if here is None or not 0 <= i + way < len(line.blocks):
        return None
    block = line.blocks[i + way][1]
    return block.symbol, block.index(min(here[0], block.shape[0] - 1), 0 if way > 0 else block.shape[1] - 1)
