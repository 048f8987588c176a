"""The rule on some points, run to its end: the learner's points, or XOR's four from 0."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from engine.device import HostArray
from engine.feedforward import perceptron
from engine.feedforward.perceptron import Outcome
from lessons.contract.view import Knobs, Start
from lessons.data.points import points


class Case(NamedTuple):
    """The first w (2,) and b, the points x (N, 2) with their classes y (N,), 0 or 1, and the whole run on them."""

    w: HostArray
    b: float
    x: HostArray
    y: HostArray
    run: Outcome

    def after(self, visits: int) -> tuple[HostArray, float]:
        """w and b after so many visits."""
        if not visits:
            return self.w, self.b
        return self.run.visits[visits - 1].w, self.run.visits[visits - 1].b


def case_of(act: str, knobs: Knobs, start: Start, rate: float | None = None) -> Case:
    """What an act is about: the learner's points in the first two, XOR in the others; at the knobs' rate or another."""
    if act in ("learn", "bound"):
        w, b = start.params["w"], float(start.params["b"][0])
        x, y = np.array(start.inputs["x"]), np.array(start.inputs["y"])
    else:
        w, b, (x, y) = np.zeros(2), 0.0, points("xor", 0, 4)
    rate = float(knobs["rate"]) if rate is None else rate
    return Case(w, b, x, y, _run(w.tobytes(), b, x.tobytes(), y.tobytes(), rate, int(knobs["epochs"])))


@lru_cache(maxsize=16)
def _run(w: bytes, b: float, x: bytes, y: bytes, rate: float, epochs: int) -> Outcome:
    arrays = [np.frombuffer(raw, dtype=float) for raw in (w, x, y)]
    return perceptron.run(arrays[0], b, arrays[1].reshape(-1, 2), 2 * arrays[2] - 1, rate, epochs)
