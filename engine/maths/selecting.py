"""Which entry is the largest, and where a set of points can be cut: what is chosen is chosen on the host.

Numbers closer than `TIE` count as equal, and of equal ones the first is chosen: rounding decides nothing.
"""

from __future__ import annotations

from typing import Any

from engine.device import HOST, HostArray

TIE = 1e-12
xp = HOST.xp


def argmax(v: HostArray, among: HostArray | None = None, tie: float = TIE) -> int:
    """The first of the largest entries of a column (N, 1), of those where `among` (N, 1) is above 0."""
    column = xp.where(among > 0, v, -xp.inf)[:, 0] if among is not None else v[:, 0]
    return int(xp.argmax(column >= column.max() - tie))


def argmin(v: HostArray, among: HostArray | None = None) -> int:
    """The first of the smallest entries."""
    return argmax(-v, among)


def nearest(v: HostArray, among: HostArray) -> int:
    """The first of the smallest entries, compared exactly: distances may be of any size."""
    return argmax(-v, among, 0.0)


def cut_axis(x: HostArray, inside: HostArray, outside: int = 0) -> HostArray:
    """(T, 1): for every cut of `cut_place` the column of x that it compares, from 1."""
    columns = [xp.full((len(place), 1), float(f)) for f, place in enumerate(_places(x, inside, outside), 1)]
    found: HostArray = xp.concatenate(columns)
    return found


def cut_place(x: HostArray, inside: HostArray, outside: int = 0) -> HostArray:
    """(T, 1): where the points of x (N, M) with `inside` (N, 1) above 0 can be cut, column by column, from the least.

    A cut is halfway between two neighbours that differ; with `outside` one more is 1 below the least of each column.
    """
    found: HostArray = xp.concatenate(_places(x, inside, outside))[:, None]
    return found


def _places(x: HostArray, inside: HostArray, outside: int) -> list[HostArray]:
    found = []
    for f in range(x.shape[1]):
        values = xp.unique(x[inside[:, 0] > 0, f])
        middle = halfway(values[:-1], values[1:])
        found.append(xp.concatenate([values[:1] - 1, middle]) if outside else middle)
    return found


def halfway(a: HostArray, b: HostArray) -> HostArray:
    """(a + b) / 2; a itself where rounding gives b, so that what is at most this is a and not b."""
    middle = a / 2 + b / 2
    found: HostArray = xp.where(middle < b, middle, a)
    return found


def below(x: HostArray, axis: HostArray, place: HostArray) -> HostArray:
    """(T, N): 1 where point j is at most the place of cut k in its column, else 0."""
    points = x[:, axis[:, 0].astype(int) - 1].T
    return 1.0 * (points <= place)


def at(v: HostArray, i: Any, j: Any = 0) -> float:
    """One entry of a column or matrix; i and j are numbers, also as arrays of one entry."""
    return float(v[one(i), one(j)])


def one(i: Any) -> int:
    """A whole number, also from an array of one entry."""
    return int(xp.asarray(i).reshape(-1)[0])


def best(total: HostArray, k: Any) -> list[tuple[int, int]]:
    """(row, column) of the k largest entries of a matrix, the largest first; of equal ones the first."""
    flat = total.T.reshape(-1)  # column by column
    order = xp.argsort(-flat, kind="stable")[: one(k)]
    return [(int(i) % total.shape[0], int(i) // total.shape[0]) for i in order]


def best_rows(total: HostArray, k: Any) -> HostArray:
    """(1, k): in which rows the k largest entries stand."""
    found: HostArray = xp.array([[float(row) for row, _ in best(total, k)]])
    return found


def best_columns(total: HostArray, k: Any) -> HostArray:
    """(1, k): in which columns they stand."""
    found: HostArray = xp.array([[float(column) for _, column in best(total, k)]])
    return found


def best_entries(total: HostArray, k: Any) -> HostArray:
    """(1, k): the k largest entries themselves."""
    found: HostArray = xp.array([[float(total[at]) for at in best(total, k)]])
    return found


def columns(a: HostArray, which: HostArray) -> HostArray:
    """The columns of a matrix whose numbers are in `which` (1, k)."""
    found: HostArray = a[:, which[0].astype(int)]
    return found
