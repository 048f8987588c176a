"""The window over a sentence: its pairs of words, and words drawn as noise (slides 43-44, 47).

i[n]  position of the centre of pair n, from 1      o[n]  of the other word      t[n]  1 if within the window
count[w]  how often word w occurs           P[w]  its probability as noise       edge[w]  P summed up to w
r[n]  a number drawn evenly from 0 to 1     k[n]  the word that it falls on
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.device import Array, Device
from engine.walks.step import Path, Step, Walk

RULES = {
    "pairs_0": "pairs = 0 * half",
    "distance": "d[n] = abs(o[n] - i[n])",
    "met": "t[n] = (d[n] < half + window)",
    "pairs": "pairs = pairs + t[n]",
    "Z_0": "Z = 0 * count[0]",
    "Z": "Z = Z + count[w]**0.75",
    "P": "P[w] = count[w]**0.75 / Z",
    "edge": "edge[w] = edge[w-1] + P[w]",
    "k": "k[n] = sum(edges < r[n])",
}
"""The rule of every op below; `half` is ½, so that a word at distance `window` is within it."""


class Pair(NamedTuple):
    """Positions of the centre and of the other word in a sentence, from 0."""

    centre: int
    other: int


def pairs(length: int, window: int) -> Iterator[Pair]:
    """Every centre with every other word in its window, from left to right."""
    for centre in range(length):
        for other in range(max(0, centre - window), min(length, centre + window + 1)):
            if other != centre:
                yield Pair(centre, other)


def slide(device: Device, length: int, window: int, at: Path = ()) -> Walk[list[Pair]]:
    """The window moves one word at a time; each word in it, with the centre, is a positive pair."""
    xp, half = device.xp, device.put([[0.5]])
    met = 0 * half
    yield Step(at, "pairs_0", {"pairs": met})
    positives = []
    for n, pair in enumerate(pairs(length, window), 1):
        here = (*at, ("i", pair.centre + 1), ("n", n))
        centre, other = (device.put([[float(place + 1)]]) for place in pair)
        d = xp.abs(other - centre)
        yield Step(here, "distance", {f"d[{n}]": d})
        t = xp.astype(d < half + window, half.dtype)
        yield Step(here, "met", {f"t[{n}]": t})
        met = met + t
        yield Step(here, "pairs", {"pairs": met})
        positives.append(pair)
    return positives


def noise(count: Sequence[Array], at: Path = ()) -> Walk[list[Array]]:
    """P_n(w) = count(w)^¾ / Z, and its cumulative sums, the edges, which are returned."""
    Z = 0 * count[0]
    yield Step((*at, ("Z", -1)), "Z_0", {"Z": Z})
    for w, c in enumerate(count):
        Z = Z + c**0.75
        yield Step((*at, ("Z", -1), ("w", w)), "Z", {"Z": Z})
    edge, edges = 0 * Z, []
    for w, c in enumerate(count):
        here = (*at, ("P", -1), ("w", w))
        P = c**0.75 / Z
        yield Step(here, "P", {f"P[{w}]": P})
        edge = edge + P
        yield Step(here, "edge", {f"edge[{w}]": edge})
        edges.append(edge)
    return edges


def draw(device: Device, edges: Array, r: Sequence[Array], at: Path = ()) -> Walk[list[Array]]:
    """The word of each random number r: the first whose edge, of `edges` (V, 1), is not below r."""
    drawn = []
    for n, number in enumerate(r, 1):
        k = device.xp.sum(device.xp.astype(edges < number, edges.dtype), axis=0, keepdims=True)
        yield Step((*at, ("n", n)), "k", {f"k[{n}]": k})
        drawn.append(k)
    return drawn
