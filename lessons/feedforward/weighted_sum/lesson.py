"""The lesson `weighted-sum`: what it holds, its acts, its predictions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.feedforward.weighted_sum import RULES, compute
from lessons.building.acts import Act, Trial
from lessons.building.asks import Gradient, Question
from lessons.building.declared import DeclaredLesson
from lessons.building.holds import Input, Parameter, Size
from lessons.contract.view import Knobs
from lessons.feedforward.weighted_sum.stage import WeightedSumStage


def larger(trial: Trial) -> str:
    """Whether the sum is larger than what it should be."""
    error = trial.number("net") - trial.start.inputs["y"][0]
    return "more" if error > 0 else "less" if error < 0 else "same"


def steepest(trial: Trial) -> float:
    """The number of the weight with the largest slope, from 1."""
    return 1.0 + float(np.argmax(np.abs(trial.start.inputs["x"])))


class WeightedSum(DeclaredLesson):
    """One weighted sum."""

    sizes = (Size("M", "inputs"),)
    holds = (Parameter("w", "M", first=1), Input("x", "M", first=1), Input("y", 1))
    lecture = {"w": [0.5, -1.0, 0.25], "x": [1.0, 0.5, 3.0], "y": [1.0]}  # noqa: RUF012
    acts = (Act("compute", lambda s, at: compute(s.w, s.x, s.y, at)),)
    gradient = Gradient("E", "d{}")
    results = (("loss", "E"),)
    questions = (
        Question("larger", "compute/forward/i={M}", "choice", larger),
        Question("steepest", "compute/backward/i=1", "number", steepest, 0.0),
    )
    loops = ("phase", "i")
    grain = "i"
    rebuilds = frozenset({"inputs"})
    shown_as = WeightedSumStage

    def rule(self, knobs: Knobs) -> Mapping[str, str]:
        return RULES
