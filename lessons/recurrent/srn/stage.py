"""The stages of `srn`: the unrolled net with the cell at work in numbers; and one weight's doings over time."""

from __future__ import annotations

from typing import Any

from engine.walks.step import symbol
from lessons.building.stage_parts import AROUND, flow, subscripted
from lessons.contract.panels import Item, Label, Matrix, Row, Stage
from lessons.explaining.figures import five
from lessons.explaining.typeset import entry, name, subscript
from lessons.recurrent.in_time import TimeStage, in_short, norm_bars
from lessons.recurrent.simple_stage import output, unrolled, weights

BAR, LETTERS = 18, 12
"""Cells of the longest bar; letters that are shown of a vocabulary."""


class SrnStage(TimeStage):
    """A position in one cell, or in what one of its weights does over time."""

    def show_cell(self) -> Stage:
        """The cell from its inputs to its state, then the softmax above it."""
        top = [*self.strip(), unrolled(self), self.inside()]
        if ("output", -1) in self.view.path:
            ops = ("z", "m", "r", "Z", "yhat", "E")
            return [self.law(*ops), *top, self.softmax(), self.numbers(), output(self)]
        return [self.law("in", "rec", "net", "s"), *top, weights(self, self.t or 0, priority=8), self.softmax()]

    def show_shared(self) -> Stage:
        """One weight, met at every timestep."""
        t = self.t or 0
        law = self.law("move" if t else "move_0", "dE")
        total = self.side_by_side({"dw": "Σ ∂Eₜ/∂w", f"dw[{t}]": "∂Eₜ/∂w"}, "total", 9)
        return [law, *self.strip(), unrolled(self), self.moves(), total, weights(self, t, priority=8)]

    def inside(self) -> Matrix:
        """The cell at work: what comes in, what comes back, their sum, the state."""
        t = self.t or 0
        low, before = subscript(str(t)), name(symbol("s", t - 1))
        titles = {"in_": f"U x{low}", "rec": f"W {before}", "net": f"net{low}", "s": f"s{low}"}
        items: dict[int, Item] = {
            i: self.column(symbol(of, t), self.H, title) for i, (of, title) in enumerate(titles.items())
        }
        return flow("inside", {**items, 4: Label(self.say("cell", t=t))}, 10)

    def softmax(self) -> Matrix:
        """K scores, their exponentials, and the probabilities: a bar for every letter."""
        t = self.t or 0
        target = self.inputs["y"][t]
        first = max(0, min(target - 5, self.K - LETTERS))
        rows = []
        for i in range(first, min(first + LETTERS, self.K)):
            p = self.view.get(f"yhat[{t}]")
            bar = "" if p is None else "█" * round(BAR * float(p[i]))
            items: dict[int, Item] = {
                0: Label(f"z {self.at('z', i):>6}", **self.flags(f"z[{t}]")),
                1: Label(f"e^(z−m) {self.at('r', i):>6}", **self.flags(f"r[{t}]")),
                2: Label(f"ŷ {self.at('yhat', i):>5} {bar}", **self.flags(f"yhat[{t}]")),
            }
            rows.append(Row(f"{self.vocabulary[i]}{'  ←' if target == i else ''}", items, mark=target == i))
        return Matrix(id="softmax", priority=8, title=self.say("softmax", K=self.K), rows=rows, least=AROUND)

    def at(self, family: str, i: int) -> str:
        """An entry of this timestep's vector, in figures."""
        values = self.view.get(f"{family}[{self.t or 0}]")
        return "·" if values is None else five(float(values[i])).strip()

    def numbers(self) -> Matrix:
        """The same softmax in cells, which the inspector explains."""
        t, K = self.t or 0, self.K
        items: dict[int, Item] = {
            0: self.column(f"z[{t}]", K, subscripted("z", t)),
            1: self.column(f"r[{t}]", K, "e^(z−m)"),
            2: self.scalar(f"Z[{t}]", title="Σ"),
            3: self.column(f"yhat[{t}]", K, subscripted("ŷ", t)),
        }
        return flow("numbers", items, 7)

    def moves(self) -> Matrix:
        """How far the one weight moves every state, and every loss."""
        bars = norm_bars({t: self.view.get(f"move[{t}]") for t in self.near})
        by_w: dict[int, Item] = {}
        for t in self.near:
            value = self.figure(f"dw[{t}]").strip()
            by_w[t] = Label(value, role="dim" if value == "·" else "", **self.flags(f"dw[{t}]"))
        rows = [self.row_of(self.say("move"), "move", self.H), Row(self.say("size"), bars), Row("∂Eₜ/∂w", by_w)]
        return Matrix(id="moves", priority=10, axis=self.axis, rows=rows)

    def fields(self) -> dict[str, Any]:
        row, column, s = int(self.knobs["row"]), int(self.knobs["column"]), self.view.get("s[0]")
        last = self.t == self.T - 1 and "dw" in self.view.written
        return {
            "T": self.T, "K": self.K, "H": self.H, "f": self.knobs["activation"],
            "text": in_short(self.inputs),
            "s0": "·" if s is None else " ".join(five(float(v)).strip() for v in s[:4]),
            "dw": self.figure("dw").strip() if last else "·",
            "w": entry("W", (row, column)),
        }  # fmt: skip
