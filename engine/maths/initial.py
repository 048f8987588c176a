"""Initial weights, drawn on the host: the same on every device."""

from __future__ import annotations

from engine.device import HostArray, Rng


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
