"""The update of stacked recurrent cells where speed counts: the same mathematics as `engine.gated.cell`, in place.

What makes it fast, and harder to read than the walk: rows are examples; each gate is an array of its own, so that every
read is contiguous; letters are looked up in Uᵀ + b; weights of sigmoid gates have their sign reversed beforehand, so
that 1 / (1 + exp(−x)) takes three passes; local derivatives are computed in the forward pass, while their gates are in
the cache, and become the deltas in place; every gradient is one product after the loop, or a sum for each letter;
nearly all arrays are made once and written over. A test holds it equal to the walk, a benchmark shows the need.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from engine.device import HOST, Array, quiet
from engine.gated.cell import Cell, Theta
from engine.gated.kernel.kinds import KINDS
from engine.gated.kernel.layers import ORDERS, Size
from engine.gated.kernel.tiles import Letters, Product, Summed, by_letter, lined
from engine.maths.optimisers import Memory, Optimiser
from engine.maths.packing import Flat, Layout, aligned, moved, packed

xp = HOST.xp
SAFE = 64.0
"""exp of scores between −SAFE and SAFE is within float32: the largest of a row need not be subtracted first."""


def layout(cell: Cell, H: int, K: int, inputs: int) -> Layout:
    """Where the parameters lie: of every layer U, W, b by gate, then `cell.more`; V and by. Vectors are columns."""
    down, across, _ = ORDERS[cell.name]
    shapes: dict[str, tuple[int, int]] = {}
    for level in cell.levels:
        shapes |= {f"U{q}{level}": (H, H if level else inputs) for q in down}
        shapes |= {f"W{q}{level}": (H, H) for q in across}
        shapes |= {f"b{q}{level}": (H, 1) for q in down}
        shapes |= {f"{name}{level}": (H, 1) for name in cell.more}
    shapes |= {"V": (K, H), "by": (K, 1)}

    def views(array: Array) -> dict[str, Array]:
        parameters, at = {}, 0
        for name, (rows, cols) in shapes.items():
            parameters[name] = array[at : at + rows * cols].reshape(rows, cols)
            at += rows * cols
        return parameters

    return Layout(sum(rows * cols for rows, cols in shapes.values()), views)


class Kernel:
    """Updates of one net on T timesteps of B examples. A thread needs one of its own.

    H units a layer, K outputs. Inputs are codes (T, B) if `letters`, else numbers (T, B, `inputs`). Targets are codes
    (T - first, B): every timestep from `first` on has one. `mean` divides the loss by B.
    """

    def __init__(
        self, cell: Cell, T: int, B: int, H: int, K: int, inputs: int, kind: Any = float, letters: bool = True,
        first: int = 0, mean: bool = False,
    ) -> None:  # fmt: skip
        self.cell, self.T, self.B, self.letters, self.first = cell, T, B, letters, first
        self._sorted = letters and by_letter(T * B, inputs, H)
        self.share = 1 / B if mean else 1.0
        self.layout = layout(cell, H, K, inputs)
        self._theta, self._grad = (aligned((self.layout.size,), kind) for _ in range(2))
        self.theta, self.grad = self.layout.views(self._theta), self.layout.views(self._grad)
        made = KINDS[cell.name, "bm" in cell.more]
        size = Size(T, B, H)
        self.layers = [made(cell, level, size, self.theta, self.grad, kind) for level in cell.levels]
        targets = (T - first) * B
        self._e, self._rows = aligned((targets, K), kind), K * xp.arange(targets)
        top = self.layers[-1].gh[first:].reshape(-1, H)
        V = self.theta["V"][None]
        self._scores = Product(V.transpose(0, 2, 1), targets, self._e[None], apart=True)
        self._sent = Product(V, targets, top[None])
        self._summed = Summed(targets, K, H, kind)
        self._letters, self._ones = xp.ones(K, kind), xp.ones(targets, kind)
        self._inputs, self._kind = inputs, kind
        self._gates = (xp.arange(self.layers[0].G) * inputs)[None, :, None]

    def gradient(
        self, theta: Array, x: Array, y: Array, start: Mapping[str, Array], mask: Array | None = None
    ) -> float:
        """E of one window; writes its gradient into `grad`. `theta` is flat, in `layout`; `start` has states (H, B).

        Targets where `mask` (T - first, B) is 0 do not count; where it is 1 they do.
        """
        with quiet():  # a gate that is shut for good has an exp beyond all numbers, and is 0
            return self._gradient(theta, x, y, start, mask)

    def _gradient(self, theta: Array, x: Array, y: Array, start: Mapping[str, Array], mask: Array | None) -> float:
        self._theta[:] = theta
        below = self._run(x, start)
        top = self.layers[-1]
        flat = top.h[1 + self.first :].reshape(-1, top.H)
        e = self._e
        self._scores.pack()
        self._scores.each(flat)
        e += self.theta["by"][:, 0]
        if not (e.min() > -SAFE and e.max() < SAFE):
            e -= e.max(axis=1, keepdims=True)
        right = self._rows + y.reshape(-1)
        wanted = e.reshape(-1).take(right)
        xp.exp(e, out=e)
        total = xp.dot(e, self._letters)  # sums by products: several times faster on short rows
        counted = self._ones if mask is None else mask.reshape(-1)
        E = float(xp.dot(counted, xp.log(total) - wanted)) * self.share
        self.guesses = e[-self.B :].argmax(axis=1) if self.first else None
        e /= total[:, None]
        e.reshape(-1)[right] -= 1
        if self.share != 1:
            e *= self.share
        if mask is not None:
            e *= counted[:, None]
        self._summed.into(e, flat, self.grad["V"])
        xp.dot(self._ones, e, out=self.grad["by"][:, 0])
        top.gh[: self.first] = 0
        self._sent.pack()
        self._sent.each(e)
        self._back(below)
        return E

    @property
    def flat_gradient(self) -> Array:
        """The gradient that was written last, flat, in `layout`; the next one overwrites it."""
        return self._grad

    @cached_property
    def _ground(self) -> Array:
        """Room for the inputs as rows, each of which begins at a cache line."""
        return aligned((self.T * self.B, lined(self._inputs, self._kind)), self._kind)

    @cached_property
    def _places(self) -> Array:
        """Where each row of `_ground` begins, in numbers."""
        return self._ground.shape[1] * xp.arange(len(self._ground))

    def _read(self, x: Array) -> Array | Letters:
        """The inputs of the first layer, (T B, I); letters as one-hot rows, or as `Letters`."""
        if self._sorted:
            return Letters(x.reshape(-1), self._inputs)
        read = self._ground[:, : self._inputs]
        if self.letters:
            self._ground[:] = 0
            self._ground.reshape(-1)[self._places + x.reshape(-1)] = 1
        else:
            read[:] = x.reshape(read.shape)
        return read

    def _run(self, x: Array, start: Mapping[str, Array]) -> Array | Letters:
        """The forward pass; returns the inputs of the first layer."""
        read = self._read(x)
        below = None
        for layer, level in zip(self.layers, self.cell.levels, strict=True):
            if below is None:
                looked = x[:, None, :] + self._gates if self.letters else None
                layer.feed(looked, None if self.letters else read)
            else:
                layer.feed(None, below)
            layer.run({state: start[state + level].T for state in self.cell.states})
            below = layer.h[1:].reshape(-1, layer.H)
        return read

    def _back(self, read: Array | Letters) -> None:
        for n in range(len(self.layers) - 1, -1, -1):
            layer = self.layers[n]
            layer.back()
            layer.gradients(self.layers[n - 1].h[1:].reshape(-1, layer.H) if n else read)
            if n:
                layer.sent(self.layers[n - 1].gh)

    def reach(self) -> float:
        """‖∂E/∂ the state on the road‖ (c, else h) at the first timestep over the last, top layer; after `gradient`."""
        first, last = (float(xp.sqrt((each**2).sum())) for each in self.layers[-1].ends())
        return first / last if last else float("nan")

    def by_start(self) -> dict[str, Array]:
        """∂E/∂ the states (H, B) before the first timestep; after `gradient`."""
        return {
            name + level: value.T
            for layer, level in zip(self.layers, self.cell.levels, strict=True)
            for name, value in layer.by_start().items()
        }

    def states(self) -> dict[str, Array]:
        """Copies of the last states (H, B), from which the next window begins."""
        return {
            name + level: value.T.copy()
            for layer, level in zip(self.layers, self.cell.levels, strict=True)
            for name, value in layer.states().items()
        }

    def update(
        self, optimiser: Optimiser, theta: Theta, memory: Memory, rate: float, clip: float, n: int, *given: Any
    ) -> tuple[Flat, Memory, float]:
        """One update on `given` (x, y, start); n counts from 1: (theta, memory, E)."""
        array = packed(theta, self.layout, kind=self._theta.dtype)
        E = self.gradient(array, *given)
        after, kept, length = moved(optimiser, self.layout, array, self._grad, memory, rate, clip, n)
        return after, kept, E + 0 * length
