"""Queries on trained vectors: nearest words, analogies, and their projection onto a plane.

vectors (V, D), one row a word; near means a high cosine; results are exact, not approximate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine.device import HOST, HostArray, wide

xp = HOST.xp
BLOCK = 32
"""Scores in a block of `least`."""
ROWS, WIDE = 5120, 16
"""Rows scored at a time, so that they are read from memory once; and the multiple to which the number of queries is
padded where NumPy uses 64-byte vector instructions."""


class Near(NamedTuple):
    """A word by its row, and its cosine with the query."""

    word: int
    cosine: float


def lengths(vectors: HostArray) -> HostArray:
    """The norm of every row, (V,); 1 for a row of zeros."""
    norm: HostArray = xp.einsum("vd,vd->v", vectors, vectors)
    xp.sqrt(norm, out=norm)
    norm[~(norm > 0)] = 1
    return norm


def directions(vectors: HostArray) -> HostArray:
    """Every row divided by its norm."""
    unit: HostArray = vectors / lengths(vectors)[:, None]
    return unit


def top(scores: HostArray, count: int) -> HostArray:
    """The indices of the `count` largest of every row of scores (N, V), the largest first; of equals the first."""
    rows, size = scores.shape
    count = min(count, size)
    flat = xp.flatnonzero(~(scores < least(scores, count)))  # NaN compares as not smaller, and is sorted last
    row, place = xp.divmod(flat, size)
    order = xp.lexsort((place, -scores.reshape(-1)[flat], row))
    first = xp.searchsorted(row, xp.arange(rows))
    best: HostArray = place[order[first[:, None] + xp.arange(count)]]
    return best


def least(scores: HostArray, count: int) -> HostArray:
    """(N, 1): a lower bound of the `count` largest numbers of each row, which few others reach.

    It is the `count`-th largest of the maxima of blocks of `BLOCK` numbers; a block with a NaN is ignored.
    """
    blocks = scores.shape[1] // BLOCK
    if blocks < count:
        nothing: HostArray = xp.full((len(scores), 1), -xp.inf)
        return nothing
    whole = scores[:, : blocks * BLOCK].reshape(len(scores), BLOCK, blocks)  # a block is every `blocks`-th score,
    largest = whole.max(axis=1)  # so that maxima are over whole rows
    largest[xp.isnan(largest)] = -xp.inf
    bound: HostArray = xp.partition(largest, blocks - count, axis=1)[:, blocks - count, None]
    return bound


def cosines(vectors: HostArray, unit: HostArray) -> HostArray:
    """(N, V): the cosine of every row of `vectors` (V, D) with each of `unit` (N, D), whose rows have length 1."""
    count, dim = unit.shape
    filled = xp.zeros((dim, -(-count // WIDE) * WIDE if wide() else count), dtype=vectors.dtype)
    filled[:, :count] = unit.T
    scores: HostArray = xp.empty((count, len(vectors)), dtype=vectors.dtype)
    for start in range(0, len(vectors), ROWS):
        rows = vectors[start : start + ROWS]
        products = rows @ filled
        xp.divide(products[:, :count].T, lengths(rows), out=scores[:, start : start + ROWS])
    return scores


def nearest(vectors: HostArray, queries: HostArray, count: int, without: Sequence[Sequence[int]]) -> list[list[Near]]:
    """The `count` words nearest to each of `queries` (N, D), without those that `without` names for it.

    The vectors are neither copied nor normalised, since they may change between calls: the scores are divided instead.
    """
    most = len(vectors) - max((len(set(words)) for words in without), default=0)
    if most < 1:
        return [[] for _ in queries]
    scores = cosines(vectors, directions(queries))
    for row, left_out in enumerate(without):
        scores[row, list(left_out)] = -xp.inf
    best = top(scores, min(count, most))
    cosine = xp.take_along_axis(scores, best, axis=1)
    return [list(map(Near, *row)) for row in zip(best.tolist(), cosine.tolist(), strict=True)]


def neighbours(vectors: HostArray, words: Sequence[int], count: int = 10) -> list[list[Near]]:
    """The words nearest to each word, itself left out."""
    return nearest(vectors, vectors[list(words)], count, [[word] for word in words])


def analogies(vectors: HostArray, questions: Sequence[tuple[int, int, int]], count: int = 1) -> list[list[Near]]:
    """a is to b as c is to …: the words nearest to b − a + c, of normalised vectors, without a, b and c."""
    a, b, c = (directions(vectors[list(each)]) for each in zip(*questions, strict=True))
    return nearest(vectors, b - a + c, count, questions)


def mean_cosine(vectors: HostArray) -> float:
    """The mean cosine of all pairs of different words: the baseline of any cosine."""
    unit = directions(vectors)
    total, n = unit.sum(axis=0), len(unit)
    return float((total @ total - (unit * unit).sum()) / (n * (n - 1)))


def plane(vectors: HostArray) -> HostArray:
    """(V, 2): the coordinates along the first two principal axes; 0 where vectors are infinite or too large.

    The sign of an axis is such that its largest component is positive.
    """
    centred = vectors - vectors.mean(axis=0)
    if not xp.isfinite(centred).all() or xp.abs(centred).max(initial=0) > 1e150:  # their squares would overflow
        flat: HostArray = xp.zeros((len(vectors), 2))
        return flat
    _, _, axes = xp.linalg.svd(centred.astype(float), full_matrices=False)
    axes = axes[:2]
    signs = xp.sign(axes[xp.arange(len(axes)), xp.abs(axes).argmax(axis=1)])
    coordinates: HostArray = centred @ (axes * signs[:, None]).T
    return coordinates


def purity(vectors: HostArray, classes: Mapping[int, str], count: int = 5) -> float:
    """Of the `count` nearest of every word that has a class, the share that is of the same class."""
    words = list(classes)
    nearby = neighbours(vectors, words, count)
    right = [classes.get(near.word) == classes[word] for word, row in zip(words, nearby, strict=True) for near in row]
    return sum(right) / len(right)


def solved(vectors: HostArray, questions: Sequence[tuple[int, int, int, int]]) -> float:
    """The share of analogies a : b = c : d whose first answer is d."""
    answers = analogies(vectors, [(a, b, c) for a, b, c, _ in questions])
    return sum(row[0].word == d for row, (*_, d) in zip(answers, questions, strict=True)) / len(questions)
