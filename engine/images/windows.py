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


def zeros(xp: Any, like: Array, shape: tuple[int, ...]) -> Array:
    """Zeros of a shape, of the type and on the device of another array."""
    one = xp.reshape(xp.zeros_like(like[(slice(0, 1),) * like.ndim]), (1,) * len(shape))
    return xp.broadcast_to(one, shape) + 0


def padded(xp: Any, x: Array, by: int) -> Array:
    """Pictures with `by` zeros around them."""
    if not by:
        return x
    channels, rows, cols, batch = x.shape
    wide = zeros(xp, x, (channels, rows + 2 * by, cols + 2 * by, batch))
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
    whole = zeros(xp, dX, (channels, height + 2 * p, width + 2 * p, parts.shape[-1]))
    for n, (u, v) in enumerate(product(range(slide.side), repeat=2)):
        whole[:, u : u + s * (rows - 1) + 1 : s, v : v + s * (cols - 1) + 1 : s, :] += parts[:, n, ...]
    return whole[:, p : p + height, p : p + width, :]


def squares(xp: Any, pool: Pool, h: Array) -> Array:
    """Maps (F, H, W, B) as (F, H // side, side, W // side, side, B): rows and columns that fill no square left out."""
    rows, cols, side = h.shape[1] // pool.side, h.shape[2] // pool.side, pool.side
    whole = h[:, : rows * side, : cols * side, :]
    return xp.reshape(whole, (h.shape[0], rows, side, cols, side, h.shape[3]))


def pooled(xp: Any, pool: Pool, h: Array) -> Array:
    """What is kept of every square of maps (F, H, W, B)."""
    inside = squares(xp, pool, h)
    return xp.max(inside, axis=(2, 4)) if pool.kind == "max" else xp.sum(inside, axis=(2, 4)) / pool.side**2


def unpooled(xp: Any, pool: Pool, dp: Array, h: Array) -> Array:
    """∂E/∂h from ∂E/∂p: to the first largest entry of every square, or to all entries in equal shares."""
    filters, rows, cols, batch = dp.shape
    side, across = pool.side, (0, 1, 3, 2, 4, 5)
    each = xp.expand_dims(dp, axis=3)
    if pool.kind == "mean":
        inside = xp.broadcast_to(each / side**2, (filters, rows, cols, side**2, batch))
    else:
        entries = xp.reshape(xp.permute_dims(squares(xp, pool, h), across), (filters, rows, cols, side**2, batch))
        won = xp.expand_dims(xp.argmax(entries, axis=3), axis=3)
        number = xp.nonzero(xp.ones_like(entries[0, 0, 0, :, 0]))[0]
        inside = xp.where(xp.reshape(number, (-1, 1)) == won, each, xp.zeros_like(each))
    laid = xp.permute_dims(xp.reshape(inside, (filters, rows, cols, side, side, batch)), across)
    whole = xp.reshape(laid, (filters, rows * side, cols * side, batch))
    if whole.shape == h.shape:
        return whole
    dh = xp.zeros_like(h)
    dh[:, : rows * side, : cols * side, :] = whole
    return dh
