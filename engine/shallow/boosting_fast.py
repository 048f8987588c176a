"""AdaBoost on stumps at full speed, on the host: every column is sorted once, and a round sums weights along it.

x (N, M) points, y (N,) their classes ±1. The stumps are those of `boosting.boost`.
"""

from __future__ import annotations

import math

from engine.device import HOST, HostArray
from engine.maths.selecting import TIE, halfway
from engine.shallow.boosting import LEAST, Stump, ends, sureness

xp = HOST.xp


class Sorted:
    """Points x (N, M), sorted by every column: what all runs on them share."""

    def __init__(self, x: HostArray) -> None:
        self.x = xp.ascontiguousarray(x.T)
        self.order = xp.argsort(self.x, axis=1, kind="stable")
        values = xp.take_along_axis(self.x, self.order, axis=1)
        least = values[:, :1] - 1
        differ = values[:, :-1] < values[:, 1:]
        self.places = xp.concatenate([least, halfway(values[:, :-1], values[:, 1:])], axis=1)
        self.cuts = xp.concatenate([xp.ones_like(differ[:, :1]), differ], axis=1)

    def boost(self, y: HostArray, rounds: int) -> list[Stump]:
        """The stumps of so many rounds, or fewer: see `boosting`."""
        w, stumps = xp.full(len(y), 1 / len(y)), list[Stump]()
        e = xp.empty(self.places.shape)
        for _ in range(rounds):
            signed = (w * y)[self.order[:, :-1]]
            e[:, 0] = w[y < 0].sum()
            xp.cumsum(signed, axis=1, out=e[:, 1:])
            e[:, 1:] += e[:, :1]
            whole = w.sum()
            least = xp.where(self.cuts, xp.minimum(e, whole - e), xp.inf)
            best = int(xp.argmax(least.ravel() <= least.min() + TIE))
            f, i = divmod(best, len(y))
            eps, place = float(least[f, i]), float(self.places[f, i])
            side = 1.0 if e[f, i] < whole / 2 + TIE else -1.0
            alpha = math.log((1 - eps) / max(eps, LEAST)) / 2
            stumps.append(Stump(f, place, side, alpha, eps))
            if ends(eps):
                break
            w = w * xp.exp(-alpha * side * y * xp.where(self.x[f] > place, 1.0, -1.0))
            w /= w.sum()
        return stumps


def boost(x: HostArray, y: HostArray, rounds: int) -> list[Stump]:
    """The stumps of so many rounds on x (N, M) with classes y (N,), ±1."""
    return Sorted(x).boost(y, rounds)


def boost_each(x: HostArray, classes: HostArray, kinds: int, rounds: int) -> list[list[Stump]]:
    """For each of `kinds` classes the stumps that tell it (+1) from the rest (−1); classes (N,) count from 0."""
    points = Sorted(x)
    return [points.boost(xp.where(classes == kind, 1.0, -1.0), rounds) for kind in range(kinds)]


def classify(each: list[list[Stump]], x: HostArray) -> HostArray:
    """(Q,): the class whose stumps are surest, Σ α h divided by Σ α, for each of x (Q, M)."""
    found: HostArray = xp.argmax(xp.asarray([sureness(stumps, x) for stumps in each]), axis=0)
    return found
