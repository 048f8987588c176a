"""The ways of a chunk's words through a Huffman tree: a dense part for the nodes at its top, a packed one for the rest.

node n      merged node n of `huffman`, row n of the table of nodes; row V − 1 is empty
sign        +1 where the bit is 0 and σ(θ·h) should be 1, −1 where the bit is 1
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.device import HOST, HostArray, Tables
from engine.word2vec.chunk import Chunk
from engine.word2vec.huffman import Way
from engine.word2vec.rows import Plan, plan

xp = HOST.xp
TOP = 127
"""So many of the most visited nodes are scored for every word at once."""


class Ways(NamedTuple):
    """The ways of all words. The `top` nodes are the last; those of word w below them lie at start[w]:start[w+1].

    `on` (V + 1, 2 top): whether word w's way passes a top node, and whether it takes bit 0 there.
    """

    top: int
    on: HostArray
    start: HostArray
    nodes: HostArray
    sign: HostArray


class Paths(NamedTuple):
    """The packed part of a chunk, (count, tiles × E): node, whose way it is (a token of the batch), and sign."""

    rest: Plan
    owner: HostArray
    sign: HostArray


def pack(ways: Sequence[Way], dtype: type, top: int) -> Ways:
    """All ways, split at the `top` last merged nodes: the most visited ones, the root being the last."""
    V = len(ways)
    top = min(top, V - 1)
    first = V - 1 - top
    on = xp.zeros((V + 1, 2 * top), dtype=dtype)
    start, nodes, sign = [0], [], []
    for word, way in enumerate(ways):
        for node, bit in zip(*way, strict=True):
            if node >= first:
                on[word, node - first] = 1
                on[word, top + node - first] = 1 - bit
            else:
                nodes.append(node)
                sign.append(1 - 2 * bit)
        start.append(len(nodes))
    start.append(len(nodes))  # of the empty row
    return Ways(top, on, xp.array(start), xp.array(nodes, dtype=xp.int32), xp.array(sign, dtype=dtype))


def lay(device: Tables, ways: Ways, chunk: Chunk) -> Paths:
    """The ways below the top of a chunk's tokens, a tile's side by side; tiles are filled up with emptiness."""
    shape = chunk.shape
    codes = chunk.codes[shape.window : len(chunk.codes) - shape.window]
    length = ways.start[codes + 1] - ways.start[codes]
    token = xp.repeat(xp.arange(len(codes)), length)
    before = xp.cumsum(length) - length
    entry = xp.arange(len(token))
    of = ways.start[codes][token] + entry - before[token]
    tile = token // shape.tile
    slot = entry - before[:: shape.tile][tile]
    wide = max(1, int(slot.max(initial=0)) + 1)
    size = (len(codes) // shape.tile, wide)
    empty = shape.words - 1
    nodes = xp.full(size, empty, dtype=xp.int32)
    owner, sign = xp.zeros(size, dtype=xp.int32), xp.zeros(size, dtype=ways.sign.dtype)
    nodes[tile, slot], owner[tile, slot], sign[tile, slot] = ways.nodes[of], token % shape.tokens, ways.sign[of]
    nodes, owner, sign = (each.reshape(len(codes) // shape.tokens, -1) for each in (nodes, owner, sign))
    return Paths(plan(device, nodes, empty), owner, sign)
