"""The k nearest neighbours of a point, which vote on its class (slide 4; Fix and Hodges 1951, Cover and Hart 1967).

x     (N, M)  points             q     (M, 1)  the new point        kind  (C, 1)  the classes, in order
y     (N, 1)  their classes      d     (N, 1)  squared distances    row   (N, 1)  the numbers of the points, from 0
near[j]       (1, 1)  the j-th nearest, j = 1 … k (of equal ones the first)
rest          (N, 1)  1 for those that have not been taken yet
vote          (C, 1)  votes so far                                  says  (1, 1)  the class with most votes
"""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.device import HOST, Array, Device, HostArray
from engine.maths import selecting
from engine.walks.step import Path, Step, Walk

RULES = {
    "distance": "d = row_sum((x - q.T)**2)",
    "near": "near[j] = nearest(d, rest)",
    "rest": "rest = rest - (row == near[j])",
    "vote": "vote = vote + (kind == at(y, near[j]))",
    "class": "says = at(kind, argmax(vote))",
}
"""The rule of every op below."""
CHUNK = 1 << 18
"""Squared distances that are kept at once, so that they stay in the cache."""
NARROW = 8
"""Points of so many columns or fewer are compared column by column, which is exact however far from 0 they lie."""
FEW = 12
"""Up to so many neighbours are found one after the other, more by sorting."""


class Neighbours(NamedTuple):
    """The numbers of the nearest points, nearest first, the votes by class, and the class that they give."""

    near: list[int]
    votes: HostArray
    says: float


def ask(
    device: Device, x: Array, y: Array, kind: Array, row: Array, q: Array, k: int, at: Path = ()
) -> Walk[Neighbours]:
    """Measure all distances, take the k smallest one after the other, count their classes."""
    xp = device.xp
    d = xp.sum((x - q.T) ** 2, axis=1, keepdims=True)
    yield Step(at, "distance", {"d": d})
    rest, vote, found = xp.ones_like(row), xp.zeros_like(kind), list[int]()
    for j in range(1, k + 1):
        here = (*at, ("j", j))
        number = selecting.nearest(device.get(d), device.get(rest))
        yield Step(here, "near", {f"near[{j}]": device.put([[number]])})
        rest = rest - xp.astype(row == number, row.dtype)
        yield Step(here, "rest", {"rest": rest})
        vote = vote + xp.astype(kind == y[number : number + 1, :], kind.dtype)
        yield Step(here, "vote", {"vote": vote})
        found.append(number)
    most = selecting.argmax(device.get(vote))
    says = kind[most : most + 1, :]
    yield Step(at, "class", {"says": says})
    return Neighbours(found, device.get(vote)[:, 0], float(device.get(says)[0, 0]))


# what there is before the first step


def begun(device: Device, count: int) -> dict[str, Array]:
    """What the rules read that is there before the first step, for `count` points with classes ±1: by symbol."""
    row, kind = device.put([[float(i)] for i in range(count)]), device.put([[-1.0], [1.0]])
    return {"row": row, "kind": kind, "rest": device.xp.ones_like(row), "vote": device.xp.zeros_like(kind)}


# many points at once


def nearest(xp: Any, x: Array, q: Array, k: int) -> Array:
    """(Q, k): the numbers of the k nearest of x (N, M) for each of q (Q, M), nearest first, of equal ones the first."""
    rows = max(1, CHUNK // x.shape[0])
    firsts = range(0, q.shape[0], rows)
    distances = _differences if x.shape[1] <= NARROW else _products
    parts = (q[first : min(first + rows, q.shape[0]), :] for first in firsts)
    return xp.concat(tuple(_least(xp, distances(xp, x, some), k) for some in parts), axis=0)


def _differences(xp: Any, x: Array, q: Array) -> Array:
    """Squared distances (Q, N), column by column."""
    d = (q[:, :1] - x[:, :1].T) ** 2
    for f in range(1, x.shape[1]):
        d = d + (q[:, f : f + 1] - x[:, f : f + 1].T) ** 2
    return d


def _products(xp: Any, x: Array, q: Array) -> Array:
    """Squared distances (Q, N) less |q|², which is the same for all: one product."""
    d = q @ (-2 * x).T
    d += xp.sum(x * x, axis=1)[None, :]
    return d


def _least(xp: Any, d: Array, k: int) -> Array:
    """The columns of the k smallest entries of each row of d, which is used up."""
    if k > FEW:
        return xp.argsort(d, axis=1, stable=True)[:, :k]
    taken, number = [], None
    for r in range(k):
        column = xp.argmin(d, axis=1, keepdims=True)
        taken.append(column)
        if r + 1 == k:
            break
        if hasattr(xp, "put_along_axis"):
            xp.put_along_axis(d, column, float("inf"), axis=1)
        else:  # the standard cannot write at many places
            number = xp.cumulative_sum(xp.ones_like(d[0, :]))[None, :] - 1 if number is None else number
            d = xp.where(number == xp.astype(column, d.dtype), float("inf"), d)
    return xp.concat(tuple(taken), axis=1)


def votes(x: HostArray, y: HostArray, q: HostArray, k: int) -> HostArray:
    """(Q,): the mean class of the k nearest of each of q (Q, M), from −1 to 1; y (N,) are ±1."""
    found: HostArray = y[nearest(HOST.xp, x, q, min(k, len(x)))].mean(axis=1)
    return found


def classify(xp: Any, x: Array, classes: Array, q: Array, k: int) -> Array:
    """(Q,): for each of q the column of `classes` (N, C), one 1 a row, with most votes among the k nearest."""
    near = nearest(xp, x, q, k)
    votes = xp.take(classes, near[:, 0], axis=0)
    for r in range(1, k):
        votes = votes + xp.take(classes, near[:, r], axis=0)
    return xp.argmax(votes, axis=1)
