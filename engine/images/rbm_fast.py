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


def draw(u: Array, p: Array, on: Array, into: Array) -> None:
    """1 where u < p, else 0; `on` are the same as truth values (NumPy writes them more slowly into numbers at once)."""
    xp.less(u, p, on)
    xp.copyto(into, on)


class Buffers:
    """Work arrays for B examples and a chain of C: v (V + 1, B + C) and h (H + 1, B + C), the chain to the right.

    `both` are p(h|v) of the data and the end of the chain, where they come from one product.
    """

    def __init__(self, V: int, H: int, B: int, C: int) -> None:
        self.v, self.h = xp.ones((V + 1, B + C)), xp.ones((H + 1, B + C))
        self.data, self.chain, self.left, self.right = self.v[:-1, :B], self.v[:-1, B:], self.v[:, :B], self.v[:, B:]
        self.from_h, self.p_v = xp.ones((H + 1, C)), xp.empty((V, C))
        self.p_data, self.p_h, self.both = xp.empty((H, B)), xp.empty((H, C)), xp.empty((H, B + C))
        self.share = xp.concatenate([xp.full(B, -1.0 / B), xp.full(C, 1.0 / C)])
        self.h *= self.share
        self.h_data, self.h_chain = self.h[:-1, :B], self.h[:-1, B:]
        self.v_on, self.h_on = xp.empty((V, C), bool), xp.empty((H, C), bool)
        self.by_data, self.by_chain = xp.asarray(-1.0 / B), xp.asarray(1.0 / C)


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
        (V, H), of, how, half = self.units, self.of, self.of.how, self._half
        dot, copy = xp.dot, xp.copyto
        B = v.shape[1]
        C = B if carried is None else carried.shape[1]
        b = self._buffers.get((B, C))
        if b is None:
            b = self._buffers[B, C] = Buffers(V, H, B, C)
        whole = flat.reshape(V + 1, H + 1)
        up, down = whole[:, :-1].T, whole[:-1, :]
        copy(b.data, v)
        h, p_data, p_h = b.from_h[:-1], b.p_data, b.p_h
        if carried is None:
            dot(up, b.left, p_data)
            sigmoid(p_data, half)
            draw(u.h[0], p_data, b.h_on, h) if how.hidden else copy(h, p_data)
        else:
            copy(h, carried)
        for n in range(1, of.k + 1):
            dot(down, b.from_h, b.p_v)
            sigmoid(b.p_v, half)
            draw(u.v[n], b.p_v, b.v_on, b.chain) if how.visible else copy(b.chain, b.p_v)
            if n == of.k and carried is not None:
                dot(up, b.v, b.both)
                sigmoid(b.both, half)
                p_data, p_h = b.both[:, :B], b.both[:, B:]
            else:
                dot(up, b.right, p_h)
                sigmoid(p_h, half)
            if n < of.k or of.persistent:
                draw(u.h[n], p_h, b.h_on, h) if how.hidden else copy(h, p_h)
        if carried is not None and not (how.data or how.model):
            xp.multiply(b.both, b.share, b.h[:-1])
        else:
            xp.multiply(xp.less(u.h[0], p_data) if how.data else p_data, b.by_data, b.h_data)
            xp.multiply(xp.less(u.h[of.k], p_h) if how.model else p_h, b.by_chain, b.h_chain)
        dot(b.v, b.h.T, self._whole)
        self._whole[-1, -1] = 0.0
        if of.decay:
            self._whole[:-1, :-1] += of.decay * whole[:-1, :-1]
        return h.copy() if of.persistent else None
