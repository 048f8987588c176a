"""What share of the points a classifier gets right: of those it learned from, and of new ones.

y, y_test        (N, 1) and (T, 1)  classes, ±1       says[i], says_test[i]  what classifier i answers, ±1
train[i], test[i]            (1, 1)  the share of right answers
"""

from __future__ import annotations

from typing import Any

from engine.device import Array
from engine.walks.step import Path, Step, Walk

RULES = {"train": "train[i] = sum(y * says[i] > 0) / N", "test": "test[i] = sum(y_test * says_test[i] > 0) / T"}
"""The rule of every op below."""


def accuracy(xp: Any, y: Array, says: Array, y_test: Array, says_test: Array, i: int, at: Path = ()) -> Walk[None]:
    """Both shares for classifier i."""
    train = xp.sum(xp.astype(y * says > 0, y.dtype), keepdims=True) / y.shape[0]
    yield Step(at, "train", {f"train[{i}]": train})
    test = xp.sum(xp.astype(y_test * says_test > 0, y.dtype), keepdims=True) / y_test.shape[0]
    yield Step(at, "test", {f"test[{i}]": test})
