"""Neighbours, a tree, boosted stumps and a support-vector machine on the same points of two classes, side by side.

x (N, 2) points, y (N,) their classes, ±1; each of the four is trained when something first asks for it, and then kept.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from engine.device import HOST, HostArray
from engine.shallow import boosting, boosting_fast, margin_fast, neighbours, tree, tree_fast
from engine.shallow.boosting import Stump
from engine.shallow.margin import Kernel
from engine.shallow.margin_fast import Machine, Solver


class Asked(NamedTuple):
    """What is asked of the four: k neighbours, how far a tree grows, rounds of boosting; kernel, C, the gap `tol` at
    which the machine is solved, and the pairs after which it is stopped.
    """

    k: int
    limits: tree.Limits
    rounds: int
    kernel: Kernel
    C: float
    tol: float
    pairs: int


class Four:
    """The four on x, y as they are asked for."""

    def __init__(self, x: HostArray, y: HostArray, of: Asked) -> None:
        self.x, self.y, self.of = x, y, of

    @cached_property
    def tree(self) -> tree.Tree:
        """The tree, grown."""
        return tree_fast.grow(self.x, (self.y > 0).astype(int), 2, self.of.limits)

    @cached_property
    def stumps(self) -> list[Stump]:
        """The stumps of all rounds."""
        return boosting_fast.boost(self.x, self.y, self.of.rounds)

    @cached_property
    def solver(self) -> Solver:
        """The run of the support-vector machine, which can be made in slices."""
        return Solver(margin_fast.kernels(HOST, self.x, self.of.kernel), self.y, self.of.C, self.of.tol, self.of.pairs)

    @cached_property
    def machine(self) -> Machine:
        """The support-vector machine, solved or stopped."""
        kernel = self.of.kernel
        K = margin_fast.kernels(HOST, self.x, kernel)
        return Machine(self.x, self.y, kernel, self.of.C, K, self.solver.reach())

    def score(self, name: str, q: HostArray) -> HostArray:
        """What one of "knn", "tree", "boosting", "svm" gives to each of q (Q, 2): class +1 where it is above 0."""
        if name == "tree":
            found: HostArray = tree.classify(self.tree, q) - 0.5
        elif name == "boosting":
            found = boosting.decide(self.stumps, q)
        elif name == "knn":
            found = neighbours.votes(self.x, self.y, q, self.of.k)
        else:
            found = self.machine.decide(q)
        return found
