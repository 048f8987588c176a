"""A network of any depth in training: every update takes the next batch forward, back, and a step (slides 25-27, 34).

examples  x (M, N), one column an example, and y (K, N)        batch   the columns of one update
an epoch  every example once, in an order drawn anew           test    examples that are only measured
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from engine.device import HOST, Array, Device, HostArray, rng
from engine.feedforward import mlp
from engine.feedforward.mlp import Net, Theta
from engine.feedforward.mlp_fast import Kernel
from engine.maths.optimisers import Memory, begin
from engine.walks import descent, training
from engine.walks.history import State, Track
from engine.walks.reel import Env, Grains, Section
from engine.walks.step import Path, Walk, drain
from engine.walks.training import Gradient, Learning, Recipe

ORDERS = 1000
"""Sections of the seed from here on draw the orders of the epochs."""
APART = 10
"""Updates at least between two measurements of all examples."""


class Examples(NamedTuple):
    """Columns x (M, N) and their targets y (K, N)."""

    x: Array
    y: Array


class Batches(NamedTuple):
    """Mini-batches of `size` examples, in an order that is drawn from the seed anew for every epoch."""

    size: int
    seed: int

    def per_epoch(self, count: int) -> int:
        """How many batches make an epoch of `count` examples; the last may be smaller."""
        return -(-count // self.size)

    def between(self, count: int) -> int:
        """Updates between two measurements of all examples: whole epochs, as few as have `APART` updates or more."""
        per = self.per_epoch(count)
        return -(-APART // per) * per

    def of_epoch(self, count: int, epoch: int) -> list[HostArray]:
        """The numbers of the examples in each batch of an epoch."""
        drawn = rng(self.seed, ORDERS + epoch).permutation(count)
        return [drawn[first : first + self.size] for first in range(0, count, self.size)]


class Dealt:
    """The batches of update after update, by the numbers of their examples; an epoch's order is drawn once."""

    def __init__(self, batches: Batches, count: int) -> None:
        self.batches, self.count, self.per = batches, count, batches.per_epoch(count)
        self._latest: tuple[int, list[HostArray]] = -1, []

    def epoch(self, epoch: int) -> list[HostArray]:
        """All batches of an epoch."""
        latest = self._latest  # the screen may replay a state while training goes on
        if latest[0] != epoch:
            latest = self._latest = epoch, self.batches.of_epoch(self.count, epoch)
        return latest[1]

    def of(self, n: int) -> HostArray:
        """The examples of update n."""
        return self.epoch(n // self.per)[n % self.per]


class Losses(NamedTuple):
    """The mean loss on all training examples, and on all test examples (NaN where there are none).

    `change` is how much that on the training examples has changed since it was measured before, infinite at first.
    """

    train: float
    test: float
    change: float = float("inf")


def converged(tolerance: float) -> Callable[[State], bool]:
    """Whether training has come to rest at a state: the loss on all training examples has changed by less than this.

    It is measured every few whole epochs: see `Batches.between`.
    """
    return lambda state: bool(state.data.reading.change < tolerance)


def loss_on(xp: Any, net: Net, theta: Theta, some: Examples) -> Array:
    """The mean loss, without the penalty of the regularisers."""
    return drain(mlp.forward(xp, net._replace(l1=0.0, l2=0.0), theta, *some)).E


def wrong(device: Device, scores: Array, y: HostArray) -> int:
    """How many columns of scores (K, B) have their largest entry elsewhere than the targets y."""
    return int((device.get(scores).argmax(axis=0) != y.argmax(axis=0)).sum())


def step_and_forward(
    xp: Any, net: Net, recipe: Recipe, theta: Theta, grad: Theta, memory: Memory, some: Examples, at: Path = ()
) -> Walk[Theta]:
    """One update and its effect: clip the gradient, move every parameter, and run forward again on `some`.

    Returns the parameters after it.
    """
    clipped = yield from descent.walk_clip(xp, grad, recipe.clip, (*at, ("clip", -1)))
    walk = descent.walk_step(xp, recipe.optimiser, theta, clipped, memory, recipe.rate, 1, (*at, ("move", -1)))
    moved, _ = yield from walk
    yield from mlp.forward(xp, net, moved, *some, (*at, ("after", -1)))
    return moved


def step_and_forward_length(net: Net, recipe: Recipe) -> int:
    """How many steps `step_and_forward` takes."""
    return sum(descent.steps(recipe.optimiser, mlp.names(net.depth), recipe.clip)) + mlp.steps(net)[0]


def epoch(
    xp: Any, net: Net, recipe: Recipe, theta: Theta, memory: Memory, some: list[Examples], n: int, at: Path = ()
) -> Walk[tuple[Theta, Memory]]:
    """One update for every batch in turn, from update n on. Returns (theta, memory)."""
    for i, batch in enumerate(some):
        here = (*at, ("update", n + i))
        run = yield from mlp.forward(xp, net, theta, *batch, (*here, ("forward", -1)))
        back = mlp.backward(xp, net, theta, run, batch.y, (*here, ("backward", -1)))
        theta, memory = yield from training.learn(xp, recipe, theta, memory, back, n + i + 1, here)
    return theta, memory


def fitted(net: Net, theta: Theta, recipe: Recipe, batches: Batches, some: Examples, epochs: int) -> Theta:
    """The parameters after so many epochs at full speed, on the host: nothing is kept or measured on the way."""
    kernel = Kernel(net, recipe.optimiser, recipe.rate, recipe.clip, *some)
    memory, n = begin(HOST.xp, recipe.optimiser, theta), 0
    for epoch in range(epochs):
        order = batches.of_epoch(some.x.shape[1], epoch)
        for i in range(len(order)):
            theta, memory, _ = kernel.update(theta, memory, order, i, n)
            n += 1
    return theta


class MlpRun(training.MeasuredRun[Losses]):
    """A net in training on `train`; the losses on all of `train` and `test` are measured every few whole epochs.

    Without `test` there are no examples for it.
    On the host an update is `feedforward.mlp_fast`; elsewhere it is the walks', drained. A test holds both equal.
    """

    kinds = (Losses,)

    def __init__(
        self, device: Device, net: Net, recipe: Recipe, batches: Batches, train: Examples, test: Examples | None = None
    ) -> None:
        super().__init__(device, recipe, mlp.names(net.depth))
        self.net, self.batches, self.host = net, batches, train
        both = train, test or Examples(train.x[:, :0], train.y[:, :0])
        self.train, self.test = (Examples(*(device.put(value) for value in some)) for some in both)
        self.count = train.x.shape[1]
        self.dealt, self.every = Dealt(batches, self.count), batches.between(self.count)
        self.per = self.dealt.per
        self._own = threading.local()  # the screen may replay a state while training goes on

    @property
    def kernel(self) -> Kernel:
        """The fast form, a separate one for each thread."""
        kernel: Kernel | None = getattr(self._own, "kernel", None)
        if kernel is None:
            recipe = self.recipe
            kernel = self._own.kernel = Kernel(self.net, recipe.optimiser, recipe.rate, recipe.clip, *self.host)
        return kernel

    def batch(self, n: int) -> Examples:
        """The examples of update n."""
        some = self.dealt.of(n)
        return Examples(*(self.device.put(value[:, some]) for value in self.host))

    def measured(self, theta: Theta) -> Losses:
        """The losses on all training and all test examples."""
        xp, device, both = self.device.xp, self.device, (self.train, self.test)
        return Losses(
            *(float(device.get(loss_on(xp, self.net, theta, e))) if e.x.shape[1] else float("nan") for e in both)
        )

    def update(self, n: int, data: Learning[Losses]) -> Learning[Losses]:
        """One update at full speed; where the losses are measured, also how far the first has changed."""
        after = super().update(n, data)
        if after.reading is data.reading:
            return after
        before = data.reading and data.reading.train
        change = float("inf") if before is None else abs(after.reading.train - before)
        return after._replace(reading=after.reading._replace(change=change))

    def moved(self, n: int, data: Learning[Losses]) -> Learning[Losses]:
        """Update n at full speed."""
        if self.device is not HOST:
            return super().moved(n, data)
        order = self.dealt.epoch(n // self.per)
        moved = self.kernel.update(data.theta, data.memory, order, n % self.per, n - data.began)
        return Learning(*moved, data.began, None, data.reading)

    def gradient(self, n: int, data: Learning[Losses]) -> Gradient:
        """Forward and back on the batch of update n."""
        xp, (x, y) = self.device.xp, self.batch(n)
        run = drain(mlp.forward(xp, self.net, data.theta, x, y))
        return Gradient(drain(mlp.backward(xp, self.net, data.theta, run, y)), run.E)

    def sections(self, n: int, data: Learning[Losses], at: Path) -> list[Section]:
        """Two sections: the forward pass; backward, clip and step."""
        xp, net, recipe, theta, memory = self.device.xp, self.net, self.recipe, data.theta, data.memory
        x, y = self.batch(n)
        up, (there, back), count = (*at, ("forward", -1)), mlp.steps(net), n - data.began + 1
        scalars = {
            "B": x.shape[1], "rate": recipe.rate, "theta": recipe.clip, "n": count, "l1": net.l1, "l2": net.l2,
        }  # fmt: skip
        begun = {**theta, **memory, "x": x, "y": y, **scalars}

        def learned() -> Walk[tuple[Theta, Memory]]:
            run = drain(mlp.forward(xp, net, theta, x, y))
            walk = mlp.backward(xp, net, theta, run, y, (*at, ("backward", -1)))
            return training.learn(xp, recipe, theta, memory, walk, count, at)

        def after() -> Env:
            return Env({**begun, **mlp.written(drain(mlp.forward(xp, net, theta, x, y)))})

        return [
            Section(up, lambda: mlp.forward(xp, net, theta, x, y, up), lambda: Env(begun), there),
            Section(at, learned, after, back + sum(descent.steps(recipe.optimiser, self.names, recipe.clip))),
        ]

    def track(self, begin_at: State, grains: Grains, also: Any = ()) -> Track:
        """Training from a state on; beside E of every batch, the losses on all examples and how the first changes."""
        held = (lambda state: state.data.reading.train, lambda state: state.data.reading.test)
        return super().track(begin_at, grains, (*held, lambda state: state.data.reading.change, *also))
