"""The stages of `lstm` and `gru`: the road over time with its gates under it, the way back, and what is left of it."""

from __future__ import annotations

from typing import Any

from engine.gated.cell import Cell
from lessons.building.stage_parts import flow, lawful, subscripted
from lessons.building.staging import Lengths
from lessons.building.training_panel import training_curve, training_of
from lessons.contract.panels import Bar, Block, Edge, Graph, Item, Label, Laws, Matrix, Node, Row, Stage
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.explaining.figures import loss as loss_figures
from lessons.explaining.typeset import subscript
from lessons.recurrent.in_time import TimeStage, in_short


class CellStage(TimeStage):
    """A position in a gated cell that is unrolled over time."""

    level = ""
    """What stands at the names of the layer that is shown."""
    unlit: tuple[str, ...] = ("cell", "error", "output")
    """Phases in which no gate is at work."""

    def __init__(self, lesson: Lengths, view: View, text: Text, cell: Cell) -> None:
        super().__init__(lesson, view, text)
        self.cell = cell
        self.t = self.k if self.t is None else self.t
        phases = [name for name, index in view.path if index < 0]
        self.phase = phases[-1] if phases else "forward"
        self.back = "backward" in phases or "ledger" in phases

    @property
    def focus(self) -> int:
        return self.t or 0

    def left(self, family: str, k: int) -> str:
        """The symbol of what the way back leaves at timestep k."""
        return f"{family}[{k}]"

    @property
    def op(self) -> str:
        """The operation at work; "" before the first."""
        return self.view.step.op if self.view.step else ""

    def law_back(self) -> Laws:
        """The law of a step of the way back; of a larger one, of what it is explained by: the error on the road, dW."""
        levels, k = tuple(reversed(self.cell.levels)), self.t or 0
        told = [self.left(f"g{self.cell.states[-1]}{level}", k) for level in levels]
        told += [f"dW{self.gate}{level}" for level in levels if self.phase == "sum"]
        found = self.view.writer(next((name for name in told if name in self.view.written), ""))
        return lawful(found[0] if found else self.view.rules[self.op])

    @property
    def gate(self) -> str:
        """The gate at work: the one that was written last, else the one on the road."""
        name, op = self.phase, self.op
        if name == "sum":  # what was added to last: dWf, dUf2, dbf
            name = op[2:].rstrip("0123456789") if op[:1] == "d" else ""
        name = name.removeprefix("gate_")
        return name if name and name in self.cell.gates else self.cell.road or self.cell.gates

    def graph(self) -> Graph:
        """States over time: the road from cell to cell (in a GRU from state to state), the output above, x below."""
        road = self.cell.states[-1]
        nodes = [Node(f"{s}-1", s, -1, f"{s}₋₁", self.vector(f"{s}_init", self.H)) for s in self.cell.states]
        edges = []
        written = self.view.written
        for t in self.near:
            E = self.view.get(f"E[{t}]")
            nodes += [
                Node(f"E{t}", "loss", t, "·" if E is None else f"{subscripted('E', t)} {loss_figures(float(E))}",
                     written=f"E[{t}]" in written),
                *(Node(f"{s}{t}", s, t, subscripted(s, t), self.vector(f"{s}[{t}]", self.H)) for s in self.cell.states),
                Node(f"x{t}", "input", t, self.vocabulary[self.inputs["x"][t]]),
            ]  # fmt: skip
            known = self.known(f"{road}[{t}]")
            came = self.back and self.known(self.left(f"g{road}", t))
            way = "backward" if came else "forward" if known else ""
            live = f"{road}[{t}]" in written or self.left(f"g{road}", t) in written
            edges.append(Edge(f"x{t}", f"{road}{t}", "W", way, live))
            if road != "h":
                edges.append(
                    Edge(f"c{t}", f"h{t}", "o", "backward" if came else "forward" if self.known(f"h[{t}]") else "")
                )
            above = "backward" if self.told(t) else "forward" if E is not None else ""
            edges.append(Edge(f"h{t}", f"E{t}", "V", above, f"a[{t}]" in written or f"e[{t}]" in written))
            if t == 0 or t - 1 in self.near:
                edges.append(self.joint(t, known))
        rows = {
            "loss": self.say("loss"),
            **{s: self.say(f"state_{s}") for s in self.cell.states},
            "input": self.say("input"),
        }
        return Graph(id="graph", priority=10, layout="time", rows=rows, nodes=nodes, edges=edges, axis=self.axis)

    def joint(self, t: int, known: bool) -> Edge:
        """The road into timestep t: an error has crossed it when it is known on both sides."""
        road = self.cell.states[-1]
        error, later = (self.left(f"g{road}", k) for k in (t - 1, t))
        crossed = t > 0 and self.back and self.known(error) and self.known(later)
        way = "backward" if crossed else "forward" if known else ""
        live = (error if crossed else f"{road}[{t}]") in self.view.written
        return Edge(f"{road}{t - 1}", f"{road}{t}", self.cell.road if t else "", way, live)

    def of_loss(self, of: str) -> str:
        """∂E/∂ of something."""
        return f"∂E/∂{of}"

    def told(self, t: int) -> bool:
        """Whether the loss at t has sent its error into the net."""
        return self.back and self.known(f"e[{t}]")

    def over_time(self, names: list[tuple[str, str]], id: str, priority: int = 9) -> Matrix:
        """Families under every timestep: (label, family)."""
        rows = [
            Row(label, {t: self.vector(self.left(family, t), self.H) for t in self.near}, mark=family == self.lit)
            for label, family in names
        ]
        return Matrix(id=id, priority=priority, rows=rows, axis=self.axis)

    @property
    def lit(self) -> str:
        """The family at work; states and outputs are none."""
        if self.phase in self.unlit:
            return ""
        return f"delta_{self.gate}{self.level}" if self.back else f"{self.gate}{self.level}"

    def gate_label(self, q: str) -> str:
        """A gate's letter and its name."""
        return f"{q}  {self.say(f'gate_{q}')}"

    def gates(self) -> Matrix:
        """What every gate says, at every timestep."""
        return self.over_time([(self.gate_label(q), q) for q in self.cell.gates], "gates", 8 if self.back else 9)

    def errors(self) -> Matrix:
        """What comes back to every state and gate."""
        return self.over_time([*self.to_states(), *self.to_gates(self.cell.gates)], "errors", 10)

    def to_states(self) -> list[tuple[str, str]]:
        """The errors at the states: (label, family)."""
        return [(self.of_loss(s + self.level), f"g{s}{self.level}") for s in reversed(self.cell.states)]

    def to_gates(self, gates: str) -> list[tuple[str, str]]:
        """The errors at some gates: (label, family)."""
        return [(f"δ{q}{self.level}", f"delta_{q}{self.level}") for q in gates]

    def weights(self) -> Matrix:
        """The parameters of the gate at work; beside them, on the way back, their gradient."""
        q, t = self.gate, self.t
        if self.phase == "output":
            items: dict[int, Item] = {
                0: self.matrix("V", (self.K, self.H), "V", "rows"),
                1: self.vector("by", self.K, "column", title="by"),
            }
            if t is not None:
                items |= {
                    2: self.vector(f"a[{t}]", self.K, "column", title=subscripted("a", t)),
                    3: self.vector(f"yhat[{t}]", self.K, "column", title=subscripted("ŷ", t)),
                }
            return flow("weights", items, 7)
        items = {
            0: self.matrix(f"W{q}", (self.H, self.K), f"W{q}", "cols"),
            1: self.matrix(f"U{q}", (self.H, self.H), f"U{q}"),
            2: self.vector(f"b{q}", self.H, "column", title=f"b{q}"),
        }
        if self.back:
            items |= {
                3: self.matrix(f"dW{q}", (self.H, self.K), f"∂E/∂W{q}"),
                4: self.matrix(f"dU{q}", (self.H, self.H), f"∂E/∂U{q}"),
                5: self.vector(f"db{q}", self.H, "column", title=f"∂E/∂b{q}"),
            }
        elif t is not None and self.phase != "road":
            items[3] = self.vector(f"z{q}[{t}]", self.H, "column", title=f"z{q}{subscript(str(t))}")
        if q == "n" and "bm" in self.cell.more and not self.back:
            items[4] = self.vector("bm", self.H, "column", title="bm")
            if t is not None:
                items[5] = self.vector(f"m[{t}]", self.H, "column", title=f"m{subscript(str(t))}")
        return flow("weights", items, 7)

    def forward_ops(self) -> tuple[str, ...]:
        """The operations at work on the way forward; before a GRU's new content, what its reset scales."""
        if self.phase == "output":
            return "a", "yhat", "E"
        if self.phase == "cell" and self.cell.gates != "h":  # a plain cell's gate is its state
            return tuple(f"{state}{self.level}" for state in reversed(self.cell.states))
        before = ("m",) if self.gate == "n" and "bm" in self.cell.more else ()
        return tuple(f"{op}{self.level}" for op in (*before, f"z{self.gate}", self.gate))

    def bars(self) -> Matrix:
        """The road as bars: what is left of the first unit, and of all in the mean."""
        first: dict[int, Item] = {}
        mean: dict[int, Item] = {}
        for k in self.near:
            held, name = self.view.get(f"road[{k}]"), f"road[{k}]"
            if held is None:
                first[k] = mean[k] = Label("·", role="dim")
                continue
            for into, value in ((first, float(held[0])), (mean, float(held.mean()))):
                into[k] = Bar(value, abs(value), name in self.view.written)
        rows = [Row(self.say("unit"), first), Row(self.say("mean"), mean)]
        return Matrix(id="bars", priority=9, title=self.say("road_title"), rows=rows, axis=self.axis)

    def road_bars(self) -> Stage:
        """What is left of the first timestep's state, gate by gate along the road."""
        road = self.cell.road
        gate = self.over_time([(self.gate_label(road), road), ("∏", "road")], "gates", 10)
        return [self.law(self.op or "road"), self.graph(), gate, self.bars(), self.weights()]

    def passing(self) -> Stage:
        """A forward or a backward pass."""
        if self.back:
            return [self.law_back(), self.graph(), self.errors(), self.weights(), self.gates()]
        return [self.law(*self.forward_ops()), self.graph(), self.gates(), self.weights(), self.guesses()]

    def stepped(self) -> Matrix:
        """The parameter that moves: itself, its gradient, what the optimiser remembers of it."""
        p = next((name for name, _ in reversed(self.view.path) if name in self.cell.names), self.cell.names[0])
        value = self.view.get(p)
        shape = (1, 1) if value is None else (value.shape[0], value.shape[1] if value.ndim == 2 else 1)
        lie = "matrix" if value is not None and value.ndim == 2 else "column"
        slots = {f"{slot}_{p}": f"{slot}({p})" for slot in "Gmv" if self.known(f"{slot}_{p}")}
        items = dict[int, Item]()
        for name, title in ({p: p, f"d{p}": f"∂E/∂{p}"} | slots).items():
            held = self.view.get(name)
            column = None if held is None else held.reshape(shape)
            items[len(items)] = Block(name, column, shape, lie, title=title, **self.flags(name))
        norm = self.number("g_norm")
        if norm is not None:
            items[len(items)] = Label(self.say("norm", norm=five(norm).strip()), **self.flags("g_norm"))
        return flow("step", items, 9)


class GatedStage(CellStage):
    """A position of `lstm` or `gru`."""

    def show_forward(self) -> Stage:
        return self.passing()

    def show_backward(self) -> Stage:
        return self.passing()

    def show_road(self) -> Stage:
        return self.road_bars()

    def show_train(self) -> Stage:
        """The loss of every update; and one opened."""
        training = training_of(self.view)
        curve = training_curve(self, self.say("curve"), priority=5 if training.open else 10)
        if not training.open:
            return [curve, self.graph(), self.gates(), self.guesses(), self.weights()]
        if {"clip", "step"} & {name for name, _ in self.view.path}:
            return [curve, self.stepped()]
        return [curve, *self.passing()[1:]]

    def fields(self) -> dict[str, Any]:
        gru, T = "Wz" in self.params, self.T
        strip = {
            name: figure.strip()
            for name, figure in self.figures(keep="z[1]" if gru else "f[1]", left="road[0]").items()
        }
        form = self.text.phrase("labels", f"form_{self.knobs['reset']}").replace("`", "") if gru else ""
        return strip | {
            "T": T, "H": self.H, "K": self.K, "text": in_short(self.inputs["text"]), "ten": T * (T + 1) // 2,
            "rate": f"{float(self.knobs['rate']):g}", "optimiser": self.knobs["optimiser"],
            "bias": f"{float(self.knobs['keep' if gru else 'forget']):g}".replace("-", "−"),
            "column": "  ".join(five(each).strip() for each in first_column(self.view)) or "·",
            "last": subscript(str(T - 1)), "form": form,
        }  # fmt: skip


def first_column(view: View) -> list[float]:
    """The norm of every loss's error at the first timestep, as far as it is known."""
    reached = (view.get(f"reach[{t},0]") for t in range(len(view.start.inputs["x"])))
    return [float(each.reshape(-1)[0]) for each in reached if each is not None]
