"""The stages of `srn`: the unrolled net with the cell at work in numbers; and one weight's doings over time."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.walks.step import symbol
from lessons.building.stage_parts import flow, subscripted
from lessons.contract.panels import Bar, Item, Label, Matrix, Row, Stage
from lessons.explaining.figures import five
from lessons.explaining.typeset import name, subscript
from lessons.recurrent.bptt.rows import SrnStage
from lessons.recurrent.in_time import in_short

BAR, LETTERS = 18, 12
"""Cells of the longest bar; letters that are shown of a vocabulary."""


class CellStage(SrnStage):
    """A position in one cell, or in what one of its weights does over time."""

    def show_cell(self) -> Stage:
        """The cell from its inputs to its state, then the softmax above it."""
        top = [*self.strip(), self.graph(), self.inside()]
        if ("output", -1) in self.view.path:
            ops = ("o", "raised", "Z", "yhat", "E")
            return [self.law(*ops), *top, self.softmax(), self.numbers(), self.output()]
        return [self.law("in", "rec", "z", "s"), *top, self.weights(), self.softmax()]

    def show_shared(self) -> Stage:
        """One weight, met at every timestep."""
        law = self.law("move" if self.t else "move_0", "dE")
        return [law, *self.strip(), self.graph(), self.moves(), self.total(), self.weights()]

    def inside(self) -> Matrix:
        """The cell at work: what comes in, what comes back, their sum, the state."""
        t = self.t or 0
        low, before = subscript(str(t)), name(symbol("s", t - 1))
        titles = {"in_": f"U x{low}", "rec": f"W {before}", "z": f"z{low}", "s": f"s{low}"}
        items: dict[int, Item] = {
            i: self.vector(symbol(of, t), self.H, "column", title=title) for i, (of, title) in enumerate(titles.items())
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
                0: Label(f"o {self.at('o', i):>6}", **self.flags(f"o[{t}]")),
                1: Label(f"e^(o−max) {self.at('raised', i):>6}", **self.flags(f"raised[{t}]")),
                2: Label(f"ŷ {self.at('yhat', i):>5} {bar}", **self.flags(f"yhat[{t}]")),
            }
            rows.append(Row(f"{self.vocabulary[i]}{'  ←' if target == i else ''}", items))
        return Matrix(id="softmax", priority=8, title=self.say("softmax", K=self.K), rows=rows)

    def at(self, family: str, i: int) -> str:
        """An entry of this timestep's vector, in figures."""
        values = self.view.get(f"{family}[{self.t or 0}]")
        return "·" if values is None else five(float(values[i])).strip()

    def numbers(self) -> Matrix:
        """The same softmax in cells, which the inspector explains."""
        t, K = self.t or 0, self.K
        items: dict[int, Item] = {
            0: self.vector(f"o[{t}]", K, "column", title=subscripted("o", t)),
            1: self.vector(f"raised[{t}]", K, "column", title="e^(o−max)"),
            2: self.scalar(f"Z[{t}]", title="Σ"),
            3: self.vector(f"yhat[{t}]", K, "column", title=subscripted("ŷ", t)),
        }
        return flow("numbers", items, 7)

    def weights(self) -> Matrix:
        """The weights, the same at every timestep."""
        items: dict[int, Item] = {
            0: self.matrix("U", (self.H, self.K), "U", "cols", self.inputs["x"][self.t or 0]),
            1: self.matrix("W", (self.H, self.H), "W"),
            2: self.vector("b", self.H, "column", title="b"),
        }
        return flow("weights", items, 8)

    def output(self) -> Matrix:
        """The weights above the state."""
        items: dict[int, Item] = {
            0: self.matrix("V", (self.K, self.H), "V", "rows"),
            1: self.vector("c", self.K, "column", title="c"),
        }
        return flow("output", items, 6)

    def moves(self) -> Matrix:
        """How far the one weight moves every state, and every loss."""
        moves = {t: self.view.get(f"move[{t}]") for t in self.near}
        norms = {t: float(np.linalg.norm(move)) for t, move in moves.items() if move is not None}
        most = max(norms.values(), default=0.0) or 1.0
        bars: dict[int, Item] = {
            t: Bar(norms[t], norms[t] / most) if t in norms else Label("·", role="dim") for t in self.near
        }
        by_w: dict[int, Item] = {}
        for t in self.near:
            value = self.figure(f"dw[{t}]").strip()
            by_w[t] = Label(value, role="dim" if value == "·" else "", **self.flags(f"dw[{t}]"))
        rows = [self.row_of(self.say("move"), "move", self.H), Row(self.say("size"), bars), Row("∂Eₜ/∂w", by_w)]
        return Matrix(id="moves", priority=10, axis=self.axis, rows=rows)

    def total(self) -> Matrix:
        """The sum so far, in a cell."""
        items: dict[int, Item] = {
            0: self.scalar("dw", title="Σ ∂Eₜ/∂w"), 1: self.scalar(f"dw[{self.t or 0}]", title="∂Eₜ/∂w"),
        }  # fmt: skip
        return flow("total", items, 9)

    def fields(self) -> dict[str, Any]:
        row, column, s = int(self.knobs["row"]), int(self.knobs["column"]), self.view.get("s[0]")
        last = self.t == self.T - 1 and "dw" in self.view.written
        return {
            "T": self.T, "K": self.K, "H": self.H, "f": self.knobs["activation"],
            "text": in_short(self.inputs["text"]),
            "s0": "·" if s is None else " ".join(five(float(v)).strip() for v in s[:4]),
            "dw": self.figure("dw").strip() if last else "·",
            "w": f"W{subscript(f'{row}{column}')}" if max(row, column) < 10 else f"W[{row},{column}]",
        }  # fmt: skip
