"""Tasks for classifiers: still digits, few labels, moved digits in a frame, XOR in the plane; digits moved and not."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from engine.device import HostArray, rng
from engine.feedforward.mlp_training import Examples
from lessons.data.pictures.digits import CLASSES, FRAME, SIDE, digits, framed, one_hot, split
from lessons.data.pictures.own import read_picture
from lessons.data.scatter import scatter

TASKS = ("digits", "labels", "moved", "xor")
XOR_POINTS, XOR_TESTS = 200, 1000
KEPT, KEPT_ORDER = 500, 2
"""Digits kept for the test where few have labels, and the section of the seed that shuffles them."""


class Task(NamedTuple):
    """Examples x (N, M) with classes y (N,) to train on and to be tested with; `side` is that of a picture, 0 of none.

    `unlabelled` are pictures without their classes.
    """

    x: HostArray
    y: HostArray
    test_x: HostArray
    test_y: HostArray
    kinds: int
    side: int
    unlabelled: HostArray

    def wrong(self, said: HostArray) -> int:
        """How many of the test examples are classed wrongly."""
        return int((said != self.test_y).sum())


class Sizes(NamedTuple):
    """How much there is to learn from: pictures, labels in the second task, the largest shift in the third; a seed."""

    pictures: int
    labels: int
    shift: int
    seed: int


@lru_cache(maxsize=16)
def task(name: str, sizes: Sizes) -> Task:
    """One of the four tasks: still digits, few labels, moved digits in a frame, XOR in the plane."""
    seed = sizes.seed
    if name == "xor":
        x, y = scatter("xor", seed, XOR_POINTS, 0)
        test_x, test_y = scatter("xor", seed + 1000, XOR_TESTS, 0)
        return Task(x, y.astype(int), test_x, test_y.astype(int), 2, 0, x)
    whole = split(seed, sizes.pictures)
    if name == "moved":
        x, test_x = framed(whole.x, seed, sizes.shift), framed(whole.test_x, seed + 1000, sizes.shift)
        return Task(x, whole.y, test_x, whole.test_y, CLASSES, FRAME, x)
    count = sizes.labels if name == "labels" else sizes.pictures
    return Task(whole.x[:count], whole.y[:count], whole.test_x, whole.test_y, CLASSES, SIDE, whole.x)


def columns(x: HostArray, y: HostArray, kinds: int) -> Examples:
    """Examples as nets take them: a column each, classes as 0 and 1."""
    return Examples(np.ascontiguousarray(x.T), np.ascontiguousarray(np.eye(kinds)[:, y]))


class Labelled(NamedTuple):
    """Digits (64, N) that may be looked at, the few of them that have labels, and those that are kept for the test."""

    pictures: HostArray
    train: Examples
    test: Examples


def few_labels(seed: int, labels: int) -> Labelled:
    """All digits, shuffled by the seed: the last `KEPT` are for the test, the first `labels` have labels."""
    x, y = digits()
    order = rng(seed, KEPT_ORDER).permutation(len(x))
    learned, test = order[:-KEPT], order[-KEPT:]
    train, kept = (Examples(x[some].T, one_hot(y[some])) for some in (learned[:labels], test))
    return Labelled(x[learned].T, train, kept)


@lru_cache(maxsize=8)
def centred_and_moved(seed: int, moved: bool) -> tuple[Examples, Examples, Examples]:
    """Framed digits to train on, in the middle or moved by up to two pixels; and the test digits, moved and not."""
    some = split(seed)
    shifted, still = (Examples(framed(some.test_x, seed, most).T, one_hot(some.test_y)) for most in (2, 0))
    return Examples(framed(some.x, seed, 2 if moved else 0).T.copy(), one_hot(some.y)), shifted, still


def shifted_by(some: Examples, pixels: int) -> Examples:
    """Framed digits moved to the right."""
    x = some.x.reshape(FRAME, FRAME, -1)
    return Examples(np.roll(x, pixels, axis=1).reshape(some.x.shape), some.y)


def one_in_frame(picture: str, example: int, seed: int, label: int) -> tuple[HostArray, int]:
    """A picture (12, 12) and its class: of "digit" an example, from 1, of those to train on; else a file and `label`.

    Raises Refused.
    """
    if picture == "digit":
        some, i = split(seed), example - 1
        return framed(some.x[i : i + 1], 0, 0).reshape(FRAME, FRAME), int(some.y[i])
    own = read_picture(picture, (SIDE, FRAME))
    return np.pad(own, (FRAME - len(own)) // 2), label
