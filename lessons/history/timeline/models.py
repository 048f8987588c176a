"""What is trained on the way through the history: every model on the same examples, in parts that take no second.

A model is a function of the data that trains it and yields, after each part, how many of the test examples it gets
wrong. How many parts there are is known beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from engine.device import HOST, rng
from engine.feedforward import mlp, perceptron_fast
from engine.feedforward.mlp import Net
from engine.feedforward.mlp_training import Batches, MlpRun
from engine.images import cnn, dbn
from engine.images.cnn import Cnn, Conv
from engine.images.cnn_training import CnnRun
from engine.images.convolution import Slide
from engine.images.dbn import DbnRun, Plan
from engine.images.pooling import Pool
from engine.maths.activations import ACTIVATIONS
from engine.maths.initial import Initial, he, layers, xavier
from engine.maths.optimisers import OPTIMISERS
from engine.shallow import boosting_fast, margin_fast, neighbours, tree_fast
from engine.shallow import tree as growing
from engine.shallow.margin import Kernel
from engine.shallow.tree import Limits
from engine.walks.history import advanced
from engine.walks.step import drain
from engine.walks.training import Recipe, Run, Theta, descending
from lessons.data.tasks import TASKS, Task, columns

WEIGHTS = 31
"""The section of the seed that draws weights."""
DEEP = (64, 64, 64, 64)
"""Hidden layers of the deep nets."""
UPDATES, UNCLIPPED, NEVER = 2000, 1e300, 10**6
DESCENT = descending(0.1)
"""How the deep nets are trained: plain gradient descent, batches of 20."""


Counts = Iterator[int]
"""Wrong test examples after each part of a training."""


class Model(NamedTuple):
    """How a model is trained, in how many parts, and on which tasks."""

    train: Callable[[Task, int], Counts]
    parts: int
    tasks: tuple[str, ...] = TASKS


def nearest(data: Task, seed: int) -> Counts:
    """The nearest neighbour: nothing is trained."""
    classes = np.eye(data.kinds)[data.y]
    yield data.wrong(neighbours.classify(np, data.x, classes, data.test_x, 1))


def perceptrons(data: Task, seed: int) -> Counts:
    """One perceptron a class, five epochs a part."""
    every = perceptron_fast.train_each(data.x, data.y, data.kinds)
    for _ in range(MODELS["perceptron"].parts):
        W = [next(every) for _ in range(5)][-1]
        yield data.wrong(perceptron_fast.classify(W, data.test_x))


def tree(data: Task, seed: int) -> Counts:
    """A whole decision tree."""
    grown = tree_fast.grow(data.x, data.y, data.kinds, Limits())
    yield data.wrong(growing.classify(grown, data.test_x))


def machines(data: Task, seed: int) -> Counts:
    """Support-vector machines with RBF kernels, one against one."""
    kernel, C = (Kernel(gamma=0.05), 10.0) if data.side else (Kernel(gamma=0.5), 1.0)
    many = margin_fast.machines(HOST, data.x, data.y, kernel, C, 1e-3, 20_000)
    yield data.wrong(margin_fast.classify(HOST, many, data.test_x))


def stumps(data: Task, seed: int) -> Counts:
    """AdaBoost, 50 stumps for each class against the rest."""
    yield data.wrong(boosting_fast.classify(boosting_fast.boost_each(data.x, data.y, data.kinds, 50), data.test_x))


def in_parts(run: Run[Any], theta: Theta, updates: int, parts: int, wrong: Callable[[Theta], int]) -> Counts:
    """A net in training: so many updates in so many parts, counted after each."""
    state = run.start(theta)
    for part in range(1, parts + 1):
        state = advanced(run.advance, state, updates * part // parts - state.n)
        yield wrong(state.data.theta)


def dense(data: Task, hidden: Sequence[int], unit: str) -> tuple[Net, list[int], Callable[[Theta], int]]:
    """A net with these hidden layers and a softmax layer, its sizes, and how its wrong test examples are counted."""
    net, tests = Net(len(hidden) + 1, ACTIVATIONS[unit], "softmax"), columns(data.test_x, data.test_y, data.kinds)

    def wrong(theta: Theta) -> int:
        return data.wrong(drain(mlp.forward(np, net, theta, *tests)).h[-1].argmax(axis=0))

    return net, [data.x.shape[1], *hidden, data.kinds], wrong


def multilayer(data: Task, seed: int) -> Counts:
    """64 tanh units, 60 epochs of Adam; for XOR two layers of 8, 200 epochs."""
    hidden, rate, epochs = ((64,), 0.003, 60) if data.side else ((8, 8), 0.01, 200)
    net, sizes, wrong = dense(data, hidden, "tanh")
    some, batches = columns(data.x, data.y, data.kinds), Batches(32, seed)
    run = MlpRun(HOST, net, Recipe(OPTIMISERS["adam"], rate, UNCLIPPED), batches, some)
    updates = epochs * batches.per_epoch(len(data.x))
    return in_parts(run, layers(rng(seed, WEIGHTS), sizes, xavier), updates, MODELS["mlp"].parts, wrong)


def deep(unit: str, initial: Initial, data: Task, seed: int) -> Counts:
    """Four hidden layers from a random start, 2,000 updates of plain gradient descent."""
    net, sizes, wrong = dense(data, DEEP, unit)
    some = columns(data.x, data.y, data.kinds)
    run = MlpRun(HOST, net, DESCENT, Batches(20, seed), some)
    return in_parts(run, layers(rng(seed, WEIGHTS), sizes, initial), UPDATES, MODELS["deep"].parts, wrong)


def belief(data: Task, seed: int) -> Counts:
    """A deep belief net: 30 epochs for each layer on all pictures, then the updates of `deep`."""
    net, sizes, wrong = dense(data, DEEP, "sigmoid")
    some, batches = columns(data.x, data.y, data.kinds), Batches(20, seed)
    pictures = np.ascontiguousarray(data.unlabelled.T)
    layer = 30 * batches.per_epoch(pictures.shape[1])
    plan = Plan(len(DEEP), layer, Recipe(OPTIMISERS["momentum"], 0.1, UNCLIPPED), batches, every=NEVER)
    run = DbnRun(HOST, net, DESCENT, batches, pictures, some, some, plan)
    theta = dbn.initial(HOST, rng(seed, WEIGHTS), pictures, sizes)
    return in_parts(run, theta, plan.end + UPDATES, MODELS["dbn"].parts, wrong)


def convolutional(data: Task, seed: int) -> Counts:
    """8 filters of 3×3, pooling by 2, 32 filters of 3×3, the largest of each map; 20 epochs of Adam, or as many
    updates as 400 pictures give.
    """
    slide, side = Slide(3, 1, 1), data.side
    layers = (Conv(8, slide, Pool(2)), Conv(32, slide, Pool(side // 2)))
    net = Cnn((1, side, side), layers, data.kinds, ACTIVATIONS["relu"])
    some, tests = (columns(x, y, data.kinds) for x, y in ((data.x, data.y), (data.test_x, data.test_y)))
    recipe, batches = Recipe(OPTIMISERS["adam"], 0.005, UNCLIPPED), Batches(32, seed)
    run, tested = (CnnRun(HOST, net, recipe, batches, some, each) for each in ([], [tests]))
    drawn = cnn.drawn(net, rng(seed, WEIGHTS))
    theta = {name: value if value.ndim == 2 else value[:, None] for name, value in drawn.items()}

    def wrong(theta: Theta) -> int:
        return round(tested.measured(theta).wrong[0] * len(data.test_y))

    updates = 20 * batches.per_epoch(max(len(data.x), 400))
    return in_parts(run, theta, updates, MODELS["convolution"].parts, wrong)


MODELS = {
    "neighbours": Model(nearest, 1),
    "perceptron": Model(perceptrons, 5),
    "tree": Model(tree, 1),
    "mlp": Model(multilayer, 6),
    "convolution": Model(convolutional, 20, TASKS[:3]),
    "svm": Model(machines, 1),
    "boosting": Model(stumps, 1),
    "deep": Model(partial(deep, "sigmoid", xavier), 5, TASKS[:3]),
    "dbn": Model(belief, 12, TASKS[:3]),
    "relu": Model(partial(deep, "relu", he), 5, TASKS[:3]),
}
