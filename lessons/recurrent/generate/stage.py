"""The stages of `generate`: a window of letters, a net that writes, and one that learns: samples, bits, its guesses."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.building.staging import Lengths
from lessons.building.training_panel import training_curve, training_of
from lessons.contract.panels import Beside, Picture, Stage
from lessons.contract.text import Text
from lessons.contract.view import View
from lessons.data.corpora import PYTHON
from lessons.explaining.figures import ending, number
from lessons.recurrent.generate import learning
from lessons.recurrent.generate.watched import Watched
from lessons.recurrent.in_time import letter
from lessons.recurrent.letter_net import largest
from lessons.recurrent.letter_stage import LetterStage, backward, forward, opened, weights, writing

LEAD = 40
"""Letters that the text names of the window."""


class GenerateStage(LetterStage):
    """A position in a net that reads, writes or learns a text."""

    def __init__(self, lesson: Lengths, view: View, text: Text) -> None:
        super().__init__(lesson, view, text, learning.net_of(view.knobs))

    def reads(self) -> list[int]:
        return list(learning.under(self.knobs)[:-1]) if "read" in self.at.phases else super().reads()

    def show_forward(self) -> Stage:
        return forward(self)

    def show_backward(self) -> Stage:
        return backward(self)

    def show_write(self) -> Stage:
        return writing(self)

    def show_train(self) -> Stage:
        """Training from outside, samples, the curve, what it expects of a text, what its units follow; or an update."""
        training = training_of(self.view)
        if training.open or self.at.stepping:
            return writing(self) if self.writes else opened(self)
        net, even = Watched(self, self.at.cell), float(np.log2(self.K))
        title = self.say("curve", bits=f"{net.reading.bits:.2f}", even=f"{even:.2f}")
        return [
            Picture(id="recipe", priority=6, marks=[(0, 0, self.recipe(), "")]),
            net.samples(),
            net.under(),
            net.losses(),
            Beside(id="sides", priority=7, stacks=[[net.expected()], [net.follows()]], shares=(1.0, 1.0)),
            training_curve(self, title, training.also[0], mark=number(training.n), reach=300, least_top=even),
            weights(self),
        ]

    # the text's fields

    def recipe(self) -> str:
        """What is trained, in a line."""
        layers = "" if self.at.cell.layers == 1 else self.say("layers", n=self.at.cell.layers)
        B, text = self.net.streams.B, self.source()
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
        return self.say("typed") if self.knobs["text"] else self.say("python") if name == PYTHON else ending(name, 24)

    def fields(self) -> dict[str, Any]:
        text, tau = self.net.text, float(self.knobs["temperature"])
        a = self.example("a[0]") if self.view.reel else None  # on the curve it would be computed for every picture
        here, half = ("·" if a is None else f"{largest(a, at):.4f}" for at in (tau, tau / 2))
        window, T, training = self.inputs["window"], self.lengths["T"], self.view.training
        lost = self.say("lost", n=number(text.dropped)) if text.dropped else ""
        return self.net_fields() | {
            "letters": number(len(text.codes)), "lost": lost, "even": f"{np.log2(self.K):.2f}",
            "tau": f"{tau:g}", "here": here, "half": half, "source": self.source(),
            "window": "".join(map(letter, window[: min(T, LEAD)])) + "…" * (T > LEAD),
            "n": number(training.n) if training is not None else 0, "layers": int(self.knobs["layers"]),
        }  # fmt: skip
