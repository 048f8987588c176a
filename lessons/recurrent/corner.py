"""What lessons on many units and batches show of a cell: some of its units, and of a batch the first example."""

from __future__ import annotations

from lessons.contract.panels import Block, Item, Matrix, Row
from lessons.recurrent.cell_position import CellPosition, Families

UNITS = 2
"""Units that are shown in digits under a timestep."""
CORNER = 4
"""Rows and columns that are shown of a matrix."""


class Corners:
    """Shows states by the first `units` of the stage, and parameters by a corner, at a position in a cell."""

    def __init__(self, at: CellPosition) -> None:
        self.at, self.stage, self.view = at, at.stage, at.view

    # symbols

    def state(self, name: str) -> Block:
        """The first units of a state, in a line."""
        value, H, units = self.view.get(name), self.stage.H, self.stage.units
        if H == 1:
            return self.vector(name, H)
        first = None if value is None else value.reshape(H, -1)[:units, 0][None]
        lie = "slice" if value is not None and value.ndim == 2 else "row"
        return Block(name, first, (1, units), lie, **self.stage.flags(name))

    def vector(self, name: str, size: int, title: str = "", rows: tuple[str, ...] = ()) -> Block:
        """A vector as a column."""
        value = self.view.get(name)
        first = None if value is None else value.reshape(size, -1)[:, :1]
        return Block(name, first, (size, 1), "column", title=title, rows=rows, **self.stage.flags(name))

    def number(self, name: str, title: str = "") -> Block:
        """One number."""
        value = self.view.get(name)
        first = None if value is None else value.reshape(1, -1)[:, :1]
        lie = "row" if value is None or value.ndim == 1 else "matrix"
        return Block(name, first, (1, 1), lie, title=title, **self.stage.flags(name))

    def corner(self, name: str, title: str = "") -> Block:
        """A parameter, or its gradient: the first units of it."""
        value, whole = self.view.get(name), self.stage.params[name.removeprefix("d")].shape
        shape = whole if len(whole) == 2 else (*whole, 1)
        rows, cols = min(shape[0], CORNER), min(shape[1], CORNER)
        shown = None if value is None else value.reshape(shape)[:rows, :cols]
        more = "" if (rows, cols) == shape else f" {rows}×{cols}/{shape[0]}×{shape[1]}"
        lie = "matrix" if value is None or value.ndim == 2 else "column"
        return Block(name, shown, (rows, cols), lie, title=(title or name) + more, **self.stage.flags(name))

    # panels

    def under_time(self, read: Row, families: Families, *below: Row) -> Matrix:
        """What is read, and under it families and rows; over them which units they show."""
        stage = self.stage
        title = stage.say("units", count=stage.units, H=stage.H) if stage.H > 1 else stage.say("one_unit")
        rows = [stage.head(), read, *self.at.rows(families, self.state), *below]
        return Matrix(id="over", priority=10, title=title, rows=rows, axis=stage.axis)

    def at_work(self, output: bool, *more: str) -> dict[int, Item]:
        """U and W of the gate at work, and `more` of it; on the way back W and its gradient; or the output's."""
        gate = f"{self.at.gate}{self.at.level}"
        if output:
            titles = {"V": "", "by": ""}
        elif self.at.back:
            titles = {f"W{gate}": "", f"dW{gate}": f"∂E/∂W{gate}"}
        else:
            titles = {f"{p}{gate}": "" for p in ("U", "W", *more)}
        return {i: self.corner(name, title) for i, (name, title) in enumerate(titles.items())}
