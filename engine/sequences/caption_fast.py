"""The gradient of `sequences.caption` where speed counts, on the fast forms of `gated` and `images`.

All parameters lie in one flat array, those that make the start state first, so that an update is one pass. A test
holds it equal to the walk, a benchmark shows the need.
"""

from __future__ import annotations

import threading
from math import prod
from typing import Any

from engine.device import HOST, Array
from engine.gated.kernel.fast import Kernel as Decoder
from engine.images.cnn_fast import Kernel as Convolutions
from engine.maths.optimisers import Memory, Optimiser
from engine.maths.packing import Flat, Layout, aligned, moved, packed
from engine.sequences import picture
from engine.sequences.caption import Captioner, Captions
from engine.sequences.picture import UNIT, Theta

xp = HOST.xp


def layout(net: Captioner, decoder: Layout) -> Layout:
    """Where the parameters lie: those of the eye, vectors as columns, then those of the decoder."""
    shapes = {name: (*shape, 1)[:2] for name, shape in picture.shapes(net.eye).items()}
    first = sum(map(prod, shapes.values()))

    def views(array: Array) -> dict[str, Array]:
        held, at = dict[str, Array](), 0
        for name, shape in shapes.items():
            held[name] = array[at : at + prod(shape)].reshape(shape)
            at += prod(shape)
        return held | decoder.views(array[first:])

    return Layout(first + decoder.size, views)


class Kernel:
    """Updates of one net on captions of T timesteps. Each thread has work arrays of its own for every batch size."""

    def __init__(self, net: Captioner, T: int, kind: Any = float) -> None:
        self.net, self.T, self.kind = net, T, kind
        self.convolutions = Convolutions(net.eye.net) if net.eye.net else None
        self._own = threading.local()

    def decoder(self, B: int) -> Decoder:
        """The decoder's fast form on batches of B."""
        held: dict[int, Decoder] = self._own.__dict__.setdefault("held", {})
        if B not in held:
            H, K = self.net.eye.H, self.net.words
            held[B] = Decoder(self.net.cell, self.T, B, H, K, K, self.kind, mean=True)
        return held[B]

    def gradient(self, theta: Array, image: Array, words: Captions) -> tuple[Flat, float]:
        """(∂E/∂θ, E) of pictures (P, B) and their captions; `theta` is flat, in `layout`."""
        B, eye = image.shape[1], self.net.eye
        decoder, grad = self.decoder(B), aligned(theta.shape, theta.dtype)
        whole = layout(self.net, decoder.layout)
        held, out = whole.views(theta), whole.views(grad)
        maps, h1 = list[Array](), image
        if self.convolutions is not None:
            maps, phi = self.convolutions.features(held, image)
        else:
            h1 = phi = UNIT.f(xp, held["W1"] @ image + held["b1"]) if eye.hidden else image
        h = UNIT.f(xp, held["D"] @ phi + held["bD"])
        states = dict.fromkeys(self.net.cell.carry, xp.zeros_like(h)) | {"h": h}
        mask = words.mask.astype(theta.dtype)
        E = decoder.gradient(theta[-decoder.layout.size :], words.x, words.y, states, mask)
        grad[-decoder.layout.size :] = decoder.flat_gradient
        delta = decoder.by_start()["h"] * UNIT.slope(xp, h)
        xp.matmul(delta, phi.T, out=out["D"])
        xp.sum(delta, axis=1, keepdims=True, out=out["bD"])
        if self.convolutions is not None:
            for name, value in self.convolutions.by_features(held, maps, held["D"].T @ delta).items():
                out[name][...] = value
        elif eye.hidden:
            delta = (held["D"].T @ delta) * UNIT.slope(xp, h1)
            xp.matmul(delta, image.T, out=out["W1"])
            xp.sum(delta, axis=1, keepdims=True, out=out["b1"])
        return Flat(grad, whole), E

    def update(
        self, optimiser: Optimiser, theta: Theta, memory: Memory, rate: float, clip: float, n: int, image: Array,
        words: Captions,
    ) -> tuple[Flat, Memory, float]:  # fmt: skip
        """One update; n counts from 1: (theta, memory, E)."""
        whole = layout(self.net, self.decoder(image.shape[1]).layout)
        array = packed(theta, whole, kind=self.kind)
        grad, E = self.gradient(array, image, words)
        after, kept, length = moved(optimiser, whole, array, grad.array, memory, rate, clip, n)
        return after, kept, E + 0 * length
