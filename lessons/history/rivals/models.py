"""The five classifiers of `rivals` on some points: each trained when something first asks for it, and then kept."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np

from engine.device import HostArray
from engine.feedforward import mlp, two_classes
from engine.shallow.accuracy import Said
from engine.shallow.four import Asked, Four
from engine.shallow.margin import Kernel
from engine.shallow.tree import Limits
from lessons.contract.knobs import Refused
from lessons.contract.view import Knobs, Start

NAMES = ("knn", "tree", "boosting", "svm", "mlp")
"""The classifiers."""
TOL = 1e-3
"""The gap at which the support-vector machine is solved."""


class Models(Four):
    """The four and a multilayer perceptron."""

    @cached_property
    def net(self) -> mlp.Theta:
        """The multilayer perceptron, trained."""
        return two_classes.fit(self.x, self.y)

    def says(self, name: str, q: HostArray) -> HostArray:
        """The class, ±1, that one of the five gives to each of q (Q, 2)."""
        return np.where((two_classes.decide(self.net, q) if name == "mlp" else self.score(name, q)) > 0, 1.0, -1.0)

    def said(self, name: str, tests: HostArray) -> Said:
        """What one of the five answers to the points that it learned from, and to new ones."""
        return Said(self.says(name, self.x), self.says(name, tests))


def models_of(knobs: Knobs, start: Start) -> Models:
    """The five on the points of a start, kept. Raises Refused where there are fewer points than neighbours."""
    x, y = (np.array(start.inputs[name], dtype=float) for name in "xy")
    k, leaves, depth, rounds, degree, pairs = (
        int(knobs[name]) for name in ("k", "leaves", "depth", "rounds", "degree", "pairs")
    )
    if k > len(x):
        raise Refused("neighbours", value=k, most=len(x))
    kernel = Kernel(str(knobs["kernel"]), float(knobs["gamma"]), degree)
    of = Asked(k, Limits(str(knobs["impurity"]), leaves, depth), rounds, kernel, float(knobs["C"]), TOL, pairs)
    return _kept(x.tobytes(), y.tobytes(), of)


@lru_cache(maxsize=8)
def _kept(x: bytes, y: bytes, of: Asked) -> Models:
    return Models(np.frombuffer(x).reshape(-1, 2), np.frombuffer(y), of)
