"""A chunk of text laid out for training in batches: the pairs of each batch with their weights, and its negatives.

A batch is B consecutive tokens, with `window` more on either side. It is cut into tiles of C tokens, each with its
C + 2 window neighbours; mask[i, j] is the weight of token i of a tile and neighbour j as a pair, 0 across the border of
a sentence. word2vec draws the size of every window evenly from 1 to `window`. In skip-gram every pair has a loss of its
own, so the expected value is used: a pair has as weight the probability that the window reaches it. In CBOW the loss is
that of the mean of a window, so sizes are drawn, and a pair within the window has weight 1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from engine.device import HOST, HostArray, Rng, Tables
from engine.words.kernel.rows import Plan, plan

xp = HOST.xp
END = -1
"""The code that ends a sentence in a text."""
TILE = 8
"""Tokens of a tile, C."""


class Shape(NamedTuple):
    """The shape of a batch: B tokens in tiles of C, a window on either side; V words. Code V is padding."""

    tokens: int
    tile: int
    window: int
    words: int

    @property
    def rows(self) -> int:
        """Rows of the table that a batch gathers: its tokens and a window on either side."""
        return self.tokens + 2 * self.window

    @property
    def tiles(self) -> int:
        return self.tokens // self.tile

    @property
    def wide(self) -> int:
        """Tokens that a tile is paired with: itself and a window on either side."""
        return self.tile + 2 * self.window


class Chunk(NamedTuple):
    """The batches of one chunk of text.

    `batches` and `tokens` are their numbers. `codes` (batches B + 2 window) are the words, padded by a window of code V
    at either end. `rows` plans the gathering of the words' rows, `noise` that of the negatives, which are the words
    `drawn` (batches, groups × K). `mask` (batches, tiles, C, C + 2 window) are the weights of pairs, `pairs` (batches,
    B) their sum for each token. `reach` (batches, B) is the size of each token's window, where sizes are drawn. `rate`
    (batches) is the learning rate.
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
def pair_weights(shape: Shape, drawn: bool, dtype: type) -> tuple[HostArray, HostArray, HostArray]:
    """The weights of pairs for every possible context of a token: (left, right, total).

    left[i, r, j] (C, window + 1, C + 2 window) is the weight of token i of a tile and neighbour j where r tokens to the
    left of i are in its window and its sentence; right likewise. total[r] (window + 1) is the sum of r weights on one
    side. A neighbour at distance d has weight (window − d + 1) / window, the share of window sizes that reach it, or 1
    where sizes are `drawn`.
    """
    C, w = shape.tile, shape.window
    ahead = xp.arange(shape.wide) - w - xp.arange(C)[:, None, None]
    far = xp.arange(w + 1)
    share = ((far > 0) * (1.0 if drawn else (w - far + 1) / w)).astype(dtype)
    shares = share[xp.minimum(xp.abs(ahead), w)]
    left, right = (xp.where((side > 0) & (side <= far[:, None]), shares, dtype(0)) for side in (-ahead, ahead))
    return left, right, share.cumsum()


def tokens_beside(sentence: HostArray, most: HostArray | int) -> tuple[HostArray, HostArray]:
    """For each token how many of its sentence are to its left, and how many to its right, at most `most`: (n,) twice.

    `sentence` (n,) numbers the sentence of each token.
    """
    n = len(sentence)
    first = xp.flatnonzero(xp.diff(sentence, prepend=-1))
    length = xp.diff(first, append=n)
    left = xp.arange(n) - xp.repeat(first, length)
    return xp.minimum(left, most), xp.minimum(xp.repeat(length, length) - 1 - left, most)


def kept(codes: HostArray, keep: HostArray, rng: Rng) -> tuple[HostArray, HostArray, HostArray]:
    """Sub-sampling of codes: (codes that stay, the sentence of each, its index in `codes`).

    keep[w] is the probability that an occurrence of word w stays.
    """
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
    """Lay out `codes` (n,), with the sentence of each, in batches; rate (batches,).

    `negatives(count)` draws the negatives of that many batches (count, groups × K), `windows(count)` the sizes of their
    windows (count, B); either may be None. An empty chunk has 0 batches.
    """
    B, C, w, V = shape.tokens, shape.tile, shape.window, shape.words
    n = len(codes)
    count = max(1, -(-n // B))  # an empty chunk is laid out as one batch of padding, which is not counted
    padded = xp.full(count * B + 2 * w, V, dtype=xp.int32)
    padded[w : w + n] = codes
    index = xp.lib.stride_tricks.sliding_window_view(padded, shape.rows)[::B].reshape(-1)
    reach = None if windows is None else windows(count)
    left, right = xp.zeros((2, count * B), dtype=xp.int64)  # padding has no pairs
    left[:n], right[:n] = tokens_beside(sentence, w if reach is None else reach.reshape(-1)[:n])
    to_left, to_right, total = pair_weights(shape, reach is not None, dtype)
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
