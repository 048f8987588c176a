"""The stages of `mlp`: the net layer by layer, forward and back; and training, with every unit's field."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.building.stage_parts import Parts, Rules, flow, laws, measured, subscripted
from lessons.contract.panels import Axis, Block, Curve, Edge, Graph, Item, Label, Matrix, Node, Panel, Row, Stage
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.explaining.figures import loss as loss_figures
from lessons.explaining.typeset import subscript
from lessons.feedforward.mlp import experiment as exp
from lessons.feedforward.mlp.plane import Plane


class Shown(Parts):
    """A position of a forward or backward pass, or of a step."""

    def __init__(self, view: View, text: Text) -> None:
        super().__init__(view, text)
        self.units = exp.sizes(view.knobs)
        self.depth = len(self.units) - 1
        held = view.held("x")
        self.B = 1 if held is None else int(held.shape[1])
        self.n = view.loop("layer")
        self.phase = self._phase()

    def _phase(self) -> str:
        """forward, backward, clip, move, or after."""
        names = [name for name, index in self.view.path if index < 0]
        return next((name for name in ("clip", "move", "after", "backward") if name in names), "forward")

    @property
    def focus(self) -> int:
        """The layer at work: of a step, that of the parameter which moved last."""
        parameter = next((name for name, _ in reversed(self.view.path) if name[1:].isdecimal()), "")
        return self.n or (int(parameter[1:]) if parameter else self.depth if self.view.path else 1)

    def block(self, name: str, size: int, title: str = "") -> Block:
        """What a layer holds: a column for each example."""
        value = self.view.get(name)
        shown = None if value is None else value.reshape(size, -1)
        lie = "column" if self.B == 1 else "matrix"
        return Block(name, shown, (size, self.B), lie, title=title, **self.flags(name))

    @property
    def axis(self) -> Axis:
        """One column a layer, the inputs first."""
        f = str(self.view.knobs["activation"])
        hidden = tuple(f"{self.say('layer', n=n)} · {f}" for n in range(1, self.depth))
        out = f"{self.say('output')} · {exp.net_of(self.view.knobs).unit(self.depth).name}"
        return Axis((self.say("inputs"), *hidden, out), self.focus, 1)

    def graph(self) -> Graph:
        """Outputs of every layer; the weights between them carry them forward, and errors back."""
        E = self.number("E")
        known = [self.known(f"h{n}") for n in range(self.depth + 1)]
        nodes = [Node("h0", "output", 0, "x", self.block("x", self.units[0]), **self.flags("x"))]
        edges = []
        for n in range(1, self.depth + 1):
            name = f"h{n}"
            nodes.append(Node(name, "output", n, subscripted("h", n), self.block(name, self.units[n])))
            back = self.phase == "backward" and self.known(f"delta{n}") and n > 1
            live = f"z{n}" in self.view.written or (back and f"delta{n - 1}" in self.view.written)
            way = "backward" if back and self.known(f"delta{n - 1}") else "forward" if known[n] or live else ""
            edges.append(Edge(f"h{n - 1}", name, subscripted("W", n), way, live))
        shown = "·" if E is None else f"E {loss_figures(E)}"
        nodes.append(Node("E", "loss", self.depth, shown, written="E" in self.view.written))
        up = "backward" if self.phase == "backward" else "forward" if E is not None else ""
        edges.append(Edge(f"h{self.depth}", "E", "", up, "E" in self.view.written))
        rows = {"loss": self.say("loss"), "output": self.say("out")}
        return Graph(id="graph", priority=10, layout="time", rows=rows, nodes=nodes, edges=edges, axis=self.axis)

    def under(self) -> Matrix:
        """Net inputs, on the way back errors, under the layer that they belong to."""
        every = range(1, self.depth + 1)
        up = self.phase in ("forward", "after")
        family, label = ("z", "net") if up else ("delta", "error")
        row = Row(self.say(label), {n: self.block(f"{family}{n}", self.units[n]) for n in every})
        return Matrix(id="under", priority=10, rows=[row], axis=self.axis)

    def matrix(self, name: str, n: int, title: str, editable: bool = False) -> Block:
        value = self.view.get(name)
        return Block(
            name, value, (self.units[n], self.units[n - 1]), title=title, editable=editable, **self.flags(name)
        )

    def weights(self) -> list[Matrix]:
        """Every layer's weights, and beside them their gradient and what the optimiser remembers."""
        found = []
        for n in range(1, self.depth + 1):
            size, low = self.units[n], subscript(str(n))
            items: dict[int, Item] = {
                0: self.matrix(f"W{n}", n, f"W{low}", True),
                1: self.vector(f"b{n}", size, "column", True, f"b{low}"),
            }
            if self.phase != "forward" and self.phase != "after":
                items |= {
                    2: self.matrix(f"dW{n}", n, f"∂E/∂W{low}"),
                    3: self.vector(f"db{n}", size, "column", False, f"∂E/∂b{low}"),
                }
            for slot in ("G", "m", "v"):
                if self.phase == "move" and self.known(f"{slot}_W{n}"):
                    items[len(items)] = self.matrix(f"{slot}_W{n}", n, f"{slot}(W{low})")
            found.append(flow(f"layer{n}", items, 9 if n == self.focus else 6))
        return found

    def put_in(self) -> list[Panel]:
        """The example that goes through, as it was given: its point and what is wanted of it, both to be edited."""
        i = int(self.view.knobs["example"])
        if self.view.training is not None or not self.known(f"point[{i}]"):
            return []
        items: dict[int, Item] = {
            0: Label(self.say("example", i=i)),
            1: self.vector(f"point[{i}]", 2, "row", True),
            2: Label(self.say("wanted")),
            3: self.scalar(f"target[{i}]", True),
        }
        return [flow("example", items, 7)]

    def law(self, rules: Rules) -> Panel:
        """The formulas of the layer at work."""
        n, phase = self.focus, self.phase
        parameter = next((name for name, _ in reversed(self.view.path) if name[1:].isdecimal()), f"W{n}")
        if phase == "clip":
            return laws(rules, f"clip_{parameter}")
        if phase == "move":
            slots = [op for op in rules if op.endswith(f"_{parameter}") and op[0] in "Gmv" and op[1] == "_"]
            return laws(rules, *slots, f"step_{parameter}")
        if phase == "backward":
            return laws(rules, f"delta{n}", f"dW{n}")
        last = ("loss", -1) in self.view.path
        return laws(rules, "E") if last else laws(rules, f"z{n}", f"h{n}")


def panels(view: View, text: Text, rules: Rules) -> Stage:
    """The panels of a position."""
    if view.training is not None:
        return training(view, text, rules)
    return passing(Shown(view, text), rules)


def passing(shown: Shown, rules: Rules) -> Stage:
    """A forward or backward pass, or a step: the net, and under it the weights."""
    norm = [Matrix(id="norm", priority=5, rows=[clipped(shown)])] if shown.phase == "clip" else []
    was = [before(shown)] if shown.phase == "after" else []
    return [shown.law(rules), *shown.put_in(), shown.graph(), shown.under(), *was, *shown.weights(), *norm]


def before(shown: Shown) -> Matrix:
    """E as it was before the step."""
    E = five(exp.loss_of_one(shown.view.knobs, shown.view.start)).strip()
    return Matrix(id="was", priority=7, rows=[Row("E", {0: Label(shown.say("was", E=E))})])


def clipped(shown: Shown) -> Row:
    """The gradient's length beside what is let through."""
    norm, most = shown.number("g_norm"), float(shown.view.knobs["clip"])
    if norm is None:
        return Row("‖g‖", {})
    said = shown.say("norm", norm=five(norm), clip=five(most) if most < 1e300 else "∞")
    return Row("‖g‖", {0: Label(said, **shown.flags("g_norm"))})


def training(view: View, text: Text, rules: Rules) -> Stage:
    """Act 4: the plane and its units, or the curves; and one update opened, as in the acts before."""
    training, plane = view.training, Plane(view, text)
    assert training is not None
    if training.open:
        return [*passing(Shown(view, text), rules), curve(plane)]
    return [curve(plane, 11), plane.network()] if view.flipped else [plane.network(), curve(plane, 4)]


def curve(plane: Plane, priority: int = 7) -> Curve:
    """Both losses of the run in focus; of several runs, the test loss of each (what teaches, where none test)."""
    training = plane.view.training
    assert training is not None
    train, test = training.also
    tested = bool(plane.start.inputs["x_test"])
    if len(training.curves) > 1:
        shown = test if tested else train
        series = [measured(name, y, first, i > 0) for i, (name, y, first) in enumerate(shown)]
    else:
        series = [measured(plane.say("curve_train"), train[0][1], train[0][2], False)]
        if tested:
            series.append(measured(plane.say("curve_test"), test[0][1], test[0][2], True))
    marks = [(training.n, "▲", plane.say("open" if training.open else "here", n=training.n))]
    known = [value for line in series for value in np.asarray(line.y, dtype=float)[:1] if np.isfinite(value)]
    every = exp.batches(plane.knobs, plane.start).between(len(plane.start.inputs["x"]))
    name = ("curves" if len(training.curves) > 1 else "curve") + ("" if tested else "_train")
    title = plane.say(f"title_{name}", every=every)
    return Curve(
        id="curve", priority=priority, title=title, series=series, marks=marks, reach=max(100, training.latest),
        least_top=max([0.1, *known]), ends=len(training.curves) > 1,
    )  # fmt: skip


def says(view: View, text: Text) -> dict[str, Any]:
    """The fields that the text of `mlp` may use."""
    knobs, start = view.knobs, view.start
    units, taught = exp.sizes(knobs), start.inputs["y"]
    plan, x = exp.batches(knobs, start), view.get("x")
    flat = np.zeros(0) if x is None else x.reshape(units[0], -1)[:, 0]
    wanted = float(taught[min(int(knobs["example"]), len(taught)) - 1])
    return {
        "shape": "-".join(map(str, units)), "last": subscript(str(len(units) - 1)), "f": knobs["activation"],
        "N": len(taught), "rate": f"{float(knobs['rate']):g}", "batch": min(int(knobs["batch"]), len(taught)),
        "per": plan.per_epoch(len(taught)), "optimiser": knobs["optimiser"], "i": knobs["example"],
        "x": ", ".join(f"{v:.3g}" for v in flat).replace("-", "−") or "·", "y": f"{wanted:g}".replace("-", "−"),
        "E": first(view, "E"), "delta": first(view, f"delta{len(units) - 1}"),
    }  # fmt: skip


def first(view: View, symbol: str) -> str:
    """The first number of a symbol, as it is shown; · where it is not known yet."""
    held = view.get(symbol)
    return "·" if held is None else five(float(held.reshape(-1)[0])).strip()
