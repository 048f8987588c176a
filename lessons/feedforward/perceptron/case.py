"""The rule on some points, run to its end: the learner's points, or XOR's four from 0."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from engine.feedforward import perceptron
from engine.feedforward.perceptron_run import PerceptronRun
from lessons.contract.view import Knobs, Start
from lessons.data.points import points
from lessons.feedforward.perceptron import RULES


def run_of(act: str, knobs: Knobs, start: Start, rate: float | None = None) -> PerceptronRun:
    """What an act is about: the learner's points in the first two, XOR in the others; at the knobs' rate or another.

    The bound is measured on the line that the rule with t = ±1 finds, which leaves no point on the line.
    """
    if act in ("learn", "bound"):
        w, b = start.params["w"], float(start.params["b"][0])
        x, y = np.array(start.inputs["x"]), np.array(start.inputs["y"])
    else:
        w, b, (x, y) = np.zeros(2), 0.0, points("xor", 0, 4)
    rate = float(knobs["rate"]) if rate is None else rate
    signs = act == "bound" or knobs["rule"] == RULES[1]
    return _run(w.tobytes(), b, x.tobytes(), y.tobytes(), rate, int(knobs["epochs"]), signs)


@lru_cache(maxsize=16)
def _run(w: bytes, b: float, x: bytes, y: bytes, rate: float, epochs: int, signs: bool) -> PerceptronRun:
    weights, flat, classes = (np.frombuffer(raw, dtype=float) for raw in (w, x, y))
    outcome = perceptron.run(weights, b, flat.reshape(-1, 2), 2 * classes - 1, rate, epochs, signs=signs)
    return PerceptronRun(weights, b, flat.reshape(-1, 2), classes, rate, outcome, signs)
