"""The stages of `activations`: all functions at one point; a chain of layers in columns; scores in columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.device import HOST
from engine.maths.activations import ACTIVATIONS
from lessons.building.over_log import over_log
from lessons.building.staging import LessonStage
from lessons.contract.panels import Axis, Item, Label, Line, Matrix, Plot, Row, Stage
from lessons.explaining.figures import five
from lessons.explaining.typeset import name as typeset

REACH = 6.0
"""How far the curves are drawn at least."""
LAWS = {"most": ("m",), "raise": ("r", "Z"), "share": ("p",), "slope": ("loss", "by_z")}


class ActivationsStage(LessonStage):
    """A position of one of the three experiments."""

    def show_curve(self) -> Stage:
        """Six functions at one net input, one column each."""
        i, names = self.view.loop("i"), list(ACTIVATIONS)
        lit = names[i - 1] if i else str(self.knobs["activation"])
        called = tuple(self.say(name) for name in names)
        heads: dict[int, Item] = {
            n: Label(called[n], role="head" if name == lit else "dim") for n, name in enumerate(names)
        }
        rows = [Row("", heads)]
        for label, family in (("f(net)", "f"), ("f'(net)", "df")):
            rows.append(Row(label, {n: self.scalar(f"{family}_{name}") for n, name in enumerate(names)}))
        return [
            self.law(f"f_{lit}", f"df_{lit}"),
            self.side_by_side({"net": "net"}, id="point"),
            Matrix(id="values", priority=9, axis=Axis(called, (i or 1) - 1, 1, close=True), rows=rows),
            self.curve(lit),
        ]

    def curve(self, name: str) -> Plot:
        """One function and its slope, with the net input on both."""
        f, net = ACTIVATIONS[name], float(self.params["net"][0])
        reach = max(REACH, float(np.ceil(abs(net))))
        x = np.linspace(-reach, reach, 481)
        y = f.f(HOST.xp, x) + 0
        heights = {"linear": (-reach, reach), "relu": (-0.5, reach)}.get(name, (-1.2, 1.2))
        marks = ((self.number(f"f_{name}"), "●"), (self.number(f"df_{name}"), "◆"))
        points = [(net, value, mark) for value, mark in marks if value is not None]
        lines = [Line(self.say(name), x, y), Line(self.say("slope"), x, f.slope(HOST.xp, y), True)]
        return Plot(id="curve", priority=8, lines=lines, x=(-reach, reach), y=heights, points=points)

    def show_layers(self) -> Stage:
        """Up through the layers, and the gradient down again."""
        depth, down = int(self.knobs["depth"]), ("down", -1) in self.view.path
        axis = Axis(tuple(str(k) for k in range(depth + 1)), self.view.loop("k") or 0, 1, close=True)
        outputs: dict[int, Item] = {k: self.shown(f"h[{k}]" if k else "net") for k in range(depth + 1)}
        rows = [
            Row(self.say("layer"), {k: Label(str(k), role="dim") for k in range(depth + 1)}),
            Row("h", outputs),
            Row("f'", {k: self.slope(k) for k in range(1, depth + 1)}),
            self.row("g = ∂E/∂hₖ", "g", range(depth + 1)),
        ]
        return [
            self.law("d", "g") if down else self.law("net", "h"),
            Matrix(id="layers", priority=10, axis=axis, rows=rows),
            self.side_by_side({"w": "w", "dw": "∂E/∂w", "dnet": "∂E/∂net"}, id="weight", priority=8),
            self.fading(depth),
        ]

    def slope(self, k: int) -> Label:
        """f' at layer k, from where the walk down has used it."""
        output = self.view.get(f"h[{k}]")
        if output is None or not self.known(f"d[{k}]"):
            return Label("·", role="dim")
        return Label(five(float(ACTIVATIONS[str(self.knobs["activation"])].slope(HOST.xp, output)[0])))

    def fading(self, depth: int) -> Plot:
        """|g| over the layers, on a log axis: a straight line down is a product of equal factors."""
        known = [(k, self.number(f"g[{k}]")) for k in range(depth + 1)]
        sizes = [(float(k), abs(g)) for k, g in known if g]
        lines = [Line("|g|", [k for k, _ in sizes], [g for _, g in sizes])] if len(sizes) > 1 else []
        return over_log("fading", 7, self.say("fading"), (0, depth), lines, [(k, g, "●") for k, g in sizes])

    def show_softmax(self) -> Stage:
        """K scores and what becomes of them, one column each."""
        K, phase = self.lengths["K"], next((name for name, _ in self.view.path if name in LAWS), "most")
        columns = range(1, K + 1)
        axis = Axis(tuple(map(str, columns)), (self.view.loop("i") or 1) - 1, 1, close=K > 4)
        labels = {"z": self.say("score"), "r": "r", "p": self.say("share"), "by_z": "∂L/∂z"}
        heads = Row("", {i: Label(str(i + 1), role="dim") for i in range(K)})
        rows = [heads, *(self.row(label, family, columns) for family, label in labels.items())]
        lengths = (_bar(self.number(f"p[{i}]"), 5 if K > 4 else 12) for i in columns)
        bars = Row("", {i: Label(bar, role="forward") for i, bar in enumerate(lengths)})
        return [
            self.law(*LAWS[phase], right=f"T = {float(self.knobs['temperature']):g}"),
            Matrix(id="scores", priority=10, axis=axis, rows=rows),
            Matrix(id="bars", priority=5, axis=axis, rows=[bars]),
            self.side_by_side({"m": "m = max z", "Z": "Z = Σ", "L": "−ln p₁"}, id="sums", priority=8),
        ]

    def show_two(self) -> Stage:
        """Softmax of the first two scores, the sigmoid of their difference under it, and what lies between them."""
        by_sigmoid = ("sigmoid", -1) in self.view.path
        d = float(self.params["z"][0] - self.params["z"][1])
        difference = f"{typeset('z[1]')} − {typeset('z[2]')}"
        rows = [
            Row("", {0: Label("1", role="dim"), 1: Label("2", role="dim")}),
            Row(self.say("score"), {n: self.shown(f"z[{n + 1}]") for n in (0, 1)}),
            Row("r", {n: self.shown(f"r[{n + 1}]") for n in (0, 1)}),
            Row("softmax: p₁", {0: self.shown("p[1]")}),
            Row(f"σ({difference})", {0: self.shown("s")}),
            Row(self.say("gap"), {0: self.shown("gap")}),
        ]
        return [
            self.law("s", "gap") if by_sigmoid else self.law("r_two", "p_two"),
            Matrix(id="two", priority=10, rows=rows, axis=Axis(("1", "2"), 0, 2)),
            self.on_sigmoid(d, difference),
        ]

    def on_sigmoid(self, d: float, title: str) -> Plot:
        """The sigmoid over the difference of two scores, with their softmax on it."""
        reach, p = max(REACH, float(np.ceil(abs(d)))), self.number("p[1]")
        x = np.linspace(-reach, reach, 481)
        lines = [Line("σ", x, ACTIVATIONS["sigmoid"].f(HOST.xp, x))]
        points = [] if p is None else [(d, p, "●")]
        title = self.say("on_sigmoid", d=title)
        return Plot(id="sigmoid", priority=7, title=title, lines=lines, x=(-reach, reach), y=(-0.1, 1.1), points=points)

    def fields(self) -> dict[str, Any]:
        depth = int(self.knobs["depth"])
        return self.figures("net", "w", sigmoid="df_sigmoid", tanh="df_tanh", bottom="dnet", first="p[1]") | {
            "f": self.knobs["activation"], "depth": depth, "K": self.lengths["K"],
            "T": f"{float(self.knobs['temperature']):g}", "quarter": five(0.25**depth),
        }  # fmt: skip


def _bar(share: float | None, most: int) -> str:
    return "" if share is None or not np.isfinite(share) else "█" * round(most * share) or "▏"
