"""The loss of a softmax layer, from its scores. Columns are examples: shapes are (K, B). ∂E/∂o = softmax(o) − y."""

from __future__ import annotations

from typing import Any

from engine.device import Array
from engine.maths.activations import log_softmax


def cross_entropy(xp: Any, o: Array, y: Array) -> Array:
    """E = −Σ y ln softmax(o) over classes and batch, from the scores o: finite where softmax(o) underflows."""
    return -xp.sum(y * log_softmax(xp, o))
