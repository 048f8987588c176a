"""The optimum of negative sampling: u·v = PMI(w, c) − ln k (slides 45-46; Levy & Goldberg 2014).

N (V, V)  count of context c (row) near word w (column)   M (V, V)  its expected count as noise: k #(w) P(c)
U (V, D)  output vectors, a row a word   V (V, D)  input vectors   X = U Vᵀ  all scores u·v at once
"""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.device import HOST, Array, HostArray
from engine.maths.activations import log_sigmoid, sigmoid
from engine.walks.gradient_check import Objective
from engine.walks.step import Path, Step, Walk, drain

RULES = {
    "X": "X = U @ V.T",
    "S": "S = sigmoid(X)",
    "L_all": "L = -sum(N * log_sigmoid(X) + M * log_sigmoid(-X)) / n_pairs",
    "dX": "dX = ((N + M) * S - N) / n_pairs",
    "dU": "dU = dX @ V",
    "dV": "dV = dX.T @ U",
    "U": "U = U - rate_all * dU",
    "V": "V = V - rate_all * dV",
}
"""The rule of every op below."""


class Met(NamedTuple):
    """N and M above, and the number of pairs."""

    N: Any
    M: Any
    pairs: float


def meetings(codes: list[int], size: int, window: int, k: int) -> tuple[HostArray, HostArray]:
    """(N, M) of a text over `size` words: counts of pairs in the window, and as noise with k negatives a pair."""
    N = HOST.xp.zeros((size, size))
    for i, word in enumerate(codes):
        for other in codes[max(0, i - window) : i] + codes[i + 1 : i + 1 + window]:
            N[other, word] += 1
    share = N.sum(axis=1, keepdims=True) / N.sum()
    return N, k * share * N.sum(axis=0, keepdims=True)


def update(xp: Any, U: Array, V: Array, met: Met, rate: float, at: Path = ()) -> Walk[tuple[Array, Array]]:
    """One step of gradient descent on all pairs and the expectation of their negatives. Returns (U, V)."""
    X = U @ V.T
    yield Step(at, "X", {"X": X})
    S = sigmoid(xp, X)
    yield Step(at, "S", {"S": S})
    L = -xp.sum(met.N * log_sigmoid(xp, X) + met.M * log_sigmoid(xp, -X)) / met.pairs
    yield Step(at, "L_all", {"L": L})
    dX = ((met.N + met.M) * S - met.N) / met.pairs
    yield Step(at, "dX", {"dX": dX})
    dU = dX @ V
    yield Step(at, "dU", {"dU": dU})
    dV = dX.T @ U
    yield Step(at, "dV", {"dV": dV})
    U = U - rate * dU
    yield Step(at, "U", {"U": U})
    V = V - rate * dV
    yield Step(at, "V", {"V": V})
    return U, V


STEPS = 8
"""Steps of one `update`."""


def objective(xp: Any, U: Array, V: Array, met: Met) -> Objective:
    """L as a function of U and V, and its gradient."""
    theta = {"U": U, "V": V}

    def L(**moved: Array) -> Array:
        held = {**theta, **moved}
        return next(s.values["L"] for s in update(xp, held["U"], held["V"], met, 0.0) if "L" in s.values)

    made = {name: value for step in update(xp, U, V, met, 0.0) for name, value in step.values.items()}
    return Objective(theta, L, {"U": made["dU"], "V": made["dV"]})


def descended(xp: Any, U: Array, V: Array, met: Met, rate: float, count: int) -> list[tuple[Array, Array]]:
    """(U, V) before each of `count` updates, and after the last."""
    tables = [(U, V)]
    for _ in range(count):
        tables.append(drain(update(xp, *tables[-1], met, rate)))
    return tables
