"""The stages of `generate`: a window of letters, a net that writes, and one that learns: samples, bits, its guesses."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from engine.device import HOST, HostArray
from engine.walks.step import split
from lessons.building.experiment import column
from lessons.building.stage_parts import flow, subscripted
from lessons.building.staging import Lengths
from lessons.building.training_panel import training_curve, training_of
from lessons.contract.panels import Axis, Beside, Block, Item, Label, Matrix, Picture, Row, Stage, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.data.corpora import PYTHON
from lessons.explaining.figures import cells, cut, ending, five, number
from lessons.recurrent.corner import CornerStage
from lessons.recurrent.generate import learning
from lessons.recurrent.in_time import letter

WRITTEN = 24
"""Letters that are written step by step."""
WIDE, NAME, BAR = 62, 10, 14
"""Cells of the text under which the net is watched, of what stands before it, and of a bar."""
LEAD = 40
"""Letters that the text names of the window."""
EXPECTED, SAMPLES, BEST = 5, 7, 2
"""Letters that are expected, samples, and units that follow something, as many as are shown."""
BEFORE, AROUND = 48, 10
"""Letters of the text before ▲ that may be in sight; cells on either side of it."""
CHANCES = ((0.05, " "), (0.2, "░"), (0.5, "▒"), (2.0, "▓"))
"""How likely the next letter was held to be, by the first bound that it is under."""
UP, DOWN = " ░▒▓", " -=≡"
"""How active a unit is, above and below 0."""
SHARES = (0.1, 0.4, 0.7)


class GenerateStage(CornerStage):
    """A position in a net that reads, writes or learns a text."""

    unlit = ()  # the gate on the road is marked throughout

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text, learning.cell_of(view.knobs))
        self.level = self.cell.levels[(view.loop("layer") or 0) - 1]
        self.writes = "write" in self.phases
        if "read" in self.phases:
            read = learning.under(self.knobs)[:-1]
        elif view.training is not None and not self.writes:
            read = learning.streams(self.knobs).window(view.training.n).x[:, 0]
        else:
            read = learning.coded(self.knobs).codes[: self.T]
        self.read = [int(code) for code in read]
        self.T = WRITTEN if self.writes else len(self.read)

    @cached_property
    def vocabulary(self) -> list[str]:
        return [letter(each) for each in self.inputs["letters"]]

    @property
    def gate(self) -> str:
        """The gate at work; while sums over time grow, that on the road."""
        return super().gate if self.phase != "sum" else self.cell.road or self.cell.gates

    def gate_label(self, q: str) -> str:
        return f"{q}{self.level} {self.say(f'gate_{q}')}"

    # a window, forward and back

    def read_row(self) -> Row:
        """The letters that are read."""
        if not self.writes:
            return Row(self.say("input"), {t: Label(self.vocabulary[self.read[t]]) for t in self.near})
        letters: dict[int, Item] = {}
        for t in self.near:
            x = self.view.get(f"x[{t}]")
            letters[t] = Label("·" if x is None else self.vocabulary[int(x.argmax())], **self.flags(f"x[{t}]"))
        return Row(self.say("input"), letters)

    def forward(self) -> Matrix:
        """The letters, the gates and the states of the layer at work, and what is guessed."""
        guesses = [] if self.writes else [self.guesses().rows[0]]
        return self.under_time(self.gates_and_states(), *guesses)

    def weights(self) -> Matrix:
        """A corner of the parameters of the gate at work; on the way back of their gradient."""
        items = self.corners_at_work(self.phase == "output")
        if self.phase == "output" and self.t is not None and not self.writes:
            items[2] = self.number_of(f"E[{self.t}]", subscripted("E", self.t))
        return flow("weights", items, 5)

    # writing

    def show_write(self) -> Stage:
        """Letters drawn one after the other."""
        ops = {"draw": ("F", "pick"), "output": ("a", "q")}.get(self.phase, self.forward_ops())
        return [self.law(*ops), self.written(), self.draw(), self.drawn_by(), self.forward()]

    def written(self) -> Picture:
        """What has been written so far."""
        picks = [self.number(f"pick[{t}]") for t in range(self.T)]
        text = "".join(self.vocabulary[int(pick)] for pick in picks if pick is not None)
        first = self.vocabulary[self.read[0]]
        label = (0, 0, self.say("wrote"), "label")
        return Picture(
            id="wrote", priority=10, marks=[label, (0, NAME, first, "dim"), (0, NAME + cells(first), text, "written")]
        )

    def draw(self) -> Table:
        """The likeliest letters, and between which numbers u draws each."""
        q, F = (self.view.get(f"{name}[{self.t or 0}]") for name in "qF")
        u, pick = (self.number(f"{name}[{self.t or 0}]") for name in ("u", "pick"))
        likeliest = [] if q is None else sorted(range(len(q)), key=lambda i: -q[i])[: EXPECTED + 1]
        chosen = None if pick is None or q is None else int(pick)
        if chosen is not None and chosen not in likeliest:
            likeliest[-1] = chosen
        rows = []
        for i in sorted(likeliest):
            assert q is not None
            span = "·" if F is None else f"{five(float(F[i - 1]) if i else 0.0).strip()} – {five(float(F[i])).strip()}"
            rows.append((self.vocabulary[i], *chance(float(q[i])), span))
        lit = None if chosen is None else sorted(likeliest).index(chosen)
        heads = (self.say("letter"), "q", "", self.say("between", u="" if u is None else five(u).strip()))
        return Table(id="draw", priority=9, heads=heads, rows=rows, lit=lit)

    def drawn_by(self) -> Matrix:
        """u, and what it picks, in cells."""
        cells = {i: self.number_of(f"{name}[{self.t or 0}]", name) for i, name in enumerate(("u", "pick"))}
        return flow("chance", cells, 8)

    # learning

    def show_train(self) -> Stage:
        """Training from outside, samples, the curve, what it expects of a text, what its units follow; or an update."""
        training = training_of(self.view)
        if training.open:
            return self.show_write() if self.writes else self.passing()
        even, bits = float(np.log2(self.K)), f"{self.reading.bits:.2f}"
        title = self.say("curve", bits=bits, even=f"{even:.2f}")
        return [
            Picture(id="recipe", priority=6, marks=[(0, 0, self.recipe(), "")]),
            self.samples(),
            self.under(),
            self.near_cells(),
            Beside(id="sides", priority=7, stacks=[[self.expected()], [self.follows()]], shares=(1.0, 1.0)),
            training_curve(self, title, training.also[0], mark=number(training.n), reach=300, least_top=even),
            self.weights(),
        ]

    @property
    def reading(self) -> learning.Reading:
        """What the update in focus has come to."""
        state = training_of(self.view).state
        assert state is not None
        reading: learning.Reading = state.data.reading
        return reading

    def samples(self) -> Table:
        """The latest samples."""
        latest = self.reading.samples[-SAMPLES:]
        texts = [each.text.replace("\n", "⏎").replace("\t", "⇥") for each in latest]
        wide = max(map(cells, texts), default=0)
        rows = [
            (number(each.n), f"{each.bits:.2f}", text + " " * (wide - cells(text)))
            for each, text in zip(latest, texts, strict=True)
        ]
        taus = " → ".join(dict.fromkeys(f"{each.tau:g}" for each in latest))
        heads = (self.say("update"), self.say("bits"), self.say("sample", tau=taus))
        return Table(id="samples", priority=10, heads=heads, rows=rows, lit=len(rows) - 1 if rows else None)

    @cached_property
    def watched(self) -> tuple[HostArray, list[HostArray], list[HostArray]]:
        """The text that the net is watched on, as codes; what it expects after every letter; the top layer's h."""
        codes = learning.under(self.knobs)
        theta = {name: column(HOST, value) for name, value in self.params.items()}
        run = learning.net_over(HOST, self.knobs, theta, codes).run
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
        best = sorted(self.reading.follows, key=lambda each: -abs(each.correlation))[:BEST]
        labels = [self.say("text"), self.say("p_of_it"), *(self.say("unit", n=each.unit) for each in best)]
        marks = [(y, 0, cut(label, NAME - 1) if y else label, "label") for y, label in enumerate(labels)]
        x = NAME
        for t in range(max(0, self.spot - BEFORE), len(codes)):
            text, at_spot = self.vocabulary[codes[t]], t == self.spot + 1
            wide = cells(text)
            if x + wide > NAME + WIDE:
                break
            marks.append((0, x, text, "head" if at_spot else ""))
            if t:
                p = float(yhat[t - 1][codes[t]])
                marks.append((1, x, next(sign for bound, sign in CHANCES if p < bound) * wide, "forward"))
            if t < len(h):
                marks += [(y, x, shade(float(h[t][each.unit])) * wide, "curve2") for y, each in enumerate(best, 2)]
            if at_spot:
                marks.append((len(labels), x, "▲", "head"))
            x += wide
        return Picture(id="under", priority=9, title=self.say("under"), marks=marks)

    def expected(self) -> Table:
        """What the net expects at ▲."""
        codes, yhat, _ = self.watched
        likeliest = learning.likeliest(yhat[self.spot], self.inputs["letters"], EXPECTED)
        before = ending("".join(self.vocabulary[code] for code in codes[: self.spot + 1]), 4)
        rows = [(letter(each), *chance(p)) for each, p in likeliest]
        return Table(id="expected", priority=8, heads=(self.say("expected", before=before), "p", ""), rows=rows)

    def near_cells(self) -> Matrix:
        """The loss at the letters around ▲, in cells that the cursor can go to."""
        codes, yhat, _ = self.watched
        letters = [self.vocabulary[code] for code in codes[1:]]
        heads, losses = dict[int, Item](), dict[int, Item]()
        for t in range(max(0, self.spot - AROUND), min(len(yhat), self.spot + AROUND + 1)):
            E = -np.log(max(float(yhat[t][codes[t + 1]]), 1e-300))
            heads[t], losses[t] = Label(letters[t]), Block(f"E[{t}]", np.array([[E]]), (1, 1), "row")
        axis = Axis(tuple(letters), self.spot, 1, close=True)
        rows = [Row("", heads), Row("E", losses)]
        return Matrix(id="cells", priority=9, title=self.say("losses"), rows=rows, axis=axis)

    def follows(self) -> Table:
        """What single units followed when the last sample was written."""
        reading = self.reading
        rows = [
            (self.say(f"trait_{each.what}"), str(each.unit), five(each.correlation).strip()) for each in reading.follows
        ]
        heads = (self.say("follows", n=number(reading.samples[-1].n)), self.say("of_unit"), self.say("correlation"))
        return Table(id="follows", priority=6, heads=heads, rows=rows)

    # the text's fields

    def recipe(self) -> str:
        """What is trained, in a line."""
        layers = "" if self.cell.layers == 1 else self.say("layers", n=self.cell.layers)
        B, text = learning.streams(self.knobs).B, self.source()
        return self.say("recipe", layers=layers, B=B, text=text, **self.net_fields())

    def net_fields(self) -> dict[str, Any]:
        """The net and how it learns."""
        knobs = self.knobs
        return {
            "cell": str(knobs["cell"]).upper(), "H": int(knobs["hidden"]), "K": self.K, "T": self.lengths["T"],
            "rate": f"{float(knobs['rate']):g}", "optimiser": knobs["optimiser"],
        }  # fmt: skip

    def source(self) -> str:
        """Where the text is from."""
        name = str(self.knobs["corpus"])
        return self.say("typed") if self.knobs["text"] else self.say("python") if name == PYTHON else cut(name, 24)

    def fields(self) -> dict[str, Any]:
        text, a, tau = learning.coded(self.knobs), self.example("a[0]"), float(self.knobs["temperature"])
        here, half = ("·" if a is None else f"{learning.largest(a, at):.4f}" for at in (tau, tau / 2))
        window, T, training = self.inputs["window"], self.lengths["T"], self.view.training
        return self.net_fields() | {
            "letters": number(len(text.codes)), "dropped": number(text.dropped), "even": f"{np.log2(self.K):.2f}",
            "tau": f"{tau:g}", "here": here, "half": half, "source": self.source(),
            "window": "".join(map(letter, window[: min(T, LEAD)])) + "…" * (T > LEAD),
            "n": number(training.n) if training is not None else 0, "layers": int(self.knobs["layers"]),
        }  # fmt: skip


def chance(p: float) -> tuple[str, str]:
    """A probability in figures, and as a bar."""
    return five(p).strip(), ("█" * round(BAR * p)).ljust(BAR)


def shade(value: float) -> str:
    """How active a unit is, as one character."""
    level = sum(abs(value) >= share for share in SHARES)
    return (UP if value >= 0 else DOWN)[level]
