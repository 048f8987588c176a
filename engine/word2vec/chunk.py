"""A stretch of text laid out for training: batches of tokens, who meets whom in each, and who is drawn as noise.

A batch holds B tokens that follow each other, with `window` more on either side. It falls into tiles of C tokens, each
with its neighbours C + 2 window; mask[i, j] says how much token i of a tile and neighbour j count as a pair, 0 across
the border of a sentence. word2vec draws the size of every window evenly from 1 to `window`. In skip-gram a pair stands
for itself, so nothing is drawn, and each counts as the share of windows that reach so far. In CBOW the mean of a window
speaks, which is another thing than a mean over windows: there sizes are drawn, and what a window reaches counts 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from engine.device import HOST, HostArray, Rng, Tables
from engine.word2vec.rows import Plan, plan

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


def apart(shape: Shape) -> HostArray:
    """(C, C + 2 window): how far a token of a tile and a neighbour are apart."""
    found: HostArray = xp.abs(xp.arange(shape.tile)[:, None] + shape.window - xp.arange(shape.wide))
    return found


def band(shape: Shape) -> HostArray:
    """(C, C + 2 window): (window − d + 1) / window for two places that are d apart, 0 for a place and itself."""
    d = apart(shape)
    found: HostArray = xp.where(d > 0, xp.maximum(shape.window - d + 1, 0) / shape.window, 0.0)
    return found


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
    near = xp.full(len(padded), -1, dtype=xp.int32)
    near[w : w + n] = sentence
    near[w + n :] = sentence[-1] + 1 if n else 0
    own = near[w : w + count * B].copy()
    own[n:] = -2  # emptiness meets nothing
    index = xp.lib.stride_tricks.sliding_window_view(padded, shape.rows)[::B].reshape(-1)
    around = xp.lib.stride_tricks.sliding_window_view(near, shape.wide)[::C]
    tiles = xp.flatnonzero((around[:, 0] != around[:, -1]) | (own[C - 1 :: C] == -2))
    reach = None if windows is None else windows(count)
    if reach is None:
        mask = xp.tile(band(shape).astype(dtype), (count * shape.tiles, 1, 1))
    else:
        d = apart(shape).astype(reach.dtype)  # short numbers are compared faster
        d[d == 0] = w + 1
        mask = (d <= reach.reshape(-1, C, 1)).astype(dtype)
    mask[tiles] *= own.reshape(-1, C)[tiles][:, :, None] == around[tiles][:, None, :]
    pairs = xp.matmul(mask, xp.ones(shape.wide, dtype)).reshape(count, B)
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
