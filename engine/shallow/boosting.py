"""AdaBoost on stumps: each round weighs the points that were wrong more (slide 4; Freund and Schapire 1995).

    x  (N, M)  points       y  (N, 1)  their classes, ±1       axis  (M, 1)  the columns of x, from 1
    g, theta   (T, 1)  the cuts that a stump may be: column and place; one more a column is below all points
    w          (N, 1)  weights of the points, their sum 1      F     (N, 1)  Σ α h so far: its sign is the answer
    e[t]       (T, 1)  weighted error of "+1 above the cut"    least[t]  (T, 1)  of it or of its opposite, the less
    cut[t]     (1, 1)  the first of the least                  eps[t]    (1, 1)  its error ε
    side[t]    (1, 1)  +1: it says +1 above the cut, −1: below h[t]      (N, 1)  what it says
    alpha[t]   (1, 1)  its vote                                Z[t]      (1, 1)  what the new weights are divided by
    wrong[t]   (1, 1)  the new weight of its wrong points      bound     (1, 1)  ∏ Z, at least the share of errors
    error[t]   (1, 1)  the share of points with y F ≤ 0

It ends before its rounds are over where the best stump is no better than chance (ε = ½: its vote is 0), or makes no
error: its vote would be infinite, and is that of ε = 1e-12.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.device import HOST, Array, Device, HostArray
from engine.maths import selecting
from engine.walks.step import Path, Step, Walk

LEAST = 1e-12
"""The least error that a stump's vote is computed from."""

RULES = {
    "columns": "g = cut_axis(x, y**2, 1)",
    "places": "theta = cut_place(x, y**2, 1)",
    "begin": "w = y**2 / N",
    "F_0": "F = 0 * y",
    "bound_0": "bound = sum(w)",
    "e": "e[t] = sum(w * (y < 0)) + below(x, g, theta) @ (w * y)",
    "least": "least[t] = minimum(e[t], sum(w) - e[t])",
    "stump": "cut[t] = argmin(least[t])",
    "eps": "eps[t] = at(least[t], cut[t])",
    "side": "side[t] = 2 * (at(e[t], cut[t]) < sum(w) / 2 + 1e-12) - 1",
    "h": "h[t] = side[t] * (2 * (x @ (axis == at(g, cut[t])) > at(theta, cut[t])) - 1)",
    "alpha": "alpha[t] = log((1 - eps[t]) / maximum(eps[t], 1e-12)) / 2",
    "Z": "Z[t] = sum(w * exp(-alpha[t] * y * h[t]))",
    "w": "w = w * exp(-alpha[t] * y * h[t]) / Z[t]",
    "wrong": "wrong[t] = sum(w * (y * h[t] < 0))",
    "F": "F = F + alpha[t] * h[t]",
    "bound": "bound = bound * Z[t]",
    "error": "error[t] = sum(y * F <= 0) / N",
}
"""The rule of every op below."""


class Stump(NamedTuple):
    """`side` where x in column `feature` (from 0) is above `place`, else −`side`; its vote `alpha`, its error `eps`."""

    feature: int
    place: float
    side: float
    alpha: float
    eps: float


def boost(device: Device, x: Array, y: Array, axis: Array, rounds: int, at: Path = ()) -> Walk[list[Stump]]:
    """The cuts; then in each round the stump of least weighted error, its vote, and new weights."""
    xp, N, host = device.xp, x.shape[0], device.get(x)
    first, every = (*at, ("begin", -1)), device.get(y) ** 2
    columns, places = selecting.cut_axis(host, every, 1), selecting.cut_place(host, every, 1)
    yield Step(first, "columns", {"g": device.put(columns)})
    yield Step(first, "places", {"theta": device.put(places)})
    low = device.put(selecting.below(host, columns, places))
    w = y**2 / N
    yield Step(first, "begin", {"w": w})
    F = 0 * y
    yield Step(first, "F_0", {"F": F})
    bound = xp.sum(w, keepdims=True)
    yield Step(first, "bound_0", {"bound": bound})
    stumps: list[Stump] = []
    for t in range(1, rounds + 1):
        here = (*at, ("t", t))
        e = xp.sum(w * xp.astype(y < 0, w.dtype)) + low @ (w * y)
        yield Step(here, "e", {f"e[{t}]": e})
        least = xp.minimum(e, xp.sum(w) - e)
        yield Step(here, "least", {f"least[{t}]": least})
        cut = selecting.argmin(device.get(least))
        yield Step(here, "stump", {f"cut[{t}]": device.put([[cut]])})
        eps = least[cut : cut + 1, :]
        yield Step(here, "eps", {f"eps[{t}]": eps})
        side = 2 * xp.astype(e[cut : cut + 1, :] < xp.sum(w) / 2 + selecting.TIE, w.dtype) - 1
        yield Step(here, "side", {f"side[{t}]": side})
        feature, place = int(columns[cut, 0]) - 1, float(places[cut, 0])
        above = x @ xp.astype(axis == feature + 1, x.dtype) > place
        h = side * (2 * xp.astype(above, w.dtype) - 1)
        yield Step(here, "h", {f"h[{t}]": h})
        alpha = xp.log((1 - eps) / xp.where(eps > LEAST, eps, LEAST + 0 * eps)) / 2
        yield Step(here, "alpha", {f"alpha[{t}]": alpha})
        Z = xp.sum(w * xp.exp(-alpha * y * h), keepdims=True)
        yield Step(here, "Z", {f"Z[{t}]": Z})
        w = w * xp.exp(-alpha * y * h) / Z
        yield Step(here, "w", {"w": w})
        wrong = xp.sum(w * xp.astype(y * h < 0, w.dtype), keepdims=True)
        yield Step(here, "wrong", {f"wrong[{t}]": wrong})
        F = F + alpha * h
        yield Step(here, "F", {"F": F})
        bound = bound * Z
        yield Step(here, "bound", {"bound": bound})
        error = xp.sum(xp.astype(y * F <= 0, w.dtype), keepdims=True) / N
        yield Step(here, "error", {f"error[{t}]": error})
        found = (float(device.get(value)[0, 0]) for value in (side, alpha, eps))
        stumps.append(Stump(feature, place, *found))
        if ends(stumps[-1].eps):
            break
    return stumps


def ends(eps: float) -> bool:
    """Whether boosting ends with a stump of this error: none, or no better than chance."""
    return eps <= LEAST or eps >= 0.5 - selecting.TIE


def decide(stumps: Sequence[Stump], x: HostArray) -> HostArray:
    """(Q,): F of x (Q, M), on the host: Σ α h. Its sign is the answer."""
    F: HostArray = HOST.xp.zeros(len(x))
    for stump in stumps:
        F += stump.alpha * stump.side * (2 * (x[:, stump.feature] > stump.place) - 1)
    return F


def sureness(stumps: Sequence[Stump], x: HostArray) -> HostArray:
    """(Q,): F of x (Q, M) divided by Σ |α|, from −1 to 1; 0 without stumps."""
    return decide(stumps, x) / max(1e-300, sum(abs(stump.alpha) for stump in stumps))
