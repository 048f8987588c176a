"""The examples of a batch of a chunk, for the walk, from the tables of the fast form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.device import HOST, Device, HostArray
from engine.words.batch import Example, Input, Target
from engine.words.huffman import HuffmanCode
from engine.words.kernel.chunk import Chunk
from engine.words.kernel.fast import Form

xp = HOST.xp


def weights(chunk: Chunk, b: int) -> HostArray:
    """(B, B + 2 window): the weight of token i of batch b and its neighbour j as a pair."""
    shape = chunk.shape
    M: HostArray = xp.zeros((shape.tokens, shape.rows))
    for n, tile in enumerate(chunk.mask[b]):
        M[n * shape.tile : (n + 1) * shape.tile, n * shape.tile : n * shape.tile + shape.wide] = tile
    return M


class Pair(NamedTuple):
    """Two tokens that meet: their places in the chunk, from 1, their words, and how far the first one's window goes."""

    centre: int
    other: int
    word: int
    near: int
    reach: int


def pairs(chunk: Chunk, b: int) -> list[Pair]:
    """All pairs of batch b, from left to right."""
    B, _, w, _ = shape = chunk.shape
    near = chunk.codes[b * B : b * B + shape.rows]
    reach = xp.full(B, w) if chunk.reach is None else chunk.reach[b]
    return [
        Pair(b * B + int(i) + 1, b * B + int(j) - w + 1, int(near[w + i]), int(near[j]), int(reach[i]))
        for i, j in zip(*xp.nonzero(weights(chunk, b)), strict=True)
    ]


def examples(
    device: Device, form: Form, chunk: Chunk, b: int, codes: Sequence[HuffmanCode] | None, most: int | None = None
) -> list[Example]:
    """The examples of the first `most` tokens of batch b, in order; with a tree `codes` has every word's code."""
    shape = chunk.shape
    B, w = shape.tokens, shape.window
    M = weights(chunk, b)
    near = chunk.codes[b * B : b * B + shape.rows]

    def put(value: float) -> Any:
        return device.put([[value]])

    def drawn(i: int, pairs: float) -> list[Target]:
        """The negatives of token i, whose pairs have the weight `pairs`."""
        assert chunk.drawn is not None
        words = chunk.drawn[b].reshape(-1, form.shared)[i // form.group]
        return [Target(int(word), put(form.negatives * pairs / form.shared), put(0.0), True) for word in words]

    def on_path(word: int, m: float) -> list[Target]:
        assert codes is not None
        return [Target(node, put(m), put(1.0 - bit)) for node, bit in zip(*codes[word], strict=True)]

    found = []
    for i in range(B if most is None else min(most, B)):
        word, meets = int(near[w + i]), xp.flatnonzero(M[i])
        if not len(meets):
            continue
        others = [(int(near[j]), float(M[i, j])) for j in meets]
        total = sum(m for _, m in others)
        if form.cbow:
            inputs = [Input(o, put(m / total), put(m / total if form.exact else m)) for o, m in others]
            targets = on_path(word, 1.0) if form.tree else [Target(word, put(1.0), put(1.0)), *drawn(i, 1.0)]
            found.append(Example(inputs, targets))
        elif form.tree:  # each neighbour is scored on the word's path
            found += [Example([Input(o, put(1.0), put(1.0))], on_path(word, m)) for o, m in others]
        else:
            targets = [Target(o, put(m), put(1.0)) for o, m in others] + drawn(i, total)
            found.append(Example([Input(word, put(1.0), put(1.0))], targets))
    return found
