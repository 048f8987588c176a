"""A convolutional net in training: an update takes the next batch forward, back, and a step; what is wrong is counted.

examples  x (C·H·W, N), one column a picture, and y (K, N)      tests  sets that are only measured
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.device import HOST, Array, Device
from engine.feedforward.mlp_training import Batches, Dealt, Examples, wrong
from engine.images import cnn
from engine.images.cnn import Cnn, Theta
from engine.images.cnn_fast import Kernel
from engine.maths.optimisers import Memory
from engine.walks import descent, training
from engine.walks.reel import Env, Section
from engine.walks.step import Path, Walk, drain
from engine.walks.training import Gradient, Learning, Recipe

AT_ONCE = 200
"""Pictures of a test set that are answered in one pass: windows of more would not stay in the cache."""


class Reading(NamedTuple):
    """The share of wrong answers on each test set, as last measured."""

    wrong: tuple[float, ...]


class CnnRun(training.MeasuredRun[Reading]):
    """A net in training on `train`; the wrong answers on `tests` are counted every few whole epochs.

    On the host the gradient of an update is `images.cnn_fast`; elsewhere it is the walks', drained. A test holds both
    equal.
    """

    kinds = (Reading,)

    def __init__(
        self, device: Device, net: Cnn, recipe: Recipe, batches: Batches, train: Examples, tests: Sequence[Examples]
    ) -> None:
        super().__init__(device, recipe, tuple(cnn.shapes(net)))
        self.net, self.batches, self.train, self.tests = net, batches, train, tests
        self.count = train.x.shape[1]
        self.dealt, self.every = Dealt(batches, self.count), batches.between(self.count)
        self.per, self.kernel = self.dealt.per, Kernel(net)

    def batch(self, n: int) -> Examples:
        """The examples of update n, on the device."""
        some = self.dealt.of(n)
        return Examples(*(self.device.put(value[:, some]) for value in self.train))

    def measured(self, theta: Theta) -> Reading:
        """The shares of wrong answers now."""
        return Reading(tuple(self._wrong(theta, some) for some in self.tests))

    def scores(self, theta: Theta, some: Examples) -> Array:
        """The scores (K, B) of some pictures."""
        x, y = (self.device.put(value) for value in some)
        if self.device is HOST:
            return self.kernel.scores(theta, x)
        return drain(cnn.forward(self.device.xp, self.net, theta, x, y)).made[f"net{self.net.depth}"]

    def _wrong(self, theta: Theta, some: Examples) -> float:
        count, found = len(some.x.T), 0
        for first in range(0, count, AT_ONCE):
            part = Examples(*(value[:, first : first + AT_ONCE] for value in some))
            found += wrong(self.device, self.scores(theta, part), part.y)
        return found / count

    def gradient(self, n: int, data: Learning[Reading]) -> Gradient:
        """Forward and back on the batch of update n."""
        xp, (x, y) = self.device.xp, self.batch(n)
        if self.device is HOST:
            return Gradient(*self.kernel.gradient(data.theta, x, y))
        run = drain(cnn.forward(xp, self.net, data.theta, x, y))
        return Gradient(drain(cnn.backward(xp, self.net, data.theta, run, y)), run.E)

    def sections(self, n: int, data: Learning[Reading], at: Path) -> list[Section]:
        """Two sections: the forward pass; backward, clip and step."""
        xp, net, recipe, theta, memory = self.device.xp, self.net, self.recipe, data.theta, data.memory
        x, y = self.batch(n)
        up, (there, back), count = (*at, ("forward", -1)), cnn.steps(net), n - data.began + 1
        scalars = {"B": x.shape[1], "rate": recipe.rate, "theta": recipe.clip, "n": count}
        begun: dict[str, Any] = {**theta, **memory, "x": x, "y": y, **scalars, **cnn.functions(HOST.xp, net)}

        def learned() -> Walk[tuple[Theta, Memory]]:
            run = drain(cnn.forward(xp, net, theta, x, y))
            walk = cnn.backward(xp, net, theta, run, y, (*at, ("backward", -1)))
            return training.learn(xp, recipe, theta, memory, walk, count, at)

        def after() -> Env:
            run = drain(cnn.forward(xp, net, theta, x, y))
            return Env({**begun, **run.made, "E": run.E})

        return [
            Section(up, lambda: cnn.forward(xp, net, theta, x, y, up), lambda: Env(begun), there),
            Section(at, learned, after, back + sum(descent.steps(recipe.optimiser, self.names, recipe.clip))),
        ]
