"""What lessons on many units and batches show of a cell: some of its units, and of a batch the first example."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from engine.gated.cell import Cell
from lessons.building.stage_parts import Parts
from lessons.contract.panels import Axis, Block, Label, Matrix, Row
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.recurrent.in_time import letter
from lessons.recurrent.lstm.stage import CellStage

PART = 2
"""Units that are shown in digits under a timestep."""
CORNER = 4
"""Rows and columns that are shown of a matrix."""


class Part(CellStage):
    """A position."""

    def __init__(self, view: View, text: Text, cell: Cell, T: int, vocabulary: Sequence[str]) -> None:
        Parts.__init__(self, view, text)  # lessons that are not declared yet know no lengths
        self.knobs, self.act, self.cell, self.T = view.knobs, view.act, cell, T
        self.params, self.inputs, (self.K, self.H) = view.start.params, view.start.inputs, view.start.params["V"].shape
        self.vocabulary = [letter(each) for each in vocabulary]
        self.k = view.loop("k")
        self.t = view.loop("t") if view.loop("t") is not None else self.k
        phases = [name for name, index in view.path if index < 0]
        self.phase = phases[-1] if phases else "forward"
        self.back = "backward" in phases or "ledger" in phases
        self.part = min(PART, self.H)

    @cached_property
    def axis(self) -> Axis:
        return Axis(tuple(f"t={t}" for t in range(self.T)), self.t or 0, self.part)

    def of_units(self, id: str, rows: Sequence[Row]) -> Matrix:
        """Rows under the timesteps, and over them which units they show."""
        title = self.say("units", last=self.part - 1, H=self.H) if self.H > 1 else self.say("one_unit")
        return Matrix(id=id, priority=10, title=title, rows=rows, axis=self.axis)

    def head(self) -> Row:
        """The timesteps over their columns."""
        return Row("", {t: Label(f"t={t}", role="dim") for t in self.near})

    def vector(self, name: str, size: int, lie: str = "row", editable: bool = False, title: str = "") -> Block:
        value = self.view.get(name)
        if lie == "column" or size == 1:
            first = None if value is None else value.reshape(size, -1)[:, :1]
            return Block(name, first, (size, 1), "column", title=title, **self.flags(name))
        shown, batch = None if value is None else value.reshape(self.H, -1)[: self.part, 0][None], self.batch(value)
        lies = "slice" if batch else "row"
        return Block(name, shown, (1, self.part), lies, 0, title, **self.flags(name))

    @staticmethod
    def batch(value: Any) -> bool:
        """Whether a symbol has a column for every example."""
        return value is not None and value.ndim == 2

    def number_of(self, name: str, editable: bool, title: str = "") -> Block:
        """One number; of a batch the first example's."""
        value = self.view.get(name)
        shown = None if value is None else value.reshape(1, -1)[:, :1]
        return Block(name, shown, (1, 1), "row" if value is None or value.ndim == 1 else "matrix",
                     title=title, **self.flags(name))  # fmt: skip

    def parameter(self, name: str, shape: tuple[int, int], title: str = "") -> Block:
        """A parameter, or its gradient: the first units of it."""
        value = self.view.get(name)
        rows, cols = min(shape[0], CORNER), min(shape[1], CORNER)
        shown = None if value is None else value.reshape(shape)[:rows, :cols]
        more = "" if (rows, cols) == shape else f" {rows}×{cols}/{shape[0]}×{shape[1]}"
        lie = "matrix" if value is None or value.ndim == 2 else "column"
        return Block(name, shown, (rows, cols), lie, title=(title or name) + more, **self.flags(name))
