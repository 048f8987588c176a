"""The Huffman paths of a chunk's words, in tiles: what the paths of a tile have in common is gathered once.

The words of a tile are put in the order of the tree's leaves; then those whose paths pass a node stand side by side,
first those that take bit 0 there. So where contexts are scored on the paths of all words, three places say for each
node which words pass it.

node n      merged node n of `huffman`, row n of the table of nodes; row V − 1 is empty
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.device import HOST, Array, HostArray, Tables
from engine.words.huffman import Way
from engine.words.kernel.rows import Plan, plan

xp = HOST.xp
SOME = 8
"""Batches whose paths are laid out at once, so that the arrays in between stay in the cache."""


class PathTables(NamedTuple):
    """The paths of all words and of the empty row, (depth, V + 1): the node at each depth, and the bit taken there.

    `leaf` (V + 1) is the place of every word among the leaves, from left to right.
    """

    nodes: HostArray
    bits: HostArray
    leaf: HostArray


class Own(NamedTuple):
    """Which node is on whose path, where each context is scored on its own word's: places in (node, word), flat.

    Batch b has marks[at[b]:at[b+1]], where a word's path passes a node; `right`: whether bit 1 is taken there.
    """

    at: list[int]
    marks: Array
    right: Array

    def of_batch(self, b: int) -> tuple[Array, Array]:
        """Marks of batch b, and whether bit 1 is taken at each."""
        some = slice(self.at[b], self.at[b + 1])
        return self.marks[some], self.right[some]


class Shared(NamedTuple):
    """Which words pass a node, where contexts are scored on all paths: its tile's words k to m by bit 0, m to n by 1.

    `start`, `middle` and `end` (nodes) are where k, m and n stand in a batch's table of sums (tiles, words + 1), flat,
    in which place k is for the first k words.
    """

    start: Array
    middle: Array
    end: Array

    def words(self, first: int, last: int) -> tuple[Array, Array, Array]:
        """Of some nodes that follow each other: start, middle, end."""
        return self.start[first:last], self.middle[first:last], self.end[first:last]


class Paths(NamedTuple):
    """The paths of some batches: of batch b, tile by tile, the nodes on them, each once in a tile.

    `nodes` plans their gathering; sizes[b] has their number in each tile. `order` (batches, B) are the tokens of a
    batch, in tiles, each tile in the order of leaves. `passed` says which words pass a node.
    """

    nodes: Plan
    sizes: list[list[int]]
    order: Array
    passed: Own | Shared


def pack(ways: Sequence[Way]) -> PathTables:
    """All paths as tables."""
    V, depth = len(ways), max(len(way.nodes) for way in ways)
    nodes = xp.full((depth, V + 1), V - 1, dtype=xp.int32)
    bits = xp.zeros((depth, V + 1), dtype=xp.int8)
    for word, way in enumerate(ways):
        nodes[: len(way.nodes), word] = way.nodes
        bits[: len(way.nodes), word] = way.bits
    leaf = xp.full(V + 1, V, dtype=xp.int64)
    leaf[xp.lexsort(bits[::-1, :V])] = xp.arange(V)
    return PathTables(nodes, bits, leaf)


def lay(device: Tables, tables: PathTables, codes: HostArray, tile: int, mixed: bool) -> Paths:
    """The paths of words `codes` (batches, B), V being none, in tiles of so many words.

    `mixed` puts the words of a whole batch in the order of leaves, so that tiles share most, each context being scored
    on its own word's path; else a tile has the words of a stretch of text.
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
    begins = xp.ones(nodes.shape, dtype=bool)  # where another node stands than in the way before
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
    """Which word passes which node, of (tiles, depth, tile): a run's words have marks that follow each other.

    Nodes are `new` at the places `fresh`, and those of batch b are the ends[b]-th and on.
    """
    tile, batches = passed.shape[-1], len(ends) - 1
    node = xp.arange(len(fresh)) - xp.repeat(ends[:-1], xp.diff(ends))
    where = xp.flatnonzero(passed)
    length = xp.diff(xp.flatnonzero(new.reshape(-1)[where]), append=len(where))
    marks = where + xp.repeat(node * tile + fresh % tile - fresh, length)
    at = xp.searchsorted(where, xp.arange(batches + 1) * (new.size // batches))
    return Own(at.tolist(), device.send(marks), device.send(bits.reshape(-1)[where] == 1))


def _shared(device: Tables, passed: HostArray, begins: HostArray, bits: HostArray, batches: int) -> Shared:
    """Which words pass which node, of (tiles, depth, tile): a run of words, those with bit 0 first."""
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
