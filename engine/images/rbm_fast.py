"""The update of `images.rbm_training` where speed counts: the same mathematics, in place, on one flat array.

What makes it fast, and harder to read than `images.rbm`: biases are one more row and one more column of the weights,
with units that are always 1; data and chain lie side by side, so that one product gives the whole gradient; every array
is made once and written over. A test holds it equal to the walk, a benchmark shows the need.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.device import HOST, Array, HostArray
from engine.images.rbm import Draws, Rule, Theta
from engine.maths.optimisers import Memory
from engine.maths.packing import Flat, Layout, Slots, moved
from engine.walks.training import Recipe

xp = HOST.xp


def layout(V: int, H: int) -> Layout:
    """Where W (V, H), a (V, 1) and b (H, 1) lie in an array (V + 1, H + 1): a is the last column, b the last row."""

    def views(array: Array) -> dict[str, Array]:
        whole = array.reshape(V + 1, H + 1)
        return {"W": whole[:-1, :-1], "a": whole[:-1, -1:], "b": whole[-1:, :-1].T}

    return Layout((V + 1) * (H + 1), views)


def filled(held: Mapping[str, Array], where: Layout, prefix: str = "") -> Flat:
    """Arrays by symbol in one flat array; the corner that belongs to none of them is 0."""
    if isinstance(held, Flat):
        return held
    flat = Flat(xp.zeros(where.size), where, prefix)
    for name, view in flat.items():
        view[...] = held[name]
    return flat


def sigmoid(z: Array, half: Array) -> None:
    """σ(z) = ½ + ½ tanh(z/2), in place."""
    xp.multiply(z, half, z)
    xp.tanh(z, z)
    xp.multiply(z, half, z)
    xp.add(z, half, z)


class Buffers:
    """Work arrays for B examples and a chain of C: v (V + 1, B + C) and h (H + 1, B + C), the chain to the right."""

    def __init__(self, V: int, H: int, B: int, C: int) -> None:
        self.v, self.h = xp.ones((V + 1, B + C)), xp.ones((H + 1, B + C))
        self.data, self.chain = self.v[:-1, :B], self.v[:-1, B:]
        self.h_data, self.h_chain = self.h[:-1, :B], self.h[:-1, B:]
        self.p_data, self.p_v, self.p_h = xp.empty((H, B)), xp.empty((V, C)), xp.empty((H, C))
        self.left, self.right = xp.ones((V + 1, B)), xp.ones((V + 1, C))
        self.from_h = xp.ones((H + 1, C))
        self.share = xp.concatenate([xp.full(B, -1.0 / B), xp.full(C, 1.0 / C)])
        self.shared = xp.empty((H + 1, B + C))


class Kernel:
    """Updates of one machine with V visible and H hidden units. A thread needs one of its own."""

    def __init__(self, units: tuple[int, int], recipe: Recipe, of: Rule) -> None:
        self.units, self.recipe, self.of = units, recipe, of
        V, H = units
        self._layout = layout(V, H)
        self._grad = xp.empty(self._layout.size)
        self._whole = self._grad.reshape(V + 1, H + 1)
        self._half = xp.asarray(0.5)
        self._buffers: dict[tuple[int, int], Buffers] = {}

    def update(
        self, theta: Theta, memory: Memory, v: HostArray, u: Draws, carried: Array | None, n: int
    ) -> tuple[Flat, Memory, float, Array | None]:
        """One update on the examples v (V, B): (theta, memory, ‖g‖, the chain's h).

        n counts the updates since the memory was zero, from 1.
        """
        (optimiser, rate, clip), where = self.recipe, self._layout
        flat = filled(theta, where).array
        h = self.gradient(flat, v, u, carried)
        if optimiser.slots and not isinstance(memory, Slots):
            memory = Slots({slot.name: filled(memory, where, f"{slot.name}_") for slot in optimiser.slots})
        after, kept, length = moved(optimiser, where, flat, self._grad, memory, rate, clip, n)
        return after, kept, length, h

    def gradient(self, flat: Array, v: HostArray, u: Draws, carried: Array | None) -> Array | None:
        """Writes the gradient into `_grad`; returns the chain's h where it is persistent."""
        (V, H), of, how, half, dot = self.units, self.of, self.of.how, self._half, xp.dot
        B = v.shape[1]
        C = B if carried is None else carried.shape[1]
        b = self._buffers.get((B, C))
        if b is None:
            b = self._buffers[B, C] = Buffers(V, H, B, C)
        whole = flat.reshape(V + 1, H + 1)
        up, down = whole[:, :-1].T, whole[:-1, :]
        b.data[...] = v
        b.left[:-1] = v
        dot(up, b.left, b.p_data)
        sigmoid(b.p_data, half)
        h = b.from_h[:-1]
        if carried is not None:
            h[...] = carried
        elif how.hidden:
            xp.less(u.h[0], b.p_data, h)
        else:
            h[...] = b.p_data
        for n in range(1, of.k + 1):
            dot(down, b.from_h, b.p_v)
            sigmoid(b.p_v, half)
            here = b.right[:-1]
            if how.visible:
                xp.less(u.v[n], b.p_v, here)
            else:
                here[...] = b.p_v
            dot(up, b.right, b.p_h)
            sigmoid(b.p_h, half)
            if n < of.k or of.persistent:
                if how.hidden:
                    xp.less(u.h[n], b.p_h, h)
                else:
                    h[...] = b.p_h
        b.chain[...] = b.right[:-1]
        for drawn, p, into, n in ((how.data, b.p_data, b.h_data, 0), (how.model, b.p_h, b.h_chain, of.k)):
            if drawn:
                xp.less(u.h[n], p, into)
            else:
                into[...] = p
        xp.multiply(b.h, b.share, b.shared)
        dot(b.v, b.shared.T, self._whole)
        self._whole[-1, -1] = 0.0
        if of.decay:
            self._whole[:-1, :-1] += of.decay * whole[:-1, :-1]
        return h.copy() if of.persistent else None
