"""A stretch of text laid out for training: batches of tokens, who meets whom in each, and who is drawn as noise.

A batch holds B tokens that follow each other, with `window` more on either side. It falls into tiles of C tokens, each
with its neighbours C + 2 window; mask[i, j] says how much token i of a tile and neighbour j count as a pair, 0 across
the border of a sentence. word2vec draws the size of every window evenly from 1 to `window`. In skip-gram a pair stands
for itself, so nothing is drawn, and each counts as the share of windows that reach so far. In CBOW the mean of a window
speaks, which is another thing than a mean over windows: there sizes are drawn, and what a window reaches counts 1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from engine.device import HOST, HostArray, Rng, Tables
from engine.words.kernel.rows import Plan, plan

xp = HOST.xp
END = -1
"""Stands between two sentences in a stream of codes."""
TILE = 8
"""A tile's tokens."""


class Shape(NamedTuple):
    """How a batch is laid out: B tokens, in tiles of C, a window to either side; V words (row V is empty)."""

    tokens: int
    tile: int
    window: int
    words: int

    @property
    def rows(self) -> int:
        """Rows that a batch gathers: its tokens and a window on either side."""
        return self.tokens + 2 * self.window

    @property
    def tiles(self) -> int:
        return self.tokens // self.tile

    @property
    def wide(self) -> int:
        """Neighbours of a tile, itself included."""
        return self.tile + 2 * self.window


class Chunk(NamedTuple):
    """Batches of one stretch. `codes` (batches B + 2 window) has a window of emptiness at either end.

    `batches` is how many there are; `rows` plans the gathering of words, `noise` that of negatives, which are
    the words `drawn` (batches, groups × K); `mask` (batches, tiles, C, C + 2 window) says who meets whom, `pairs`
    (batches, B) is the weight of all pairs of each token; `reach` (batches, B) is the size of its window, where that is
    drawn; `rate` (batches) the learning rate.
    """

    shape: Shape
    batches: int
    tokens: int
    codes: HostArray
    rows: Plan
    noise: Plan | None
    drawn: HostArray | None
    mask: HostArray
    pairs: HostArray
    reach: HostArray | None
    rate: HostArray


@lru_cache(maxsize=4)
def meets(shape: Shape, drawn: bool, dtype: type) -> tuple[HostArray, HostArray, HostArray]:
    """(C, window + 1, C + 2 window) twice: what neighbour j counts for a token i that reaches r to its left; right.

    And (window + 1) what all those to one side count. A neighbour that is d away counts (window − d + 1) / window,
    the share of windows that reach it, or 1 where windows are `drawn`.
    """
    C, w = shape.tile, shape.window
    ahead = xp.arange(shape.wide) - w - xp.arange(C)[:, None, None]
    far = xp.arange(w + 1)
    share = ((far > 0) * (1.0 if drawn else (w - far + 1) / w)).astype(dtype)
    shares = share[xp.minimum(xp.abs(ahead), w)]
    left, right = (xp.where((side > 0) & (side <= far[:, None]), shares, dtype(0)) for side in (-ahead, ahead))
    return left, right, share.cumsum()


def reaches(sentence: HostArray, most: HostArray | int) -> tuple[HostArray, HostArray]:
    """(tokens) twice: how many tokens of its sentence stand to the left of each, and to the right; `most` at most."""
    n = len(sentence)
    first = xp.flatnonzero(xp.diff(sentence, prepend=-1))
    length = xp.diff(first, append=n)
    left = xp.arange(n) - xp.repeat(first, length)
    return xp.minimum(left, most), xp.minimum(xp.repeat(length, length) - 1 - left, most)


def kept(codes: HostArray, keep: HostArray, rng: Rng) -> tuple[HostArray, HostArray, HostArray]:
    """What sub-sampling leaves of a stretch: (codes, the sentence of each, its place in the stretch)."""
    word = codes != END
    sentence = xp.cumsum(~word)
    stays = word & (rng.random(len(codes), dtype=xp.float32) < keep[codes])
    place = xp.flatnonzero(stays)
    return codes[place], sentence[place], place


def lay(
    device: Tables,
    shape: Shape,
    codes: HostArray,
    sentence: HostArray,
    rate: HostArray,
    negatives: Callable[[int], HostArray] | None,
    windows: Callable[[int], HostArray] | None,
    dtype: type,
) -> Chunk:
    """Lay tokens out in batches.

    For so many batches `negatives` draws words (count, groups × K), and `windows` the size of each window (count, B).
    """
    B, C, w, V = shape.tokens, shape.tile, shape.window, shape.words
    n = len(codes)
    count = max(1, -(-n // B))  # where nothing is left, a batch of emptiness is laid out, and not counted
    padded = xp.full(count * B + 2 * w, V, dtype=xp.int32)
    padded[w : w + n] = codes
    index = xp.lib.stride_tricks.sliding_window_view(padded, shape.rows)[::B].reshape(-1)
    reach = None if windows is None else windows(count)
    left, right = xp.zeros((2, count * B), dtype=xp.int64)  # emptiness meets nothing
    left[:n], right[:n] = reaches(sentence, w if reach is None else reach.reshape(-1)[:n])
    to_left, to_right, total = meets(shape, reach is not None, dtype)
    row = xp.arange(count * B) % C * (w + 1)
    mask = to_left.reshape(-1, shape.wide).take(row + left, axis=0)
    mask += to_right.reshape(-1, shape.wide).take(row + right, axis=0)
    pairs = (total[left] + total[right]).reshape(count, B)
    drawn = None if negatives is None else negatives(count)

    def planned(rows: HostArray, each: int, pad: int) -> Plan:
        return plan(device, rows, xp.arange(count + 1) * each, pad)

    return Chunk(
        shape,
        count if n else 0,
        n,
        padded,
        planned(index, shape.rows, V),
        None if drawn is None else planned(2 * drawn.reshape(-1) + 1, drawn.shape[1], 2 * V + 1),
        drawn,
        mask.reshape(count, shape.tiles, C, shape.wide),
        pairs,
        reach,
        rate,
    )
