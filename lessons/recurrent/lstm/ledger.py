"""The ledger of a gated cell on the stage: every loss alone, how much of it arrives where, what the columns add to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.gated.cell import Cell
from engine.gated.ledger import road
from lessons.building.stage_parts import flow, ledger, subscripted
from lessons.building.staging import Lengths
from lessons.contract.panels import Item, Matrix, Panel, Row, Stage
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.recurrent.lstm.stage import CellStage


class LedgerStage(CellStage):
    """A position in the ledger: row t, and how far back k has come."""

    def __init__(self, lesson: Lengths, view: View, text: Text, cell: Cell) -> None:
        super().__init__(lesson, view, text, cell)
        self.at, self.g = view.loop("t"), road(cell)
        self.t = self.at if self.k is None else self.k  # what stays in sight is the timestep that one has come back to

    def left(self, family: str, k: int) -> str:
        back = family in ("gh", "gc") or family.startswith("delta_")
        return f"{family}[{self.at},{k}]" if back else f"{family}[{k}]"

    def errors(self) -> Matrix:
        """What comes back to the states and the gates; where room is scarce, of the gates to that at work."""
        made = replace(super().errors(), priority=10)
        others = {f"δ{q}" for q in self.cell.gates if q != self.gate}
        return replace(made, rows=[replace(row, spare=row.label in others) for row in made.rows])

    def told(self, t: int) -> bool:
        return t == self.at and super().told(t)

    def of_loss(self, of: str) -> str:
        """∂Eₜ/∂ of something, in the row at work."""
        return f"∂{'E' if self.at is None else subscripted('E', self.at)}/∂{of}"

    def weights(self) -> Matrix:
        """What sends the error on: V where it begins, U of every gate on the way."""
        if self.phase == "error" and self.k in (None, self.at):
            items: dict[int, Item] = {0: self.matrix("V", (self.K, self.H), "V", "rows")}
            if self.at is not None:
                items[1] = self.vector(f"e[{self.at}]", self.K, "column", title=subscripted("e", self.at))
        else:
            items = {i: self.matrix(f"U{q}", (self.H, self.H), f"U{q}") for i, q in enumerate(self.cell.gates)}
        return flow("weights", items, 3)

    def ledger(self) -> Panel:
        """How long the error is that arrives on the road, for every loss and timestep; flipped, at the gate at work."""
        flipped, state = self.view.flipped, self.cell.states[-1]
        family, one = (f"delta_{self.gate}",) * 2 if flipped else (self.g, "reach")
        values, row, written = np.full((self.T, self.T), np.nan), self.at or 0, None
        above = self.view.get(f"norms_{family}")
        if above is not None:
            values[:row] = np.where(np.tri(self.T, dtype=bool), above, np.nan)[:row]
        for k in range(row + 1):
            found = self.view.get(f"{one}[{row},{k}]")
            if found is not None:
                values[row, k] = np.linalg.norm(found)
            if f"{one}[{row},{k}]" in self.view.written:
                written = (row, k)
        title = self.say("ledger_gate" if flipped else "ledger", state=state, gate=self.gate)
        return ledger(title, values, self.axis, (self.at, self.k), written, "reach", {}, "", 9)

    def sums(self) -> Matrix:
        """Down the columns, and what the one sweep has found at the same place."""
        state = self.cell.states[-1]
        columns = {k: self.vector(f"column[{k}]", self.H) for k in self.near}
        sweep = {k: self.vector(f"{self.g}[{k}]", self.H) for k in self.near}
        rows = [Row(self.say("column", state=state), columns, rule=True), Row(self.say("sweep"), sweep)]
        return Matrix(id="columns", priority=8, rows=rows, axis=self.axis)

    def show_ledger(self) -> Stage:
        """Every loss alone, sent back to every timestep."""
        law = self.law_back()
        return [law, self.graph(), self.errors(), self.ledger(), self.sums(), self.weights()]
