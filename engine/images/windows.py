"""Convolution and pooling of a whole batch: all windows of all pictures as columns, so that one product does a layer.

x (C, H, W, B)  pictures, the batch last: a window of all pictures is then whole lines of memory
X (C·k·k, P·B)  windows, one column a place and picture, pictures first; K (F, C·k·k) @ X are the maps (F, P·B)

The same on every device. A test holds these forms equal to the walks of `convolution` and `pooling`.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from engine.device import Array
from engine.images.convolution import Slide
from engine.images.pooling import Pool

Shape = tuple[int, int, int]
"""Channels, rows, columns."""


def padded(xp: Any, x: Array, by: int) -> Array:
    """Pictures with `by` zeros around them."""
    if not by:
        return x
    channels, rows, cols, batch = x.shape
    wide = xp.zeros((channels, rows + 2 * by, cols + 2 * by, batch), dtype=x.dtype, device=x.device)
    wide[:, by : by + rows, by : by + cols, :] = x
    return wide


def windows(xp: Any, slide: Slide, x: Array) -> Array:
    """X of pictures (C, H, W, B)."""
    channels, _, _, batch = x.shape
    rows, cols = (slide.places(length) for length in x.shape[1:3])
    x, s = padded(xp, x, slide.padding), slide.stride
    shifts = [
        x[:, u : u + s * (rows - 1) + 1 : s, v : v + s * (cols - 1) + 1 : s, :]
        for u, v in product(range(slide.side), repeat=2)
    ]
    return xp.reshape(xp.stack(shifts, axis=1), (channels * slide.side**2, rows * cols * batch))


def spread(xp: Any, slide: Slide, dX: Array, shape: Shape) -> Array:
    """∂E/∂x (C, H, W, B) from ∂E/∂X: every pixel the sum over the windows that it was in."""
    channels, height, width = shape
    rows, cols, p, s = slide.places(height), slide.places(width), slide.padding, slide.stride
    parts = xp.reshape(dX, (channels, slide.side**2, rows, cols, -1))
    whole = xp.zeros((channels, height + 2 * p, width + 2 * p, parts.shape[-1]), dtype=dX.dtype, device=dX.device)
    for n, (u, v) in enumerate(product(range(slide.side), repeat=2)):
        whole[:, u : u + s * (rows - 1) + 1 : s, v : v + s * (cols - 1) + 1 : s, :] += parts[:, n, ...]
    return whole[:, p : p + height, p : p + width, :]


def squares(pool: Pool, h: Array) -> list[Array]:
    """Entry q of every square of maps (F, H, W, B), for every q: (F, H // side, W // side, B) each."""
    side = pool.side
    rows, cols = (length // side * side for length in h.shape[1:3])
    return [h[:, a:rows:side, b:cols:side, :] for a, b in product(range(side), repeat=2)]


def pooled(xp: Any, pool: Pool, h: Array) -> Array:
    """What is kept of every square of maps (F, H, W, B)."""
    first, *others = squares(pool, h)
    for other in others:
        first = xp.maximum(first, other) if pool.kind == "max" else first + other
    return first + 0 if pool.kind == "max" else first / pool.side**2


def unpooled(xp: Any, pool: Pool, dp: Array, h: Array) -> Array:
    """∂E/∂h from ∂E/∂p: to the first largest entry of every square, or to all entries in equal shares."""
    dh = xp.zeros_like(h)
    if pool.kind == "mean":
        for part in squares(pool, dh):
            part[...] = dp / pool.side**2
        return dh
    best, free = pooled(xp, pool, h), xp.ones_like(dp) > 0
    for part, out in zip(squares(pool, dh), squares(pool, h), strict=True):
        won = free & (out == best)
        part[...] = xp.where(won, dp, xp.zeros_like(dp))
        free = free & ~won
    return dh
