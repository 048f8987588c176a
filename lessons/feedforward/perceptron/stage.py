"""The stages of `perceptron`: points in columns, the state, the log of visits, the plane as the state divides it."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.device import HostArray
from lessons.building.over_plane import beyond
from lessons.building.stage_parts import flow, subscripted
from lessons.building.staging import Lengths, LessonStage
from lessons.contract.panels import (
    Axis,
    Block,
    Dot,
    Field,
    Item,
    Label,
    Matrix,
    Multiples,
    Note,
    Panel,
    Row,
    Stage,
    Table,
)
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.feedforward.perceptron.case import run_of

SAYS = 0.3
"""What a field holds where the answer is 1: the lightest glyph; nothing stands where it is 0."""
LOG = 14


class PerceptronStage(LessonStage):
    """A position of the rule on some points."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.case = run_of(self.act, self.knobs, view.start)
        own = run_of("learn" if self.act == "bound" else self.act, self.knobs, view.start)
        self.signs, self.mistakes = own.signs, own.outcome.mistakes
        self.run, self.x, self.y, self.N = self.case.outcome, self.case.x, self.case.y, len(self.case.x)
        self.i, self.epoch = view.loop("i"), view.loop("epoch")

    @property
    def visits(self) -> int:
        """Visits that are over at this position."""
        if self.view.act in ("bound", "circle"):
            return len(self.run.visits)
        if self.i is None or self.epoch is None or self.view.step is None:
            return 0
        n = (self.epoch - 1) * self.N + self.i
        last = ("b", "b_error") if self.run.visits[n - 1].mistake else ("m", "yhat")
        return n if self.view.step.op in last else n - 1

    def points(self) -> Matrix:
        """Every point in a column: where it is, and the class it wants."""
        axis = Axis(tuple(f"{n}" for n in range(1, self.N + 1)), (self.i or 1) - 1, 1, close=self.N > 4)
        near = range(max(0, axis.focus - 16), min(self.N, axis.focus + 17))
        heads: dict[int, Item] = {n: Label(str(n + 1), role="head" if n + 1 == self.i else "dim") for n in near}
        where: dict[int, Item] = {n: self.vector(f"x[{n + 1}]", 2, "column") for n in near}
        wants: dict[int, Item] = {n: self.scalar(f"y[{n + 1}]") for n in near}
        return Matrix(id="points", priority=6, axis=axis, rows=[
            Row(self.say("example"), heads), Row("(xᵢ)₁\n(xᵢ)₂", where), Row(self.say("wants"), wants),
        ])  # fmt: skip

    def weights(self, name: str = "w") -> Block:
        title = "w" if name == "w" else f"w {self.say('then')}"
        return self.vector(name, 2, title=title)

    def log(self) -> Table:
        """The latest visits, the one under way included; a bracket where the state came back."""
        n = self.visits
        first = max(0, n - LOG)
        visit, example, mistake = (self.say(key) for key in ("visit", "example", "mistake"))
        says = ["t", "u", "t·u"] if self.signs else ["y", "u", "ŷ"]
        heads = [visit, example, *says, mistake, "w₁", "w₂", "b", self.say("right", n=self.N)]
        w, b = self.case.w, self.case.b
        rows = [] if first else [self._row(self.say("start"), "", "", "", "", "", w, b, self._right(w, b))]
        for k, v in enumerate(self.run.visits[first:n], first + 1):
            said, y = "✗" if v.mistake else "", float(self.y[v.i - 1])
            goal, output = (2 * y - 1, v.m) if self.signs else (y, 1 - y if v.mistake else y)
            shown = (_short(goal), _short(v.u), _short(output), said)
            rows.append(self._row(str(k), self._name(v.i), *shown, v.w, v.b, v.right))
        cycle = self.run.cycle
        shift = 0 if first else 1
        bracket = None
        if cycle is not None and n >= cycle[1] and cycle[0] - first + shift - 1 >= 0:
            bracket = (cycle[0] - first + shift - 1, cycle[1] - first + shift - 1)
        return Table(id="log", priority=7, heads=heads, rows=rows, lit=len(rows) - 1 if n else None, bracket=bracket)

    def _right(self, w: HostArray, b: float) -> int:
        return int(((self.x @ w + b > 0) == (self.y > 0)).sum())

    @staticmethod
    def _row(*cells: Any) -> tuple[str, ...]:
        *said, w, b, right = cells
        return (*said, _short(w[0]), _short(w[1]), _short(b), str(right))

    def _name(self, i: int) -> str:
        return f"({','.join(f'{v:g}' for v in self.x[i - 1])})".replace("-", "−")

    def plane(self) -> Panel:
        """The plane now; with four points, the last states side by side."""
        n = self.visits
        if self.N > 4:
            return self.field(n, self.say("says"), 11, 46)
        shown = range(max(0, n - (0 if self.view.act == "bound" else 4)), n + 1)
        names = {0: self.say("start")}
        fields = [
            self.field(k, names.get(k, "" if self.act == "bound" else self.say("after", n=k)), 5, 11) for k in shown
        ]
        return Multiples(id="plane", priority=8, title=self.say("says"), fields=fields, arrows=True)

    def field(self, n: int, title: str, rows: int, cols: int) -> Field:
        """What the state after n visits says over the plane."""
        w, b = self.case.after(n)
        (x0, x1), (y0, y1) = beyond(self.x, 0.3 if self.N <= 4 else 0.08)
        xs, ys = np.meshgrid(np.linspace(x0, x1, cols), np.linspace(y1, y0, rows))
        values = np.where(w[0] * xs + w[1] * ys + b > 0, SAYS, 0.0)
        dots = [
            Dot(float(p[0]), float(p[1]), bool(want), lit=i + 1 == self.i and n == self.visits)
            for i, (p, want) in enumerate(zip(self.x, self.y, strict=True))
        ]
        written = n == self.visits and n > 0 and "w" in self.view.written
        return Field(
            id="plane", priority=8, title=title, values=values, x=(x0, x1), y=(y0, y1), dots=dots, written=written
        )

    def show_learn(self) -> Stage:
        """One example at a time."""
        i = self.i or 1
        state: dict[int, Item] = {
            0: self.weights(), 1: self.shown("b", "b"), 2: self.shown(f"u[{i}]", subscripted("u", i)),
            3: self.shown(f"m[{i}]", f"t·{subscripted('u', i)}") if self.signs else self.shown(f"yhat[{i}]"),
        }  # fmt: skip
        moves = ("w", "b") if self.signs else ("yhat", "w_error", "b_error")
        verdict = [self.verdict()] if self.visits == len(self.run.visits) else []
        return [
            self.law("u", *moves), *verdict, self.points(), flow("state", state, 10), self.log(), self.plane(),
        ]  # fmt: skip

    show_xor = show_learn

    def verdict(self) -> Note:
        """How the run ended."""
        run = self.run
        if run.converged:
            text = self.say("converged")
        elif run.cycle:
            text = self.say("cycle", last=run.cycle[1] + 1, first=run.cycle[0] + 1)
        else:
            text = self.say("limit", n=len(run.visits))
        return Note(id="verdict", priority=9, text=text, level="proof")

    def show_bound(self) -> Stage:
        """No more mistakes than (R/γ)²."""
        made = "·" if self.view.hides("mistakes") else self.mistakes
        sums: dict[int, Item] = {
            0: self.weights(), 1: self.shown("b", "b"), 2: self.shown("R", "R"), 3: self.shown("gamma", "γ"),
            4: self.shown("bound", "(R/γ)²"), 5: Label(self.say("made", n=made)),
        }  # fmt: skip
        points = self.points()
        margins: dict[int, Item] = {n: self.shown(f"g[{n + 1}]") for n in points.rows[0].items}
        rows = [*points.rows, Row(self.say("margin"), margins)]
        panels: Stage = [
            self.law("R", "gamma", "bound"),
            Matrix(id="points", priority=9, axis=points.axis, rows=rows),
            flow("sums", sums, 10),
            self.plane(),
        ]
        gamma, bound = self.number("gamma"), self.number("bound")
        if bound is not None and gamma is not None:
            from_zero = not self.case.w.any() and not self.case.b
            key = "no_bound" if not gamma > 0 else "holds" if from_zero else "elsewhere"
            text = self.say(key, n=self.mistakes, most=five(bound))
            panels.append(Note(id="verdict", priority=8, text=text, level="proof" if key == "holds" else "say"))
        return panels

    def show_circle(self) -> Stage:
        """The state is one that was there before."""
        state: dict[int, Item] = {
            0: self.weights(), 1: self.shown("b", "b"), 2: self.weights("w_then"), 3: self.shown("b_then", "b"),
            4: self.shown("gap", self.say("gap")),
        }  # fmt: skip
        return [self.law("gap"), self.verdict(), flow("state", state, 10), self.log(), self.plane()]

    def fields(self) -> dict[str, Any]:
        rate = float(self.knobs["rate"])
        return self.figures("bound") | {
            "N": self.N, "data": str(self.knobs["data"]), "mistakes": self.mistakes, "rule": self.knobs["rule"],
            "visits": len(self.run.visits), "rate": f"{rate:g}", "half": f"{rate / 2:g}",
        }  # fmt: skip


def _short(x: float) -> str:
    x += 0.0  # no minus before a zero
    return f"{x:g}".replace("-", "−") if float(x).is_integer() and abs(x) < 1000 else five(float(x))
