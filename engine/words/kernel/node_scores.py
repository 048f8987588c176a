"""What the nodes on the ways of a batch's words say to those who are asked, and what is said to them: tile by tile.

Each node of a tile is gathered once and meets all who are asked in the tile in one matrix product. Part of the fast
form, see `engine.words.kernel.fast`; a test holds it equal to the walk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from engine.device import Array, Tables
from engine.words.kernel import rows
from engine.words.kernel.paths import Own, Paths


class Questions:
    """`asked` (n, D) of every tile hear an answer in `told` (n, D). Rooms grow with the ways.

    Where they are `shared`, all of a tile are asked the ways of all its words; else each its own.
    """

    def __init__(
        self, device: Tables, asked: Sequence[Array], told: Sequence[Array], shared: bool, bound: float
    ) -> None:
        self.device, self.asked, self.told, self.shared, self.bound = device, asked, told, shared, bound
        self.n, self.D = asked[0].shape
        self.dtype = asked[0].dtype
        self.room, self.size = rows.Room(self.D, self.dtype), -1

    def make_room(self, count: int) -> None:
        """Rooms for so many nodes."""
        if count <= self.size:
            return

        def new(*size: int) -> Array:
            return self.device.xp.zeros(size, dtype=self.dtype)

        self.size, self.theta, self.dtheta = count, new(count, self.D), new(count, 1, self.D)
        self.a = new(count, self.n)
        self.sums = [new(count, self.n) for _ in range(3)] if self.shared else []

    def ask(self, nodes: Array, paths: Paths, b: int, weight: Any) -> None:
        """Batch b of `paths`: every `told` is filled, and `nodes` are moved. All gradients are times −rate.

        Σ over the words whose way passes node j of (1 − σ(θ·h) − whether bit 1 is taken there) is what h hears of θ.
        `weight` is the rate; or, where ways are shared, (tiles, words + 1, n): how much each who is asked counts for
        the first k words of a tile, the rate included.
        """
        xp, plan = self.device.xp, paths.nodes
        count = plan.at[b + 1] - plan.at[b]
        self.make_room(count)
        theta, dtheta, a = self.theta[:count], self.dtheta[:count], self.a[:count]
        rows.gather(self.device, nodes, plan, b, theta)
        tiles = list(_stretches(paths.sizes[b]))
        for some, asked in zip(tiles, self.asked, strict=True):
            xp.dot(theta[some], asked.T, out=a[some])
        if isinstance(paths.passed, Own):
            self.own(a.reshape(-1), *paths.passed.way(b), weight)
        else:
            self.weighed(a, *paths.passed.words(plan.at[b], plan.at[b + 1]), weight.reshape(-1, self.n))
        for some, asked, told in zip(tiles, self.asked, self.told, strict=True):
            q = a[some]
            xp.dot(q.T, theta[some], out=told)
            xp.dot(q, asked, out=dtheta[some, 0])
        rows.add(self.device, nodes, plan, b, dtheta, self.bound, self.room)

    def own(self, a: Array, marks: Array, right: Array, rate: Any) -> None:
        """Who is asked answers for its own way only: a = rate × (1 − σ(a) − right) there, 0 elsewhere."""
        said = a[marks]
        a[...] = 0
        a[marks] = pulled(self.device.xp, said, rate) - rate * right

    def weighed(self, a: Array, start: Array, middle: Array, end: Array, sums: Array) -> None:
        """Who is asked answers for many words: a = Σ over those on the way of weight × (1 − σ(a) − right)."""
        xp = self.device.xp
        starts, rights, counts = (room[: len(a)] for room in self.sums)
        for at, into in ((start, starts), (middle, rights), (end, counts)):
            self.device.take(sums, at, into)
        xp.subtract(counts, rights, out=rights)
        counts -= starts
        pulled(xp, a, counts)
        a -= rights


def _stretches(sizes: Iterable[int]) -> Iterator[slice]:
    """Slices of these sizes, one behind the other."""
    start = 0
    for size in sizes:
        yield slice(start, start + size)
        start += size


def pulled(xp: Any, a: Array, weight: Array) -> Array:
    """weight × (1 − σ(a)): how far what did occur is from being certain, in place. `a` is used up."""
    xp.exp(a, out=a)
    a += 1
    return xp.divide(weight, a, out=a)
