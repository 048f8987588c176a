"""One filter of a net's first layer on one picture, forward and back to ∂E/∂K, ∂E/∂b and ∂E/∂x (slide 4).

The walks of `convolution` and `pooling` one after the other; symbols are theirs, f is the number of the filter. What
arrives from the layers above, ∂E/∂p, is that of the net's own backward pass.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from engine.device import Array, quiet
from engine.images import cnn, convolution, pooling
from engine.images.cnn import Cnn, Theta
from engine.images.convolution import Maps, layer_of
from engine.images.pooling import Pooled
from engine.walks.reel import Env, Section
from engine.walks.step import Path, Walk, drain


class OneFilter:
    """Filter `f`, from 1, of a net whose pictures have one channel; x (H, W) and its class y (K, 1).

    Its walks are cut into sections short enough to be run at a key; what a section needs of those before it is computed
    by the same walks, once.
    """

    def __init__(self, xp: Any, net: Cnn, theta: Theta, x: Array, y: Array, f: int) -> None:
        first = net.convolutions[0]
        assert first.pool is not None, "the first layer has a pool, if only of squares of 1"
        self.xp, self.net, self.theta, self.x, self.y, self.f, self.pool = xp, net, theta, x, y, f, first.pool
        made = layer_of(xp, first.slide, net.unit, theta["K1"][f - 1 : f, :], theta["b1"][f - 1 : f, :], 1)
        self.layer, (_, self.rows, self.cols) = made._replace(first=f), cnn.sizes(net)[0].maps

    @cached_property
    def maps(self) -> tuple[Maps, Maps]:
        """z and h at every place."""
        return drain(convolution.forward(self.xp, self.layer, [self.x]))

    @cached_property
    def kept(self) -> Pooled:
        """What the pool keeps."""
        return drain(pooling.forward(self.xp, self.pool, self.maps[1], (), self.f))

    @cached_property
    def arriving(self) -> Maps:
        """∂E/∂p of this filter."""
        xp, theta = self.xp, self.theta
        with quiet():
            run = drain(cnn.forward(xp, self.net, theta, xp.reshape(self.x, (-1, 1)), self.y))
            steps = cnn.backward(xp, self.net, theta, run, self.y)
            error = next(step.values["by_p1"] for step in steps if "by_p1" in step.values)
        return [xp.reshape(error[self.f - 1, :], cnn.sizes(self.net)[0].kept[1:])]

    @cached_property
    def dh(self) -> Maps:
        """∂E/∂h at every place."""
        return drain(self._unpool(()))

    @cached_property
    def delta(self) -> Maps:
        """δ at every place."""
        return drain(convolution.errors(self.xp, self.layer, self.maps[1], self.dh))

    @cached_property
    def by_weights(self) -> tuple[list[list[Array]], list[Array]]:
        """∂E/∂K and ∂E/∂b."""
        return drain(convolution.by_weights(self.xp, self.layer, [self.x], self.delta))

    def _unpool(self, at: Path) -> Walk[list[Array]]:
        won = self.kept.won
        return pooling.backward(self.xp, self.pool, self.maps[1], won, self.arriving, at, self.f)

    def sliding(self, at: Path) -> list[Section]:
        """The convolution, a section for each row of places."""
        k = self.layer.slide.side**2

        def row(i: int) -> Section:
            def walk() -> Walk[Any]:
                return convolution.forward(self.xp, self.layer, [self.x], at, i)

            return Section((*at, ("f", self.f), ("i", i)), walk, lambda: self._env("slide", i), self.cols * (k + 2))

        return [row(i) for i in range(self.rows)]

    def pooled(self, at: Path) -> list[Section]:
        """Every square of the map, and what is kept of it."""
        squares = (self.rows // self.pool.side) * (self.cols // self.pool.side)

        def walk() -> Walk[Any]:
            return pooling.forward(self.xp, self.pool, self.maps[1], at, self.f)

        return [Section(at, walk, lambda: self._env("pool"), squares * (1 + (self.pool.kind == "max")))]

    def back(self, at: Path) -> list[Section]:
        """Through the pool to the winner, through the unit, into the sum over all places, and to the picture."""
        xp, layer, x, places = self.xp, self.layer, [self.x], self.rows * self.cols
        pixels = self.x.shape[0] * self.x.shape[1]
        walks: dict[str, tuple[Callable[[Path], Walk[Any]], int]] = {
            "unpool": (self._unpool, places),
            "error": (lambda here: convolution.errors(xp, layer, self.maps[1], self.dh, here), places),
            "kernel": (lambda here: convolution.by_weights(xp, layer, x, self.delta, here), 2 + 3 * places),
            "picture": (lambda here: convolution.by_picture(xp, layer, x, self.delta, here), 2 * pixels),
        }

        def phase(name: str) -> Section:
            here, (walk, length) = (*at, (name, -1)), walks[name]
            return Section(here, lambda: walk(here), lambda: self._env(name), length)

        return [phase(name) for name in walks]

    def _env(self, phase: str, row: int = 0) -> Env:
        """What can be read at the start of a section: what was given, and what those before it have made."""
        order = ("slide", "pool", "unpool", "error", "kernel", "picture")
        done, xp, f = order.index(phase), self.xp, self.f
        found = {**convolution.families(xp, self.layer, [self.x], self.delta if done > 3 else None)}
        if done:
            then = (self.kept.won, self.arriving) if done > 1 else ([], [])
            found |= pooling.families(xp, self.pool, self.maps[1], *then, f)
        if done > 1:
            found |= {"p": convolution.entries(self.kept.p, f)}
        if done > 2:
            found |= {"by_h": convolution.entries(self.dh, f)}
        if done > 4:
            found |= {"by_K": lambda f, c: self.by_weights[0][0][c - 1], "by_b": lambda f: self.by_weights[1][0]}
        if done or row:
            last = self.rows if done else row
            found |= {
                name: convolution.entries(maps, f, last) for name, maps in zip(("net", "h"), self.maps, strict=True)
            }
        return Env({**self.theta, "x": self.x}, found)
