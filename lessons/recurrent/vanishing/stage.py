"""The stages of `vanishing`: states, the product of joints on a log axis, rivals on one plot, what remedies do."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.recurrent.vanish import radius
from lessons.building.experiment import function
from lessons.building.stage_parts import Parts, Rules, laws
from lessons.contract.panels import Block, Item, Label, Line, Matrix, Plot, Row, Stage, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.explaining.typeset import name as symbol_name

PART = 4
"""Units that are shown in digits."""
NAMES = ("tanh .5", "tanh .9", "tanh 1.5", "linear 1.5", "relu I", "gate")
FLOOR = 1e-24
"""The least number that is drawn."""


class Shown(Parts):
    """A position."""

    def __init__(self, view: View, text: Text) -> None:
        super().__init__(view, text)
        self.H, self.T = len(view.start.params["W"]), int(view.knobs["steps"])
        self.part = min(PART, self.H)

    def weights(self, *more: tuple[str, str]) -> Matrix:
        """The first entries of W, which can be edited; and of other matrices."""
        items: dict[int, Item] = {}
        for i, (name, title) in enumerate((("W", "W"), *more)):
            value = self.view.get(name)
            shown = None if value is None else value[: self.part, : self.part]
            part = "" if self.part == self.H else f" 1–{self.part}/{self.H}"
            items[i] = Block(
                name, shown, (self.part, self.part), title=title + part, editable=not i, **self.flags(name)
            )
        return Matrix(id="weights", priority=8, rows=[Row("", items)])

    def some(self, name: str, title: str) -> Block:
        """The first entries of a vector."""
        value = self.view.get(name)
        shown = None if value is None else value.reshape(-1)[None, : self.part]
        return Block(name, shown, (1, self.part), "row", title=title, editable=name == "s_init", **self.flags(name))

    def states(self) -> Matrix:
        """The states around the one at work."""
        t = self.view.loop("t") or 0
        first = max(0, min(t - 3, self.T - 6))
        rows = []
        for i in range(first, min(first + 6, self.T)):
            items: dict[int, Item] = {
                0: self.some(f"z[{i}]", "z" if i == first else ""),
                1: self.some(f"s[{i}]", "s" if i == first else ""),
                2: Label(self._slope(i)),
            }
            rows.append(Row(f"t={i}", items, mark=i == t))
        return Matrix(id="states", priority=10, title=self.say("states", n=self.part, H=self.H), rows=rows)

    def _slope(self, t: int) -> str:
        """The mean slope of the units at t."""
        s = self.view.get(f"s[{t}]")
        if s is None:
            return "·"
        slope = float(np.mean(function(self.view.knobs).slope(np, s)))
        return five(slope)

    def lengths(self, family: str, count: int) -> np.ndarray[Any, Any]:
        """The numbers of a family as far as they are known, NaN where not."""
        found = [self.number(f"{family}[{k}]") for k in range(count)]
        return np.array([np.nan if each is None else each for each in found])

    def reach(self) -> Plot:
        """The length of the product over the distance, on a log axis."""
        values = self.lengths("reach", self.T)[::-1]
        at = np.arange(self.T, dtype=float)
        here = self.view.loop("k")
        mark = [] if here is None else [(float(self.T - 1 - here), float(values[self.T - 1 - here]), "●")]
        known = values[np.isfinite(values) & (values > FLOOR)]
        low, high = (float(known.min()), float(known.max())) if known.size else (1.0, 1.0)
        return Plot(
            id="reach", priority=9, title=self.say("reach", T=self.T - 1), log=True, points=mark,
            x=(0.0, float(max(self.T - 1, 1))), y=(decade(low, -1), decade(high, 1)),
            lines=[Line(self.text.phrase("labels", "product"), at, drawn(values))],
        )  # fmt: skip

    def factors(self) -> Table:
        """The latest joints: the mean slope, how long the joint is, how long the product has become."""
        k = self.view.loop("k")
        top = self.T - 1 if k is None else k
        rows = []
        for i in range(min(top + 5, self.T - 1), top - 1, -1):
            length = self.number(f"reach[{i}]")
            product = "·" if length is None else five(length).strip()
            if i == self.T - 1:
                rows.append((str(i), "", "", product))
                continue
            J, s = self.view.get(f"J[{i + 1}]"), self.view.get(f"s[{i + 1}]")
            slope = "·" if s is None else five(float(np.mean(function(self.view.knobs).slope(np, s)))).strip()
            joint = "·" if J is None else five(float(np.linalg.norm(J, 2))).strip()
            rows.append((f"{i + 1} → {i}", slope, joint, product))
        heads = (self.say("factor"), self.say("mean_slope"), self.say("joint"), self.say("product"))
        return Table(id="factors", priority=8, heads=heads, rows=rows, lit=len(rows) - 1 if rows else None)

    def rivals(self) -> Plot:
        """All rivals so far, on one log axis."""
        at = np.arange(self.T, dtype=float)
        lines, known = [], []
        for v, name in enumerate(NAMES):
            values = np.array(
                [np.nan if (n := self.number(f"far[{v},{t}]")) is None else n for t in range(self.T)], dtype=float
            )
            if np.isfinite(values).any():
                last = values[np.isfinite(values)][-1]
                lines.append(Line(f"{name} {five(float(last)).strip()}", at, drawn(values), v % 2 == 1))
                known += [float(each) for each in values[np.isfinite(values) & (values > FLOOR)]]
        low, high = (min(known), max(known)) if known else (1.0, 1.0)
        return Plot(
            id="rivals", priority=10, title=self.say("rivals"), log=True, lines=lines,
            x=(0.0, float(max(self.T - 1, 1))), y=(decade(low, -1), decade(high, 1)),
        )  # fmt: skip

    def ends(self) -> Table:
        """Where each rival stands now and at the end."""
        t = self.view.loop("t")
        rows = []
        for v, name in enumerate(NAMES):
            here = self.number(f"far[{v},{t}]") if t is not None else None
            end = self.number(f"far[{v},{self.T - 1}]")
            rows.append((name, *("·" if each is None else five(each).strip() for each in (here, end))))
        heads = (self.say("rival"), f"t={t if t is not None else 0}", f"t={self.T - 1}")
        return Table(id="ends", priority=8, heads=heads, rows=rows, lit=self.view.loop("v"))

    def rival_at_work(self) -> Matrix:
        """The rival's product in cells, what multiplies it, and its state (a gate has none)."""
        v, t = self.view.loop("v") or 0, self.view.loop("t") or 0
        value = self.view.get(f"Q[{v},{t}]")
        shown = None if value is None else value[: self.part, : self.part]
        product = Block(
            f"Q[{v},{t}]", shown, (self.part, self.part), title=self.say("product"), **self.flags(f"Q[{v},{t}]")
        )
        items: dict[int, Item] = {0: self.scalar(f"far[{v},{t}]", title="‖Q‖"), 1: product}
        factor, state = "gate" if v == len(NAMES) - 1 else f"M[{v}]", f"u[{v},{t}]"
        M, u = self.view.get(factor), self.view.get(state)
        if M is not None:
            corner = np.atleast_2d(M)[: self.part, : self.part]
            items[2] = Block(factor, corner, corner.shape, title=symbol_name(factor), **self.flags(factor))
        if u is not None and factor != "gate":
            column = u.reshape(-1, 1)[: self.part]
            items[3] = Block(state, column, column.shape, "column", title=symbol_name(state), **self.flags(state))
        return Matrix(id="rival", priority=9, rows=[Row(NAMES[v], items)])

    def gradient(self) -> Matrix:
        """The gradient so far: of all terms, of the window's, clipped."""
        items: dict[int, Item] = {}
        for i, (name, key) in enumerate((("dW", "all"), ("near", "near"), ("clipped", "clipped"))):
            value = self.view.get(name)
            norm = "·" if value is None else five(float(np.linalg.norm(value))).strip()
            shown = None if value is None else value[: self.part, : self.part]
            title = self.say(key, norm=norm, window=self.view.knobs["window"])
            items[i] = Block(name, shown, (self.part, self.part), title=title, **self.flags(name))
        return Matrix(id="gradient", priority=9, rows=[Row("", items)])

    def terms(self) -> Plot:
        """‖k-th term of ∂E/∂W‖ over how long ago it was."""
        values = self.lengths("term", self.T)[::-1]
        known = values[np.isfinite(values) & (values > FLOOR)]
        low, high = (float(known.min()), float(known.max())) if known.size else (1.0, 1.0)
        window = min(int(self.view.knobs["window"]), self.T)
        edge = [] if not known.size else [(float(window), high, "▼")]
        return Plot(
            id="terms", priority=10, title=self.say("terms", window=window), log=True, points=edge,
            x=(0.0, float(max(self.T - 1, 1))), y=(decade(low, -1), decade(high, 1)),
            lines=[Line(self.say("term"), np.arange(self.T, dtype=float), drawn(values))],
        )  # fmt: skip


def drawn(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What can be shown on a log axis: a length of 0 is not there."""
    found: np.ndarray[Any, Any] = np.where(values > FLOOR, values, np.nan)
    return found


def decade(value: float, up: int) -> float:
    """The next power of ten, away from the numbers."""
    exponent = np.log10(max(value, FLOOR))
    return float(10.0 ** (np.floor(exponent) if up < 0 else np.ceil(exponent + 1e-9)))


def panels(view: View, text: Text, rules: Rules) -> Stage:
    """The panels of a position."""
    shown = Shown(view, text)
    start = Matrix(id="start", priority=6, rows=[Row("", {0: shown.some("s_init", "s₋₁")})])
    if view.act == "run":
        return [laws(rules, "z", "s"), shown.states(), shown.weights(), start]
    if view.act == "joints":
        k = view.loop("k")
        more = [("J", k + 1)] if k is not None and k + 1 < shown.T else []
        named = [(f"{name}[{i}]", f"{name}{i}") for name, i in more]
        product = [(f"P[{k}]", f"P{k}")] if k is not None else []
        return [laws(rules, "J", "P", "reach"), shown.reach(), shown.factors(), shown.weights(*named, *product)]
    if view.act == "compare":
        units = ("tanh", "tanh", "tanh", "linear", "relu", "gate")[view.loop("v") or 0]
        state = () if units == "gate" else (f"u_{units}",)
        return [laws(rules, *state, f"Q_{units}", "far"), shown.rivals(), shown.ends(), shown.rival_at_work()]
    clip = ("clip", -1) in view.path
    ops = ("g", "clipped") if clip else ("delta", "dW", "near")
    return [laws(rules, *ops), shown.terms(), shown.gradient(), shown.weights()]


def alive(view: View, T: int) -> str:
    """How many ReLU units have been on all along: their product is 1, that of the others 0."""
    found = view.get(f"far[4,{T - 1}]")
    return "·" if found is None else str(round(float(found.reshape(-1)[0]) ** 2))


def says(view: View, text: Text) -> dict[str, Any]:
    """The fields that the text of `vanishing` may use."""
    knobs, T = view.knobs, int(view.knobs["steps"])
    first = view.get("reach[0]")
    gate = 1 / (1 + np.exp(-float(knobs["gate"])))
    ends = {}
    for v, name in ((2, "tanh"), (3, "linear")):
        found = view.get(f"far[{v},{T - 1}]")
        ends[name] = "·" if found is None else five(float(found.reshape(-1)[0])).strip()
    W, noise = view.start.params["W"], float(np.std(view.start.inputs["noise"]))
    return {
        "H": len(W), "T": T, "radius": five(radius(W)).strip(), "f": knobs["activation"], "noise": five(noise).strip(),
        "window": knobs["window"], "clip": f"{float(knobs['clip']):g}", "gate": five(float(gate)).strip(),
        "first": "·" if first is None else five(float(first.reshape(-1)[0])).strip(),
        "left": five(float(gate**T)).strip(), **ends, "alive": alive(view, T),
    }  # fmt: skip
