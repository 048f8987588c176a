"""The stages of `vanishing`: states, the product of Jacobians on a log axis, rivals on one plot, what remedies do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.device import HostArray
from engine.maths.optimisers import UNCLIPPED
from engine.recurrent.vanish import radius
from lessons.building.defaults import function
from lessons.building.over_log import Point, over_log
from lessons.building.stage_parts import corner, flow, growing
from lessons.building.staging import Lengths, LessonStage
from lessons.contract.panels import Block, Item, Label, Line, Matrix, Plot, Row, Stage, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.explaining.typeset import name as symbol_name
from lessons.explaining.typeset import subscript

PART = 4
"""Units that are shown in digits."""
NAMES = ("tanh .5", "tanh .9", "tanh 1.5", "linear 1.5", "relu I", "relu I 5n", "gate")


class VanishingStage(LessonStage):
    """A position."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.H, self.T = self.lengths["H"], self.lengths["T"]
        self.part = min(PART, self.H)

    def show_run(self) -> Stage:
        """The states, one timestep after the other."""
        t = self.view.loop("t") or 0
        first = max(0, min(t - 3, self.T - 6))
        rows = []
        for i in range(first, min(first + 6, self.T)):
            net, s = ("net", "s") if i == first else ("", "")
            items: dict[int, Item] = {
                0: corner(self, f"net[{i}]", self.part, net, True), 1: corner(self, f"s[{i}]", self.part, s, True),
                2: Label(self.mean_slope(i)),
            }  # fmt: skip
            rows.append(Row(f"t={i}", items, mark=i == t))
        states = Matrix(id="states", priority=10, title=self.say("states", n=self.part, H=self.H), rows=rows)
        start = flow("start", {0: corner(self, "s_init", self.part, "s₋₁", True)}, 6)
        return [self.law("net", "s"), states, self.weights(), start]

    def weights(self, *more: tuple[str, str]) -> Matrix:
        """The first entries of W, which can be edited; and of other matrices, by (symbol, title)."""
        part = "" if self.part == self.H else f" 1–{self.part}/{self.H}"
        corners: dict[int, Item] = {
            i: corner(self, name, self.part, title + part) for i, (name, title) in enumerate((("W", "W"), *more))
        }
        return flow("weights", corners, 8)

    def mean_slope(self, t: int) -> str:
        """The mean slope of the units at t."""
        s = self.view.get(f"s[{t}]")
        return "·" if s is None else five(float(np.mean(function(self.knobs).slope(np, s))))

    def show_joints(self) -> Stage:
        """Back from the last state, one Jacobian more in the product at each step."""
        k = self.view.loop("k")
        joint = [(f"J[{k + 1}]", f"J{k + 1}")] if k is not None and k + 1 < self.T else []
        product = [(f"P[{k}]", f"P{k}")] if k is not None else []
        return [self.law("J", "P", "reach"), self.reach(), self.factors(), self.weights(*joint, *product)]

    @property
    def most(self) -> float:
        """γ‖W‖: the largest value of f' times the spectral norm of W. No Jacobian has a larger norm."""
        f = function(self.knobs)
        gamma = f.slope(np, f.f(np, np.array([0.0, 1.0]))).max()
        return float(gamma * np.linalg.norm(self.params["W"], 2))

    def known_numbers(self, family: str, first: str = "") -> HostArray:
        """The numbers of a family over t as far as they are known, NaN where not."""
        numbers = [self.number(f"{family}[{first}{t}]") for t in range(self.T)]
        return np.array([np.nan if each is None else each for each in numbers], dtype=float)

    def log_plot(self, id: str, priority: int, title: str, lines: Sequence[Line], points: Sequence[Point] = ()) -> Plot:
        """Lines over T timesteps."""
        return over_log(id, priority, title, (0.0, float(max(self.T - 1, 1))), lines, points)

    def over_distance(self, values: HostArray, name: str) -> Line:
        """Numbers by timestep, drawn from the last timestep back."""
        return Line(name, np.arange(self.T, dtype=float), values[::-1])

    def reach(self) -> Plot:
        """The norm of the product over the distance."""
        values, k = self.known_numbers("reach"), self.view.loop("k")
        points = [] if k is None else [(float(self.T - 1 - k), float(values[k]), "●")]
        lines = [self.over_distance(values, self.say("product"))]
        if self.most < 1:  # then this bound falls, and the product stays below it
            m = np.arange(self.T, dtype=float)
            lines.append(Line("√H (γ‖W‖)ᵐ", m, self.H**0.5 * self.most**m, True))
        last, most = subscript(str(self.T - 1)), five(self.most).strip()
        title = self.say("reach", T=self.T - 1, last=last, most=most)
        return self.log_plot("reach", 9, title, lines, points)

    def factors(self) -> Table:
        """The latest Jacobians: the mean slope, the norm of the Jacobian, the norm of the product so far."""
        k = self.view.loop("k")
        top = self.T - 1 if k is None else k
        rows = []
        for i in range(min(top + 5, self.T - 1), top - 1, -1):
            product = self.figure(f"reach[{i}]").strip()
            if i == self.T - 1:
                rows.append((str(i), "", "", product))
                continue
            J = self.view.get(f"J[{i + 1}]")
            joint = "·" if J is None else five(float(np.linalg.norm(J, 2))).strip()
            rows.append((f"{i + 1} → {i}", self.mean_slope(i + 1).strip(), joint, product))
        heads = (self.say("factor"), self.say("mean_slope"), self.say("joint"), self.say("product"))
        return growing("factors", heads, rows, 8)

    def show_compare(self) -> Stage:
        """Rivals on the same noise, one after the other."""
        units, _, kind = NAMES[self.view.loop("v") or 0].partition(" ")
        state = () if units == "gate" else (f"u_{units}" + "_louder" * kind.endswith("5n"),)
        return [self.law(*state, f"Q_{units}", "far"), self.rivals(), self.ends(), self.rival_at_work()]

    def rivals(self) -> Plot:
        """All rivals so far, on one log axis."""
        lines = []
        for v, name in enumerate(NAMES):
            values = self.known_numbers("far", f"{v},")
            known = values[np.isfinite(values)]
            if known.size:
                label = f"{name} {five(float(known[-1])).strip()}"
                lines.append(Line(label, np.arange(self.T, dtype=float), values, v % 2 == 1))
        return self.log_plot("rivals", 10, self.say("rivals"), lines)

    def ends(self) -> Table:
        """Where each rival stands now and at the end."""
        t, rows = self.view.loop("t"), []
        for v, name in enumerate(NAMES):
            now = "·" if t is None else self.figure(f"far[{v},{t}]").strip()
            rows.append((name, now, self.figure(f"far[{v},{self.T - 1}]").strip()))
        heads = (self.say("rival"), f"t={t if t is not None else 0}", f"t={self.T - 1}")
        return Table(id="ends", priority=8, heads=heads, rows=rows, lit=self.view.loop("v"))

    def rival_at_work(self) -> Matrix:
        """The rival's product in cells, what multiplies it, and its state (a gate has none)."""
        v, t = self.view.loop("v") or 0, self.view.loop("t") or 0
        items: dict[int, Item] = {
            0: self.scalar(f"far[{v},{t}]", title="‖Q‖"),
            1: corner(self, f"Q[{v},{t}]", self.part, self.say("product")),
        }  # fmt: skip
        gate = v == len(NAMES) - 1
        factor, state = "gate" if gate else f"M[{v}]", f"u[{v},{t}]"
        u = self.view.get(state)
        if self.known(factor):
            items[2] = corner(self, factor, self.part, symbol_name(factor))
        if u is not None and not gate:
            column = u.reshape(-1, 1)[: self.part]
            items[3] = Block(state, column, column.shape, "column", title=symbol_name(state), **self.flags(state))
        return Matrix(id="rival", priority=9, rows=[Row(NAMES[v], items)])

    def show_remedies(self) -> Stage:
        """The gradient term by term; what a window keeps of it, and what clipping makes of it."""
        ops = ("g", "clipped") if ("clip", -1) in self.view.path else ("delta", "dW", "near")
        return [self.law(*ops), self.terms(), self.gradient(), self.weights()]

    def gradient(self) -> Matrix:
        """The gradient so far: of all terms, of the window's, and clipped where there is a bound."""
        items: dict[int, Item] = {}
        bounded = (("clipped", "clipped"),) if float(self.knobs["clip"]) < UNCLIPPED else ()
        for i, (name, key) in enumerate((("dW", "all"), ("g_near", "near"), *bounded)):
            value = self.view.get(name)
            norm = "·" if value is None else five(float(np.linalg.norm(value))).strip()
            items[i] = corner(self, name, self.part, self.say(key, norm=norm, window=self.knobs["window"]))
        return flow("gradient", items, 9)

    def terms(self) -> Plot:
        """‖k-th term of ∂E/∂W‖ over how long ago it was."""
        window = min(int(self.knobs["window"]), self.T)
        line = self.over_distance(self.known_numbers("term"), self.say("term"))
        highest = np.nanmax(line.y) if np.isfinite(line.y).any() else None
        edge = [] if highest is None else [(float(window), float(highest), "▼")]
        return self.log_plot("terms", 10, self.say("terms", window=window), [line], edge)

    def fields(self) -> dict[str, Any]:
        knobs, last = self.knobs, self.T - 1
        numbers = self.figures(first="reach[0]", tanh=f"far[2,{last}]", linear=f"far[3,{last}]")
        gate, noise = 1 / (1 + np.exp(-float(knobs["gate"]))), float(np.std(self.inputs["noise"]))
        identity = [self.number(f"far[{v},{last}]") for v in (4, 5)]  # squares count the units that were on all along
        alive, louder = ("·" if each is None else str(round(each**2)) for each in identity)
        return {field: figure.strip() for field, figure in numbers.items()} | {
            "H": self.H, "T": self.T, "radius": five(radius(self.params["W"])).strip(), "f": knobs["activation"],
            "noise": five(noise).strip(), "window": knobs["window"], "clip": f"{float(knobs['clip']):g}",
            "gate": five(float(gate)).strip(), "left": five(float(gate**self.T)).strip(),
            "alive": alive, "louder": louder, "last": subscript(str(last)),
        }  # fmt: skip
