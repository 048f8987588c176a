"""Huffman's tree over word counts: the two rarest are merged until one is left (slide 43; Huffman 1952).

count[n]  of node n: words are nodes 0 … V − 1, merged ones V … 2V − 2, the last being the root
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from engine.device import Device
from engine.walks.step import Path, Step, Walk


class Tree(NamedTuple):
    """`children[n − V]` of merged node n: (the one at bit 0, the one at bit 1)."""

    children: tuple[tuple[int, int], ...]
    words: int

    @property
    def root(self) -> int:
        return self.words + len(self.children) - 1


class HuffmanCode(NamedTuple):
    """From the root to a word: the merged nodes on the path, counted from 0, and the bit taken at each."""

    nodes: tuple[int, ...]
    bits: tuple[int, ...]


RULES = {"merge": "count[n] = count_a[n] + count_b[n]"}
"""The rule of the walk's op: what the two children of node n count."""


def merges(counts: Sequence[int]) -> list[tuple[int, int]]:
    """Which two nodes are merged, in order: the rarest two; of equals the older, so that trees stay flat."""
    heap = [(count, node) for node, count in enumerate(counts)]
    heapify(heap)
    found: list[tuple[int, int]] = []
    while len(heap) > 1:
        (a, first), (b, second) = heappop(heap), heappop(heap)
        heappush(heap, (a + b, len(counts) + len(found)))
        found.append((second, first))  # bit 0 to the more frequent
    return found


def build(device: Device, counts: Sequence[int], at: Path = ()) -> Walk[Tree]:
    """The tree, merge by merge."""
    weight = [device.put([[float(count)]]) for count in counts]
    pairs = merges(counts)
    for n, (a, b) in enumerate(pairs, len(counts)):
        both = weight[a] + weight[b]
        yield Step((*at, ("n", n)), "merge", {f"count[{n}]": both})
        weight.append(both)
    return Tree(tuple(pairs), len(counts))


def codes(tree: Tree) -> list[HuffmanCode]:
    """The code of every word, by word."""
    found: dict[int, HuffmanCode] = {}
    waiting = [(tree.root, HuffmanCode((), ()))]
    while waiting:
        node, code = waiting.pop()
        if node < tree.words:
            found[node] = code
            continue
        for bit, child in enumerate(tree.children[node - tree.words]):
            waiting.append((child, HuffmanCode((*code.nodes, node - tree.words), (*code.bits, bit))))
    return [found[word] for word in range(tree.words)]
