"""The playground's data: four sets of two classes and two of numbers to be met, on the square from −6 to 6."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from engine.device import HostArray, Rng, rng
from lessons.data.points import read_csv

CLASSES = ("circle", "xor", "gauss", "spiral")
NUMBERS = ("plane", "hills")
REACH = 6.0
"""Points and pictures reach from −REACH to REACH, in both directions."""
DRAWS = 7
"""The section of the seed that draws points."""
TOPS = ((-4.0, 2.5, 1.0), (0.0, 2.5, -1.0), (4.0, 2.5, 1.0), (-4.0, -2.5, -1.0), (0.0, -2.5, 1.0), (4.0, -2.5, -1.0))
"""The six hills and hollows: where, and up or down."""


def scatter(kind: str, seed: int, count: int, noise: float) -> tuple[HostArray, HostArray]:
    """x (N, 2), and y (N,): a class, 0 or 1, or a number from −1 to 1. `noise`, 0 to 50, is a percentage."""
    x, y = MAKERS[kind](rng(seed, DRAWS), count, noise / 100)
    return np.round(x, 3), np.round(y, 4)


def ring(draw: Rng, count: int, noise: float) -> tuple[HostArray, HostArray]:
    """A disc (1) in a ring (0); noise moves a point before it is asked which it is in."""
    inside = np.arange(count) % 2 == 0
    radius = np.where(inside, draw.uniform(0, 2.5, count), draw.uniform(3.5, 5, count))
    angle = draw.uniform(0, 2 * np.pi, count)
    x = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    moved = x + 5 * noise * draw.uniform(-1, 1, x.shape)
    return x, (np.linalg.norm(moved, axis=1) < 2.5).astype(float)


def quarters(draw: Rng, count: int, noise: float) -> tuple[HostArray, HostArray]:
    """The square by quarters, two and two alike: XOR of the signs."""
    x = draw.uniform(-5, 5, (count, 2))
    x += 0.3 * np.where(x > 0, 1, -1)
    moved = x + 5 * noise * draw.uniform(-1, 1, x.shape)
    return x, (moved[:, 0] * moved[:, 1] >= 0).astype(float)


def clouds(draw: Rng, count: int, noise: float) -> tuple[HostArray, HostArray]:
    """Two clouds, wider with noise."""
    y = (np.arange(count) % 2 == 0).astype(float)
    middle = np.where(y > 0, 2.0, -2.0)[:, None]
    return np.clip(middle + draw.normal(0, (0.5 + 7 * noise) ** 0.5, (count, 2)), -REACH, REACH), y


def arms(draw: Rng, count: int, noise: float) -> tuple[HostArray, HostArray]:
    """Two arms of a spiral, nearly two turns."""
    y = (np.arange(count) % 2 == 0).astype(float)
    share = (np.arange(count) // 2) / max(1, (count + 1) // 2)
    angle = 1.75 * share * 2 * np.pi + np.where(y > 0, 0, np.pi)
    x = (5 * share)[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return x + noise * draw.uniform(-1, 1, x.shape), y


def plane(draw: Rng, count: int, noise: float) -> tuple[HostArray, HostArray]:
    """A slope: (x₁ + x₂) / 10."""
    x = draw.uniform(-REACH, REACH, (count, 2))
    return x, np.clip((x + 2 * noise * draw.uniform(-1, 1, x.shape)).sum(axis=1) / 10, -1, 1)


def hills(draw: Rng, count: int, noise: float) -> tuple[HostArray, HostArray]:
    """Three hills and three hollows, each falling to nothing within a radius of 2."""
    x = draw.uniform(-REACH, REACH, (count, 2))
    moved = x + 2 * noise * draw.uniform(-1, 1, x.shape)
    heights = [up * np.clip(1 - np.linalg.norm(moved - (a, b), axis=1) / 2, 0, 1) for a, b, up in TOPS]
    return x, np.sum(heights, axis=0)


MAKERS: Mapping[str, Callable[[Rng, int, float], tuple[HostArray, HostArray]]] = {
    "circle": ring, "xor": quarters, "gauss": clouds, "spiral": arms, "plane": plane, "hills": hills,
}  # fmt: skip

FOUR = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0.0, 1, 1, 0])
"""The four points of XOR."""
SETS = ("xor", "circle", "gauss", "spiral", "turned", "four")
"""Sets of two classes to compare classifiers on: `turned` is XOR turned by 45°, `four` has its four points."""
TEST, TEST_SEED, SPLIT = 500, 10_000, 8
"""Points that test, how much larger the seed that draws them is; the section that splits a learner's own points."""


def labelled(data: str, seed: int, count: int, noise: float) -> tuple[HostArray, HostArray]:
    """Points (N, 2) of one of `SETS` and their classes (N,), ±1; `noise`, 0 to 50, is a percentage."""
    if data == "four":
        return FOUR[0], 2 * FOUR[1] - 1
    x, y = scatter("xor" if data == "turned" else data, seed, count, noise)
    if data == "turned":
        half = 0.5**0.5
        x = np.round(x @ np.array([[half, half], [-half, half]]), 3)
    return x, 2 * y - 1


FAR = 1e100
"""Numbers of a file may be so far from 0: their squares, and the sums of these, are finite then."""
LEAST = 3
"""Points of a file of which some are to learn from and some for the test."""


def taught_and_tested(data: str, seed: int, count: int, noise: float) -> dict[str, HostArray]:
    """x, y to learn from and x_test, y_test (classes ±1): new points; of the four the same; of a file's a third.

    `data` is one of `SETS` or the name of a CSV file. Raises Refused.
    """
    if data in SETS:
        x, y = labelled(data, seed, count, noise)
        x_test, y_test = labelled(data, seed + TEST_SEED, TEST, noise)
        return {"x": x, "y": y, "x_test": x_test, "y_test": y_test}
    x, y = read_csv(data, LEAST, FAR)
    order = rng(seed, SPLIT).permutation(len(x))
    test, taught = np.split(order, [max(1, len(x) // 3)])
    return {"x": x[taught], "y": 2 * y[taught] - 1, "x_test": x[test], "y_test": 2 * y[test] - 1}


FEATURES: Mapping[str, tuple[str, Callable[[HostArray, HostArray], HostArray]]] = {
    "x1": ("x₁", lambda a, b: a),
    "x2": ("x₂", lambda a, b: b),
    "x1x1": ("x₁²", lambda a, b: a * a),
    "x2x2": ("x₂²", lambda a, b: b * b),
    "x1x2": ("x₁x₂", lambda a, b: a * b),
    "sinx1": ("sin x₁", lambda a, b: np.sin(a)),
    "sinx2": ("sin x₂", lambda a, b: np.sin(b)),
}
"""What a net may be given of a point: a name, how it is written, and how it is computed."""


def features(names: tuple[str, ...], x: HostArray) -> HostArray:
    """The inputs (M, N) of points x (N, 2)."""
    return np.array([FEATURES[name][1](x[:, 0], x[:, 1]) for name in names]).reshape(len(names), len(x))
