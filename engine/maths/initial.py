"""Initial weights, drawn on the host: the same on every device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from engine.device import HOST, HostArray, Rng

Initial = Callable[[Rng, int, int], HostArray]
"""Draws the weights of a layer: rows are its units, columns its inputs."""


def normal(rng: Rng, rows: int, cols: int, scale: float = 1.0) -> HostArray:
    """N(0, scale²), shape (rows, cols)."""
    return rng.normal(0.0, scale, (rows, cols))


def uniform(rng: Rng, rows: int, cols: int, reach: float = 1.0) -> HostArray:
    """U(−reach, reach), shape (rows, cols)."""
    return rng.uniform(-reach, reach, (rows, cols))


def xavier(rng: Rng, rows: int, cols: int) -> HostArray:
    """U(±√(6 / (in + out))): keeps the variance through tanh layers, forward and back (Glorot & Bengio 2010)."""
    return uniform(rng, rows, cols, (6.0 / (rows + cols)) ** 0.5)


def he(rng: Rng, rows: int, cols: int) -> HostArray:
    """N(0, 2 / in): keeps the variance through ReLU layers (He et al. 2015)."""
    return normal(rng, rows, cols, (2.0 / cols) ** 0.5)


def layers(rng: Rng, sizes: Sequence[int], initial: Initial) -> dict[str, HostArray]:
    """W1, b1, W2, b2, … of dense layers with so many units, the inputs counted first; biases (units, 1) are 0."""
    theta: dict[str, HostArray] = {}
    for n, (cols, rows) in enumerate(pairwise(sizes), 1):
        theta |= {f"W{n}": initial(rng, rows, cols), f"b{n}": HOST.xp.zeros((rows, 1))}
    return theta


def for_size(W: HostArray, x: HostArray) -> HostArray:
    """Weights (L, M) that were drawn for inputs of size 1, for inputs x (M, N) of whatever size they are."""
    xp = HOST.xp
    size = xp.sqrt((x**2).mean(axis=1))
    fitted: HostArray = W / xp.where((size > 0) & xp.isfinite(size), size, 1.0)
    return fitted
