"""The ways of a chunk's words through a Huffman tree, in tiles whose words share what their ways have in common.

The words of a tile are put in the order of the tree's leaves; then a node that two of them pass stands in the ways of
neighbours, and a way's nodes are new from where it leaves the way before it. So a tile gathers each node once.

node n      merged node n of `huffman`, row n of the table of nodes; row V − 1 is empty
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.device import HOST, Array, HostArray, Tables
from engine.word2vec.huffman import Way
from engine.word2vec.rows import Plan, plan

xp = HOST.xp
SOME = 8
"""Batches whose ways are laid out at once: what is made on the way stays in the cache."""


class Ways(NamedTuple):
    """The ways of all words and of the empty row, (depth, V + 1): the node at each depth, and the bit that is taken.

    `leaf` (V + 1) is the place of every word among the leaves, from left to right.
    """

    nodes: HostArray
    bits: HostArray
    leaf: HostArray


class Paths(NamedTuple):
    """The ways of some batches: of batch b, tile by tile, the nodes that are passed, each once in a tile.

    `nodes` plans their gathering; sizes[b] says how many a tile has. In the batch's table of (tile, word, node), flat,
    the ways of its words stand at marks[at[b]:at[b+1]]; `left` says of each mark whether bit 0 is taken there. `order`
    (batches, B) are the tokens of a batch in the order of tiles, None where that is the text's.
    """

    nodes: Plan
    sizes: list[list[int]]
    at: list[int]
    marks: Array
    left: Array
    order: Array | None

    def way(self, b: int) -> tuple[Array, Array]:
        """Marks of batch b, and whether bit 0 is taken at each."""
        some = slice(self.at[b], self.at[b + 1])
        return self.marks[some], self.left[some]


def pack(ways: Sequence[Way]) -> Ways:
    """All ways as tables."""
    V, depth = len(ways), max(len(way.nodes) for way in ways)
    nodes = xp.full((depth, V + 1), V - 1, dtype=xp.int32)
    bits = xp.zeros((depth, V + 1), dtype=xp.int8)
    for word, way in enumerate(ways):
        nodes[: len(way.nodes), word] = way.nodes
        bits[: len(way.nodes), word] = way.bits
    leaf = xp.full(V + 1, V, dtype=xp.int64)
    leaf[xp.lexsort(bits[::-1, :V])] = xp.arange(V)
    return Ways(nodes, bits, leaf)


def lay(device: Tables, ways: Ways, codes: HostArray, tile: int, mixed: bool) -> Paths:
    """The ways of words `codes` (batches, B), V being none, in tiles of so many words.

    `mixed` puts the words of a whole batch in the order of leaves, so that tiles share most; else those of each tile.
    """
    batches, B = codes.shape
    empty = len(ways.leaf) - 2
    token = xp.arange(B)
    key = ways.leaf[codes] * B + token
    if not mixed:
        key += token // tile * (len(ways.leaf) * B)
    key.sort(axis=1)
    order = key % B
    words = xp.take_along_axis(codes, order, axis=1).reshape(-1)
    nodes, bits = (xp.take(table, words, axis=1) for table in (ways.nodes, ways.bits))
    passed = nodes != empty
    at, found, ends = _shared(nodes, passed, tile)
    sizes = xp.diff(ends)
    begin = xp.repeat(ends[: -1 : B // tile], B // tile)  # where a tile's batch begins
    row = xp.tile(token % tile, batches) if mixed else order.reshape(-1) % tile
    shift = row * xp.repeat(sizes, tile) + xp.repeat(tile * (ends[:-1] - begin) - ends[:-1], tile)
    at += shift.astype(xp.int32)

    def by_batch(array: HostArray) -> HostArray:
        found: HostArray = xp.ascontiguousarray(array.reshape(-1, batches, B).swapaxes(0, 1))
        return found

    marked = by_batch(passed)
    return Paths(
        plan(device, found, ends[:: B // tile], empty),
        sizes.reshape(batches, -1).tolist(),
        [0, *xp.cumsum(xp.count_nonzero(marked, axis=(1, 2))).tolist()],
        device.send(by_batch(at)[marked].astype(xp.intp)),  # the type that an index has
        device.send(by_batch(bits)[marked] == 0),
        device.send(order) if mixed else None,
    )


def _shared(nodes: HostArray, passed: HostArray, tile: int) -> tuple[HostArray, HostArray, HostArray]:
    """Every node once in a tile: (depth, words) its place among those of all tiles; the nodes; where each tile's begin.

    What is not `passed` has the place of something else. Words of a tile that share a node stand side by side, so a
    node is new where the word before has another at that depth, and the places of old ones are those last seen.
    """
    new = xp.empty(nodes.shape, dtype=bool)
    xp.not_equal(nodes[:, 1:], nodes[:, :-1], out=new[:, 1:])
    new[:, ::tile] = True
    new &= passed
    at = new.astype(xp.int32)
    for depth in range(1, len(at)):
        at[depth] += at[depth - 1]
    each = at[-1].copy()  # new nodes of a word
    at += xp.cumsum(each, dtype=xp.int32) - each - 1
    at *= new
    xp.maximum.accumulate(at, axis=1, out=at)
    ends = xp.zeros(len(each) // tile + 1, dtype=xp.int64)
    xp.cumsum(each.reshape(-1, tile).sum(axis=1), out=ends[1:])
    found = xp.empty(ends[-1], dtype=xp.int32)
    fresh = xp.flatnonzero(new)
    found[at.reshape(-1)[fresh]] = nodes.reshape(-1)[fresh]
    return at, found, ends
