"""Convolution in a convolutional net is a cross-correlation: one small kernel at every place of a picture (slide 4).

x[c,i,j]    (1, 1)  pixel of channel c             K[f,c,u,v]  (1, 1)  weight of filter f for channel c
b[f]        (1, 1)  bias of filter f               net[f,i,j]    (1, 1)  its net input at a place, h[f,i,j] its output
patch[c,i,j] (k, k) pixels under the kernel there  delta[f,i,j] (1, 1) ∂E/∂net[f,i,j]
by_K[f,c]   (k, k)  ∂E/∂K, of which term[f,c,i,j] is the part of one place, as BPTT has one of each time
by_x[c,i,j] (1, 1)  ∂E/∂x: the errors near[g,i,j] (k, k) around a pixel, weighed by turned[g,c], K turned by 180°

    net[f,i,j] = b[f] + Σ_{c,u,v} K[f,c,u,v] x[c, s·i+u−p, s·j+v−p]        stride s; p zeros around the picture

Filters and channels count from 1, places and the kernel's rows and columns from 0. These walks are of one picture;
`engine.images.windows` has the same for a batch, in one product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, NamedTuple

from engine.device import Array
from engine.maths.activations import Activation
from engine.walks.reel import Families
from engine.walks.step import Path, Step, Walk, symbol

Maps = Sequence[Array]
"""One array (rows, cols) for each channel or filter."""


class Slide(NamedTuple):
    """How a square kernel slides: its side, the stride, and how many zeros stand around the picture."""

    side: int
    stride: int = 1
    padding: int = 0

    def places(self, length: int) -> int:
        """How many places there are along `length` pixels. Raises ValueError where the kernel does not fit."""
        room = length + 2 * self.padding - self.side
        if room < 0:
            raise ValueError(f"a kernel of {self.side} does not fit {length} pixels with padding {self.padding}")
        return room // self.stride + 1


class Layer(NamedTuple):
    """A convolutional layer, or some filters of one: how it slides, the unit at every place, a kernel for each filter
    and channel (k, k) and a bias (1, 1) for each filter; `first` is the number of the first filter.
    """

    slide: Slide
    unit: Activation
    kernels: Sequence[Maps]
    biases: Sequence[Array]
    first: int = 1


def layer_of(xp: Any, slide: Slide, unit: Activation, K: Array, b: Array, channels: int) -> Layer:
    """A layer of K (F, C·k·k), whose rows count channels, rows and columns of the kernel in turn, and b (F, 1)."""
    kernels = xp.reshape(K, (K.shape[0], channels, slide.side, slide.side))
    every = [[kernels[f, c, :, :] for c in range(channels)] for f in range(K.shape[0])]
    return Layer(slide, unit, every, [b[f : f + 1, :] for f in range(K.shape[0])])


def rules(slide: Slide, unit: Activation) -> dict[str, str]:
    """The rule of every op of the walks below."""
    step = f"{slide.stride}*" if slide.stride > 1 else ""
    less = f"-{slide.padding}" if slide.padding else ""
    pixel = f"x[c,{step}i+u{less},{step}j+v{less}]"
    return {
        "bias": "net[f,i,j] = b[f]",
        "product": f"net[f,i,j] = net[f,i,j] + K[f,c,u,v] * {pixel}",
        "h": f"h[f,i,j] = {unit.rule.format(z='net[f,i,j]')}",
        "delta": f"delta[f,i,j] = by_h[f,i,j] * {unit.slope_rule.format(s='h[f,i,j]')}",
        "dK_begin": "by_K[f,c] = 0 * K[f,c]",
        "term": "term[f,c,i,j] = delta[f,i,j] * patch[c,i,j]",
        "dK": "by_K[f,c] = by_K[f,c] + term[f,c,i,j]",
        "db_begin": "by_b[f] = 0 * b[f]",
        "db": "by_b[f] = by_b[f] + delta[f,i,j]",
        "dx_begin": "by_x[c,i,j] = 0 * x[c,i,j]",
        "dx": "by_x[c,i,j] = by_x[c,i,j] + sum(turned[g,c] * near[g,i,j])",
    }


def one(a: Array, i: int, j: int) -> Array:
    """Entry (i, j) of a map, (1, 1)."""
    return a[i : i + 1, j : j + 1]


def bordered(xp: Any, a: Array, by: int, more: tuple[int, int] = (0, 0)) -> Array:
    """A map with `by` zeros around it, and `more` rows below and columns at the right."""
    if by == 0 == max(more):
        return a
    side, right = (xp.zeros_like(a[:1, :1]) + xp.zeros_like(a[:, :1]) for _ in range(2))
    wide = xp.concat([side] * by + [a] + [right] * (by + more[1]), axis=1)
    line = 0 * wide[:1, :]
    return xp.concat([line] * by + [wide] + [line] * (by + more[0]), axis=0)


def apart(xp: Any, a: Array, stride: int) -> Array:
    """A map with stride − 1 zeros between neighbours: where the pixels stand from which a step of `stride` came."""
    for axis in (0, 1):
        if stride > 1:
            first = [a[n : n + 1, :] if axis == 0 else a[:, n : n + 1] for n in range(a.shape[axis])]
            a = xp.concat([part for each in first for part in (each, *[0 * each] * (stride - 1))], axis=axis)
    return a[: a.shape[0] - stride + 1, : a.shape[1] - stride + 1]


def shape_of(slide: Slide, x: Maps) -> tuple[int, int]:
    """(rows, cols) of the map that a kernel makes of a picture."""
    return slide.places(x[0].shape[0]), slide.places(x[0].shape[1])


def forward(
    xp: Any, layer: Layer, x: Maps, at: Path = (), only: int | None = None
) -> Walk[tuple[list[Array], list[Array]]]:
    """z and h of every filter at every place, or in one row, one product after the other. Returns the maps (z, h)."""
    slide = layer.slide
    padded = [bordered(xp, channel, slide.padding) for channel in x]
    rows, cols = shape_of(slide, x)
    nets, outs = [], []
    for f, (kernels, bias) in enumerate(zip(layer.kernels, layer.biases, strict=True), layer.first):
        net_of, out_of = [], []
        for i, j in product(range(rows) if only is None else (only,), range(cols)):
            here = (*at, ("f", f), ("i", i), ("j", j))
            z = bias + 0
            yield Step(here, "bias", {symbol("net", f, i, j): z})
            for c, u, v in product(range(len(x)), range(slide.side), range(slide.side)):
                pixel = one(padded[c], slide.stride * i + u, slide.stride * j + v)
                z = z + one(kernels[c], u, v) * pixel
                yield Step((*here, ("c", c + 1), ("u", u), ("v", v)), "product", {symbol("net", f, i, j): z})
            h = layer.unit.f(xp, z) + 0
            yield Step(here, "h", {symbol("h", f, i, j): h})
            net_of.append(z)
            out_of.append(h)
        nets.append(laid_out(xp, net_of, cols))
        outs.append(laid_out(xp, out_of, cols))
    return nets, outs


def laid_out(xp: Any, entries: Sequence[Array], cols: int) -> Array:
    """Entries (1, 1), row by row, as one map."""
    return xp.concat([xp.concat(entries[n : n + cols], axis=1) for n in range(0, len(entries), cols)], axis=0)


def errors(xp: Any, layer: Layer, h: Maps, dh: Maps, at: Path = ()) -> Walk[list[Array]]:
    """δ = ∂E/∂h · f'(z) at every place. Returns the maps of δ."""
    found = []
    for f, (out, slope) in enumerate(zip(h, dh, strict=True), layer.first):
        rows, cols = out.shape
        entries = []
        for i, j in product(range(rows), range(cols)):
            delta = one(slope, i, j) * layer.unit.slope(xp, one(out, i, j))
            yield Step((*at, ("f", f), ("i", i), ("j", j)), "delta", {symbol("delta", f, i, j): delta})
            entries.append(delta)
        found.append(laid_out(xp, entries, cols))
    return found


def by_weights(
    xp: Any, layer: Layer, x: Maps, delta: Maps, at: Path = ()
) -> Walk[tuple[list[list[Array]], list[Array]]]:
    """∂E/∂K and ∂E/∂b as sums over all places: the kernel is the same at each. Returns (dK[f][c], db[f])."""
    padded = [bordered(xp, channel, layer.slide.padding) for channel in x]
    every, biases = [], []
    for f, (error, kernels, bias) in enumerate(zip(delta, layer.kernels, layer.biases, strict=True), layer.first):
        rows, cols = error.shape
        sums = []
        for c, kernel in enumerate(kernels, 1):
            dK = 0 * kernel
            yield Step((*at, ("f", f), ("c", c)), "dK_begin", {symbol("by_K", f, c): dK})
            sums.append(dK)
        db = 0 * bias
        yield Step((*at, ("f", f)), "db_begin", {symbol("by_b", f): db})
        for i, j in product(range(rows), range(cols)):
            here = (*at, ("f", f), ("i", i), ("j", j))
            for c, channel in enumerate(padded, 1):
                term = one(error, i, j) * under(layer.slide, channel, i, j)
                yield Step((*here, ("c", c)), "term", {symbol("term", f, c, i, j): term})
                sums[c - 1] = sums[c - 1] + term
                yield Step((*here, ("c", c)), "dK", {symbol("by_K", f, c): sums[c - 1]})
            db = db + one(error, i, j)
            yield Step(here, "db", {symbol("by_b", f): db})
        every.append(sums)
        biases.append(db)
    return every, biases


def by_picture(xp: Any, layer: Layer, x: Maps, delta: Maps, at: Path = ()) -> Walk[list[Array]]:
    """∂E/∂x: at every pixel the errors of all places whose window held it, weighed by the turned kernels."""
    rows, cols = x[0].shape
    around = [surrounded(xp, layer.slide, error, rows, cols) for error in delta]
    entries: list[list[Array]] = [[] for _ in x]
    for i, j, c in product(range(rows), range(cols), range(len(x))):
        here = (*at, ("i", i), ("j", j), ("c", c + 1))
        dx = 0 * one(x[c], i, j)
        yield Step(here, "dx_begin", {symbol("by_x", c + 1, i, j): dx})
        for g, (kernels, errors_around) in enumerate(zip(layer.kernels, around, strict=True), layer.first):
            near = errors_around[i : i + layer.slide.side, j : j + layer.slide.side]
            dx = dx + xp.sum(turned(xp, kernels[c]) * near, keepdims=True)
            yield Step((*here, ("g", g)), "dx", {symbol("by_x", c + 1, i, j): dx})
        entries[c].append(dx)
    return [laid_out(xp, each, cols) for each in entries]


def under(slide: Slide, padded: Array, i: int, j: int) -> Array:
    """The pixels under the kernel at a place, (k, k)."""
    top, left = slide.stride * i, slide.stride * j
    return padded[top : top + slide.side, left : left + slide.side]


def turned(xp: Any, kernel: Array) -> Array:
    """A kernel turned by 180°."""
    return xp.flip(kernel, axis=(0, 1))


def surrounded(xp: Any, slide: Slide, error: Array, rows: int, cols: int) -> Array:
    """δ as far apart as the places were, in a border of zeros: rows i … i+k−1 are those that pixel row i meets."""
    spread = apart(xp, error, slide.stride)
    border = slide.side - 1
    more = rows + 2 * slide.padding - slide.side + 1 - spread.shape[0]
    right = cols + 2 * slide.padding - slide.side + 1 - spread.shape[1]
    whole = bordered(xp, spread, border, (more, right))
    return whole[slide.padding :, slide.padding :]


def entries(maps: Maps, first: int, rows: int = 1 << 30) -> Callable[..., Array | None]:
    """A family f, i, j of the entries of maps, in the first so many rows; `first` is the number of the first map."""

    def entry(f: int, *at: int) -> Array | None:
        known = 0 <= f - first < len(maps) and len(at) == 2 and at[0] < rows
        return one(maps[f - first], *at) if known else None

    return entry


def families(xp: Any, layer: Layer, x: Maps, delta: Maps | None = None) -> Families:
    """What the rules read and no step writes, by index: pixels, weights, and windows of them."""
    slide = layer.slide
    padded = [bordered(xp, channel, slide.padding) for channel in x]
    near = [surrounded(xp, slide, error, *x[0].shape) for error in delta or ()]

    def pixel(c: int, i: int, j: int) -> Array:
        return one(padded[c - 1], i + slide.padding, j + slide.padding)

    def kernel(f: int, c: int) -> Array:
        return layer.kernels[f - layer.first][c - 1]

    return {
        "x": pixel,
        "K": lambda f, c, *at: one(kernel(f, c), *at) if at else kernel(f, c),
        "b": lambda f: layer.biases[f - layer.first],
        "patch": lambda c, i, j: under(slide, padded[c - 1], i, j),
        "turned": lambda g, c: turned(xp, kernel(g, c)),
        "near": lambda g, i, j: near[g - layer.first][i : i + slide.side, j : j + slide.side],
        **({"delta": entries(delta, layer.first)} if delta is not None else {}),
    }
