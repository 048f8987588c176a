"""Hierarchical softmax, fast form: per tile the scores of all Huffman nodes on its words' paths, and both gradients.

Each node of a tile is gathered once, and multiplied by all context vectors of the tile in one matrix product. Part of
the fast form, see `engine.words.kernel.fast`; a test holds it equal to the walk.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from engine.device import Array, Tables
from engine.words.kernel import rows
from engine.words.kernel.paths import Own, Paths

SOME = 4
"""Tiles whose contexts are scored on the paths of all words at once, so that work arrays stay in the cache."""


class NodeScores:
    """Scores of nodes with context vectors, and the gradients of both.

    `contexts`, and `dcontexts`, into which their gradients are written, have an array (n, D) for each tile, or one
    (tiles, n, D) for each stack of tiles. `shared`: every context of a tile is scored on the paths of all its words;
    else each on the path of its own word. Work arrays grow with the number of nodes. `bound` is the longest move of a
    node in one batch.
    """

    def __init__(
        self, device: Tables, contexts: Sequence[Array], dcontexts: Sequence[Array], shared: bool, bound: float
    ) -> None:
        self.device, self.contexts, self.dcontexts, self.shared, self.bound = device, contexts, dcontexts, shared, bound
        self.n, self.D = contexts[0].shape[-2:]
        self.product = device.xp.dot if shared else device.xp.matmul
        self.some = SOME if shared else len(contexts)
        self.turned = [each.swapaxes(-1, -2) for each in contexts]
        self.dtype = contexts[0].dtype
        self.buffers, self.size = rows.Buffers(self.D, self.dtype), -1

    def grow(self, count: int) -> None:
        """Make the work arrays long enough for `count` nodes."""
        if count <= self.size:
            return

        def new(*size: int) -> Array:
            return self.device.xp.zeros(size, dtype=self.dtype)

        self.size, self.theta, self.dtheta = count, new(count, self.D), new(count, self.D)
        self.a = new(count, self.n)
        self.sums = [new(count, self.n) for _ in range(3)] if self.shared else []

    def update(self, nodes: Array, paths: Paths, b: int, weight: Any) -> None:
        """Batch b of `paths`: fills every `dcontexts` and moves `nodes` (V, D). All gradients are times −rate.

        The gradient of h along θ of node j is the sum, over the words whose path passes j, of 1 − σ(θ·h) − bit.
        `weight` is the rate; with `shared` it is (tiles, words + 1, n): how much each context counts, times the rate,
        for the first k words of a tile.
        """
        plan, first = paths.nodes, paths.nodes.at[b]
        self.grow(plan.at[b + 1] - first)
        for n in range(0, len(self.contexts), self.some):
            some = slice(n, n + self.some)
            stacks = list(self.stacks(some, paths.sizes[b][some], self.dtheta[first - plan.at[b] :]))
            count = sum(math.prod(of.shape[:-1]) for of, *_ in stacks)
            theta, a = self.theta[:count], self.a[:count]
            self.device.take(nodes, plan.index[first : first + count], theta)
            for (of, scores, _), turned in zip(stacks, self.turned[some], strict=True):
                self.product(of, turned, out=scores)
            if isinstance(paths.passed, Own):
                self.own_paths(a.reshape(-1), *paths.passed.of_batch(b), weight)
            else:
                self.all_paths(a, *paths.passed.words(first, first + count), weight.reshape(-1, self.n))
            for (of, q, move), h, dh in zip(stacks, self.contexts[some], self.dcontexts[some], strict=True):
                self.product(q.swapaxes(-1, -2), of, out=dh)
                self.product(q, h, out=move)
            first += count
        rows.add(self.device, nodes, plan, b, self.dtheta[: first - plan.at[b], None], self.bound, self.buffers)

    def stacks(self, some: slice, sizes: Sequence[int], dtheta: Array) -> Iterator[list[Array]]:
        """θ, a and ∂L/∂θ of each tile (nodes, …), or stack (tiles, nodes of a tile, …): views of work arrays."""
        start = 0
        for size, contexts in zip(sizes, self.contexts[some], strict=True):
            tiles = contexts.shape[:-2]
            end = start + size * math.prod(tiles)
            views = [array[start:end] for array in (self.theta, self.a, dtheta)]
            yield [each.reshape(*tiles, size, each.shape[-1]) for each in views] if tiles else views
            start = end

    def own_paths(self, a: Array, marks: Array, right: Array, rate: Any) -> None:
        """Each context on the path of its own word: a = rate × (1 − σ(a) − bit) at its `marks`, 0 elsewhere."""
        scores = a[marks]
        a[...] = 0
        a[marks] = sigmoid_error(self.device.xp, scores, rate) - rate * right

    def all_paths(self, a: Array, start: Array, middle: Array, end: Array, sums: Array) -> None:
        """Each context on the paths of all words: a = Σ of weight × (1 − σ(a) − bit) over those that pass the node."""
        xp = self.device.xp
        starts, rights, counts = (buffers[: len(a)] for buffers in self.sums)
        for at, into in ((start, starts), (middle, rights), (end, counts)):
            self.device.take(sums, at, into)
        xp.subtract(counts, rights, out=rights)
        counts -= starts
        sigmoid_error(xp, a, counts)
        a -= rights


def sigmoid_error(xp: Any, a: Array, weight: Array) -> Array:
    """weight × (1 − σ(a)), in place: minus the error of a target that did occur. `a` is written over."""
    xp.exp(a, out=a)
    a += 1
    return xp.divide(weight, a, out=a)
