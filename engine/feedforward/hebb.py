"""Hebb's rule, Oja's rule, and a memory that completes a partial pattern (slide 3; Hebb, Oja, Hopfield).

w     (M, 1)  weights          x[n]   (M, 1)  sample n = 1 … N       y[n]   (1, 1)  wᵀx, linear
W     (K, K)  the memory       q[m]   (K, 1)  pattern m of ±1        s      (K, 1)  its state, ±1
W_[i] (1, K)  one row of W     e[i]   (K, 1)  1 at cell i            net[i] (1, 1)  net input of cell i
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.device import Array, Device
from engine.walks.step import Path, Step, Walk

RULES = {
    "y": "y[n] = w.T @ x[n]",
    "hebb": "w = w + eta * y[n] * x[n]",
    "oja": "w = w + eta * y[n] * (x[n] - y[n] * w)",
    "size": "w_norm[n] = sqrt(sum(w**2))",
    "zero": "W = 0 * W",
    "store": "W = W + q[m] @ q[m].T / K",
    "diagonal": "W = W * (1 - I)",
    "net": "net[i] = W_[i] @ s",
    "s": "s = s * (1 - e[i]) + e[i] * (2 * (net[i] > 0) - 1)",
}
"""The rule of every op below."""


def hebb(xp: Any, w: Array, x: Sequence[Array], eta: float, at: Path = ()) -> Walk[Array]:
    """Δw = η y x: a weight grows where input and output are active together. ‖w‖ never shrinks."""
    for n, sample in enumerate(x, 1):
        here = (*at, ("n", n))
        y = w.T @ sample
        yield Step(here, "y", {f"y[{n}]": y})
        w = w + eta * y * sample
        yield Step(here, "hebb", {"w": w})
        size = xp.sqrt(xp.sum(w**2))
        yield Step(here, "size", {f"w_norm[{n}]": size})
    return w


def oja(xp: Any, w: Array, x: Sequence[Array], eta: float, at: Path = ()) -> Walk[Array]:
    """Δw = η y (x − y w): the decay η y² w balances the growth where ‖w‖ = 1 (Oja 1982)."""
    for n, sample in enumerate(x, 1):
        here = (*at, ("n", n))
        y = w.T @ sample
        yield Step(here, "y", {f"y[{n}]": y})
        w = w + eta * y * (sample - y * w)
        yield Step(here, "oja", {"w": w})
        size = xp.sqrt(xp.sum(w**2))
        yield Step(here, "size", {f"w_norm[{n}]": size})
    return w


def store(device: Device, q: Sequence[Array], at: Path = ()) -> Walk[Array]:
    """W = Σ q qᵀ / K without its diagonal: Hebb's rule, once for every pattern (Hopfield 1982)."""
    xp, K = device.xp, q[0].shape[0]
    W = xp.zeros_like(q[0] @ q[0].T)
    yield Step((*at, ("m", 1)), "zero", {"W": W})
    for m, pattern in enumerate(q, 1):
        W = W + pattern @ pattern.T / K
        yield Step((*at, ("m", m)), "store", {"W": W})
    W = W * (1 - identity(device, K))
    yield Step(at, "diagonal", {"W": W})
    return W


def recall(device: Device, W: Array, s: Array, sweeps: int, at: Path = ()) -> Walk[Array]:
    """Asynchronous updates: one cell after the other becomes s_i = sign(Σ_j W_ij s_j), in `sweeps` passes."""
    xp, K = device.xp, W.shape[0]
    for sweep in range(1, sweeps + 1):
        for i in range(1, K + 1):
            here = (*at, ("sweep", sweep), ("i", i))
            net = W[i - 1 : i, :] @ s
            yield Step(here, "net", {f"net[{i}]": net})
            e = cell(device, K, i)
            s = s * (1 - e) + e * xp.where(net > 0, xp.ones_like(net), -xp.ones_like(net))
            yield Step(here, "s", {"s": s})
    return s


def identity(device: Device, K: int) -> Array:
    """The identity matrix (K, K)."""
    return device.put([[float(i == j) for j in range(K)] for i in range(K)])


def cell(device: Device, K: int, i: int) -> Array:
    """A column (K, 1) with 1 at cell i, counted from 1, else 0."""
    return device.put([[float(j == i)] for j in range(1, K + 1)])
