"""The five classifiers of `rivals` on some points: each trained when something first asks for it, and then kept."""

from __future__ import annotations

from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from engine.device import HOST, HostArray, quiet, rng
from engine.feedforward import mlp
from engine.feedforward.mlp_fast import Kernel as Updates
from engine.feedforward.mlp_training import Batches
from engine.maths.activations import ACTIVATIONS
from engine.maths.initial import xavier
from engine.maths.optimisers import OPTIMISERS, begin
from engine.shallow import boosting, boosting_fast, margin_fast, neighbours, tree, tree_fast
from engine.shallow.boosting import Stump
from engine.shallow.margin import Kernel
from engine.shallow.margin_fast import Machine, Solved
from engine.shallow.tree import Limits, Tree
from engine.walks.step import drain
from lessons.contract.knobs import Refused
from lessons.contract.view import Knobs, Start
from lessons.data.points import read_csv
from lessons.data.scatter import MAKERS, scatter

NAMES = ("knn", "tree", "boosting", "svm", "mlp")
"""The classifiers, in the order of the year of each."""
TOL = 1e-3
"""The gap at which the support-vector machine is solved."""
TEST, TEST_SEED, SPLIT = 500, 10_000, 8
"""New points that test; how far the seed that draws them is from the one that drew the others; a file's points."""
FOUR = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([-1.0, 1, 1, -1])
UNITS, EPOCHS, BATCH, RATE = (2, 8, 8, 1), 200, 10, 0.01


def drawn(data: str, seed: int, count: int, noise: float) -> tuple[HostArray, HostArray]:
    """Points (N, 2) of a named set and their classes (N,), ±1; "turned" is XOR turned by 45°."""
    x, y = scatter("xor" if data == "turned" else data, seed, count, noise)
    if data == "turned":
        half = 0.5**0.5
        x = np.round(x @ np.array([[half, half], [-half, half]]), 3)
    return x, 2 * y - 1


def points(knobs: Knobs, seed: int) -> dict[str, HostArray]:
    """x, y to learn from and x_test, y_test: new ones, a third of a file, or the same four."""
    data, count, noise = str(knobs["data"]), int(knobs["points"]), float(knobs["noise"])
    if data == "four":
        (x, y), (x_test, y_test) = FOUR, FOUR
    elif data in (*MAKERS, "turned"):
        (x, y), (x_test, y_test) = drawn(data, seed, count, noise), drawn(data, seed + TEST_SEED, TEST, noise)
    else:
        every, classes = read_csv(data)
        order = rng(seed, SPLIT).permutation(len(every))
        test, rest = np.split(order, [len(every) // 3 or 1])
        x, y, x_test, y_test = every[rest], 2 * classes[rest] - 1, every[test], 2 * classes[test] - 1
    return {"x": x, "y": y, "x_test": x_test, "y_test": y_test}


class Models:
    """x (N, 2), y (N,) ±1, and how each of the five is trained on them."""

    def __init__(self, x: HostArray, y: HostArray, knobs: Knobs) -> None:
        self.x, self.y, self.k = x, y, int(knobs["k"])
        self.limits = Limits(str(knobs["impurity"]), int(knobs["leaves"]), int(knobs["depth"]))
        self.rounds, self.C, self.most = int(knobs["rounds"]), float(knobs["C"]), int(knobs["pairs"])
        self.kernel = Kernel(str(knobs["kernel"]), float(knobs["gamma"]), int(knobs["degree"]))
        self.classes = (y > 0).astype(int)

    @cached_property
    def tree(self) -> Tree:
        """The tree, grown."""
        return tree_fast.grow(self.x, self.classes, 2, self.limits)

    @cached_property
    def stumps(self) -> list[Stump]:
        """The stumps of all rounds."""
        return boosting_fast.boost(self.x, self.y, self.rounds)

    @cached_property
    def machine(self) -> Machine:
        """The support-vector machine, solved or stopped."""
        with quiet():
            return margin_fast.machine(HOST, self.x, self.y, self.kernel, self.C, TOL, self.most)

    @cached_property
    def net(self) -> mlp.Theta:
        """A multilayer perceptron, trained: 2-8-8-1 tanh units, Adam, 200 epochs."""
        draw = rng(0)
        theta: dict[str, Any] = {}
        for n, (cols, rows) in enumerate(pairwise(UNITS), 1):
            theta |= {f"W{n}": xavier(draw, rows, cols), f"b{n}": np.zeros((rows, 1))}
        size = np.sqrt((self.x**2).mean(axis=0))
        theta["W1"] = theta["W1"] / np.where((size > 0) & np.isfinite(size), size, 1.0)
        adam, batches = OPTIMISERS["adam"], Batches(BATCH, 0)
        updates = Updates(NET, adam, RATE, 1e300, self.x.T, (self.y[None, :] + 1) / 2)
        now: mlp.Theta = theta
        memory, n = begin(np, adam, now), 0
        with quiet():
            for epoch in range(EPOCHS):
                order = batches.of_epoch(len(self.x), epoch)
                for i in range(len(order)):
                    now, memory, _ = updates.update(now, memory, order, i, n)
                    n += 1
        return now

    def neighbours(self, q: HostArray, k: int) -> HostArray:
        """The share of +1 among the k nearest of each of q, from −1 to 1."""
        near = neighbours.nearest(np, self.x, q, min(k, len(self.x)))
        votes: HostArray = self.y[near].mean(axis=1)
        return votes

    def margin(self, q: HostArray, run: Solved | None = None) -> HostArray:
        """f of each of q."""
        with quiet():
            return self.machine.decide(q, run)

    def boosted(self, q: HostArray, rounds: int) -> HostArray:
        """Σ α h of so many rounds, divided by Σ α."""
        some = self.stumps[:rounds]
        return boosting.decide(some, q) / max(1e-300, sum(stump.alpha for stump in some))

    def says(self, name: str, q: HostArray) -> HostArray:
        """What one of the five says of each of q (Q, 2): its sign is the class, 0 is −1."""
        match name:
            case "knn":
                return self.neighbours(q, self.k)
            case "tree":
                return 2.0 * tree.classify(self.tree, q) - 1
            case "boosting":
                return self.boosted(q, len(self.stumps))
            case "svm":
                return self.margin(q)
        x = q.T
        with quiet():
            out: HostArray = drain(mlp.forward(np, NET, self.net, x, np.zeros((1, x.shape[1])))).z[-1][0]
        return np.tanh(out / 2)


NET = mlp.Net(len(UNITS) - 1, ACTIVATIONS["tanh"], "logistic", ACTIVATIONS["tanh"])


def models_of(knobs: Knobs, start: Start) -> Models:
    """The five on the points of a start. Raises Refused where there are fewer points than neighbours."""
    x, y = (np.array(start.inputs[name], dtype=float) for name in "xy")
    if int(knobs["k"]) > len(x):
        raise Refused("neighbours", value=int(knobs["k"]), most=len(x))
    return trained(x, y, knobs)


def trained(x: HostArray, y: HostArray, knobs: Knobs) -> Models:
    """The five on some points: the same object for the same points and knobs."""
    return _kept(x.tobytes(), y.tobytes(), tuple((name, knobs[name]) for name in ASKED))


ASKED = ("k", "impurity", "leaves", "depth", "rounds", "kernel", "gamma", "degree", "C", "pairs")


@lru_cache(maxsize=8)
def _kept(x: bytes, y: bytes, knobs: tuple[tuple[str, str | int | float], ...]) -> Models:
    return Models(np.frombuffer(x).reshape(-1, 2), np.frombuffer(y), dict(knobs))
