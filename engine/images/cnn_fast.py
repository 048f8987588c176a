"""The gradient of `images.cnn` where speed counts: the same mathematics on the host, in arrays that are made once.

What makes it fast: an array of some megabytes that is made anew costs more, page by page, than the product that fills
it. So windows, maps and errors of a batch lie in work arrays that the next batch writes over. A test holds it equal to
the walk, a benchmark shows the need.
"""

from __future__ import annotations

import threading
from itertools import product
from typing import Any

from engine.device import HOST, Array
from engine.images import cnn
from engine.images.cnn import Cnn, Theta
from engine.images.convolution import Slide
from engine.images.windows import Shape, pooled, unpooled
from engine.maths.activations import log_softmax

xp = HOST.xp


class Convolver:
    """One convolution on batches of B pictures; maps and ∂E/∂x last until the next batch."""

    def __init__(self, slide: Slide, picture: Shape, filters: int, B: int, kind: Any) -> None:
        channels, height, width = picture
        rows, cols, s, p = slide.places(height), slide.places(width), slide.stride, slide.padding
        padded = (channels, height + 2 * p, width + 2 * p, B)
        self.x, self.dx = xp.zeros(padded, kind), xp.zeros(padded, kind)
        self.X, self.dX = (xp.empty((channels * slide.side**2, rows * cols * B), kind) for _ in range(2))
        self.z = xp.empty((filters, rows * cols * B), kind)
        self.inside = slice(None), slice(p, p + height), slice(p, p + width)
        parts = [each.reshape(channels, slide.side**2, rows, cols, B) for each in (self.X, self.dX)]
        self.moves = [
            (slice(None), slice(u, u + s * (rows - 1) + 1, s), slice(v, v + s * (cols - 1) + 1, s))
            for u, v in product(range(slide.side), repeat=2)
        ]
        self.into, self.back = ([each[:, n] for n in range(len(self.moves))] for each in parts)

    def forward(self, x: Array, K: Array, b: Array) -> Array:
        """z (F, P·B) of pictures (C, H, W, B)."""
        self.x[self.inside] = x
        for move, part in zip(self.moves, self.into, strict=True):
            part[...] = self.x[move]
        xp.matmul(K, self.X, out=self.z)
        self.z += b
        return self.z

    def by_weights(self, delta: Array) -> tuple[Array, Array]:
        """∂E/∂K and ∂E/∂b of the batch that went forward last, from ∂E/∂net."""
        return delta @ self.X.T, xp.sum(delta, axis=1, keepdims=True)

    def by_pictures(self, delta: Array, K: Array) -> Array:
        """∂E/∂x (C, H, W, B) from ∂E/∂net."""
        xp.matmul(K.T, delta, out=self.dX)
        self.dx[...] = 0
        for move, part in zip(self.moves, self.back, strict=True):
            self.dx[move] += part
        return self.dx[self.inside]


class Kernel:
    """E and its gradient for batches of one net. Each thread has work arrays of its own."""

    def __init__(self, net: Cnn) -> None:
        self.net, self.sizes, self._own = net, cnn.sizes(net), threading.local()

    def convolvers(self, B: int, kind: Any) -> list[Convolver]:
        """One for each layer, for batches of B."""
        held: dict[Any, list[Convolver]] = self._own.__dict__.setdefault("held", {})
        if (B, kind) not in held:
            every = zip(self.net.convolutions, self.sizes, strict=True)
            held[B, kind] = [Convolver(conv.slide, size.read, conv.filters, B, kind) for conv, size in every]
        return held[B, kind]

    def features(self, theta: Theta, x: Array) -> tuple[list[Array], Array]:
        """The maps (F, rows, cols, B) of every layer, and the features (N, B) that the dense layer reads."""
        net, B, outs = self.net, x.shape[1], list[Array]()
        read = x.reshape(*net.picture, B)
        for n, (conv, size) in enumerate(zip(net.convolutions, self.sizes, strict=True), 1):
            z = self.convolvers(B, x.dtype)[n - 1].forward(read, theta[f"K{n}"], theta[f"b{n}"])
            z[...] = net.unit.f(xp, z)
            outs.append(z.reshape(*size.maps, B))
            read = pooled(xp, conv.pool, outs[-1]) if conv.pool else outs[-1]
        return outs, read.reshape(-1, B)

    def scores(self, theta: Theta, x: Array) -> Array:
        """The scores (K, B) of pictures x (C·H·W, B)."""
        _, features = self.features(theta, x)
        return theta[f"W{self.net.depth}"] @ features + theta[f"b{self.net.depth}"]

    def by_features(self, theta: Theta, outs: list[Array], error: Array) -> dict[str, Array]:
        """∂E/∂ kernels and biases, from ∂E/∂features (N, B) of the batch that went forward last."""
        net, B, grad = self.net, error.shape[1], dict[str, Array]()
        every, error = self.convolvers(B, error.dtype), error.reshape(*self.sizes[-1].kept, B)
        for n, conv in reversed(list(enumerate(net.convolutions, 1))):
            out, work = outs[n - 1], every[n - 1]
            if conv.pool:
                error = unpooled(xp, conv.pool, error, out)
            delta = (error * net.unit.slope(xp, out)).reshape(conv.filters, -1)
            grad[f"K{n}"], grad[f"b{n}"] = work.by_weights(delta)
            if n > 1:
                error = work.by_pictures(delta, theta[f"K{n}"])
        return grad

    def gradient(self, theta: Theta, x: Array, y: Array) -> tuple[dict[str, Array], float]:
        """(∂E/∂θ by symbol, E) of a batch x (C·H·W, B), y (K, B)."""
        net, B, L = self.net, x.shape[1], self.net.depth
        outs, features = self.features(theta, x)
        logs = log_softmax(xp, theta[f"W{L}"] @ features + theta[f"b{L}"])
        delta = (xp.exp(logs) - y) / B
        grad = {f"W{L}": delta @ features.T, f"b{L}": xp.sum(delta, axis=1, keepdims=True)}
        grad |= self.by_features(theta, outs, theta[f"W{L}"].T @ delta)
        return {name: grad[name] for name in cnn.shapes(net)}, -float(xp.sum(y * logs)) / B
