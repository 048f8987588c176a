"""The stages of `mlp`: the net layer by layer, forward and back; and training, with every unit's field."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.building.chain_rule import chain_of_layer, transposed
from lessons.building.stage_parts import flow, subscripted
from lessons.building.staging import Lengths, LessonStage
from lessons.building.training_panel import training_curve, training_of
from lessons.contract.panels import (
    Axis,
    Block,
    Curve,
    Edge,
    Graph,
    Item,
    Label,
    Layer,
    Matrix,
    Net,
    Node,
    Panel,
    Row,
    Stage,
    Wires,
)
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.explaining.figures import loss as loss_figures
from lessons.explaining.typeset import subscript
from lessons.feedforward.mlp import experiment as exp
from lessons.feedforward.mlp.plane import Plane


class MlpStage(LessonStage):
    """A position of a forward or backward pass, of a step, or of training."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.plane = Plane(self)
        self.units, self.depth, self.net = self.plane.units, self.plane.depth, self.plane.net
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
        hidden = tuple(f"{self.say('layer', n=n)} · {self.knobs['activation']}" for n in range(1, self.depth))
        out = f"{self.say('output')} · {self.net.unit(self.depth).name}"
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
            live = f"net{n}" in self.view.written or (back and f"delta{n - 1}" in self.view.written)
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
        family, label = ("net", "net") if up else ("delta", "error")
        row = Row(self.say(label), {n: self.block(f"{family}{n}", self.units[n]) for n in every})
        return Matrix(id="under", priority=10, rows=[row], axis=self.axis)

    def matrix(self, name: str, n: int, title: str) -> Block:
        shape = (self.units[n], self.units[n - 1])
        return Block(name, self.view.get(name), shape, title=title, **self.flags(name))

    def layers_of_weights(self) -> list[Matrix]:
        """Every layer's weights, and beside them their gradient and what the optimiser remembers."""
        found = []
        for n in range(1, self.depth + 1):
            size, low = self.units[n], subscript(str(n))
            items: dict[int, Item] = {
                0: self.matrix(f"W{n}", n, f"W{low}"),
                1: self.vector(f"b{n}", size, "column", title=f"b{low}"),
            }
            if self.phase != "forward" and self.phase != "after":
                items |= {
                    2: self.matrix(f"dW{n}", n, f"∂E/∂W{low}"),
                    3: self.vector(f"db{n}", size, "column", title=f"∂E/∂b{low}"),
                }
            for slot in ("G", "m", "v"):
                if self.phase == "move" and self.known(f"{slot}_W{n}"):
                    items[len(items)] = self.matrix(f"{slot}_W{n}", n, f"{slot}(W{low})")
            if self.phase == "backward" and n == self.focus < self.depth:
                items[len(items)] = transposed(self, f"W{n + 1}", (self.units[n + 1], size))
            found.append(flow(f"layer{n}", items, 9 if n == self.focus else 6))
        return found

    def put_in(self) -> list[Panel]:
        """The example that goes through, as it was given: its point and what is wanted of it, both to be edited."""
        i = int(self.view.knobs["example"])
        if self.view.training is not None or not self.known(f"point[{i}]"):
            return []
        items: dict[int, Item] = {
            0: Label(self.say("example", i=i)),
            1: self.vector(f"point[{i}]", 2),
            2: Label(self.say("wanted")),
            3: self.scalar(f"target[{i}]"),
        }
        return [flow("example", items, 7)]

    def law_at_work(self) -> Panel:
        """The formulas of the layer at work."""
        n, phase = self.focus, self.phase
        parameter = next((name for name, _ in reversed(self.view.path) if name[1:].isdecimal()), f"W{n}")
        if phase == "clip":
            return self.law(f"clip_{parameter}")
        if phase == "move":
            slots = [op for op in self.view.rules if op.endswith(f"_{parameter}") and op[0] in "Gmv" and op[1] == "_"]
            return self.law(*slots, f"step_{parameter}")
        if phase == "backward":
            return self.law(f"delta{n}", f"dW{n}")
        return self.law("E") if ("loss", -1) in self.view.path else self.law(f"net{n}", f"h{n}")

    def passing(self) -> Stage:
        """A forward or backward pass, or a step: the net, and under it the weights."""
        norm = [Matrix(id="norm", priority=5, rows=[self.clipped()])] if self.phase == "clip" else []
        was = [self.before()] if self.phase == "after" else []
        above = [self.law_at_work(), *self.put_in(), self.graph(), self.under()]
        net: list[Panel] = [] if self.view.training is not None else [self.edges()]
        if self.phase == "backward":
            step = self.view.step
            above[1:1] = [chain_of_layer(self.focus, self.depth, step.op if step else "")]
        return [*above, *was, *self.layers_of_weights(), *norm, *net]

    show_forward = show_backward = show_step = passing

    def edges(self) -> Net:
        """The net with its edges; of a single example also what every unit answers. The layer at work is marked."""
        layers = []
        for n, (size, head) in enumerate(zip(self.units, self.axis.labels, strict=True)):
            answers = self.view.get(f"h{n}" if n else "x")
            alone = answers is not None and self.B == 1
            at_work = frozenset(range(size) if self.n == n > 0 else ())
            layers.append(Layer(head, size, answers.reshape(-1) if alone and answers is not None else None, at_work))
        wires = [Wires(self.view.get(f"W{n}")) for n in range(1, self.depth + 1)]
        return Net(id="edges", priority=4, layers=layers, wires=wires)

    def before(self) -> Matrix:
        """E as it was before the step."""
        E = five(exp.loss_of_one(self.knobs, self.view.start)).strip()
        return Matrix(id="was", priority=7, rows=[Row("E", {0: Label(self.say("was", E=E))})])

    def clipped(self) -> Row:
        """The gradient's norm beside what is let through."""
        norm, most = self.number("g_norm"), float(self.knobs["clip"])
        if norm is None:
            return Row("‖g‖", {})
        text = self.say("norm", norm=five(norm), clip=five(most))
        return Row("‖g‖", {0: Label(text, **self.flags("g_norm"))})

    def show_train(self) -> Stage:
        """The plane and its units, or the curves; and one update opened, as in the acts before."""
        training = self.view.training
        assert training is not None
        if training.open:
            return [*self.passing(), self.curve()]
        return [self.curve(11)] if self.view.flipped else [self.plane.network(), self.curve(4)]

    def curve(self, priority: int = 7) -> Curve:
        """Both losses of the run in focus; of several runs, the test loss of each (training loss, where none test)."""
        training = training_of(self.view)
        (train, test), tested, several = training.also[:2], bool(self.inputs["x_test"]), len(training.curves) > 1
        both = [(self.say("curve_train"), *train[0][1:]), (self.say("curve_test"), *test[0][1:])]
        curves = (test if tested else train) if several else both[: 1 + tested]
        known = [float(y[0]) for _, y, _ in curves if len(y) and np.isfinite(y[0])]
        every = exp.batches(self.knobs, self.view.start).between(len(self.inputs["x"]))
        name = ("curves" if several else "curve") + ("" if tested else "_train")
        return training_curve(
            self, self.say(f"title_{name}", every=every), curves, now_and_then=True, priority=priority,
            least_top=max([0.1, *known]), ends=several, marks=self.plane.stop[1] + self.plane.parted[1],
        )  # fmt: skip

    def fields(self) -> dict[str, Any]:
        knobs, taught, x = self.knobs, self.inputs["y"], self.view.get("x")
        first = np.zeros(0) if x is None else x.reshape(self.units[0], -1)[:, 0]
        wanted, rate = float(taught[min(int(knobs["example"]), len(taught)) - 1]), f"{float(knobs['rate']):g}"
        numbers = self.figures("E", delta=f"delta{self.depth}")
        return {field: figure.strip() for field, figure in numbers.items()} | {
            "shape": "-".join(map(str, self.units)), "last": subscript(str(self.depth)), "f": knobs["activation"],
            "N": len(taught), "rate": rate, "batch": min(int(knobs["batch"]), len(taught)),
            "per": exp.batches(knobs, self.view.start).per_epoch(len(taught)), "optimiser": knobs["optimiser"],
            "i": knobs["example"], "x": ", ".join(f"{v:.3g}" for v in first).replace("-", "−") or "·",
            "y": f"{wanted:g}".replace("-", "−"),
        }  # fmt: skip
