"""One filter of a net's first layer on one picture, forward and back to ∂E/∂K, ∂E/∂b and ∂E/∂x (slide 4).

The walks of `convolution` and `pooling` one after the other; symbols are theirs, f is the number of the filter. What
arrives from the layers above, ∂E/∂p, is that of the net's own backward pass.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

from engine.device import Array
from engine.images import cnn, convolution, pooling
from engine.images.cnn import Cnn, Theta
from engine.images.convolution import Maps, layer_of
from engine.images.pooling import Pooled
from engine.walks.step import Path, Walk, drain


class Back(NamedTuple):
    """∂E/∂h and δ at every place, ∂E/∂K[f][c], ∂E/∂b[f], and ∂E/∂x by channel: what this filter hands to it."""

    dh: list[Array]
    delta: list[Array]
    kernels: list[list[Array]]
    biases: list[Array]
    dx: list[Array]


class OneFilter:
    """Filter `f`, from 1, of a net whose pictures have one channel; x (H, W) and its class y (K, 1).

    What no walk has been asked for yet is computed when it is needed, by the same walks.
    """

    def __init__(self, xp: Any, net: Cnn, theta: Theta, x: Array, y: Array, f: int) -> None:
        first = net.convolutions[0]
        assert first.pool is not None, "the first layer has a pool, if only of squares of 1"
        self.xp, self.net, self.theta, self.x, self.y, self.f, self.pool = xp, net, theta, x, y, f, first.pool
        made = layer_of(xp, first.slide, net.unit, theta["K1"][f - 1 : f, :], theta["b1"][f - 1 : f, :], 1)
        self.layer = made._replace(first=f)

    def slide(self, at: Path = ()) -> Walk[tuple[list[Array], list[Array]]]:
        """z and h at every place."""
        return convolution.forward(self.xp, self.layer, [self.x], at)

    def pooling(self, at: Path = ()) -> Walk[Pooled]:
        """What is kept of every square."""
        return pooling.forward(self.xp, self.pool, self.h, at, self.f)

    def back(self, at: Path = ()) -> Walk[Back]:
        """Through the pool to the winner, through the unit, into the sum over all places, and to the picture."""
        xp, layer, x, f = self.xp, self.layer, [self.x], self.f
        won = self.kept.won
        dh = yield from pooling.backward(xp, self.pool, self.h, won, self.arriving, (*at, ("unpool", -1)), f)
        delta = yield from convolution.errors(xp, layer, self.h, dh, (*at, ("error", -1)))
        kernels, biases = yield from convolution.by_weights(xp, layer, x, delta, (*at, ("kernel", -1)))
        dx = yield from convolution.by_picture(xp, layer, x, delta, (*at, ("picture", -1)))
        return Back(dh, delta, kernels, biases, dx)

    @cached_property
    def h(self) -> Maps:
        """The filter's map, drained."""
        return drain(self.slide())[1]

    @cached_property
    def kept(self) -> Pooled:
        """What the pool keeps of it, drained."""
        return drain(self.pooling())

    @cached_property
    def arriving(self) -> Maps:
        """∂E/∂p of this filter."""
        xp, theta = self.xp, self.theta
        x = self.xp.reshape(self.x, (-1, 1))
        run = drain(cnn.forward(xp, self.net, theta, x, self.y))
        steps = cnn.backward(xp, self.net, theta, run, self.y)
        error = next(step.values["by_p1"] for step in steps if "by_p1" in step.values)
        return [xp.reshape(error[self.f - 1, :], cnn.sizes(self.net)[0].kept[1:])]

    @cached_property
    def delta(self) -> Maps:
        """δ of the filter, drained."""
        xp = self.xp
        dh = drain(pooling.backward(xp, self.pool, self.h, self.kept.won, self.arriving))
        return drain(convolution.errors(xp, self.layer, self.h, dh))

    def family(self, name: str, *at: int) -> Array:
        """What the rules read and no step writes, by family and index."""
        if name in ("square", "by_p", "place"):
            dp = self.arriving if name == "by_p" else ()
            return pooling.families(self.xp, self.pool, self.h, (), dp, self.f)[name](*at)
        delta = self.delta if name == "near" else None
        return convolution.families(self.xp, self.layer, [self.x], delta)[name](*at)
