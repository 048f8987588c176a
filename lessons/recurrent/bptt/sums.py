"""Three ways to one gradient on the stage: row by row, down the columns, and one sweep that needs only their sums."""

from __future__ import annotations

from lessons.building.stage_parts import around, cut_off, flow
from lessons.contract.panels import Label, Matrix, Row, Table
from lessons.explaining.typeset import subscript
from lessons.recurrent.bptt.double_sum import deltas
from lessons.recurrent.in_time import TimeStage

ROWS = 6
"""At most so many rows of the triangle are shown."""


class Sums:
    """What the three ways have come to."""

    def __init__(self, stage: TimeStage) -> None:
        self.stage, self.H = stage, stage.H

    def triangle(self) -> Matrix:
        """Every δ; where they are many, the rows around the one at work, and how many are above and below them."""
        stage = self.stage
        at = (stage.k or 0) + ROWS // 2 if stage.t is None else stage.t  # column k begins in row k
        ts = around(stage.T, at, ROWS)
        rows = [Row(f"E{subscript(str(t))}", deltas(stage, t).items, mark=t == stage.t) for t in ts]
        return Matrix(id="triangle", priority=8, axis=stage.axis, rows=[stage.head("k"), *cut_off(rows, ts, stage.T)])

    def columns(self) -> Matrix:
        """The sums down the columns; under them what the sweep finds at the same place, and makes of it."""
        stage = self.stage
        column = Row(stage.say("sum"), {k: stage.state(f"column[{k}]") for k in stage.near}, rule=True)
        sweep = stage.row_of(stage.say("sweep"), "delta", self.H)
        rows = [column, sweep, self.matrices("δₖ sₖ₋₁ᵀ", "met_W")]
        return Matrix(id="columns", priority=9, axis=stage.axis, rows=rows)

    def by_t(self) -> Matrix:
        """∂E_t/∂W of every loss."""
        rows = [self.stage.head(), self.matrices("∂Eₜ/∂W", "dW")]
        return Matrix(id="by_t", priority=6, axis=self.stage.axis, rows=rows)

    def gradients(self) -> Matrix:
        """∂E/∂W by the double sum and by the sweep."""
        stage, shape = self.stage, (self.H, self.H)
        double, swept = stage.matrix("dW", shape, "∂E/∂W = ΣₜΣₖ"), stage.matrix("sweep_W", shape, stage.say("sweep_W"))
        return flow("gradients", {0: double, 1: swept, 2: Label(self.difference())}, 10)

    def difference(self) -> str:
        """How far the sweep is from the column sums, over the columns around here that both have."""
        get = self.stage.view.get
        pairs = [(get(f"delta[{k}]"), get(f"column[{k}]")) for k in self.stage.near]
        gaps = [float(abs(a - column).max()) for a, column in pairs if a is not None and column is not None]
        return self.stage.say("difference", gap=tiny(max(gaps)) if gaps else "·")

    def cost(self) -> Table:
        """δ vectors that either way must make."""
        say, lengths = self.stage.say, sorted({self.stage.T, 25, 100})
        heads = (say("to_make"), *(f"T={n}" for n in lengths))
        rows = [(say("double_sum"), *(str(n * (n + 1) // 2) for n in lengths)), (say("sweep"), *map(str, lengths))]
        return Table(id="cost", priority=4, heads=heads, rows=rows)

    def matrices(self, label: str, family: str) -> Row:
        """A matrix of the size of W under every column."""
        return Row(label, {n: self.stage.matrix(f"{family}[{n}]", (self.H, self.H)) for n in self.stage.near})


def tiny(gap: float) -> str:
    """A difference by its order of magnitude."""
    return f"{gap:.0e}".replace("e-0", "e-") if gap else "0"
