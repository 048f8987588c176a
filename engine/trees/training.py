"""A recursive net in training: an update takes a batch of trees forward, back, and a step; right roots are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.device import HOST, Array, Device, HostArray, rng
from engine.maths.activations import Activation
from engine.trees import recursive, recursive_fast
from engine.trees.recursive import Inputs, Theta
from engine.trees.recursive_fast import Arrays, Plan, arrays, plan
from engine.trees.tree import Forest, together
from engine.walks import training
from engine.walks.reel import Env, Section
from engine.walks.step import Path, drain
from engine.walks.training import Gradient, Learning, Recipe

EVERY = 100
"""Updates between two measurements."""


class Reading(NamedTuple):
    """The share of right roots in each test set, as last measured."""

    right: tuple[float, ...]


def chosen(seed: int, n: int, count: int, size: int) -> HostArray:
    """Which of `count` trees update n takes, at most `size`."""
    return rng(seed, n).choice(count, min(size, count), replace=False)


class TreeRun(training.MeasuredRun[Reading]):
    """A net of unit f trained on `trees`, `size` of them an update, drawn anew from (seed, update).

    `tests` are sets of trees whose roots are counted every EVERY updates. `words` and `classes` are how many there are.
    On the host the gradient is `trees.recursive_fast`; elsewhere the walks', drained. A test holds both equal.
    """

    kinds = (Reading,)

    def __init__(
        self, device: Device, f: Activation, recipe: Recipe, trees: Sequence[Forest], size: int, seed: int,
        words: int, classes: int, tests: Sequence[Sequence[Forest]] = (),
    ) -> None:  # fmt: skip
        super().__init__(device, recipe, recursive.PARAMETERS)
        self.every = EVERY
        self.f, self.trees, self.size_of_batch, self.seed = f, trees, min(size, len(trees)), seed
        self.words, self.classes = words, classes
        self.arrays: list[Arrays] = [arrays(tree) for tree in trees]
        self.tests: list[Plan] = [plan([arrays(tree) for tree in some]) for some in tests]

    def chosen(self, n: int) -> HostArray:
        """The numbers of the trees of update n, from 0."""
        return chosen(self.seed, n, len(self.trees), self.size_of_batch)

    def batch(self, n: int) -> Inputs:
        """The trees of update n, on the device."""
        nodes = together([self.trees[i] for i in self.chosen(n)])
        return recursive.inputs(self.device, nodes, self.words, self.classes, self.size_of_batch)

    def measured(self, theta: Theta) -> Reading:
        """The shares of right roots now."""
        host = {name: self.device.get(value) for name, value in theta.items()}
        return Reading(tuple(float(recursive_fast.right(self.f, host, some).mean()) for some in self.tests))

    def gradient(self, n: int, data: Learning[Reading]) -> Gradient:
        """Forward and back on the batch of update n."""
        if self.device is HOST:
            some = plan([self.arrays[i] for i in self.chosen(n)])
            return Gradient(*recursive_fast.gradient(self.f, data.theta, some))
        xp, batch = self.device.xp, self.batch(n)
        run = drain(recursive.forward(xp, self.f, data.theta, batch))
        return Gradient(drain(recursive.backward(xp, self.f, data.theta, batch, run)), run.E)

    def sections(self, n: int, data: Learning[Reading], at: Path) -> list[Section]:
        """Five sections: forward, the errors, the ledger, clip, step."""
        xp, some = self.device.xp, self.batch(n)
        held = {**data.theta, **data.memory}
        parts = Parts(xp, self.f, data.theta, some, held)

        def env(**more: Any) -> Env:
            return Env({**held, **more})

        return [
            *parts.sections(at),
            *self.clip_and_step(n, data, lambda: parts.grad, env, at),
        ]


class Parts:
    """The three walks on one batch as sections of a reel; `held` is what can be read besides, by symbol."""

    def __init__(self, xp: Any, f: Activation, theta: Theta, some: Inputs, held: dict[str, Array]) -> None:
        self.xp, self.f, self.theta, self.some = xp, f, theta, some
        self.held = {**theta, **held, "B": some.B}
        self.lengths = recursive.lengths(some)

    @property
    def run(self) -> recursive.Forward:
        """The forward pass, drained."""
        return drain(recursive.forward(self.xp, self.f, self.theta, self.some))

    @property
    def back(self) -> recursive.Errors:
        """The errors, drained."""
        return drain(recursive.errors(self.xp, self.f, self.theta, self.some, self.run))

    @property
    def grad(self) -> dict[str, Array]:
        """The gradient."""
        return drain(recursive.ledger(self.xp, self.theta, self.some, self.run, self.back))

    def env(self, loss: Array | None = None, **more: Mapping[int, Array]) -> Env:
        """E, what is held, words, labels and given leaves, and families by node."""
        families = {"x": self.some.x, "y": self.some.y, "p": self.some.given, **more}
        return Env({**self.held, "E": loss}, {name: each.get for name, each in families.items()})

    def after_forward(self, **more: Mapping[int, Array]) -> Env:
        """The same, and what the forward pass made."""
        run = self.run
        return self.env(run.E, x=run.x, p=run.p, yhat=run.yhat, E=run.losses, **more)

    def before_ledger(self) -> Env:
        back = self.back
        return self.after_forward(e=back.e, by_p=back.by_p, delta=back.delta)

    def sections(self, at: Path) -> list[Section]:
        """Forward, the errors, the ledger."""
        return [
            self.forward((*at, ("forward", -1))),
            self.errors((*at, ("errors", -1))),
            self.ledger((*at, ("ledger", -1))),
        ]

    def forward(self, at: Path) -> Section:
        return Section(
            at, lambda: recursive.forward(self.xp, self.f, self.theta, self.some, at), self.env,
            self.lengths[0],
        )  # fmt: skip

    def errors(self, at: Path) -> Section:
        return Section(
            at, lambda: recursive.errors(self.xp, self.f, self.theta, self.some, self.run, at), self.after_forward,
            self.lengths[1],
        )  # fmt: skip

    def ledger(self, at: Path) -> Section:
        return Section(
            at, lambda: recursive.ledger(self.xp, self.theta, self.some, self.run, self.back, at), self.before_ledger,
            self.lengths[2],
        )  # fmt: skip
