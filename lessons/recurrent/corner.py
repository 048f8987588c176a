"""What lessons on many units and batches show of a cell: some of its units, and of a batch the first example."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from lessons.contract.panels import Axis, Block, Item, Label, Matrix, Row, Stage
from lessons.recurrent.lstm.stage import CellStage

UNITS = 2
"""Units that are shown in digits under a timestep."""
CORNER = 4
"""Rows and columns that are shown of a matrix."""


class CornerStage(CellStage):
    """A position in a cell of many units, on one sequence or a batch.

    A lesson's own class has `read_row`, `weights`, and `forward` and `answers` where it shows more.
    """

    @property
    def units(self) -> int:
        """How many units are shown in digits."""
        return min(UNITS, self.H)

    @cached_property
    def axis(self) -> Axis:
        return Axis(tuple(f"t={t}" for t in range(self.T)), self.focus, self.units)

    @property
    def phases(self) -> frozenset[str]:
        """The phases of the address."""
        return frozenset(name for name, index in self.view.path if index < 0)

    # over time

    def head(self) -> Row:
        """The timesteps over their columns."""
        return Row("", {t: Label(f"t={t}", role="dim") for t in self.near})

    def read_row(self) -> Row:
        """What is read, under every timestep."""
        raise NotImplementedError

    def forward(self) -> Matrix:
        """What is read, the gates and the states of the layer at work."""
        return self.under_time(self.gates_and_states())

    def under_time(self, families: Sequence[tuple[str, str]], *below: Row) -> Matrix:
        """What is read, and under it families, (label, family), and rows; over them which units they show."""
        title = self.say("units", last=self.units - 1, H=self.H) if self.H > 1 else self.say("one_unit")
        rows = [self.head(), self.read_row(), *self.over_time(list(families), "over").rows, *below]
        return Matrix(id="over", priority=10, title=title, rows=rows, axis=self.axis)

    def gates_and_states(self) -> list[tuple[str, str]]:
        """The gates and states of the layer at work: (label, family)."""
        states = [f"{state}{self.level}" for state in reversed(self.cell.states)]
        gates = [(self.gate_label(q), f"{q}{self.level}") for q in self.cell.gates if q != "h"]
        return [*gates, *zip(states, states, strict=True)]

    def passing(self) -> Stage:
        """A forward or a backward pass, or the end of an update."""
        if {"clip", "step"} & self.phases:
            return [self.stepped()]
        if self.back:
            errors = self.under_time([*self.to_states(), *self.to_gates(self.cell.gates)])
            return [self.law_back(), errors, *self.answers(), self.weights()]
        return [self.law(*self.forward_ops()), self.forward(), self.weights(), *self.answers()]

    def answers(self) -> Stage:
        """What the net says in the end, where the lesson shows it: on the way back before the weights, else after."""
        return []

    def show_forward(self) -> Stage:
        return self.passing()

    def show_backward(self) -> Stage:
        return self.passing()

    # symbols

    def vector(self, name: str, size: int, lie: str = "row", title: str = "") -> Block:
        value = self.view.get(name)
        if lie == "column" or size == 1:
            first = None if value is None else value.reshape(size, -1)[:, :1]
            return Block(name, first, (size, 1), "column", title=title, **self.flags(name))
        units = None if value is None else value.reshape(self.H, -1)[: self.units, 0][None]
        lie = "slice" if value is not None and value.ndim == 2 else "row"
        return Block(name, units, (1, self.units), lie, 0, title, **self.flags(name))

    def number_of(self, name: str, title: str = "") -> Block:
        """One number; of a batch the first example's."""
        value = self.view.get(name)
        first = None if value is None else value.reshape(1, -1)[:, :1]
        lie = "row" if value is None or value.ndim == 1 else "matrix"
        return Block(name, first, (1, 1), lie, title=title, **self.flags(name))

    def corner(self, name: str, title: str = "") -> Block:
        """A parameter, or its gradient: the first units of it."""
        value, whole = self.view.get(name), self.params[name.removeprefix("d")].shape
        shape = whole if len(whole) == 2 else (*whole, 1)
        rows, cols = min(shape[0], CORNER), min(shape[1], CORNER)
        shown = None if value is None else value.reshape(shape)[:rows, :cols]
        more = "" if (rows, cols) == shape else f" {rows}×{cols}/{shape[0]}×{shape[1]}"
        lie = "matrix" if value is None or value.ndim == 2 else "column"
        return Block(name, shown, (rows, cols), lie, title=(title or name) + more, **self.flags(name))

    def corners(self, **titles: str) -> dict[int, Item]:
        """Corners of parameters side by side, each under its title, or its name."""
        return {i: self.corner(name, title) for i, (name, title) in enumerate(titles.items())}

    def corners_at_work(self, output: bool, *more: str) -> dict[int, Item]:
        """W and U of the gate at work, and `more` of it; on the way back U and its gradient; or the output's."""
        gate = f"{self.gate}{self.level}"
        if output:
            return self.corners(V="", by="")
        if self.back:
            return self.corners(**{f"U{gate}": "", f"dU{gate}": f"∂E/∂U{gate}"})
        return self.corners(**{f"{p}{gate}": "" for p in ("W", "U", *more)})
