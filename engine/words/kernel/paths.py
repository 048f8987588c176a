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
STACK = 8
"""Where each context has its own path: tiles, of similar numbers of nodes, that one call multiplies."""


class PathTables(NamedTuple):
    """The paths of all words and of padding: `forks` (V + 1, depth) is 2 × the node at each depth + the bit there.

    `leaf` (V + 1) is the rank of every word among the leaves, from left to right.
    """

    forks: HostArray
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

    `nodes` plans their gathering. sizes[b] are their numbers by tile; in stacks of tiles, for each stack that of its
    largest tile, to which the others are padded. `order` (batches, B) are the tokens of a batch, in tiles, each tile in
    the order of leaves. `passed` is which words' paths pass each node.
    """

    nodes: Plan
    sizes: list[list[int]]
    order: Array
    passed: Own | Shared


def pack(codes: Sequence[HuffmanCode]) -> PathTables:
    """All paths as tables."""
    V, depth = len(codes), max(len(code.nodes) for code in codes)
    nodes = xp.full((V + 1, depth), V - 1, dtype=xp.int32)
    bits = xp.zeros((V + 1, depth), dtype=xp.int32)
    for word, code in enumerate(codes):
        nodes[word, : len(code.nodes)] = code.nodes
        bits[word, : len(code.nodes)] = code.bits
    leaf = xp.full(V + 1, V, dtype=xp.int64)
    leaf[xp.lexsort(bits[:V, ::-1].T)] = xp.arange(V)
    return PathTables(2 * nodes + bits, leaf)


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
    rows = xp.take(tables.forks, words, axis=0).reshape(len(words) // tile, tile, -1)
    forks: HostArray = xp.ascontiguousarray(rows.swapaxes(1, 2))  # (tiles, depth, tile)
    nodes = (forks >> 1).reshape(-1)
    begins = xp.empty(len(nodes), dtype=bool)  # where another node stands than on the path before
    xp.not_equal(nodes[1:], nodes[:-1], out=begins[1:])
    begins[::tile] = True
    runs = xp.flatnonzero(begins)
    node, length = nodes[runs], xp.diff(runs, append=len(nodes))
    some = xp.flatnonzero(node != empty)
    runs, node, length = runs[some], node[some], length[some]
    at = xp.searchsorted(runs, xp.arange(len(forks) + 1) * forks[0].size)  # where the nodes of each tile begin
    ends, sizes = at[:: B // tile], xp.diff(at).reshape(batches, -1)
    if not mixed:
        shared = _shared(device, forks, runs, length, B)
        return Paths(plan(device, node, ends, empty), sizes.tolist(), device.send(order), shared)
    by_size, heights, first, starts = _stacked(sizes)
    order = xp.take_along_axis(order.reshape(*sizes.shape, tile), by_size[..., None], axis=1).reshape(batches, B)
    place = xp.arange(len(node)) + xp.repeat(first.reshape(-1) - at[:-1], sizes.reshape(-1))
    padded = xp.full(starts[-1], empty, dtype=xp.int32)
    padded[place] = node
    row = place - xp.repeat(starts[:-1], xp.diff(ends))
    return Paths(
        plan(device, padded, starts, empty),
        heights.tolist(),
        device.send(order),
        _own(device, nodes != empty, forks, runs, length, row, ends),
    )


def _stacked(sizes: HostArray) -> tuple[HostArray, HostArray, HostArray, HostArray]:
    """Tiles, with `sizes` (batches, tiles) nodes each, in stacks of similar size: (order, heights, first, ends).

    `order` (batches, tiles) is that of the tiles, `heights` (batches, stacks) the largest size in each stack. The nodes
    of a tile stand from `first` (batches, tiles) on, those of batch b from ends[b] to ends[b+1].
    """
    order = sizes.argsort(axis=1, kind="stable")
    begins = xp.arange(0, sizes.shape[1], STACK)
    heights = xp.maximum.reduceat(xp.take_along_axis(sizes, order, axis=1), begins, axis=1)
    each = xp.repeat(heights, xp.diff(begins, append=sizes.shape[1]), axis=1)
    ends = xp.append(0, each.sum(axis=1).cumsum())
    first = xp.empty_like(sizes)
    xp.put_along_axis(first, order, each.cumsum(axis=1) - each + ends[:-1, None], axis=1)
    return order, heights, first, ends


def _own(
    device: Tables,
    passed: HostArray,
    forks: HostArray,
    runs: HostArray,
    length: HostArray,
    row: HostArray,
    ends: HostArray,
) -> Own:
    """Which word's path passes which node, from `forks` (tiles, depth, tile), and where there is one: `passed`, flat.

    A node stands at so many (`length`) flat indices from each of `runs` on, and in this `row` of its batch. Those of
    batch b are runs[ends[b]:ends[b+1]].
    """
    tile, where = forks.shape[-1], xp.flatnonzero(passed)
    begin = length.cumsum()
    at = xp.append(0, begin)[ends]
    shift = row * tile + runs % tile - runs
    steps = xp.zeros(len(where), dtype=xp.int64)
    steps[begin - length] = xp.diff(shift, prepend=0)
    return Own(at.tolist(), device.send(where + steps.cumsum()), device.send((forks.reshape(-1)[where] & 1) == 1))


def _shared(device: Tables, forks: HostArray, runs: HostArray, length: HostArray, B: int) -> Shared:
    """Which words' paths pass each node, from `forks` (tiles, depth, tile): adjacent words, bit 0 first.

    A node stands at so many (`length`) flat indices from each of `runs` on; a batch is B words.
    """
    _, depth, tile = forks.shape
    ones = xp.zeros(forks.size + 1, dtype=xp.int32)  # among all that stand before
    xp.cumsum(forks & 1, out=ones[1:])
    start = runs // (depth * tile) % (B // tile) * (tile + 1) + runs % tile
    end = start + length
    middle = end - (ones[runs + length] - ones[runs])
    return Shared(*(device.send(array) for array in (start, middle, end)))
