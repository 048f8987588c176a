"""Pooling: of every square of a map one number, its largest or its mean (slide 4).

h[f,i,j]      (1, 1)    output of filter f at a place       p[f,m,n]    (1, 1)  what is kept of square (m, n)
square[f,m,n] (s·s, 1)  outputs in it, row by row           won[f,m,n]  (1, 1)  place of the largest
by_p[f,m,n]   (1, 1)    ∂E/∂p                               by_h[f,i,j] (1, 1)  ∂E/∂h: of a maximum, all to the winner

Places in a square are numbered row by row from 0: place[a,b] = side·a + b. Squares do not overlap; rows and columns
that fill none are left out. Of equal ones the first has won.
"""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

from engine.device import Array
from engine.images.convolution import Maps, entries, laid_out, one
from engine.walks.reel import Families
from engine.walks.step import Path, Step, Walk, symbol

KINDS = ("max", "mean")


class Pool(NamedTuple):
    """Squares of `side` by `side`; what is kept is the "max" or the "mean"."""

    side: int
    kind: str = "max"


class Pooled(NamedTuple):
    """The maps that are kept, and of a maximum which place of each square has won."""

    p: list[Array]
    won: list[Array]


def rules(pool: Pool) -> dict[str, str]:
    """The rule of every op of the walks below."""
    s, here = pool.side, f"by_h[f,{pool.side}*m+a,{pool.side}*n+b]"
    share = f"by_p[f,m,n] / {s**2}" if pool.kind == "mean" else "by_p[f,m,n] * (won[f,m,n] == place[a,b])"
    kept = f"sum(square[f,m,n]) / {pool.side**2}" if pool.kind == "mean" else "largest(square[f,m,n])"
    by_op = {"p": f"p[f,m,n] = {kept}", "dh": f"{here} = {share}", "outside": "by_h[f,i,j] = 0 * h[f,i,j]"}
    return by_op if pool.kind == "mean" else {**by_op, "won": "won[f,m,n] = argmaxes(square[f,m,n])"}


def square(xp: Any, pool: Pool, out: Array, m: int, n: int) -> Array:
    """The entries of square (m, n) as a column."""
    top, left = pool.side * m, pool.side * n
    return xp.reshape(out[top : top + pool.side, left : left + pool.side], (-1, 1))


def forward(xp: Any, pool: Pool, h: Maps, at: Path = (), first: int = 1) -> Walk[Pooled]:
    """What is kept of every square of the maps; `first` is the number of the first filter."""
    kept, winners = [], []
    for f, out in enumerate(h, first):
        rows, cols = (length // pool.side for length in out.shape)
        best, places = [], []
        for m, n in product(range(rows), range(cols)):
            here = (*at, ("f", f), ("m", m), ("n", n))
            inside = square(xp, pool, out, m, n)
            if pool.kind == "mean":
                p = xp.sum(inside, keepdims=True) / pool.side**2
                yield Step(here, "p", {symbol("p", f, m, n): p})
            else:
                p = xp.max(inside, axis=0, keepdims=True)
                yield Step(here, "p", {symbol("p", f, m, n): p})
                won = place_of_largest(xp, inside)
                yield Step(here, "won", {symbol("won", f, m, n): won})
                places.append(won)
            best.append(p)
        kept.append(laid_out(xp, best, cols))
        winners += [laid_out(xp, places, cols)] if places else []
    return Pooled(kept, winners)


def place_of_largest(xp: Any, column: Array) -> Array:
    """The number of the first largest entry of a column, (1, 1), as a floating number."""
    return xp.astype(xp.argmax(column, axis=0, keepdims=True), column.dtype)


def backward(xp: Any, pool: Pool, h: Maps, won: Maps, dp: Maps, at: Path = (), first: int = 1) -> Walk[list[Array]]:
    """∂E/∂h: the error of a square goes to the place that won, or an equal share of it to each. Returns its maps."""
    found = []
    for n_th, (out, error) in enumerate(zip(h, dp, strict=True)):
        f, side, (rows, cols) = first + n_th, pool.side, out.shape
        at_place: dict[tuple[int, int], Array] = {}
        for m, n in product(range(rows // side), range(cols // side)):
            e = one(error, m, n)
            for a, b in product(range(side), repeat=2):
                i, j, here = side * m + a, side * n + b, (*at, ("f", f), ("m", m), ("n", n), ("a", a), ("b", b))
                if pool.kind == "mean":
                    dh = e / side**2
                    yield Step(here, "dh", {symbol("by_h", f, i, j): dh})
                else:
                    dh = xp.where(one(won[n_th], m, n) == side * a + b, e, 0 * e)
                    yield Step(here, "dh", {symbol("by_h", f, i, j): dh})
                at_place[i, j] = dh
        for i, j in product(range(rows), range(cols)):
            if (i, j) not in at_place:
                dh = 0 * one(out, i, j)
                yield Step((*at, ("f", f), ("i", i), ("j", j)), "outside", {symbol("by_h", f, i, j): dh})
                at_place[i, j] = dh
        found.append(laid_out(xp, [at_place[place] for place in product(range(rows), range(cols))], cols))
    return found


def families(xp: Any, pool: Pool, h: Maps, won: Maps = (), dp: Maps = (), first: int = 1) -> Families:
    """What the rules read and no step of theirs writes, by index."""
    return {
        "h": entries(h, first),
        "square": lambda f, m, n: square(xp, pool, h[f - first], m, n),
        "won": entries(won, first),
        "place": lambda a, b: 0 * h[0][:1, :1] + (pool.side * a + b),
        "by_p": entries(dp, first),
    }
