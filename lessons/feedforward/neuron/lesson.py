"""The lesson `neuron`: one unit, its inputs and weights moved by hand; net and o follow."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.feedforward.neuron import Neuron, answer, fire, rules, weigh
from lessons.building.acts import Act, Scope, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.defaults import function
from lessons.building.holds import Input, Parameter, Size
from lessons.contract.view import Knobs, hides
from lessons.feedforward.neuron.stage import NeuronStage

# Three inputs of unlike size, so that the largest weight does not stand at the largest input.
EXAMPLE = {"w": [0.8, -0.4, 0.3], "x": [1.0, 0.5, 2.0], "b": [-0.5]}


def unit(s: Scope) -> Neuron:
    return Neuron(s.w, s.b, s.x)


def most_felt(trial: Trial) -> str:
    """Which weight o feels most: that of the largest input, the largest weight, either (they stand together), none."""
    x, w = (np.abs(values) for values in (trial.start.inputs["x"], trial.start.params["w"]))
    if trial.number("slope") == 0 or not x.any():
        return "none"
    return "both" if bool(((x == x.max()) & (w == w.max())).any()) else "input"


class OneNeuron(DeclaredLesson):
    """Inputs count from 1, as on the slide."""

    sizes = (Size("M", "inputs"),)
    holds = (Parameter("w", "M", first=1), Input("x", "M", first=1), Parameter("b", 1, optional=True))
    lecture = EXAMPLE
    acts = (
        Act("weigh", lambda s, at: weigh(unit(s), at)),
        Act("fire", lambda s, at: fire(s.xp, s.f, s.net, at)),
        Act("answer", lambda s, at: answer(s.xp, s.f, unit(s), s.o, at)),
    )
    gradient = Gradient("o", "do_{}", "o")
    results = ("net", "o")
    questions = (
        Question("net", "weigh/i={M}", "number", lambda trial: trial.number("net"), 0.02, within=0.011),
        Question("felt", "answer/i=1", "choice", most_felt, when=lambda s: s.M > 1, hides=hides(panels=["law"])),
    )
    loops = ("i",)
    grain = "i"
    explains = ("o", "net", "do_w")
    rebuilds = frozenset({"inputs"})
    shown_as = NeuronStage

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return rules(function(knobs))
