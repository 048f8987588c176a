"""Vectors of several places in one matrix (S, N·B): row s holds the vector of place s, its N numbers one after the
other, and of each number those of the B examples side by side. With one example it is the matrix (S, N) of the vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.device import Array


def flat(xp: Any, v: Array) -> Array:
    """One vector for each example, (N, B), as one row (1, N·B)."""
    return xp.reshape(v, (1, -1))


def stacked(xp: Any, vectors: Sequence[Array]) -> Array:
    """S arrays (N, B) as the rows of a matrix (S, N·B)."""
    return xp.concat([flat(xp, v) for v in vectors], axis=0)


def slab(xp: Any, rows: Array, s: int, B: int) -> Array:
    """The vectors (N, B) of place s."""
    return xp.reshape(rows[s : s + 1, :], (-1, B))


def scored(xp: Any, rows: Array, q: Array) -> Array:
    """The dot product of every place with q (N, B), or with one q (N, 1) for all examples: (S, B)."""
    apart = xp.reshape(rows, (rows.shape[0], q.shape[0], -1))
    return xp.sum(apart * q[None, :, :], axis=1)


def blended(xp: Any, rows: Array, w: Array) -> Array:
    """The sum of the vectors of all places, each times its weight w (S, B): (N, B)."""
    apart = xp.reshape(rows, (rows.shape[0], -1, w.shape[1]))
    return xp.sum(apart * w[:, None, :], axis=0)


def spread(xp: Any, w: Array, g: Array) -> Array:
    """At every place its weight, w (S, B), times the vector g (N, B), or (N, 1) for all examples: (S, N·B)."""
    return xp.reshape(w[:, None, :] * g[None, :, :], (w.shape[0], -1))
