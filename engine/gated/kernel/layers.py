"""What all kinds of layers of the fast form have in common: parameters, gradients and work arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from engine.device import HOST, Array, wide
from engine.gated.cell import Cell, Theta
from engine.gated.kernel.tiles import Letters, Product, Summed
from engine.maths.packing import aligned

xp = HOST.xp
ORDERS = {"lstm": ("oifg", "oifg", 3), "gru": ("nzr", "zrn", 2), "srn": ("h", "h", 0), "relu": ("h", "h", 0)}
"""By cell: the order of the gates in U, that in W, and how many of W's, from its first, have a sigmoid."""
CACHED = 1 << (15 if wide() else 13)
"""Numbers of one array that stay in the cache until they are used; with 64-byte vectors it is larger."""


def stacked(views: Mapping[str, Array], names: list[str]) -> Array:
    """Parameters of one shape that lie one after the other in memory, as one view (gates, rows, cols)."""
    first = views[names[0]]
    strides = (first.nbytes, *first.strides)
    return xp.lib.stride_tricks.as_strided(first, (len(names), *first.shape), strides)


class Size(NamedTuple):
    """T timesteps of B examples, H units a layer."""

    T: int
    B: int
    H: int


class Layer:
    """One layer: its parameters, gradients and work arrays. G gates, T timesteps, B examples, H units.

    The local derivatives of a timestep (`factors` arrays (B, H)) are computed in the forward pass, while its gates are
    in the cache; in the backward pass the first of them are multiplied by the gradients and so become the deltas, in
    place, in `D`. Gates and net inputs are overwritten once they are used, to stay in the cache.
    """

    factors = 1

    def __init__(self, cell: Cell, level: str, size: Size, theta: Theta, grad: Theta, kind: Any) -> None:
        T, B, H = self.T, self.B, self.H = size
        down, across, self.soft = ORDERS[cell.name]
        self.U, self.dU = (stacked(of, [f"U{q}{level}" for q in down]) for of in (theta, grad))
        self.W, self.dW = (stacked(of, [f"W{q}{level}" for q in across]) for of in (theta, grad))
        self.b, self.db = (stacked(of, [f"b{q}{level}" for q in down])[:, :, 0] for of in (theta, grad))
        self.more = {name: (theta[name + level], grad[name + level]) for name in cell.more}
        self.scale = xp.array([-1.0 if q in across[: self.soft] else 1.0 for q in down], kind)[:, None, None]
        self.scale_W = xp.array([-1.0] * self.soft + [1.0] * (len(across) - self.soft), kind)[:, None, None]
        G = self.G = len(down)
        self.table, self.tall_W = aligned((G, self.U.shape[2], H), kind), self.W.reshape(G * H, H)
        self.signed = aligned(self.W.shape, kind) if B == 1 and self.soft else self.W
        self.tall = self.signed.reshape(G * H, H)
        # a single row is quickest with W as it lies, more of them with Wᵀ
        scale = self.scale_W if self.soft and B > 1 else None
        self.forth, self.home = Product(self.signed.transpose(0, 2, 1), B, apart=B > 1, scale=scale), Product(self.W, B)
        self.block = max(1, min(T, CACHED // (B * H)))
        self.z, self.h = aligned((self.block, G, B, H), kind), aligned((T + 1, B, H), kind)
        self.net = self.forth.made
        self.one, self.two = aligned((B, H), kind), aligned((B, H), kind)
        self.gh = aligned((T, B, H), kind)
        self.D = aligned((T, self.factors, B, H) if B == 1 else (self.factors, T, B, H), kind)
        self.L = self.D.swapaxes(0, 1) if B == 1 else self.D
        self.ones, self.letters = xp.ones(T * B, kind), xp.ones(self.U.shape[2], kind)
        self.summed: dict[int, Summed] = {}
        self.D_at = list(self.L.swapaxes(0, 1))
        self.row_at = self.rows_of(0, G)
        self.z_at, self.h_at, self.gh_at = self.in_turn(self.z), list(self.h), list(self.gh)
        self.gates_at = [tuple(z) for z in self.z_at]
        self.before = list(self.h[:, 0]) if B == 1 else self.h_at
        self.a_one = xp.array(1, kind)  # a number of Python's would be made into an array each time

    def in_turn(self, held: Array) -> list[Array]:
        """For every timestep its place in a buffer of `block` timesteps: t modulo `block`."""
        return [held[t % self.block] for t in range(self.T)]

    def rows_of(self, first: int, end: int) -> list[Array]:
        """Deltas first … end − 1 of every timestep, as they are multiplied by W; for a batch of one a row (1, G H)."""
        if self.B == 1:
            return list(self.D.reshape(self.T, 1, -1)[:, :, first * self.H : end * self.H])
        return [each[first:end] for each in self.D_at]

    # forward

    @cached_property
    def wide(self) -> Array:
        """Net inputs (G, T B, H) from inputs that are numbers."""
        return aligned((self.G, self.T * self.B, self.H), self.h.dtype)

    def feed(self, rows: Array | None, numbers: Array | None) -> None:
        """The part of the net inputs that comes from the inputs, U x + b, for all timesteps.

        `rows` are the rows of the table Uᵀ + b where inputs are letters; else `numbers` (T B, I) are the inputs.
        """
        table, b = self.U.transpose(0, 2, 1), self.b[:, None, :]
        if self.soft:
            table, b = xp.multiply(table, self.scale, self.table), b * self.scale
        if self.B > 1:
            self.home.pack()
            self.forth.pack()
        elif self.soft:
            xp.multiply(self.W, self.scale_W, self.signed)
        self.rows = rows
        if rows is not None:
            xp.add(table, b, self.table)
            return
        xp.matmul(numbers, table, out=self.wide)
        self.wide += b

    def forwards(self) -> Iterator[int]:
        """The timesteps in order, each when W h is in `net`; U x + b and the local derivatives follow block by block.

        U x + b is looked up after W h: W fills the cache, which would evict it.
        """
        across, before = self.across, self.before
        for first in range(0, self.T, self.block):
            some = slice(first, min(first + self.block, self.T))
            across(before[first])
            self._looked_up(some)
            yield first
            for t in range(first + 1, some.stop):
                across(before[t])
                yield t
            self.slopes(some, self.L[:, some])

    def _looked_up(self, some: slice) -> None:
        z = self.z[: some.stop - some.start]
        if self.rows is None:
            z[...] = self.wide.reshape(self.G, self.T, self.B, self.H)[:, some].swapaxes(0, 1)
        else:
            xp.take(self.table.reshape(-1, self.H), self.rows[some], axis=0, out=z, mode="clip")

    @cached_property
    def across(self) -> Callable[[Array], Array]:
        """A function of the state `before[t]`: writes W h of every gate into `net`."""
        tall, into = self.tall, self.net.reshape(-1)
        return self.forth.each if self.B > 1 else lambda h: xp.dot(tall, h, into)

    def opened(self, gates: Array) -> None:
        """Sigmoid in place: 1 / (1 + exp(gates)), where `gates` holds −z, the net inputs with their sign reversed."""
        xp.exp(gates, out=gates)
        gates += self.a_one
        xp.divide(self.a_one, gates, out=gates)

    def run(self, start: Mapping[str, Array]) -> None:
        """The forward pass through all timesteps, from the states (B, H) before the first."""
        raise NotImplementedError

    # back

    def slopes(self, some: slice, L: Array) -> None:
        """The local derivatives of some timesteps, into L (factors, timesteps, B, H)."""
        raise NotImplementedError

    def gates(self, some: slice) -> Array:
        """The gates (G, timesteps, B, H) of the timesteps of the block computed last."""
        return self.z[: some.stop - some.start].swapaxes(0, 1)

    def backwards(self) -> Iterator[tuple[int, Array | None]]:
        """The timesteps from the last, each with Wᵀ times the deltas of the one after, at the last None."""
        handed, row, last = self.handed, self.row_at, self.T - 1
        yield last, None
        for t in range(last - 1, -1, -1):
            yield t, handed(row[t + 1])

    def back(self) -> None:
        """The backward pass: the deltas of all timesteps, in place of the local derivatives.

        `gh` has ∂E/∂h from above; the part from later timesteps is added to it.
        """
        raise NotImplementedError

    @cached_property
    def handed(self) -> Callable[[Array], Array]:
        """A function of the deltas of one timestep, (G, B, H) or for a batch of one (1, G H): Σ Wᵀ δ over gates."""
        tall, into = self.tall_W, self.one
        return self.home.total if self.B > 1 else lambda D: xp.dot(D, tall, into)

    def product(self, first: int, count: int, right: Array | Letters, out: Array) -> None:
        """δᵀ `right` of some gates, summed over time and batch, into `out` (count, H, columns of `right`).

        The gates are `first` … `first + count − 1` in `D`; `right` has T B rows.
        """
        rows = self.T * self.B
        if isinstance(right, Letters):
            for n in range(count):
                at = self.D[:, first + n] if self.B == 1 else self.D[first + n]
                right.into(at.reshape(rows, self.H), out[n])
            return
        if self.B == 1:
            D = self.D.reshape(self.T, -1)[:, first * self.H : (first + count) * self.H]
            xp.dot(D.T, right, out=out.reshape(-1, out.shape[2]))
            return
        K = right.shape[1]
        if K not in self.summed:
            self.summed[K] = Summed(rows, self.H, K, self.D.dtype)
        summed = self.summed[K]
        for D, into in zip(self.D[first : first + count], out, strict=True):
            summed.into(D.reshape(rows, self.H), right, into)

    def total(self, first: int, count: int, out: Array) -> None:
        """The deltas of some gates summed over time and batch, into `out` (count, H)."""
        if self.B == 1:
            D = self.D.reshape(self.T, -1)[:, first * self.H : (first + count) * self.H]
            xp.dot(self.ones, D, out=out.reshape(-1))
        else:
            xp.matmul(self.ones, self.D[first : first + count].reshape(count, self.T * self.B, self.H), out=out)

    def entered(self, below: Array | Letters) -> None:
        """∂E/∂U and ∂E/∂b; `below` (T B, I) are the inputs of this layer."""
        self.product(0, self.G, below, self.dU)
        if self.rows is None or self.B == 1 or len(self.letters) > self.T * self.B:
            self.total(0, self.G, self.db)
        else:  # every row has one letter, and there are fewer letters to add up than rows
            xp.matmul(self.dU, self.letters, out=self.db)

    def gradients(self, below: Array | Letters) -> None:
        """The gradients of all parameters of this layer; `below` (T B, I) are its inputs."""
        self.entered(below)
        self.product(0, self.G, self.h[:-1].reshape(-1, self.H), self.dW)

    def sent(self, out: Array) -> None:
        """∂E/∂(inputs of this layer), for the layer below, into `out` (T, B, I)."""
        if self.B == 1:
            D = self.D.reshape(self.T, -1)[:, : self.G * self.H]
            xp.dot(D, self.U.reshape(-1, self.U.shape[2]), out=out.reshape(self.T, -1))
            return
        D = self.D[: self.G].reshape(self.G, self.T * self.B, self.H)
        xp.add.reduce(xp.matmul(D, self.U), axis=0, out=out.reshape(self.T * self.B, -1))

    def by_start(self) -> dict[str, Array]:
        """∂E/∂ the states (B, H) before the first timestep; after `back`."""
        return {"h": self.handed(self.row_at[0]).reshape(self.B, self.H)}

    def states(self) -> dict[str, Array]:
        """The last states (B, H)."""
        return {"h": self.h[-1]}

    def ends(self) -> tuple[Array, Array]:
        """∂E/∂ the state on the road, at the first timestep and at the last."""
        return self.gh[0], self.gh[-1]
