"""The stages of `perceptron`: points in columns, the state, the log of visits, the plane as the state divides it."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.device import HostArray
from engine.feedforward.perceptron import Outcome
from lessons.building.stage_parts import Parts, Rules, flow, laws, subscripted
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
from lessons.contract.view import Start, View
from lessons.explaining.figures import five

SAYS = 0.3
"""What a field holds where the answer is 1: the lightest glyph; nothing stands where it is 0."""
LOG = 14


class Shown(Parts):
    """A position of the rule on some points."""

    def __init__(self, view: View, text: Text, start: Start, run: Outcome) -> None:
        super().__init__(view, text)
        self.start, self.run = start, run
        self.x, self.y = np.array(start.inputs["x"]), np.array(start.inputs["y"])
        self.N = len(self.x)
        self.i, self.epoch = view.loop("i"), view.loop("epoch")

    @property
    def visits(self) -> int:
        """Visits that are over at this position."""
        if self.view.act in ("bound", "circle"):
            return len(self.run.visits)
        if self.i is None or self.epoch is None or self.view.step is None:
            return 0
        n = (self.epoch - 1) * self.N + self.i
        last = "b" if self.run.visits[n - 1].mistake else "m"
        return n if self.view.step.op == last else n - 1

    def points(self) -> Matrix:
        """Every point in a column: where it is, and the class it wants."""
        axis = Axis(tuple(f"{n}" for n in range(1, self.N + 1)), (self.i or 1) - 1, 1, close=self.N > 4)
        near = range(max(0, axis.focus - 16), min(self.N, axis.focus + 17))
        own = self.view.act in ("learn", "bound")
        heads: dict[int, Item] = {n: Label(str(n + 1), role="head" if n + 1 == self.i else "dim") for n in near}
        where: dict[int, Item] = {n: self.vector(f"x[{n + 1}]", 2, "column", own) for n in near}
        wants: dict[int, Item] = {n: self.scalar(f"y[{n + 1}]", own) for n in near}
        return Matrix(id="points", priority=6, axis=axis, rows=[
            Row(self.say("example"), heads), Row("x[0]\nx[1]", where), Row(self.say("wants"), wants),
        ])  # fmt: skip

    def weights(self, name: str = "w") -> Block:
        title = "w" if name == "w" else f"w {self.say('then')}"
        return self.vector(name, 2, editable=name == "w", title=title)

    def log(self) -> Table:
        """The latest visits, the one under way included; a bracket where the state came back."""
        n = self.visits
        first = max(0, n - LOG)
        heads = [self.say(key) for key in ("visit", "example", "t")] + [
            "u",
            "t·u",
            self.say("mistake"),
            "w[0]",
            "w[1]",
            "b",
        ]
        heads.append(self.say("right").format(n=self.N))
        w, b = self.start.params["w"], float(self.start.params["b"][0])
        rows = [] if first else [self._row(self.say("start"), "", "", "", "", "", w, b, self._right(w, b))]
        for k, v in enumerate(self.run.visits[first:n], first + 1):
            said = "✗" if v.mistake else ""
            t = f"{2 * self.y[v.i - 1] - 1:.0f}".replace("-", "−")
            rows.append(self._row(str(k), self._name(v.i), t, _short(v.u), _short(v.m), said, v.w, v.b, v.right))
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
            return self.field(n, f"{self.say('says')}", 11, 46)
        shown = range(max(0, n - (0 if self.view.act == "bound" else 4)), n + 1)
        names = {0: self.say("start")}
        fields = [self.field(k, names.get(k, self.say("after").format(n=k)), 5, 11) for k in shown]
        return Multiples(id="plane", priority=8, title=self.say("says"), fields=fields, arrows=True)

    def field(self, n: int, title: str, rows: int, cols: int) -> Field:
        """What the state after n visits says over the plane."""
        w, b = (self.run.visits[n - 1].w, self.run.visits[n - 1].b) if n else self._begun()
        low, high = self.x.min(axis=0), self.x.max(axis=0)
        margin = np.where(high > low, 0.3 * (high - low) if self.N <= 4 else 0.08 * (high - low), 1.0)
        (x0, y0), (x1, y1) = low - margin, high + margin
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

    def _begun(self) -> tuple[HostArray, float]:
        return self.start.params["w"], float(self.start.params["b"][0])


def _short(x: float) -> str:
    x += 0.0  # no minus before a zero
    return f"{x:g}".replace("-", "−") if float(x).is_integer() and abs(x) < 1000 else five(float(x))


def panels(view: View, text: Text, rules: Rules, start: Start, run: Outcome) -> Stage:
    """The panels of a position."""
    shown = Shown(view, text, start, run)
    return {"learn": learning, "xor": learning, "bound": bounding, "circle": circling}[view.act](shown, rules)


def learning(shown: Shown, rules: Rules) -> Stage:
    """Acts 1 and 3: one example at a time."""
    i = shown.i or 1
    state: dict[int, Item] = {
        0: shown.weights(), 1: shown.vector("b", 1, editable=True, title="b"),
        2: shown.scalar(f"u[{i}]", title=subscripted("u", i)),
        3: shown.scalar(f"m[{i}]", title=f"t·{subscripted('u', i)}"),
    }  # fmt: skip
    found: Stage = [laws(rules, "u", "w", "b"), shown.points(), flow("state", state, 10), shown.log(), shown.plane()]
    if shown.visits == len(shown.run.visits):
        found.insert(1, Note(id="verdict", priority=9, text=verdict(shown), level="proof"))
    return found


def verdict(shown: Shown) -> str:
    """How the run ended."""
    run = shown.run
    if run.converged:
        return shown.say("converged").format(n=run.mistakes)
    if run.cycle:
        return shown.say("cycle").format(last=run.cycle[1] + 1, first=run.cycle[0] + 1)
    return shown.say("limit").format(n=len(run.visits))


def bounding(shown: Shown, rules: Rules) -> Stage:
    """Act 2: no more mistakes than (R/γ)²."""
    sums: dict[int, Item] = {
        0: shown.weights(), 1: shown.vector("b", 1, title="b"), 2: shown.scalar("R", title="R"),
        3: shown.scalar("gamma", title="γ"), 4: shown.scalar("bound", title="(R/γ)²"),
        5: Label(shown.say("made").format(n=shown.run.mistakes)),
    }  # fmt: skip
    points = shown.points()
    margins: dict[int, Item] = {n: shown.scalar(f"g[{n + 1}]") for n in points.rows[0].items}
    rows = [*points.rows, Row(shown.say("margin"), margins)]
    found: Stage = [
        laws(rules, "R", "gamma", "bound"),
        Matrix(id="points", priority=9, axis=points.axis, rows=rows),
        flow("sums", sums, 10),
        shown.plane(),
    ]
    gamma = shown.number("gamma")
    if shown.number("bound") is not None and gamma is not None:
        most = five(shown.number("bound") or 0.0)
        from_zero = not shown.start.params["w"].any() and not shown.start.params["b"].any()
        key = "no_bound" if not gamma > 0 else "holds" if from_zero else "elsewhere"
        said = shown.say(key, n=shown.run.mistakes, most=most)
        found.append(Note(id="verdict", priority=8, text=said, level="proof" if key == "holds" else "say"))
    return found


def circling(shown: Shown, rules: Rules) -> Stage:
    """Act 4: the state is one that was there before."""
    state: dict[int, Item] = {
        0: shown.weights(), 1: shown.vector("b", 1, title="b"), 2: shown.weights("w_then"),
        3: shown.vector("b_then", 1, title="b"), 4: shown.scalar("gap", title=shown.say("gap")),
    }  # fmt: skip
    note = Note(id="verdict", priority=9, text=verdict(shown), level="proof")
    return [laws(rules, "gap"), note, flow("state", state, 10), shown.log(), shown.plane()]


def says(view: View, text: Text, start: Start, run: Outcome) -> dict[str, Any]:
    """The fields that the text of `perceptron` may use."""
    bound = view.get("bound")
    return {
        "N": len(start.inputs["x"]), "data": str(view.knobs["data"]), "mistakes": run.mistakes,
        "visits": len(run.visits),
        "rate": f"{float(view.knobs['rate']):g}", "half": f"{float(view.knobs['rate']) / 2:g}",
        "bound": "·" if bound is None else five(float(bound[0])),
    }  # fmt: skip
