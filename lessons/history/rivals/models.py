"""The five classifiers of `rivals` on some points: each trained when something first asks for it, and then kept."""

from __future__ import annotations

from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np

from engine.device import HOST, HostArray, quiet, rng
from engine.feedforward import mlp
from engine.feedforward.mlp_training import Batches, Examples, fitted
from engine.maths.activations import ACTIVATIONS
from engine.maths.initial import xavier
from engine.maths.optimisers import OPTIMISERS
from engine.shallow import boosting, boosting_fast, margin_fast, neighbours, tree, tree_fast
from engine.shallow.boosting import Stump
from engine.shallow.margin import LEAST, Kernel
from engine.shallow.margin_fast import Machine, Solved
from engine.walks.step import drain
from engine.walks.training import Recipe
from lessons.contract.knobs import Refused
from lessons.contract.view import Knobs, Start

NAMES = ("knn", "tree", "boosting", "svm", "mlp")
"""The classifiers."""
TOL = 1e-3
"""The gap at which the support-vector machine is solved."""
UNITS, EPOCHS, BATCH, RATE = (2, 8, 8, 1), 200, 10, 0.01
NET = mlp.Net(len(UNITS) - 1, ACTIVATIONS["tanh"], "logistic", ACTIVATIONS["tanh"])
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

    @property
    def support(self) -> HostArray:
        """(N,): which points are support vectors."""
        found: HostArray = self.machine.run.a > LEAST * self.C
        return found

    @cached_property
    def net(self) -> mlp.Theta:
        """A multilayer perceptron, trained: 2-8-8-1 units, Adam, 200 epochs."""
        draw, theta = rng(0), dict[str, HostArray]()
        for n, (cols, rows) in enumerate(pairwise(UNITS), 1):
            theta |= {f"W{n}": xavier(draw, rows, cols), f"b{n}": np.zeros((rows, 1))}
        with quiet():
            size = np.sqrt((self.x**2).mean(axis=0))
            theta["W1"] = theta["W1"] / np.where((size > 0) & np.isfinite(size), size, 1.0)
            some = Examples(self.x.T, (self.y[None, :] + 1) / 2)
            return fitted(NET, theta, Recipe(OPTIMISERS["adam"], RATE, 1e300), Batches(BATCH, 0), some, EPOCHS)

    def neighbours(self, q: HostArray, k: int) -> HostArray:
        """The votes of the k nearest of each of q, from −1 to 1."""
        votes: HostArray = self.y[neighbours.nearest(np, self.x, q, min(k, len(self.x)))].mean(axis=1)
        return votes

    def margin(self, q: HostArray, run: Solved | None = None) -> HostArray:
        """f of each of q, at the end of the run or of another."""
        return self.machine.decide(q, run)

    def boosted(self, q: HostArray, rounds: int) -> HostArray:
        """Σ α h of so many rounds, divided by Σ α."""
        some = self.stumps[:rounds]
        return boosting.decide(some, q) / max(1e-300, sum(stump.alpha for stump in some))

    def says(self, name: str, q: HostArray) -> HostArray:
        """The class, ±1, that one of the five gives to each of q (Q, 2)."""
        if name == "mlp":
            with quiet():
                found = drain(mlp.forward(np, NET, self.net, q.T, np.zeros((1, len(q))))).z[-1][0]
        elif name == "tree":
            found = tree.classify(self.tree, q) - 0.5
        elif name == "boosting":
            found = self.boosted(q, self.rounds)
        else:
            found = self.neighbours(q, self.k) if name == "knn" else self.margin(q)
        return np.where(found > 0, 1.0, -1.0)


def models_of(knobs: Knobs, start: Start) -> Models:
    """The five on the points of a start, kept. Raises Refused where there are fewer points than neighbours."""
    x, y = (np.array(start.inputs[name], dtype=float) for name in "xy")
    if int(knobs["k"]) > len(x):
        raise Refused("neighbours", value=int(knobs["k"]), most=len(x))
    return _kept(x.tobytes(), y.tobytes(), tuple((name, knobs[name]) for name in ASKED))


@lru_cache(maxsize=8)
def _kept(x: bytes, y: bytes, knobs: tuple[tuple[str, str | int | float], ...]) -> Models:
    return Models(np.frombuffer(x).reshape(-1, 2), np.frombuffer(y), dict(knobs))
