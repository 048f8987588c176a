"""Words as vectors (slide 42): one-hot, counts of the words beside them, dense; distances and cosines of each.

x[w]  (V, 1)  one-hot: 1 at word w, 0 elsewhere          c[w]  (V, 1)  how often each word stands beside w
W     (D, V)  one column a word                          v[w] = W x[w]  (D, 1)  its dense vector
dist_x[n] cos_x[n]  of pair n as one-hot vectors; likewise _c and _v
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.device import Array
from engine.walks.step import Path, Step, Walk

RULES = {
    "c_0": "c[w] = 0 * x[w]",
    "c": "c[w] = c[w] + x[o]",
    "v": "v[w] = W @ x[w]",
    "turn_a": "turn[a] = v[b] / sqrt((v[a].T @ v[a]) * (v[b].T @ v[b])) - cos_v[n] * v[a] / (v[a].T @ v[a])",
    "turn_b": "turn[b] = v[a] / sqrt((v[a].T @ v[a]) * (v[b].T @ v[b])) - cos_v[n] * v[b] / (v[b].T @ v[b])",
    "grad_W": "grad_W = turn[a] @ x[a].T + turn[b] @ x[b].T",
    "ones": "ones[i] = size[i] / size[i]**2",
    "sparse": "sparse[i] = size[i]**2",
    "dense": "dense[i] = size[i] * wide",
    **{
        name: rule
        for of in ("x", "c", "v")
        for name, rule in (
            (f"dist_{of}", f"dist_{of}[n] = sqrt(({of}[a] - {of}[b]).T @ ({of}[a] - {of}[b]))"),
            (f"cos_{of}", f"cos_{of}[n] = {of}[a].T @ {of}[b] / sqrt(({of}[a].T @ {of}[a]) * ({of}[b].T @ {of}[b]))"),
        )
    },
}
"""The rule of every op below."""

Pairs = Sequence[tuple[int, int]]


def cosine(xp: Any, one: Array, other: Array) -> Array:
    """The cosine of two columns."""
    return one.T @ other / xp.sqrt((one.T @ one) * (other.T @ other))


def compare(xp: Any, of: str, vectors: Mapping[int, Array], pairs: Pairs, at: Path = ()) -> Walk[list[Array]]:
    """The distance and the cosine of each pair; `of` names the vectors: x, c or v. Returns the cosines."""
    cosines = []
    for n, (a, b) in enumerate(pairs):
        here = (*at, ("n", n), ("a", a), ("b", b))
        apart = vectors[a] - vectors[b]
        yield Step(here, f"dist_{of}", {f"dist_{of}[{n}]": xp.sqrt(apart.T @ apart)})
        cos = cosine(xp, vectors[a], vectors[b])
        yield Step(here, f"cos_{of}", {f"cos_{of}[{n}]": cos})
        cosines.append(cos)
    return cosines


def company(x: Sequence[Array], beside: Mapping[int, Sequence[int]], at: Path = ()) -> Walk[dict[int, Array]]:
    """For each word the sum of the one-hot vectors of those that stand beside it, occurrence by occurrence."""
    counts = {}
    for w, others in beside.items():
        c = 0 * x[w]
        yield Step((*at, ("w", w)), "c_0", {f"c[{w}]": c})
        for i, o in enumerate(others):
            c = c + x[o]
            yield Step((*at, ("w", w), ("i", i), ("o", o)), "c", {f"c[{w}]": c})
        counts[w] = c
    return counts


def look_up(W: Array, x: Sequence[Array], words: Sequence[int], at: Path = ()) -> Walk[dict[int, Array]]:
    """The dense vector of each word: W times its one-hot vector, which is a column of W."""
    dense = {}
    for w in words:
        dense[w] = W @ x[w]
        yield Step((*at, ("w", w)), "v", {f"v[{w}]": dense[w]})
    return dense


def turn(
    xp: Any, x: Sequence[Array], v: dict[int, Array], cos: Array, pair: tuple[int, int], at: Path = ()
) -> Walk[Array]:
    """The gradient of the cosine of two words by their vectors, and by W, which is returned."""
    a, b = pair
    here = (*at, ("n", 0), ("a", a), ("b", b))
    both = xp.sqrt((v[a].T @ v[a]) * (v[b].T @ v[b]))
    turn_a = v[b] / both - cos * v[a] / (v[a].T @ v[a])
    yield Step(here, "turn_a", {f"turn[{a}]": turn_a})
    turn_b = v[a] / both - cos * v[b] / (v[b].T @ v[b])
    yield Step(here, "turn_b", {f"turn[{b}]": turn_b})
    grad = turn_a @ x[a].T + turn_b @ x[b].T
    yield Step(here, "grad_W", {"grad_W": grad})
    return grad


def by_company(
    xp: Any, x: Sequence[Array], beside: Mapping[int, Sequence[int]], pairs: Pairs, at: Path = ()
) -> Walk[list[Array]]:
    """Count vectors of all words, and the distance and cosine of each pair. Returns the cosines."""
    c = yield from company(x, beside, at)
    cosines = yield from compare(xp, "c", c, pairs, at)
    return cosines


def by_dense(
    xp: Any, W: Array, x: Sequence[Array], words: Sequence[int], pairs: Pairs, at: Path = ()
) -> Walk[list[Array]]:
    """Dense vectors of all words, the distance and cosine of each pair, and the gradient of the first pair's cosine.

    Returns the cosines.
    """
    v = yield from look_up(W, x, words, at)
    cosines = yield from compare(xp, "v", v, pairs, at)
    yield from turn(xp, x, v, cosines[0], pairs[0], (*at, ("turn", -1)))
    return cosines


def sizes(size: Sequence[Array], wide: Array, at: Path = ()) -> Walk[None]:
    """For each size V of a vocabulary: the share of a one-hot vector that is not 0, and the numbers of all vectors."""
    for i, V in enumerate(size):
        here = (*at, ("i", i))
        yield Step(here, "ones", {f"ones[{i}]": V / V**2})
        yield Step(here, "sparse", {f"sparse[{i}]": V**2})
        yield Step(here, "dense", {f"dense[{i}]": V * wide})
