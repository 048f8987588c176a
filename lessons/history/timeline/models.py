"""What is trained on the way through the history: every model on the same examples, in parts that take no second.

A model is a function of the data that trains it and yields, after each part, how many of the test examples it gets
wrong. How many parts there are is known beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from engine.device import HOST
from engine.feedforward import perceptron_fast
from engine.images import in_parts
from engine.images.in_parts import Counts, Job
from engine.maths.initial import Initial, he, xavier
from engine.shallow import boosting_fast, margin_fast, neighbours, tree_fast
from engine.shallow import tree as growing
from engine.shallow.margin import Kernel
from engine.shallow.tree import Limits
from lessons.data.tasks import TASKS, Task, columns


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


def job(name: str, data: Task, seed: int) -> Job:
    """What a net is trained on, in how many parts."""
    train, test = (columns(x, y, data.kinds) for x, y in ((data.x, data.y), (data.test_x, data.test_y)))
    return Job(train, test, seed, MODELS[name].parts)


def multilayer(data: Task, seed: int) -> Counts:
    """64 tanh units, 60 epochs of Adam; for XOR two layers of 8, 200 epochs."""
    hidden, rate, epochs = ((64,), 0.003, 60) if data.side else ((8, 8), 0.01, 200)
    return in_parts.multilayer(job("mlp", data, seed), hidden, rate, epochs)


def deep(unit: str, initial: Initial, data: Task, seed: int) -> Counts:
    """A deep net from a random start."""
    return in_parts.deep(job("deep", data, seed), unit, initial)


def belief(data: Task, seed: int) -> Counts:
    """A deep belief net, its layers prepared on all pictures."""
    return in_parts.belief(job("dbn", data, seed), np.ascontiguousarray(data.unlabelled.T))


def convolutional(data: Task, seed: int) -> Counts:
    """A convolutional net."""
    return in_parts.convolutional(job("convolution", data, seed), data.side)


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
