"""Drawing from a discrete distribution in constant time: Walker's alias table (Vose 1991)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.device import HOST, HostArray, Rng

xp = HOST.xp


class Alias(NamedTuple):
    """Column i is drawn evenly; the result is i with probability keep[i], else other[i]. Both (n,)."""

    keep: HostArray
    other: HostArray


def table(p: Sequence[float]) -> Alias:
    """The table of probabilities p (n,), which sum to 1."""
    n = len(p)
    share = xp.asarray(p, dtype=float) * n
    keep, other = xp.ones(n), xp.arange(n)
    small, large = ([i for i in range(n) if (share[i] < 1) == low] for low in (True, False))
    while small and large:
        less, more = small.pop(), large.pop()
        keep[less], other[less] = share[less], more
        share[more] -= 1 - share[less]
        (small if share[more] < 1 else large).append(more)
    return Alias(keep, other)


def draw(rng: Rng, alias: Alias, count: int) -> HostArray:
    """`count` draws: indices into p."""
    column = rng.integers(0, len(alias.keep), count)
    words: HostArray = xp.where(rng.random(count) < alias.keep[column], column, alias.other[column])
    return words
