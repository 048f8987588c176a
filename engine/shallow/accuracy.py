"""What share of the points classifiers get right: of those they learned from, and of new ones.

y, y_test        (N, 1) and (T, 1)  classes, ±1       says[i], says_test[i]  what classifier i answers, ±1
train[i], test[i]            (1, 1)  the share of right answers, i = 1, 2, …
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from engine.device import Array, Device, HostArray
from engine.walks.reel import Env, Section
from engine.walks.step import Path, Step, Walk

RULES = {"train": "train[i] = sum(y * says[i] > 0) / N", "test": "test[i] = sum(y_test * says_test[i] > 0) / T"}
"""The rule of every op below."""


class Said(NamedTuple):
    """What a classifier answers, ±1: to the points that it learned from (N,), and to new ones (T,)."""

    train: HostArray
    test: HostArray


def share(xp: Any, y: Array, says: Array) -> Array:
    """The share (1, 1) of answers `says` (N, 1) that have the sign of y (N, 1)."""
    return xp.sum(xp.astype(y * says > 0, y.dtype), keepdims=True) / y.shape[0]


def accuracy(xp: Any, y: Array, says: Array, y_test: Array, says_test: Array, i: int, at: Path = ()) -> Walk[None]:
    """Both shares for classifier i."""
    train = share(xp, y, says)
    yield Step(at, "train", {f"train[{i}]": train})
    test = share(xp, y_test, says_test)
    yield Step(at, "test", {f"test[{i}]": test})


def sections(
    device: Device, y: HostArray, y_test: HostArray, answers: Sequence[Callable[[], Said]], at: Path
) -> list[Section]:
    """One section for each classifier, which is trained when the section is opened, if not before."""
    wanted = Said(device.put(y[:, None]), device.put(y_test[:, None]))

    @cache
    def said(i: int) -> Said:
        found = answers[i - 1]()
        return Said(device.put(found.train[:, None]), device.put(found.test[:, None]))

    def shares(j: int) -> dict[str, Callable[[], Array]]:
        return {
            f"train[{j}]": lambda: share(device.xp, wanted.train, said(j).train),
            f"test[{j}]": lambda: share(device.xp, wanted.test, said(j).test),
        }

    def section(i: int) -> Section:
        here, late = (*at, ("i", i)), {f"says[{i}]": lambda: said(i).train, f"says_test[{i}]": lambda: said(i).test}
        for j in range(1, i):
            late |= shares(j)
        held = {"y": wanted.train, "y_test": wanted.test, "N": len(y), "T": len(y_test)}
        return Section(
            here,
            lambda: accuracy(device.xp, wanted.train, said(i).train, wanted.test, said(i).test, i, here),
            lambda: Env(held, late=late),
            2,
        )

    return [section(i) for i in range(1, len(answers) + 1)]
