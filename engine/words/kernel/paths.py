"""The Huffman paths of a chunk's words, in tiles: a node on several paths of a tile is gathered once.

The words of a tile are sorted by the order of the tree's leaves; then the words whose paths pass a node are adjacent,
first those with bit 0 there. So where contexts are scored on the paths of all words, three indices for each node
give these words.

node n      merged node n of `huffman`, row n of the table of nodes; row V − 1 is padding
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.device import HOST, Array, HostArray, Tables
from engine.words.huffman import HuffmanCode
from engine.words.kernel.rows import Plan, plan

xp = HOST.xp
SOME = 8
"""Batches whose paths are laid out at once, so that temporary arrays stay in the cache."""


class PathTables(NamedTuple):
    """The paths of all words and of padding, (depth, V + 1): the node at each depth, and the bit there.

    `leaf` (V + 1) is the rank of every word among the leaves, from left to right.
    """

    nodes: HostArray
    bits: HostArray
    leaf: HostArray


class Own(NamedTuple):
    """Where each context is scored on the path of its own word: the pairs of a node and a word whose path passes it.

    marks[at[b]:at[b+1]] are those of batch b, as flat indices into (nodes, words of a tile); `right`: bit 1 there.
    """

    at: list[int]
    marks: Array
    right: Array

    def of_batch(self, b: int) -> tuple[Array, Array]:
        """(marks, right) of batch b."""
        some = slice(self.at[b], self.at[b + 1])
        return self.marks[some], self.right[some]


class Shared(NamedTuple):
    """Where contexts are scored on the paths of all words of a tile: for each node the words k … m − 1 pass it with
    bit 0, and m … n − 1 with bit 1.

    `start`, `middle` and `end` (nodes) are k, m and n as flat indices into a batch's table (tiles, words + 1) of sums
    over the first k words of a tile.
    """

    start: Array
    middle: Array
    end: Array

    def words(self, first: int, last: int) -> tuple[Array, Array, Array]:
        """(start, middle, end) of nodes first … last − 1."""
        return self.start[first:last], self.middle[first:last], self.end[first:last]


class Paths(NamedTuple):
    """The paths of some batches: for batch b, tile by tile, the nodes on them, each once in a tile.

    `nodes` plans their gathering; sizes[b] are their numbers by tile. `order` (batches, B) are the tokens of a batch,
    in tiles, each tile in the order of leaves. `passed` is which words' paths pass each node.
    """

    nodes: Plan
    sizes: list[list[int]]
    order: Array
    passed: Own | Shared


def pack(codes: Sequence[HuffmanCode]) -> PathTables:
    """All paths as tables."""
    V, depth = len(codes), max(len(code.nodes) for code in codes)
    nodes = xp.full((depth, V + 1), V - 1, dtype=xp.int32)
    bits = xp.zeros((depth, V + 1), dtype=xp.int8)
    for word, code in enumerate(codes):
        nodes[: len(code.nodes), word] = code.nodes
        bits[: len(code.nodes), word] = code.bits
    leaf = xp.full(V + 1, V, dtype=xp.int64)
    leaf[xp.lexsort(bits[::-1, :V])] = xp.arange(V)
    return PathTables(nodes, bits, leaf)


def lay(device: Tables, tables: PathTables, codes: HostArray, tile: int, mixed: bool) -> Paths:
    """The paths of words `codes` (batches, B), V being padding, in tiles of `tile` words.

    With `mixed` the words of a whole batch are sorted in the order of leaves, so that the paths of a tile share most
    nodes, and each context is scored on its own word's path. Else a tile is consecutive words of the text.
    """
    batches, B = codes.shape
    empty = len(tables.leaf) - 2
    token = xp.arange(B)
    key = tables.leaf[codes] * B + token
    if not mixed:
        key += token // tile * (len(tables.leaf) * B)
    key.sort(axis=1)
    order = key % B
    words = xp.take_along_axis(codes, order, axis=1).reshape(-1)
    nodes, bits = (_tiled(xp.take(table, words, axis=1), tile) for table in (tables.nodes, tables.bits))
    passed = nodes != empty
    begins = xp.ones(nodes.shape, dtype=bool)  # where another node stands than on the path before
    xp.not_equal(nodes[..., 1:], nodes[..., :-1], out=begins[..., 1:])
    new = begins & passed
    fresh = xp.flatnonzero(new)
    sizes = xp.count_nonzero(new, axis=(1, 2)).reshape(batches, -1)
    ends = xp.zeros(batches + 1, dtype=xp.int64)
    xp.cumsum(sizes.sum(axis=1), out=ends[1:])
    return Paths(
        plan(device, nodes.reshape(-1)[fresh], ends, empty),
        sizes.tolist(),
        device.send(order),
        _own(device, passed, new, fresh, bits, ends) if mixed else _shared(device, passed, begins, bits, batches),
    )


def _tiled(table: HostArray, tile: int) -> HostArray:
    """(depth, words) as (tiles, depth, tile)."""
    tiles: HostArray = xp.ascontiguousarray(table.reshape(len(table), -1, tile).swapaxes(0, 1))
    return tiles


def _own(device: Tables, passed: HostArray, new: HostArray, fresh: HostArray, bits: HostArray, ends: HostArray) -> Own:
    """Which word's path passes which node, from arrays (tiles, depth, tile).

    A node is `new` where the word before has another at that depth: at the flat indices `fresh`. Those of batch b are
    fresh[ends[b]:ends[b+1]].
    """
    tile, batches = passed.shape[-1], len(ends) - 1
    node = xp.arange(len(fresh)) - xp.repeat(ends[:-1], xp.diff(ends))
    where = xp.flatnonzero(passed)
    length = xp.diff(xp.flatnonzero(new.reshape(-1)[where]), append=len(where))
    marks = where + xp.repeat(node * tile + fresh % tile - fresh, length)
    at = xp.searchsorted(where, xp.arange(batches + 1) * (new.size // batches))
    return Own(at.tolist(), device.send(marks), device.send(bits.reshape(-1)[where] == 1))


def _shared(device: Tables, passed: HostArray, begins: HostArray, bits: HostArray, batches: int) -> Shared:
    """Which words' paths pass each node, from arrays (tiles, depth, tile): adjacent words, bit 0 first."""
    tiles, depth, tile = passed.shape
    runs = xp.flatnonzero(begins)
    some = passed.reshape(-1)[runs]
    length = xp.diff(runs, append=begins.size)[some]
    runs = runs[some]
    zeros = xp.zeros(begins.size + 1, dtype=xp.int32)  # among all that stand before
    xp.cumsum(bits == 0, out=zeros[1:])
    start = runs // (depth * tile) % (tiles // batches) * (tile + 1) + runs % tile
    middle = start + zeros[runs + length] - zeros[runs]
    return Shared(*(device.send(array) for array in (start, middle, start + length)))
