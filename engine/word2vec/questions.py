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

    `weights` (n, words) says of every tile how much one who is asked counts for the ways of its `words` words, the
    learning rate included; where it is None, those who are asked are the words themselves, and count as the rate.
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
        if self.weights is not None:
            self.on, self.left, self.counts, self.lefts = new(marks), new(marks), new(n), new(n)

    def ask(self, nodes: Array, paths: Paths, b: int, rate: Any) -> None:
        """Batch b of `paths`: every `told` is filled, and `nodes` are moved. All gradients are times −rate.

        Σ over the words whose way passes node j of (whether bit 0 is taken there − σ(θ·h)) is what h hears of θ.
        """
        xp, plan = self.device.xp, paths.nodes
        count = plan.at[b + 1] - plan.at[b]
        self.make_room(count)
        theta, dtheta, a = self.theta[:count], self.dtheta[:count], self.a[: self.n * count]
        rows.gather(self.device, nodes, plan, b, theta)
        tiles = list(self.tiles(paths.sizes[b]))
        for t, (some, asked, _) in enumerate(tiles):
            xp.dot(self.asked[t], theta[some].T, out=a[asked].reshape(self.n, -1))
        if self.weights is None:
            self.own(a, *paths.way(b), rate)
        else:
            self.weighed(a, *paths.way(b), self.weights, tiles)
        for t, (some, asked, _) in enumerate(tiles):
            q = a[asked].reshape(self.n, -1)
            xp.dot(q, theta[some], out=self.told[t])
            xp.dot(q.T, self.asked[t], out=dtheta[some, 0])
        rows.add(self.device, nodes, plan, b, dtheta, self.bound, self.room)

    def own(self, a: Array, marks: Array, left: Array, rate: Any) -> None:
        """Who is asked answers for its own way only: a = rate × (left − σ(a)) there, 0 elsewhere."""
        xp = self.device.xp
        said = a[marks]
        xp.negative(said, out=said)
        a[...] = 0
        a[marks] = rate * left - pulled(xp, said, rate)

    def weighed(
        self, a: Array, marks: Array, left: Array, weights: Sequence[Array], tiles: Sequence[tuple[slice, slice, slice]]
    ) -> None:
        """Who is asked answers for the ways of many words: a = Σ over words of weight × (left − on the way × σ(a))."""
        xp = self.device.xp
        size = len(a) // self.n * self.words
        on, taken, counts, lefts = self.on[:size], self.left[:size], self.counts[: len(a)], self.lefts[: len(a)]
        on[...] = taken[...] = 0
        on[marks], taken[marks] = 1, left
        for t, (_, asked, told) in enumerate(tiles):
            for said, sums in ((on, counts), (taken, lefts)):
                xp.dot(weights[t], said[told].reshape(self.words, -1), out=sums[asked].reshape(self.n, -1))
        xp.negative(a, out=a)
        xp.subtract(lefts, pulled(xp, a, counts), out=a)

    def tiles(self, sizes: Sequence[int]) -> Iterator[tuple[slice, slice, slice]]:
        """Of every tile its nodes, and its parts of what is held for all who are asked, and for all words."""
        start = 0
        for size in sizes:
            end = start + size
            yield slice(start, end), slice(self.n * start, self.n * end), slice(self.words * start, self.words * end)
            start = end


def pulled(xp: Any, a: Array, weight: Array) -> Array:
    """weight × (1 − σ(a)): how far what did occur is from being certain, in place. `a` is used up."""
    xp.exp(a, out=a)
    a += 1
    return xp.divide(weight, a, out=a)
