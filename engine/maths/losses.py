"""Loss functions, each beside its derivative. Columns are examples: shapes are (K, B)."""

from __future__ import annotations

from typing import Any

from engine.device import Array
from engine.maths.activations import log_softmax, softmax


def cross_entropy(xp: Any, o: Array, y: Array) -> Array:
    """E = −Σ y ln softmax(o) over classes and batch, from the scores o, so that a probability of 0 costs no NaN."""
    return -xp.sum(y * log_softmax(xp, o))


def cross_entropy_slope(xp: Any, o: Array, y: Array) -> Array:
    """∂E/∂o = softmax(o) − y."""
    return softmax(xp, o) - y


def squared_error(xp: Any, o: Array, y: Array) -> Array:
    """E = ½ Σ (o − y)²."""
    return xp.sum((o - y) ** 2) / 2


def squared_error_slope(xp: Any, o: Array, y: Array) -> Array:
    """∂E/∂o = o − y."""
    return o - y
