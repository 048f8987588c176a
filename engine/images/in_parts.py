"""Nets that are trained in parts: each yields, after every part, how many of the test examples it gets wrong.

Four of them: a multilayer perceptron, a deep one by gradient descent alone, a deep belief net, a convolutional net.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from engine.device import HOST, HostArray, rng
from engine.feedforward import mlp
from engine.feedforward.mlp import Net
from engine.feedforward.mlp_training import Batches, Examples, MlpRun
from engine.images import cnn, dbn
from engine.images.cnn import Cnn, Conv
from engine.images.cnn_training import CnnRun
from engine.images.convolution import Slide
from engine.images.dbn import DbnRun, Plan
from engine.images.pooling import Pool
from engine.maths.activations import ACTIVATIONS
from engine.maths.initial import Initial, layers, xavier
from engine.maths.optimisers import OPTIMISERS, UNCLIPPED
from engine.walks.history import advanced
from engine.walks.step import drain
from engine.walks.training import Recipe, Run, Theta, descending

WEIGHTS = 31
"""The section of the seed that draws weights."""
DEEP = (64, 64, 64, 64)
"""Hidden layers of the deep nets."""
UPDATES, NEVER = 2000, 10**6
DESCENT = descending(0.1)
"""How the deep nets are trained: plain gradient descent, batches of 20."""
Counts = Iterator[int]
"""Wrong test examples after each part of a training."""


class Job(NamedTuple):
    """Examples to train on and to be tested with, x (M, N) and classes (K, N) as 0 and 1; a seed; the parts."""

    train: Examples
    test: Examples
    seed: int
    parts: int

    @property
    def size(self) -> int:
        """Examples to train on."""
        return len(self.train.x.T)

    def trained(self, run: Run[Any], theta: Theta, updates: int, wrong: Callable[[Theta], int]) -> Counts:
        """So many updates in the parts, counted after each."""
        state = run.start(theta)
        for part in range(1, self.parts + 1):
            state = advanced(run.advance, state, updates * part // self.parts - state.n)
            yield wrong(state.data.theta)

    def dense(self, hidden: Sequence[int], unit: str) -> tuple[Net, list[int], Callable[[Theta], int]]:
        """A net with these hidden layers and a softmax layer, its sizes, and how it is tested."""
        net, (x, y) = Net(len(hidden) + 1, ACTIVATIONS[unit], "softmax"), self.test

        def wrong(theta: Theta) -> int:
            said = drain(mlp.forward(HOST.xp, net, theta, x, y)).h[-1]
            return int((said.argmax(axis=0) != y.argmax(axis=0)).sum())

        return net, [len(x), *hidden, len(y)], wrong


def multilayer(job: Job, hidden: Sequence[int], rate: float, epochs: int) -> Counts:
    """Layers of tanh units; epochs of Adam in batches of 32."""
    net, sizes, wrong = job.dense(hidden, "tanh")
    batches = Batches(32, job.seed)
    run = MlpRun(HOST, net, Recipe(OPTIMISERS["adam"], rate, UNCLIPPED), batches, job.train)
    theta = layers(rng(job.seed, WEIGHTS), sizes, xavier)
    return job.trained(run, theta, epochs * batches.per_epoch(job.size), wrong)


def deep(job: Job, unit: str, initial: Initial) -> Counts:
    """Four hidden layers from a random start, 2,000 updates of plain gradient descent."""
    net, sizes, wrong = job.dense(DEEP, unit)
    run = MlpRun(HOST, net, DESCENT, Batches(20, job.seed), job.train)
    return job.trained(run, layers(rng(job.seed, WEIGHTS), sizes, initial), UPDATES, wrong)


def belief(job: Job, pictures: HostArray) -> Counts:
    """A deep belief net: 30 epochs for each layer on all pictures (M, N), then the updates of `deep`."""
    net, sizes, wrong = job.dense(DEEP, "sigmoid")
    batches = Batches(20, job.seed)
    layer = 30 * batches.per_epoch(pictures.shape[1])
    plan = Plan(len(DEEP), layer, Recipe(OPTIMISERS["momentum"], 0.1, UNCLIPPED), batches, every=NEVER)
    run = DbnRun(HOST, net, DESCENT, batches, pictures, job.train, job.train, plan)
    theta = dbn.initial(HOST, rng(job.seed, WEIGHTS), pictures, sizes)
    return job.trained(run, theta, plan.end + UPDATES, wrong)


def convolutional(job: Job, side: int) -> Counts:
    """8 filters of 3×3, pooling by 2, 32 filters of 3×3, the largest of each map; 20 epochs of Adam, or as many
    updates as 400 pictures give.
    """
    slide, (_, y) = Slide(3, 1, 1), job.test
    net = Cnn((1, side, side), (Conv(8, slide, Pool(2)), Conv(32, slide, Pool(side // 2))), len(y), ACTIVATIONS["relu"])
    recipe, batches = Recipe(OPTIMISERS["adam"], 0.005, UNCLIPPED), Batches(32, job.seed)
    run, tested = (CnnRun(HOST, net, recipe, batches, job.train, each) for each in ([], [job.test]))
    drawn = cnn.drawn(net, rng(job.seed, WEIGHTS))
    theta = {name: value if value.ndim == 2 else value[:, None] for name, value in drawn.items()}

    def wrong(theta: Theta) -> int:
        return round(tested.measured(theta).wrong[0] * len(y.T))

    return job.trained(run, theta, 20 * batches.per_epoch(max(job.size, 400)), wrong)
