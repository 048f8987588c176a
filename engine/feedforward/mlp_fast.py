"""The update of `feedforward.mlp_training` where speed counts: the same mathematics, in place, on one flat array.

What makes it fast, and harder to read than `feedforward.mlp`: a bias is one more column of its weights, with an input
that is always 1; parameters and gradient lie in one array each, so that clipping and the optimiser take one pass; an
epoch's batches are laid out once; every array is made once and written over. A test holds it equal to the walk, a
benchmark shows the need.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from engine.device import HOST, Array
from engine.feedforward.mlp import Net, Theta
from engine.maths.activations import Activation, log_sigmoid, log_softmax
from engine.maths.optimisers import Memory, Optimiser
from engine.maths.packing import Flat, Layout, moved, packed

xp = HOST.xp
Shapes = Sequence[tuple[int, int]]
"""(out, in + 1) of every layer: its weights, and its bias as the last column."""


def layers(array: Array, shapes: Shapes) -> list[Array]:
    """One view (out, in + 1) for every layer."""
    views, at = [], 0
    for rows, cols in shapes:
        views.append(array[at : at + rows * cols].reshape(rows, cols))
        at += rows * cols
    return views


def layout(shapes: Shapes) -> Layout:
    """Where W1 (out, in), b1 (out, 1), … lie: in each layer's array, a bias is the last column."""

    def views(array: Array) -> dict[str, Array]:
        parameters: dict[str, Array] = {}
        for n, whole in enumerate(layers(array, shapes), 1):
            parameters |= {f"W{n}": whole[:, :-1], f"b{n}": whole[:, -1:]}
        return parameters

    return Layout(sum(rows * cols for rows, cols in shapes), views)


Into = Callable[[Array, Array], None]
"""f(z) of the first array, written into the second."""
Slope = Callable[[Array, Array, Array], None]
"""f' from h = f(z), written into the second array; the third is a 1 as an array, which is faster than a number."""


def sigmoid(z: Array, h: Array) -> None:
    """σ(z) = ½ + ½ tanh(z/2)."""
    xp.multiply(z, 0.5, h)
    xp.tanh(h, h)
    xp.multiply(h, 0.5, h)
    xp.add(h, 0.5, h)


def tanh_slope(h: Array, slope: Array, one: Array) -> None:
    xp.multiply(h, h, slope)
    xp.subtract(one, slope, slope)


def sigmoid_slope(h: Array, slope: Array, one: Array) -> None:
    xp.subtract(one, h, slope)
    xp.multiply(slope, h, slope)


def relu_slope(h: Array, slope: Array, one: Array) -> None:
    xp.greater(h, 0, slope)


UNITS: dict[str, tuple[Into | None, Slope | None]] = {
    "tanh": (xp.tanh, tanh_slope),
    "sigmoid": (sigmoid, sigmoid_slope),
    "relu": (lambda z, h: xp.maximum(z, 0, out=h), relu_slope),
    "linear": (None, None),
}
"""(f, f') of the activations that have a form in place; None where there is nothing to compute."""


def in_place(f: Activation) -> tuple[Into | None, Slope | None]:
    """(f, f') in place, of any activation: from `UNITS`, else through `Activation`."""

    def forward(z: Array, h: Array) -> None:
        h[...] = f.f(xp, z)

    def slope(h: Array, out: Array, one: Array) -> None:
        out[...] = f.slope(xp, h)

    return UNITS.get(f.name, (forward, slope))


class Buffers:
    """Work arrays for batches of B examples.

    `h` are the outputs of the hidden layers (units + 1, B), views of one array; the last row is 1, for the bias.
    """

    def __init__(self, shapes: Shapes, B: int, kind: Any) -> None:
        hidden, outs = [rows + 1 for rows, _ in shapes[:-1]], shapes[-1][0]
        self.all, self.slopes = xp.ones((sum(hidden), B), kind), xp.ones((sum(hidden), B), kind)
        ends = [sum(hidden[:n]) for n in range(len(hidden) + 1)]
        spans = list(pairwise(ends))
        self.h = [self.all[a:b] for a, b in spans]
        self.z = [h[:-1] for h in self.h]
        self.slope = [self.slopes[a : b - 1] for a, b in spans]
        self.back = [xp.empty((b - a, B), kind) for a, b in spans]
        self.delta = [back[:-1] for back in self.back]
        self.hT = [h.T for h in self.h]
        self.out, self.last, self.out_slope = (xp.empty((outs, B), kind) for _ in range(3))
        self.flat = self.last.reshape(-1)
        self.share = xp.asarray(1 / B, kind)


class Batch(NamedTuple):
    """Inputs (M + 1, B), the last row 1; their transpose; targets (K, B)."""

    x: Array
    xT: Array
    y: Array


class Kernel:
    """Updates of one net on one set of examples x (M, N), y (K, N). A thread needs one of its own."""

    def __init__(self, net: Net, optimiser: Optimiser, rate: float, clip: float, x: Array, y: Array) -> None:
        self.net, self.optimiser, self.rate, self.clip, self.x, self.y = net, optimiser, rate, clip, x, y
        self._buffers: dict[int, Buffers] = {}
        self._epoch: tuple[Any, list[Batch]] = None, []
        self._shapes: Shapes = ()
        self._hidden, self._out = in_place(net.f), in_place(net.unit(net.depth))

    def update(
        self, theta: Theta, memory: Memory, order: Sequence[Array], i: int, n: int
    ) -> tuple[Flat, Memory, float]:
        """The update on batch i of an epoch: (theta, memory, E of the batch).

        `order` has the columns of every batch; n counts the updates since the memory was zero, from 0.
        """
        if not self._shapes:
            self._prepare(theta)
        flat = packed(theta, self._layout)
        if self._epoch[0] is not order:
            self._epoch = order, self._batches(order)
        E = self.gradient(flat, self._epoch[1][i])
        after, kept, length = moved(self.optimiser, self._layout, flat, self._grad, memory, self.rate, self.clip, n + 1)
        return after, kept, E + 0 * length

    def _prepare(self, theta: Theta) -> None:
        sizes = [theta[f"W{n}"].shape for n in range(1, self.net.depth + 1)]
        self._shapes, self._kind = [(rows, cols + 1) for rows, cols in sizes], theta["W1"].dtype
        self._layout = layout(self._shapes)
        size = self._layout.size
        self._theta, self._grad = xp.empty(size, self._kind), xp.empty(size, self._kind)
        self._W, self._dW = layers(self._theta, self._shapes), layers(self._grad, self._shapes)
        self._WT = [whole.T for whole in self._W]
        self._weight, self._one = xp.ones(size, self._kind), xp.ones((), self._kind)
        for whole in layers(self._weight, self._shapes):
            whole[:, -1] = 0

    def _batches(self, order: Sequence[Array]) -> list[Batch]:
        """The batches of an epoch."""
        x = xp.concatenate([self.x, xp.ones((1, self.x.shape[1]))]).astype(self._kind)
        taken = [(xp.ascontiguousarray(x[:, some]), self.y[:, some].astype(self._kind)) for some in order]
        return [Batch(x, x.T, xp.ascontiguousarray(y)) for x, y in taken]

    def gradient(self, flat: Array, batch: Batch) -> float:
        """E of a batch at flat parameters; writes its gradient into `_grad`."""
        x, xT, y = batch
        B = y.shape[1]
        b = self._buffers.get(B)
        if b is None:
            b = self._buffers[B] = Buffers(self._shapes, B, self._kind)
        self._theta[:] = flat
        W, WT, dW, dot, (f, slope) = self._W, self._WT, self._dW, xp.dot, self._hidden
        h, top = x, len(W) - 1
        for n in range(top):
            dot(W[n], h, b.z[n])
            if f is not None:
                f(b.z[n], b.z[n])
            h = b.h[n]
        dot(W[top], h, b.out)
        E = self._loss(b, y, B)
        if slope is not None and top:
            slope(b.all, b.slopes, self._one)
        delta = b.last
        for n in range(top, 0, -1):
            dot(delta, b.hT[n - 1], dW[n])
            dot(WT[n], delta, b.back[n - 1])
            delta = b.delta[n - 1]
            if slope is not None:
                xp.multiply(delta, b.slope[n - 1], delta)
        dot(delta, xT, dW[0])
        return E + self._regularise(flat) if self.net.l1 or self.net.l2 else E

    def _loss(self, b: Buffers, y: Array, B: int) -> float:
        """E; writes δ of the last layer into `b.last`."""
        z, last, kind, (f, slope) = b.out, b.last, self.net.loss, self._out
        if kind == "softmax":
            logs = log_softmax(xp, z)
            E = -float(xp.sum(y * logs)) / B
            xp.subtract(xp.exp(logs), y, last)
        elif kind == "logistic":
            E = -float(xp.sum(y * log_sigmoid(xp, z) + (1 - y) * log_sigmoid(xp, -z))) / B
            sigmoid(z, z)
            xp.subtract(z, y, last)
        else:
            if f is not None:
                f(z, z)
            xp.subtract(z, y, last)
            E = float(xp.dot(b.flat, b.flat)) / (2 * B)
            if slope is not None:
                slope(z, b.out_slope, self._one)
                xp.multiply(last, b.out_slope, last)
        xp.multiply(last, b.share, last)
        return E

    def _regularise(self, flat: Array) -> float:
        """The penalty of the regularisers; adds its gradient to `_grad`."""
        net, weight = self.net, self._weight
        self._grad += net.l1 * weight * xp.sign(flat) + net.l2 * weight * flat
        return net.l1 * float(xp.dot(weight, xp.abs(flat))) + net.l2 * float(xp.dot(weight, flat * flat)) / 2
