"""The stages of `generate`: a window of letters, a net that writes, and one that learns: samples, bits, its guesses."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from lessons.building.stage_parts import flow, subscripted
from lessons.building.staging import Lengths
from lessons.building.training_panel import training_curve, training_of
from lessons.contract.panels import Beside, Label, Matrix, Picture, Row, Stage, Table
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.data.corpora import PYTHON
from lessons.explaining.figures import cells, cut, five, number
from lessons.recurrent.cell_position import CellPosition, Families
from lessons.recurrent.corner import UNITS, Corners
from lessons.recurrent.generate import learning
from lessons.recurrent.generate.watched import EXPECTED, NAME, Watched, chance
from lessons.recurrent.in_time import TimeStage, guesses, letter

WRITTEN = 24
"""Letters that are written step by step."""
LEAD = 40
"""Letters that the text names of the window."""


class LayerPosition(CellPosition):
    """A position in a layer: the gate on the road is marked throughout, and while sums over time grow."""

    between = " "
    unlit = ()

    @property
    def gate(self) -> str:
        return super().gate if self.phase != "sum" else self.cell.road or self.cell.gates


class GenerateStage(TimeStage):
    """A position in a net that reads, writes or learns a text."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text)
        self.at = LayerPosition(self, learning.cell_of(view.knobs))
        self.corners, self.units = Corners(self.at), min(UNITS, self.H)
        self.writes = "write" in self.at.phases
        if "read" in self.at.phases:
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

    def show_forward(self) -> Stage:
        """Gates and states of the layer at work, and what is guessed."""
        states = self.under_time(self.at.gates_and_states(), guesses(self).rows[0])
        return [self.at.law_forward(), states, self.weights()]

    def show_backward(self) -> Stage:
        """What comes back to states and gates of the layer at work."""
        return [self.at.law_back(), self.under_time(self.at.errors()), self.weights()]

    def show_write(self) -> Stage:
        """Letters drawn one after the other."""
        law = self.law("F", "pick") if self.at.phase == "draw" else self.at.law_forward(output=("a", "q"))
        names = ("u", "pick")
        numbers = {i: self.corners.number(f"{name}[{self.t or 0}]", name) for i, name in enumerate(names)}
        text, states = written(self, self.vocabulary[self.read[0]]), self.under_time(self.at.gates_and_states())
        return [law, text, drawing(self), flow("chance", numbers, 8), states]

    def show_train(self) -> Stage:
        """Training from outside, samples, the curve, what it expects of a text, what its units follow; or an update."""
        training = training_of(self.view)
        if self.at.stepping:
            return [self.at.end_of_update()]
        if training.open:
            return self.show_write() if self.writes else self.show_backward() if self.at.back else self.show_forward()
        net, even = Watched(self, self.at.cell), float(np.log2(self.K))
        title = self.say("curve", bits=f"{net.reading.bits:.2f}", even=f"{even:.2f}")
        return [
            Picture(id="recipe", priority=6, marks=[(0, 0, self.recipe(), "")]),
            net.samples(),
            net.under(),
            net.losses(),
            Beside(id="sides", priority=7, stacks=[[net.expected()], [net.follows()]], shares=(1.0, 1.0)),
            training_curve(self, title, training.also[0], mark=number(training.n), reach=300, least_top=even),
            self.weights(),
        ]

    # a window

    def under_time(self, families: Families, *below: Row) -> Matrix:
        """The letters that are read, and families and rows under them."""

        def shown(t: int) -> Label:
            if not self.writes:
                return Label(self.vocabulary[self.read[t]])
            x = self.view.get(f"x[{t}]")
            return Label("·" if x is None else self.vocabulary[int(x.argmax())], **self.flags(f"x[{t}]"))

        letters = Row(self.say("input"), {t: shown(t) for t in self.near})
        return self.corners.under_time(letters, families, *below)

    def weights(self) -> Matrix:
        """A corner of the parameters of the gate at work; on the way back of their gradient."""
        output = self.at.phase == "output"
        items = self.corners.at_work(output)
        if output and self.t is not None and not self.writes:
            items[2] = self.corners.number(f"E[{self.t}]", subscripted("E", self.t))
        return flow("weights", items, 5)

    # the text's fields

    def recipe(self) -> str:
        """What is trained, in a line."""
        layers = "" if self.at.cell.layers == 1 else self.say("layers", n=self.at.cell.layers)
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


def written(stage: TimeStage, first: str) -> Picture:
    """What has been written so far after the first letter."""
    picks = [stage.number(f"pick[{t}]") for t in range(stage.T)]
    text = "".join(stage.vocabulary[int(pick)] for pick in picks if pick is not None)
    label = (0, 0, stage.say("wrote"), "label")
    return Picture(
        id="wrote", priority=10, marks=[label, (0, NAME, first, "dim"), (0, NAME + cells(first), text, "written")]
    )


def drawing(stage: TimeStage) -> Table:
    """The likeliest letters, and between which numbers u draws each."""
    q, F = (stage.view.get(f"{name}[{stage.t or 0}]") for name in "qF")
    u, pick = (stage.number(f"{name}[{stage.t or 0}]") for name in ("u", "pick"))
    heads = (stage.say("letter"), "q", "", stage.say("between", u="" if u is None else five(u).strip()))
    if q is None:
        return Table(id="draw", priority=9, heads=heads, rows=[])
    likeliest = sorted(range(len(q)), key=lambda i: -q[i])[: EXPECTED + 1]
    chosen = None if pick is None else int(pick)
    if chosen is not None and chosen not in likeliest:
        likeliest[-1] = chosen
    likeliest.sort()
    rows = []
    for i in likeliest:
        span = "·" if F is None else f"{five(float(F[i - 1]) if i else 0.0).strip()} – {five(float(F[i])).strip()}"
        rows.append((stage.vocabulary[i], *chance(float(q[i])), span))
    lit = None if chosen is None else likeliest.index(chosen)
    return Table(id="draw", priority=9, heads=heads, rows=rows, lit=lit)
