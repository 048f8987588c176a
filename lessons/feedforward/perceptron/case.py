"""The rule on some points, run to its end: the learner's points, or XOR's four from 0."""

from __future__ import annotations

import numpy as np

from engine.feedforward.perceptron_run import PerceptronRun
from lessons.contract.view import Knobs, Start
from lessons.data.points import points
from lessons.feedforward.perceptron import RULES


def run_of(
    act: str, knobs: Knobs, start: Start, rate: float | None = None, seconds: float = float("inf")
) -> PerceptronRun:
    """What an act is about: the learner's points in the first two, XOR in the others; at the knobs' rate or another.

    The bound is measured on the line that the rule with t = ±1 finds, which leaves no point on the line. Raises Far
    where running to the end takes longer than so many seconds.
    """
    if act in ("learn", "bound"):
        w, b = start.params["w"], float(start.params["b"][0])
        x, y = (np.array(start.inputs[name], dtype=float) for name in ("x", "y"))
    else:
        w, b, (x, y) = np.zeros(2), 0.0, points("xor", 0, 4)
    rate = float(knobs["rate"]) if rate is None else rate
    signs = act == "bound" or knobs["rule"] == RULES[1]
    return PerceptronRun.of(w, b, x, y, rate, int(knobs["epochs"]), signs, seconds)
