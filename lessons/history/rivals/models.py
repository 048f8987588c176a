"""The five classifiers of `rivals` on some points: each trained when something first asks for it, and then kept."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np

from engine.device import HOST, HostArray
from engine.feedforward import mlp, two_classes
from engine.shallow import boosting, boosting_fast, margin_fast, neighbours, tree, tree_fast
from engine.shallow.accuracy import Said
from engine.shallow.boosting import Stump
from engine.shallow.margin import Kernel
from engine.shallow.margin_fast import Machine
from lessons.contract.knobs import Refused
from lessons.contract.view import Knobs, Start

NAMES = ("knn", "tree", "boosting", "svm", "mlp")
"""The classifiers."""
TOL = 1e-3
"""The gap at which the support-vector machine is solved."""
ASKED = ("k", "impurity", "leaves", "depth", "rounds", "kernel", "gamma", "degree", "C", "pairs")


class Models:
    """x (N, 2), y (N,) ±1, and how each of the five is trained on them."""

    def __init__(self, x: HostArray, y: HostArray, knobs: Knobs) -> None:
        self.x, self.y, self.k = x, y, int(knobs["k"])
        self.limits = tree.Limits(str(knobs["impurity"]), int(knobs["leaves"]), int(knobs["depth"]))
        self.rounds, self.C, self.most = int(knobs["rounds"]), float(knobs["C"]), int(knobs["pairs"])
        self.kernel = Kernel(str(knobs["kernel"]), float(knobs["gamma"]), int(knobs["degree"]))

    @cached_property
    def tree(self) -> tree.Tree:
        """The tree, grown."""
        return tree_fast.grow(self.x, (self.y > 0).astype(int), 2, self.limits)

    @cached_property
    def stumps(self) -> list[Stump]:
        """The stumps of all rounds."""
        return boosting_fast.boost(self.x, self.y, self.rounds)

    @cached_property
    def machine(self) -> Machine:
        """The support-vector machine, solved or stopped."""
        return margin_fast.machine(HOST, self.x, self.y, self.kernel, self.C, TOL, self.most)

    @cached_property
    def net(self) -> mlp.Theta:
        """A multilayer perceptron, trained."""
        return two_classes.fit(self.x, self.y)

    def says(self, name: str, q: HostArray) -> HostArray:
        """The class, ±1, that one of the five gives to each of q (Q, 2)."""
        if name == "mlp":
            found = two_classes.decide(self.net, q)
        elif name == "tree":
            found = tree.classify(self.tree, q) - 0.5
        elif name == "boosting":
            found = boosting.decide(self.stumps, q)
        else:
            found = neighbours.votes(self.x, self.y, q, self.k) if name == "knn" else self.machine.decide(q)
        return np.where(found > 0, 1.0, -1.0)

    def said(self, name: str, tests: HostArray) -> Said:
        """What one of the five answers to the points that it learned from, and to new ones."""
        return Said(self.says(name, self.x), self.says(name, tests))


def models_of(knobs: Knobs, start: Start) -> Models:
    """The five on the points of a start, kept. Raises Refused where there are fewer points than neighbours."""
    x, y = (np.array(start.inputs[name], dtype=float) for name in "xy")
    if int(knobs["k"]) > len(x):
        raise Refused("neighbours", value=int(knobs["k"]), most=len(x))
    return _kept(x.tobytes(), y.tobytes(), tuple((name, knobs[name]) for name in ASKED))


@lru_cache(maxsize=8)
def _kept(x: bytes, y: bytes, knobs: tuple[tuple[str, str | int | float], ...]) -> Models:
    return Models(np.frombuffer(x).reshape(-1, 2), np.frombuffer(y), dict(knobs))
