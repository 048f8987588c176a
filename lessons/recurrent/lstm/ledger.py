"""The ledger of a gated cell on the stage: every loss alone, how much of it arrives where, what the columns add to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.gated.ledger import road
from lessons.building.stage_parts import flow, ledger, subscripted
from lessons.contract.panels import Item, Matrix, Panel
from lessons.recurrent.cell_position import CellPosition


class LedgerPanels:
    """The panels of row t of the ledger, and how far back k has come."""

    def __init__(self, at: CellPosition) -> None:
        self.at, self.stage, self.view, self.g = at, at.stage, at.view, road(at.cell)

    def errors(self) -> Matrix:
        """What comes back to the states and the gates; where room is scarce, of the gates to that at work."""
        others = {f"δ{q}" for q in self.at.cell.gates if q != self.at.gate}
        rows = self.at.rows(self.at.errors(), self.stage.state)
        spared = [replace(row, spare=row.label in others) for row in rows]
        return Matrix(id="errors", priority=10, rows=spared, axis=self.stage.axis)

    def table(self) -> Panel:
        """How long the error is that arrives on the road, for every loss and timestep; flipped, at the gate at work."""
        stage, gate, loss, flipped = self.stage, self.at.gate, self.at.loss, self.view.flipped
        family, one = (f"delta_{gate}",) * 2 if flipped else (self.g, "reach")
        values, row, written = np.full((stage.T, stage.T), np.nan), loss or 0, None
        above = self.view.get(f"norms_{family}")
        if above is not None:
            values[:row] = np.where(np.tri(stage.T, dtype=bool), above, np.nan)[:row]
        for k in range(row + 1):
            found = self.view.get(f"{one}[{row},{k}]")
            if found is not None:
                values[row, k] = np.linalg.norm(found)
            if f"{one}[{row},{k}]" in self.view.written:
                written = (row, k)
        title = stage.say("ledger_gate" if flipped else "ledger", state=self.at.cell.states[-1], gate=gate)
        return ledger(title, values, stage.axis, (loss, stage.k), written, "reach", {}, "", 9)

    def sums(self) -> Matrix:
        """Down the columns, and what the one sweep has found at the same place."""
        stage, state = self.stage, self.at.cell.states[-1]
        column = stage.row_of(stage.say("column", state=state), "column", stage.H)
        rows = [replace(column, rule=True), stage.row_of(stage.say("sweep"), self.g, stage.H)]
        return Matrix(id="columns", priority=8, rows=rows, axis=stage.axis)

    def weights(self) -> Matrix:
        """What sends the error on: V where it begins, W of every gate on the way."""
        stage, loss = self.stage, self.at.loss
        if self.at.phase != "error" or stage.k not in (None, loss):
            names = (f"W{q}" for q in self.at.cell.gates)
            items: dict[int, Item] = {i: stage.matrix(W, (stage.H, stage.H), W) for i, W in enumerate(names)}
        else:
            items = {0: stage.matrix("V", (stage.K, stage.H), "V", "rows")}
            if loss is not None:
                items[1] = stage.column(f"e[{loss}]", stage.K, subscripted("e", loss))
        return flow("weights", items, 3)
