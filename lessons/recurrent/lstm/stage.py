"""The stages of `lstm` and `gru`: the road over time with its gates under it, the way back, and what is left of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from engine.gated.cell import Cell
from lessons.building.stage_parts import Parts, Rules, flow, lawful, laws, subscripted
from lessons.contract.panels import (
    Axis,
    Bar,
    Block,
    Curve,
    Edge,
    Graph,
    Item,
    Label,
    Laws,
    Matrix,
    Node,
    Row,
    Series,
    Stage,
)
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.explaining.figures import five
from lessons.explaining.figures import loss as loss_figures
from lessons.explaining.typeset import subscript
from lessons.recurrent.bptt.parts import guess, letter


class Shown(Parts):
    """A position."""

    def __init__(self, view: View, text: Text, cell: Cell, T: int, vocabulary: Sequence[str]) -> None:
        super().__init__(view, text)
        self.cell, self.inputs = cell, view.start.inputs
        self.T, (self.K, self.H) = T, view.start.params["V"].shape
        self.vocabulary = [letter(each) for each in vocabulary]
        self.t = view.loop("t") if view.loop("t") is not None else view.loop("k")
        phases = [name for name, index in view.path if index < 0]
        self.phase = phases[-1] if phases else "forward"
        self.back = "backward" in phases or "ledger" in phases

    @cached_property
    def axis(self) -> Axis:
        """One column a timestep."""
        return Axis(tuple(f"t={t}" for t in range(self.T)), self.t or 0, self.H)

    @cached_property
    def near(self) -> range:
        """The timesteps that may be in sight."""
        focus = self.t or 0
        return range(max(0, focus - 12), min(self.T, focus + 13))

    def left(self, family: str, k: int) -> str:
        """The symbol of what the way back leaves at timestep k."""
        return f"{family}[{k}]"

    @property
    def op(self) -> str:
        """The operation at work; "" before the first."""
        return self.view.step.op if self.view.step else ""

    def law_back(self, rules: Rules) -> Laws:
        """The law of a step of the way back; of a larger one, of what it is explained by: the error on the road, dW."""
        levels, k = tuple(reversed(self.cell.levels)), self.t or 0
        told = [self.left(f"g{self.cell.states[-1]}{level}", k) for level in levels]
        told += [f"dW{self.gate}{level}" for level in levels if self.phase == "sum"]
        found = self.view.writer(next((name for name in told if name in self.view.written), ""))
        return lawful(found[0] if found else rules[self.op])

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
        nodes = [
            Node(f"{s}-1", s, -1, f"{s}₋₁", self.vector(f"{s}_init", self.H, editable=True)) for s in self.cell.states
        ]
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
        if self.phase in ("cell", "error", "output"):
            return ""
        return f"delta_{self.gate}" if self.back else self.gate

    def gates(self) -> Matrix:
        """What every gate says, at every timestep."""
        return self.over_time(
            [(f"{q}  {self.say(f'gate_{q}')}", q) for q in self.cell.gates], "gates", 8 if self.back else 9
        )

    def errors(self) -> Matrix:
        """What comes back to every state and gate."""
        return self.over_time([*self.to_states(), *self.to_gates(self.cell.gates)], "errors", 10)

    def to_states(self) -> list[tuple[str, str]]:
        """The errors at the states: (label, family)."""
        return [(self.of_loss(s), f"g{s}") for s in reversed(self.cell.states)]

    def to_gates(self, gates: str) -> list[tuple[str, str]]:
        """The errors at some gates: (label, family)."""
        return [(f"δ{q}", f"delta_{q}") for q in gates]

    def matrix(self, name: str, shape: tuple[int, int], title: str, labels: str = "") -> Block:
        """A matrix of parameters, or its gradient."""
        letters = tuple(self.vocabulary)
        rows, cols = (letters if labels == "rows" else ()), (letters if labels == "cols" else ())
        editable = not name.startswith("d")
        return Block(
            name, self.view.get(name), shape, title=title, rows=rows, cols=cols, editable=editable, **self.flags(name)
        )

    def weights(self) -> Matrix:
        """The parameters of the gate at work; beside them, on the way back, their gradient."""
        q, t = self.gate, self.t
        if self.phase == "output":
            items: dict[int, Item] = {
                0: self.matrix("V", (self.K, self.H), "V", "rows"),
                1: self.vector("by", self.K, "column", True, "by"),
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
            2: self.vector(f"b{q}", self.H, "column", True, f"b{q}"),
        }
        if self.back:
            items |= {
                3: self.matrix(f"dW{q}", (self.H, self.K), f"∂E/∂W{q}"),
                4: self.matrix(f"dU{q}", (self.H, self.H), f"∂E/∂U{q}"),
                5: self.vector(f"db{q}", self.H, "column", False, f"∂E/∂b{q}"),
            }
        elif t is not None and self.phase != "road":
            items[3] = self.vector(f"z{q}[{t}]", self.H, "column", title=f"z{q}{subscript(str(t))}")
        if q == "n" and "bm" in self.cell.more and not self.back:
            items[4] = self.vector("bm", self.H, "column", True, "bm")
            if t is not None:
                items[5] = self.vector(f"m[{t}]", self.H, "column", title=f"m{subscript(str(t))}")
        return flow("weights", items, 7)

    def makes_gate(self, level: str = "") -> tuple[str, ...]:
        """The operations that make the gate at work; before a GRU's new content, what its reset scales."""
        before = (f"m{level}",) if self.gate == "n" and "bm" in self.cell.more else ()
        return (*before, f"z{self.gate}{level}", f"{self.gate}{level}")

    def guesses(self) -> Matrix:
        """ŷ under every t, the likeliest letters first."""
        found: dict[int, Item] = {}
        for t in self.near:
            yhat = self.view.get(f"yhat[{t}]")
            if yhat is None:
                found[t] = Label("·", role="dim")
                continue
            order = np.argsort(-yhat, kind="stable")[:3]
            said = " ".join(guess(self.vocabulary[i], float(yhat[i])) for i in order)
            found[t] = Label(said, **self.flags(f"yhat[{t}]"))
        return Matrix(id="guess", priority=5, axis=self.axis, rows=[Row("ŷ %", found)])

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
                into[k] = Bar(value, abs(value), name in self.view.written, symbol=name)
        rows = [Row(self.say("unit"), first), Row(self.say("mean"), mean)]
        return Matrix(id="bars", priority=9, title=self.say("road_title"), rows=rows, axis=self.axis)


def panels(view: View, text: Text, rules: Rules, cell: Cell) -> Stage:
    """The panels of a position."""
    inputs = view.start.inputs
    shown = Shown(view, text, cell, len(inputs["x"]), inputs["vocabulary"])
    if view.training is not None:
        return training(shown, rules)
    if view.act == "road":
        gate = shown.over_time(
            [(f"{cell.road}  {shown.say(f'gate_{cell.road}')}", cell.road), ("∏", "road")], "gates", 10
        )
        return [laws(rules, shown.op or "road"), shown.graph(), gate, shown.bars(), shown.weights()]
    return passing(shown, rules)


def passing(shown: Shown, rules: Rules) -> Stage:
    """A forward or a backward pass."""
    cell = shown.cell
    if shown.back:
        return [shown.law_back(rules), shown.graph(), shown.errors(), shown.weights(), shown.gates()]
    ops = {"output": ("a", "yhat", "E"), "cell": tuple(reversed(cell.states))}.get(shown.phase, shown.makes_gate())
    return [laws(rules, *ops), shown.graph(), shown.gates(), shown.weights(), shown.guesses()]


def training(shown: Shown, rules: Rules) -> Stage:
    """The loss of every update; and one opened."""
    training = shown.view.training
    assert training is not None
    series = [Series(name, y, first, dotted=i > 0) for i, (name, y, first) in enumerate(training.curves)]
    current = np.asarray(training.curves[training.current][1], dtype=float)
    top = float(current[0]) if current.size and np.isfinite(current[0]) else 1.0
    marks = [(training.n, "▲", shown.say("open" if training.open else "here", n=training.n))]
    curve = Curve(
        id="curve",
        priority=5 if training.open else 10,
        title=shown.say("curve"),
        series=series,
        marks=marks,
        reach=max(100, training.latest),
        least_top=top,
        ends=len(series) > 1,
    )
    if not training.open:
        return [curve, shown.graph(), shown.gates(), shown.guesses(), shown.weights()]
    phases = [name for name, _ in shown.view.path]
    if "clip" in phases or "step" in phases:
        return [curve, stepped(shown)]
    return [curve, *passing(shown, rules)[1:]]


def stepped(shown: Shown) -> Matrix:
    """The parameter that moves: itself, its gradient, what the optimiser remembers of it."""
    p = next((name for name, _ in reversed(shown.view.path) if name in shown.cell.names), shown.cell.names[0])
    value = shown.view.get(p)
    shape = (1, 1) if value is None else (value.shape[0], value.shape[1] if value.ndim == 2 else 1)
    found: dict[int, Item] = {}
    for i, name in enumerate((p, f"d{p}", *(f"{slot}_{p}" for slot in "Gmv" if shown.known(f"{slot}_{p}")))):
        held = shown.view.get(name)
        column = None if held is None else held.reshape(shape)
        lie = "matrix" if value is not None and value.ndim == 2 else "column"
        title = p if not i else f"∂E/∂{p}" if i == 1 else f"{name[0]}({p})"
        found[i] = Block(name, column, shape, lie, title=title, editable=not i, **shown.flags(name))
    norm = shown.number("g_norm")
    if norm is not None:
        found[len(found)] = Label(shown.say("norm", norm=five(norm).strip()), **shown.flags("g_norm"))
    return flow("step", found, 9)


def first_column(view: View) -> list[float]:
    """How long the error of every loss is at the first timestep, as far as it is known."""
    found = (view.get(f"reach[{t},0]") for t in range(len(view.start.inputs["x"])))
    return [float(each.reshape(-1)[0]) for each in found if each is not None]


def says(view: View, text: Text) -> dict[str, Any]:
    """The fields that the text of `lstm` and `gru` may use."""
    knobs, params = view.knobs, view.start.params
    gru = "Wz" in params
    keep, road = view.get("z[1]" if gru else "f[1]"), view.get("road[0]")
    T = len(view.start.inputs["x"])
    shown = view.start.inputs["text"]
    return {
        "T": T, "H": int(params["V"].shape[1]), "K": int(params["V"].shape[0]),
        "text": "".join(letter(each) for each in shown[:16]) + ("…" if len(shown) > 16 else ""),
        "rate": f"{float(knobs['rate']):g}", "optimiser": knobs["optimiser"],
        "bias": f"{float(knobs['keep' if gru else 'forget']):g}".replace("-", "−"),
        "keep": "·" if keep is None else five(float(keep.reshape(-1)[0])).strip(),
        "left": "·" if road is None else five(float(road.reshape(-1)[0])).strip(),
        "ten": T * (T + 1) // 2, "column": "  ".join(five(each).strip() for each in first_column(view)) or "·",
        "last": subscript(str(T - 1)),
        "form": text.phrase("labels", f"form_{knobs['reset']}").replace("`", "") if gru else "",
    }  # fmt: skip
