"""The stages of `lstm` and `gru`: the road over time with its gates under it, the way back, and what is left of it."""

from __future__ import annotations

from typing import Any, Protocol

from engine.gated.cell import Cell
from lessons.building.stage_parts import flow, subscripted
from lessons.building.staging import Lengths
from lessons.building.training_panel import training_curve, training_of
from lessons.contract.panels import Bar, Item, Label, Matrix, Row, Stage
from lessons.contract.text import Text
from lessons.contract.view import Knobs, View
from lessons.explaining.figures import five
from lessons.explaining.notation import in_formulas
from lessons.explaining.typeset import NAMES, subscript
from lessons.recurrent.cell_drawing import drawn
from lessons.recurrent.cell_position import CellPosition, Families
from lessons.recurrent.in_time import TimeStage, guesses, in_short
from lessons.recurrent.lstm.graph import unrolled
from lessons.recurrent.lstm.ledger import LedgerPanels


class OfCell(Lengths, Protocol):
    """What the stage reads of its lesson."""

    def cell(self, knobs: Knobs) -> Cell:
        """The kind of cell that the knobs choose."""


class GatedStage(TimeStage):
    """A position of `lstm` or `gru`."""

    def __init__(self, lesson: OfCell, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.at = CellPosition(self, lesson.cell(view.knobs))

    def show_forward(self) -> Stage:
        """The gates under the road, and what is guessed; the cell with all its paths."""
        over = [self.at.law_forward(), unrolled(self.at), self.gates(9), self.weights()]
        return [*over, guesses(self), drawn(self.at)]

    def show_backward(self) -> Stage:
        """What comes back to states and gates."""
        errors = self.over_time("errors", 10, self.at.errors())
        return [self.at.law_back(), unrolled(self.at), errors, self.weights(), self.gates(8)]

    def show_ledger(self) -> Stage:
        """Every loss alone, sent back to every timestep."""
        ledger = LedgerPanels(self.at)
        rows = [ledger.errors(), ledger.table(), ledger.sums(), ledger.weights()]
        return [self.at.law_back(), unrolled(self.at), *rows]

    def show_road(self) -> Stage:
        """What is left of the first timestep's state, gate by gate along the road."""
        product = self.over_time("gates", 10, [*self.at.gates(self.at.cell.road), ("∏", "road")])
        return [self.law(self.at.op or "road"), unrolled(self.at), product, self.bars(), self.weights()]

    def show_train(self) -> Stage:
        """The loss of every update; and one opened."""
        training = training_of(self.view)
        curve = training_curve(self, self.say("curve"), priority=5 if training.open else 10)
        if not training.open:
            return [curve, unrolled(self.at), self.gates(9), guesses(self), self.weights()]
        if self.at.stepping:
            return [curve, self.at.end_of_update()]
        opened = self.show_backward() if self.at.back else self.show_forward()[:-1]
        return [curve, *opened[1:]]

    def over_time(self, id: str, priority: int, families: Families) -> Matrix:
        """Families under every timestep."""
        return Matrix(id=id, priority=priority, rows=self.at.rows(families, self.state), axis=self.axis)

    def gates(self, priority: int) -> Matrix:
        """What every gate says, at every timestep."""
        return self.over_time("gates", priority, self.at.gates(self.at.cell.gates))

    def weights(self) -> Matrix:
        """The parameters of the gate at work; beside them, on the way back, their gradient."""
        q, t, H, K = self.at.gate, self.at.t, self.H, self.K
        if self.at.phase == "output":
            items: dict[int, Item] = {
                0: self.matrix("V", (K, H), "V", "rows"), 1: self.column("by", K, "by"),
            }  # fmt: skip
            if t is not None:
                items[2] = self.column(f"a[{t}]", K, subscripted("a", t))
                items[3] = self.column(f"yhat[{t}]", K, subscripted("ŷ", t))
            return flow("weights", items, 7)
        items = {
            0: self.matrix(f"U{q}", (H, K), f"U{q}", "cols"), 1: self.matrix(f"W{q}", (H, H), f"W{q}"),
            2: self.column(f"b{q}", H, f"b{q}"),
        }  # fmt: skip
        if self.at.back:
            items[3] = self.matrix(f"dU{q}", (H, K), f"∂E/∂U{q}")
            items[4] = self.matrix(f"dW{q}", (H, H), f"∂E/∂W{q}")
            items[5] = self.column(f"db{q}", H, f"∂E/∂b{q}")
            return flow("weights", items, 7)
        if t is not None and self.at.phase != "road":
            items[3] = self.column(f"net{q}[{t}]", H, subscripted(f"net{q}", t))
        if q == "n" and "bm" in self.at.cell.more:
            items[4] = self.column("bm", H, "bm")
            if t is not None:
                items[5] = self.column(f"m[{t}]", H, subscripted("m", t))
        return flow("weights", items, 7)

    def bars(self) -> Matrix:
        """The road as bars: what is left of the first unit, and of all in the mean."""
        first, mean = dict[int, Item](), dict[int, Item]()
        for k in self.near:
            held, name = self.view.get(f"road[{k}]"), f"road[{k}]"
            if held is None:
                first[k] = mean[k] = Label("·", role="dim")
                continue
            for into, value in ((first, float(held[0])), (mean, float(held.mean()))):
                into[k] = Bar(value, abs(value), name in self.view.written)
        rows = [Row(self.say("unit"), first), Row(self.say("mean"), mean)]
        return Matrix(id="bars", priority=9, title=self.say("road_title"), rows=rows, axis=self.axis)

    def fields(self) -> dict[str, Any]:
        gru, T = "Uz" in self.params, self.T
        numbers = self.figures(keep="z[0]" if gru else "f[0]", left="road[0]")
        count = sum(param.size for name, param in self.params.items() if name[0] in "UWb" and name != "by")
        form = in_formulas(self.text.phrase("labels", f"form_{self.knobs['reset']}"), NAMES.get()) if gru else ""
        return {name: figure.strip() for name, figure in numbers.items()} | {
            "T": T, "H": self.H, "K": self.K, "text": in_short(self.inputs), "ten": T * (T + 1) // 2,
            "rate": f"{float(self.knobs['rate']):g}", "optimiser": self.knobs["optimiser"],
            "bias": f"{float(self.knobs['keep' if gru else 'forget']):g}".replace("-", "−"),
            "column": "  ".join(five(each).strip() for each in first_column(self.view)) or "·",
            "last": subscript(str(T - 1)), "form": form.replace("`", ""), "count": f"{count:,}",
            "sizes": "3(HK + H² + H)" + (" + H" if "bm" in self.params else ""),
        }  # fmt: skip


def first_column(view: View) -> list[float]:
    """The norm of every loss's error at the first timestep, as far as it is known."""
    reached = (view.get(f"reach[{t},0]") for t in range(len(view.start.inputs["x"])))
    return [float(each.reshape(-1)[0]) for each in reached if each is not None]
