"""What the nodes on the ways of a batch's words say to those who are asked, and what is said to them: tile by tile.

Each node of a tile is gathered once and meets all who are asked in the tile in one matrix product. Part of the fast
form, see `engine.word2vec.fast`; a test holds it equal to the walk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from engine.device import Array, Tables
from engine.word2vec import rows
from engine.word2vec.paths import Paths


class Questions:
    """`asked` (n, D) of every tile hear an answer in `told` (n, D). Rooms grow with the ways.

    `weights` (n, words) says of every tile how much one who is asked counts for the ways of its `words` words; where it
    is None, those who are asked are the words themselves.
    """

    def __init__(
        self, device: Tables, asked: Sequence[Array], told: Sequence[Array], words: int,
        weights: Sequence[Array] | None, bound: float,
    ) -> None:  # fmt: skip
        self.device, self.asked, self.told, self.words, self.weights = device, asked, told, words, weights
        self.n, self.D = asked[0].shape
        self.dtype, self.bound = asked[0].dtype, bound
        self.room, self.size = rows.Room(self.D, self.dtype), -1

    def make_room(self, count: int) -> None:
        """Rooms for so many nodes."""
        if count <= self.size:
            return

        def new(*size: int) -> Array:
            return self.device.xp.zeros(size, dtype=self.dtype)

        self.size, marks, n = count, self.words * count, self.n * count
        self.theta, self.dtheta, self.a = new(count, self.D), new(count, 1, self.D), new(n)
        self.marks, self.on, self.left = new(2 * marks + 1), new(marks), new(marks)
        self.counts, self.lefts = (self.on, self.left) if self.weights is None else (new(n), new(n))

    def ask(self, nodes: Array, paths: Paths, b: int, rate: Any) -> None:
        """Batch b of `paths`: every `told` is filled, and `nodes` are moved. All gradients are times −rate.

        Σ over the words whose way passes node j of (whether bit 0 is taken there − σ(θ·h)) is what h hears of θ.
        """
        xp, plan, sizes = self.device.xp, paths.nodes, paths.sizes[b]
        count = plan.at[b + 1] - plan.at[b]
        self.make_room(count)
        theta, dtheta = self.theta[:count], self.dtheta[:count]
        rows.gather(self.device, nodes, plan, b, theta)
        marks = self.marks[: 2 * self.words * count].reshape(-1, 2)
        marks[...] = 0
        self.marks[paths.marks[b]] = rate
        self.left[: len(marks)] = marks[:, 0]
        xp.add(marks[:, 0], marks[:, 1], out=self.on[: len(marks)])
        tiles = list(self.tiles(sizes))
        for t, (some, q) in enumerate(tiles):
            xp.dot(self.asked[t], theta[some].T, out=q)
        a = self.a[: self.n * count]
        xp.negative(a, out=a)
        xp.subtract(self.lefts[: len(a)], pulled(xp, a, self.counts[: len(a)]), out=a)
        for t, (some, q) in enumerate(tiles):
            xp.dot(q, theta[some], out=self.told[t])
            xp.dot(q.T, self.asked[t], out=dtheta[some, 0])
        rows.add(self.device, nodes, plan, b, dtheta, self.bound, self.room)

    def tiles(self, sizes: Sequence[int]) -> Iterator[tuple[slice, Array]]:
        """Of every tile its nodes, a slice, and its part (n, size) of `a`; on the way who counts there is added up."""
        start = 0
        for t, size in enumerate(sizes):
            end = start + size
            some = slice(self.n * start, self.n * end)
            if self.weights is not None:
                for marks, sums in ((self.on, self.counts), (self.left, self.lefts)):
                    table = marks[self.words * start : self.words * end].reshape(self.words, size)
                    self.device.xp.dot(self.weights[t], table, out=sums[some].reshape(self.n, size))
            yield slice(start, end), self.a[some].reshape(self.n, size)
            start = end


def pulled(xp: Any, a: Array, weight: Array) -> Array:
    """weight × (1 − σ(a)): how far what did occur is from being certain, in place. `a` is used up."""
    xp.exp(a, out=a)
    a += 1
    return xp.divide(weight, a, out=a)
