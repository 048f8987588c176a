"""The stages of `generate`: a window of letters, a net that writes, and one that learns: samples, bits, its guesses."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from engine.device import HOST, HostArray
from engine.walks.step import split
from lessons.building.experiment import column
from lessons.building.stage_parts import Rules, flow, laws, subscripted
from lessons.contract.panels import (
    Axis,
    Beside,
    Block,
    Curve,
    Item,
    Label,
    Matrix,
    Panel,
    Picture,
    Row,
    Series,
    Stage,
    Table,
)
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.data.corpora import PYTHON
from lessons.explaining.figures import cells, cut, ending, five, number
from lessons.recurrent.corner import Part
from lessons.recurrent.generate import learning
from lessons.recurrent.in_time import letter

WIDE, NAME, BAR = 62, 10, 14
LEAD = 40
"""Letters that the text names of the window."""
"""Cells of the text under which the net is watched, of what stands before it, and of a bar."""
EXPECTED, SAMPLES = 5, 7
CHANCES = ((0.05, " "), (0.2, "░"), (0.5, "▒"), (2.0, "▓"))
"""How likely the next letter was held to be, by the first bound that it is under."""
UP, DOWN = " ░▒▓", " -=≡"
"""How active a unit is, above and below 0."""
SHARES = (0.1, 0.4, 0.7)


class Shown(Part):
    """A position."""

    def __init__(self, view: View, text: Text) -> None:
        inputs = view.start.inputs
        self.letters: str = inputs["letters"]
        self.cell_ = learning.cell_of(view.knobs)
        phases = [name for name, index in view.path if index < 0]
        self.writes = "write" in phases
        if "read" in phases:
            read = learning.under(view.knobs)[:-1]
        elif view.training is not None and not self.writes:
            read = learning.streams(view.knobs).window(view.training.n).x[:, 0]
        else:
            read = learning.held(view.knobs).codes[: learning.streams(view.knobs).T]
        self.read = [int(code) for code in read]
        T = 24 if self.writes else len(self.read)
        super().__init__(view, text, self.cell_, T, list(self.letters))
        n = view.loop("layer")
        self.level = self.cell_.levels[n - 1] if n is not None else self.cell_.levels[-1]
        self.above = self.cell_.levels[-1]

    @cached_property
    def axis(self) -> Axis:
        labels = tuple(f"t={t}" for t in range(self.T))
        return Axis(labels, self.t or 0, self.part)

    @property
    def gate(self) -> str:
        road = self.cell.road or self.cell.gates
        at = next((name for name in reversed([n for n, i in self.view.path if i < 0]) if name.startswith("gate_")), "")
        return at.removeprefix("gate_") or road

    def said(self, code: int) -> str:
        """A letter as it is shown."""
        return letter(self.letters[code])

    def read_row(self) -> Row:
        """The letters that are read."""
        if self.writes:
            found: dict[int, Item] = {}
            for t in self.near:
                x = self.view.get(f"x[{t}]")
                found[t] = Label("·" if x is None else self.said(int(x.argmax())), **self.flags(f"x[{t}]"))
            return Row(self.say("input"), found)
        return Row(self.say("input"), {t: Label(self.said(self.read[t])) for t in self.near})

    def forward(self) -> Matrix:
        """The letters, the gates and the states of the layer at work, and what is guessed."""
        of = self.level
        gates = [(f"{q}{of} {self.say(f'gate_{q}')}", f"{q}{of}") for q in self.cell.gates if q != "h"]
        families = [*gates, *((f"{s}{of}", f"{s}{of}") for s in reversed(self.cell.states))]
        rows = [self.head(), self.read_row(), *self.over_time(families, "over").rows]
        if not self.writes:
            rows.append(self.guesses().rows[0])
        return self.of_units("over", rows)

    def backward(self) -> Matrix:
        """What comes back to the layer at work."""
        of = self.level
        families = [
            *((f"∂E/∂{s}{of}", f"g{s}{of}") for s in reversed(self.cell.states)),
            *((f"δ{q}{of}", f"delta_{q}{of}") for q in self.cell.gates),
        ]
        rows = [self.head(), self.read_row(), *self.over_time(families, "over").rows]
        return self.of_units("over", rows)

    @property
    def lit(self) -> str:
        return f"delta_{self.gate}{self.level}" if self.back else f"{self.gate}{self.level}"

    def weights(self) -> Matrix:
        """A corner of the parameters of the gate at work; on the way back of their gradient."""
        q, of, H, K = self.gate, self.level, self.H, self.K
        if self.phase == "output":
            items: dict[int, Item] = {0: self.parameter("V", (K, H)), 1: self.parameter("by", (K, 1))}
            if self.t is not None and not self.writes:
                items[2] = self.number_of(f"E[{self.t}]", False, subscripted("E", self.t))
        else:
            wide = H if of else K
            items = {0: self.parameter(f"W{q}{of}", (H, wide)), 1: self.parameter(f"U{q}{of}", (H, H))}
            if self.back:
                items = {
                    0: self.parameter(f"U{q}{of}", (H, H)),
                    1: self.parameter(f"dU{q}{of}", (H, H), f"∂E/∂U{q}{of}"),
                }
        return flow("weights", items, 5)

    # writing

    def written(self) -> Picture:
        """What has been written so far."""
        picks = [self.number(f"pick[{t}]") for t in range(self.T)]
        said = "".join(self.said(int(pick)) for pick in picks if pick is not None)
        first = self.said(int(learning.held(self.view.knobs).codes[0]))
        marks = [(0, 0, self.say("wrote"), "label"), (0, NAME, first, "dim")]
        marks.append((0, NAME + cells(first), said, "written"))
        return Picture(id="wrote", priority=10, marks=marks)

    def draw(self) -> list[Panel]:
        """The likeliest letters with what they were drawn by; u and the pick in cells."""
        t = self.t or 0
        q, F, u, pick = (self.view.get(f"{name}[{t}]") for name in ("q", "F", "u", "pick"))
        rows = []
        chosen = None if pick is None else int(pick.reshape(-1)[0])
        if q is not None:
            some = sorted(range(len(q)), key=lambda i: -q[i])[: EXPECTED + 1]
            if chosen is not None and chosen not in some:
                some[-1] = chosen
            for i in sorted(some):
                low = 0.0 if F is None or i == 0 else float(F[i - 1])
                span = "·" if F is None else f"{five(low).strip()} – {five(float(F[i])).strip()}"
                rows.append((self.said(i), five(float(q[i])).strip(), bar(float(q[i])), span))
            lit = None if chosen is None else sorted(some).index(chosen)
        else:
            lit = None
        items: dict[int, Item] = {
            0: self.number_of(f"u[{t}]", False), 1: self.number_of(f"pick[{t}]", False),
            2: self.vector(f"q[{t}]", self.K, "column"),
        }  # fmt: skip
        titles = ("u", "pick", "q")
        items = {i: block_titled(item, titles[i]) for i, item in items.items() if i < 2}
        said = "" if u is None else five(float(u.reshape(-1)[0])).strip()
        heads = (self.say("letter"), "q", "", self.say("between", u=said))
        return [Table(id="draw", priority=9, heads=heads, rows=rows, lit=lit), flow("chance", items, 8)]

    # learning

    @cached_property
    def watched(self) -> tuple[HostArray, list[HostArray], list[HostArray]]:
        """The text that the net is watched on, as codes; what it expects after every letter; the top layer's h."""
        codes = learning.under(self.view.knobs)
        theta = {name: column(HOST, value) for name, value in self.view.start.params.items()}
        run = learning.run_over(HOST, self.cell, theta, codes, self.K)
        return codes, [made["yhat"][:, 0] for made in run.made], [made[self.cell.top][:, 0] for made in run.made]

    @cached_property
    def spot(self) -> int:
        """The letter that is looked at: the cursor's, else the one that surprised most."""
        codes, yhat, _ = self.watched
        if self.view.cursor is not None:
            _, at = split(self.view.cursor[0])
            if at and at[0] < len(yhat):
                return int(at[0])
        return int(np.argmin([each[codes[t + 1]] for t, each in enumerate(yhat)]))

    def under(self) -> Picture:
        """The text, how likely each of its letters was held to be, and the units that follow something best."""
        codes, yhat, h = self.watched
        known = self.view.training
        follows = known.state.data.reading.follows if known is not None and known.state is not None else ()
        rows: list[tuple[str, str]] = [(self.say("p_of_it"), "forward")]
        best = sorted(follows, key=lambda each: -abs(each.correlation))[:2]
        rows += [(self.say("unit", n=each.unit), "curve2") for each in best]
        marks: list[tuple[int, int, str, str]] = [(0, 0, self.say("text"), "label")]
        marks += [(y, 0, cut(label, NAME - 1), "label") for y, (label, _) in enumerate(rows, 1)]
        x, first = NAME, max(0, self.spot - 48)
        for t in range(first, len(codes)):
            said = self.said(int(codes[t]))
            wide = cells(said)
            if x + wide > NAME + WIDE:
                break
            marks.append((0, x, said, "head" if t == self.spot + 1 else ""))
            if t:
                p = float(yhat[t - 1][codes[t]])
                glyph = next(sign for bound, sign in CHANCES if p < bound)
                marks.append((1, x, glyph * wide, rows[0][1]))
            for y, each in enumerate(best, 2):
                if t < len(h):
                    marks.append((y, x, shade(float(h[t][each.unit])) * wide, rows[y - 1][1]))
            if t == self.spot + 1:
                marks.append((len(rows) + 1, x, "▲", "head"))
            x += wide
        return Picture(id="under", priority=9, title=self.say("under"), marks=marks)

    def expected(self) -> Table:
        """What the net expects at ▲."""
        codes, yhat, _ = self.watched
        t = self.spot
        rows = [
            (letter(said), five(p).strip(), bar(p)) for said, p in learning.likeliest(yhat[t], self.letters, EXPECTED)
        ]
        before = ending("".join(self.said(int(code)) for code in codes[: t + 1]), 4)
        return Table(id="expected", priority=8, heads=(self.say("expected", before=before), "p", ""), rows=rows)

    def near_cells(self) -> Matrix:
        """The loss at the letters around ▲, in cells that the cursor can go to."""
        codes, yhat, _ = self.watched
        axis = Axis(tuple(self.said(int(code)) for code in codes[1:]), self.spot, 1, close=True)
        items: dict[int, Item] = {}
        for t in range(max(0, self.spot - 10), min(len(yhat), self.spot + 11)):
            E = np.array([[-np.log(max(float(yhat[t][codes[t + 1]]), 1e-300))]])
            items[t] = Block(f"E[{t}]", E, (1, 1), "row")
        heads: dict[int, Item] = {t: Label(self.said(int(codes[t + 1]))) for t in items}
        return Matrix(
            id="cells", priority=9, title=self.say("losses"), rows=[Row("", heads), Row("E", items)], axis=axis
        )


def block_titled(item: Item, title: str) -> Item:
    """A block with a name above it."""
    from dataclasses import replace

    return replace(item, title=title) if isinstance(item, Block) else item


def bar(p: float) -> str:
    """A chance as a bar."""
    return ("█" * round(BAR * p)).ljust(BAR)


def shade(value: float) -> str:
    """How active a unit is, as one character."""
    level = sum(abs(value) >= share for share in SHARES)
    return (UP if value >= 0 else DOWN)[level]


def panels(view: View, text: Text, rules: Rules) -> Stage:
    """The panels of a position."""
    shown = Shown(view, text)
    if view.training is not None and not view.training.open:
        return live(shown)
    phases = [name for name, index in view.path if index < 0]
    if "clip" in phases or "step" in phases:
        return [shown.stepped()]
    if shown.writes:
        return [laws(rules, *write_ops(shown)), shown.written(), *shown.draw(), shown.forward()]
    if shown.back:
        return [shown.law_back(), shown.backward(), shown.weights()]
    return [laws(rules, *forward_ops(shown)), shown.forward(), shown.weights()]


def write_ops(shown: Shown) -> tuple[str, ...]:
    """The operations whose rules are shown while it writes."""
    ops = {"draw": ("F", "pick"), "output": ("a", "q")}.get(shown.phase)
    return forward_ops(shown) if ops is None else ops


def forward_ops(shown: Shown) -> tuple[str, ...]:
    """The operations whose rules are shown on the way forward."""
    of = shown.level
    if shown.phase == "output":
        return ("a", "yhat") if shown.writes else ("a", "yhat", "E")
    if shown.phase == "cell" and shown.gate != "h":
        return tuple(f"{state}{of}" for state in reversed(shown.cell.states))
    return shown.makes_gate(of)


def live(shown: Shown) -> Stage:
    """Training from outside: samples, the curve, what it expects of a text, what its units follow."""
    training = shown.view.training
    assert training is not None
    assert training.state is not None
    reading: learning.Reading = training.state.data.reading
    rows = [
        (number(each.n), f"{each.bits:.2f}", each.text.replace("\n", "⏎").replace("\t", "⇥"))
        for each in reading.samples[-SAMPLES:]
    ]
    taus = " → ".join(dict.fromkeys(f"{each.tau:g}" for each in reading.samples[-SAMPLES:]))
    heads = (shown.say("update"), shown.say("bits"), shown.say("sample", tau=taus))
    wide = max((cells(row[2]) for row in rows), default=0)
    rows = [(a, b, c + " " * (wide - cells(c))) for a, b, c in rows]
    marks: list[tuple[int, str, str]] = [(training.n, "▲", number(training.n))]
    curve = Curve(
        id="curve", priority=6, title=shown.say("curve", bits=f"{reading.bits:.2f}", even=f"{np.log2(shown.K):.2f}"),
        series=[Series(name, y, first, i > 0) for i, (name, y, first) in enumerate(training.also[0])], marks=marks,
        reach=max(300, training.latest), least_top=float(np.log2(shown.K)), ends=len(training.also[0]) > 1,
    )  # fmt: skip
    return [
        Picture(id="recipe", priority=6, marks=[(0, 0, recipe(shown), "")]),
        Table(id="samples", priority=10, heads=heads, rows=rows, lit=len(rows) - 1 if rows else None),
        shown.under(),
        shown.near_cells(),
        Beside(id="sides", priority=7, stacks=[[shown.expected()], [follows(shown, reading)]], shares=(1.0, 1.0)),
        curve,
        shown.weights(),
    ]


def follows(shown: Shown, reading: learning.Reading) -> Table:
    """What single units followed when the last sample was written."""
    rows = [
        (shown.say(f"trait_{each.what}"), str(each.unit), five(each.correlation).strip()) for each in reading.follows
    ]
    heads = (shown.say("follows", n=number(reading.samples[-1].n)), shown.say("of_unit"), shown.say("correlation"))
    return Table(id="follows", priority=6, heads=heads, rows=rows)


def recipe(shown: Shown) -> str:
    """What is trained, in a line."""
    knobs = shown.view.knobs
    layers = "" if shown.cell.layers == 1 else shown.say("layers", n=shown.cell.layers)
    B, rate, text = learning.streams(knobs).B, f"{float(knobs['rate']):g}", source(shown.view, shown.text)
    given = {"H": knobs["hidden"], "T": shown.T, "B": B, "K": shown.K, "optimiser": knobs["optimiser"], "rate": rate}
    return shown.say("recipe", cell=str(knobs["cell"]).upper(), layers=layers, text=text, **given)


def source(view: View, text: Text) -> str:
    """Where the text is from."""
    if view.knobs["text"]:
        return text.phrase("labels", "typed")
    name = str(view.knobs["corpus"])
    return text.phrase("labels", "python") if name == PYTHON else cut(name, 24)


def says(view: View, text: Text) -> dict[str, Any]:
    """The fields that the text of `generate` may use."""
    knobs, held = view.knobs, learning.held(view.knobs)
    K = len(held.letters)
    a = view.get("a[0]")
    tau = float(knobs["temperature"])
    tops = ["·", "·"]
    if a is not None:
        for i, at in enumerate((tau, tau / 2)):
            q = np.exp((a.reshape(-1) - a.max()) / at)
            tops[i] = f"{float((q / q.sum()).max()):.4f}"
    training, T = view.training, learning.streams(knobs).T
    return {
        "K": K, "letters": number(len(held.codes)), "dropped": number(held.dropped), "even": f"{np.log2(K):.2f}",
        "H": int(knobs["hidden"]), "T": T, "tau": f"{tau:g}",
        "cell": str(knobs["cell"]).upper(),
        "window": "".join(letter(c) for c in view.start.inputs["window"][: min(T, LEAD)]) + "…" * (T > LEAD),
        "source": source(view, text),
        "rate": f"{float(knobs['rate']):g}", "optimiser": knobs["optimiser"], "here": tops[0], "half": tops[1],
        "n": number(training.n) if training is not None else 0, "layers": int(knobs["layers"]),
    }  # fmt: skip
