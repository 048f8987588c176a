"""A convolutional net: convolutions with ReLU and pooling, then a dense softmax layer, forward and back (slide 4).

x  (C·H·W, B)  pictures, one column each      X1 (C·k·k, P·B)  windows under the kernels, as `images.windows` has them
K1 (F, C·k·k)  filters, b1 (F, 1) biases      net1, h1 (F, P·B)  maps; p1 (F, P'·B) what pooling keeps of them
W3 (K, N), b3  the dense layer                h3 (K, B)        probabilities; y (K, B) targets, E the mean of −ln p

Columns of maps are places row by row, and at each place the pictures of the batch. The maps kept by the last pooling
are the N features of the dense layer: (F·P', B).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from engine.device import Array, HostArray, Rng
from engine.images.convolution import Slide
from engine.images.pooling import Pool
from engine.images.windows import Shape, pooled, spread, unpooled, windows
from engine.maths.activations import Activation, log_softmax, softmax
from engine.maths.initial import he
from engine.walks.gradient_check import Objective
from engine.walks.rules import Placing
from engine.walks.step import Path, Step, Walk, drain

Theta = Mapping[str, Array]
"""Parameters by symbol: K1, b1, K2, b2, W3, b3."""


NUDGE = 1e-6
"""The step of central differences: a larger one moves some of the many units of a batch across their corner."""


class Conv(NamedTuple):
    """A convolutional layer: how many filters, how they slide, and what pools their maps; the last one has a pool."""

    filters: int
    slide: Slide
    pool: Pool | None = None


class Cnn(NamedTuple):
    """A net without its weights: the shape of a picture, its convolutions, how many classes, the unit at each place."""

    picture: Shape
    convolutions: tuple[Conv, ...]
    classes: int
    unit: Activation

    @property
    def depth(self) -> int:
        """Layers of weights."""
        return len(self.convolutions) + 1


class Sizes(NamedTuple):
    """What a convolutional layer reads, (C, rows, cols), its maps, and what is left of them after pooling."""

    read: Shape
    maps: Shape
    kept: Shape


def sizes(net: Cnn) -> list[Sizes]:
    """Of every convolutional layer. Raises ValueError where a kernel or a square of pooling does not fit."""
    found, read = [], net.picture
    for conv in net.convolutions:
        maps = (conv.filters, conv.slide.places(read[1]), conv.slide.places(read[2]))
        side = conv.pool.side if conv.pool else 1
        kept = (conv.filters, maps[1] // side, maps[2] // side)
        if 0 in kept:
            raise ValueError(f"pooling by {side} leaves nothing of {maps[1]} × {maps[2]} places")
        found.append(Sizes(read, maps, kept))
        read = kept
    if net.convolutions[-1].pool is None:
        raise ValueError("the last convolution needs a pool: what it keeps are the features of the dense layer")
    return found


def shapes(net: Cnn) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter, in order; biases have one axis."""
    found: dict[str, tuple[int, ...]] = {}
    every = sizes(net)
    for n, (conv, size) in enumerate(zip(net.convolutions, every, strict=True), 1):
        found |= {f"K{n}": (conv.filters, size.read[0] * conv.slide.side**2), f"b{n}": (conv.filters,)}
    features = every[-1].kept[0] * every[-1].kept[1] * every[-1].kept[2]
    return {**found, f"W{net.depth}": (net.classes, features), f"b{net.depth}": (net.classes,)}


def drawn(net: Cnn, rng: Rng) -> dict[str, HostArray]:
    """First weights N(0, 2 / in), biases 0 (He et al. 2015), on the host; biases with one axis."""
    return {
        name: he(rng, *shape) if len(shape) == 2 else 0 * rng.normal(size=shape) for name, shape in shapes(net).items()
    }


def below(net: Cnn, n: int) -> str:
    """The symbol of what layer n reads."""
    if n == 1:
        return "x"
    return f"p{n - 1}" if net.convolutions[n - 2].pool else f"h{n - 1}"


def rules(net: Cnn) -> dict[str, str]:
    """The rule of every op; windows1, pool1, … are those of `functions`."""
    by_op: dict[str, str] = {}
    L = net.depth
    for n, conv in enumerate(net.convolutions, 1):
        by_op |= {
            f"X{n}": f"X{n} = windows{n}({below(net, n)})",
            f"net{n}": f"net{n} = K{n} @ X{n} + b{n}",
            f"h{n}": f"h{n} = {net.unit.rule.format(z=f'net{n}')}",
            f"delta{n}": f"delta{n} = by_h{n} * {net.unit.slope_rule.format(s=f'h{n}')}",
            f"dK{n}": f"dK{n} = delta{n} @ X{n}.T",
            f"db{n}": f"db{n} = batch(delta{n})",
        }
        if conv.pool:
            by_op |= {f"p{n}": f"p{n} = pool{n}(h{n})", f"by_h{n}": f"by_h{n} = unpool{n}(by_p{n}, h{n})"}
        if n > 1:
            by_op[f"by_{below(net, n)}"] = f"by_{below(net, n)} = spread{n}(K{n}.T @ delta{n})"
    by_op |= {
        f"net{L}": f"net{L} = W{L} @ {below(net, L)} + b{L}",
        f"h{L}": f"h{L} = softmax(net{L})",
        "E": f"E = -sum(y * log_softmax(net{L})) / B",
        f"delta{L}": f"delta{L} = (h{L} - y) / B",
        f"dW{L}": f"dW{L} = delta{L} @ {below(net, L)}.T",
        f"db{L}": f"db{L} = batch(delta{L})",
        f"by_{below(net, L)}": f"by_{below(net, L)} = W{L}.T @ delta{L}",
    }
    return by_op


class Shifts:
    """What moves numbers between pictures, windows and squares in one layer; on arrays as the rules have them."""

    def __init__(self, xp: Any, conv: Conv, size: Sizes, last: bool) -> None:
        self.xp, self.conv, self.size, self.last = xp, conv, size, last

    def _apart(self, a: Array, shape: Shape) -> Array:
        return self.xp.reshape(a, (*shape, -1))

    def windows(self, a: Array) -> Array:
        """X of what the layer reads."""
        return windows(self.xp, self.conv.slide, self._apart(a, self.size.read))

    def spread(self, dX: Array) -> Array:
        """∂E by what the layer reads, from ∂E/∂X."""
        channels = self.size.read[0]
        return self.xp.reshape(spread(self.xp, self.conv.slide, dX, self.size.read), (channels, -1))

    def pool(self, h: Array) -> Array:
        """What is kept of the maps, (F, P'·B); (F·P', B) of the last."""
        assert self.conv.pool is not None
        kept = pooled(self.xp, self.conv.pool, self._apart(h, self.size.maps))
        rows = (-1, kept.shape[-1]) if self.last else (kept.shape[0], -1)
        return self.xp.reshape(kept, rows)

    def unpool(self, dp: Array, h: Array) -> Array:
        """∂E/∂h from ∂E/∂p."""
        assert self.conv.pool is not None
        dh = unpooled(self.xp, self.conv.pool, self._apart(dp, self.size.kept), self._apart(h, self.size.maps))
        return self.xp.reshape(dh, (dh.shape[0], -1))


def shifts(xp: Any, net: Cnn) -> list[Shifts]:
    """One for every convolutional layer."""
    every = list(zip(net.convolutions, sizes(net), strict=True))
    return [Shifts(xp, conv, size, n == len(every)) for n, (conv, size) in enumerate(every, 1)]


def functions(xp: Any, net: Cnn) -> dict[str, Placing]:
    """The functions that the rules name, by name."""
    found: dict[str, Placing] = {}
    for n, each in enumerate(shifts(xp, net), 1):
        by_name: dict[str, Callable[..., Array]] = {
            "windows": each.windows, "spread": each.spread, "pool": each.pool, "unpool": each.unpool,
        }  # fmt: skip
        found |= {f"{name}{n}": Placing(call) for name, call in by_name.items()}
    return found


class Forward(NamedTuple):
    """The result of a forward pass, by symbol without E: X1, net1, h1, p1, …; and E."""

    made: dict[str, Array]
    E: Array


def convolved(xp: Any, net: Cnn, theta: Theta, x: Array, at: Path = ()) -> Walk[dict[str, Array]]:
    """Windows, one product, the unit and pooling in every convolutional layer. Returns X1, net1, h1, p1, …"""
    made, read = dict[str, Array](), x
    for n, shift in enumerate(shifts(xp, net), 1):
        here = (*at, ("layer", n))
        X = shift.windows(read)
        yield Step(here, f"X{n}", {f"X{n}": X})
        z = theta[f"K{n}"] @ X + theta[f"b{n}"]
        yield Step(here, f"net{n}", {f"net{n}": z})
        read = h = net.unit.f(xp, z) + 0
        yield Step(here, f"h{n}", {f"h{n}": h})
        made |= {f"X{n}": X, f"net{n}": z, f"h{n}": h}
        if shift.conv.pool:
            read = shift.pool(h)
            yield Step(here, f"p{n}", {f"p{n}": read})
            made[f"p{n}"] = read
    return made


def forward(xp: Any, net: Cnn, theta: Theta, x: Array, y: Array, at: Path = ()) -> Walk[Forward]:
    """The convolutional layers; then the dense layer and E."""
    made, L = (yield from convolved(xp, net, theta, x, at)), net.depth
    z = theta[f"W{L}"] @ made[below(net, L)] + theta[f"b{L}"]
    yield Step((*at, ("layer", L)), f"net{L}", {f"net{L}": z})
    h = softmax(xp, z)
    yield Step((*at, ("layer", L)), f"h{L}", {f"h{L}": h})
    E = -xp.sum(y * log_softmax(xp, z)) / x.shape[1]
    yield Step((*at, ("loss", -1)), "E", {"E": E})
    return Forward({**made, f"net{L}": z, f"h{L}": h}, E)


def backward(xp: Any, net: Cnn, theta: Theta, run: Forward, y: Array, at: Path = ()) -> Walk[dict[str, Array]]:
    """δ layer by layer, through the winners of pooling; ∂E/∂K = δ Xᵀ, a sum over all places. Returns the gradient."""
    made, L = run.made, net.depth
    here = (*at, ("layer", L))
    delta = (made[f"h{L}"] - y) / y.shape[1]
    yield Step(here, f"delta{L}", {f"delta{L}": delta})
    dW = delta @ made[below(net, L)].T
    yield Step(here, f"dW{L}", {f"dW{L}": dW})
    db = xp.sum(delta, axis=1, keepdims=True)
    yield Step(here, f"db{L}", {f"db{L}": db})
    grad = {f"W{L}": dW, f"b{L}": db}
    error = theta[f"W{L}"].T @ delta
    yield Step(here, f"by_{below(net, L)}", {f"by_{below(net, L)}": error})
    convolutions, _ = yield from convolved_back(xp, net, theta, made, error, at)
    grad |= convolutions
    return {name: grad[name] for name in shapes(net)}


def convolved_back(
    xp: Any, net: Cnn, theta: Theta, made: Theta, error: Array, at: Path = ()
) -> Walk[tuple[dict[str, Array], Array]]:
    """Back through the convolutional layers from ∂E/∂(what the last one keeps). Returns (their gradient, ∂E/∂net1)."""
    grad, delta = dict[str, Array](), error
    for n, shift in reversed(list(enumerate(shifts(xp, net), 1))):
        here = (*at, ("layer", n))
        if shift.conv.pool:
            error = shift.unpool(error, made[f"h{n}"])
            yield Step(here, f"by_h{n}", {f"by_h{n}": error})
        delta = error * net.unit.slope(xp, made[f"h{n}"])
        yield Step(here, f"delta{n}", {f"delta{n}": delta})
        dK = delta @ made[f"X{n}"].T
        yield Step(here, f"dK{n}", {f"dK{n}": dK})
        db = xp.sum(delta, axis=1, keepdims=True)
        yield Step(here, f"db{n}", {f"db{n}": db})
        grad |= {f"K{n}": dK, f"b{n}": db}
        if n > 1:
            error = shift.spread(theta[f"K{n}"].T @ delta)
            yield Step(here, f"by_{below(net, n)}", {f"by_{below(net, n)}": error})
    return grad, delta


def steps(net: Cnn) -> tuple[int, int]:
    """How many steps `forward` and `backward` take."""
    pools, layers = sum(conv.pool is not None for conv in net.convolutions), len(net.convolutions)
    return 3 * layers + pools + 3, 4 + 4 * layers - 1 + pools


def objective(xp: Any, net: Cnn, theta: Theta, x: Array, y: Array) -> Objective:
    """E as a function of the parameters, and its gradient."""
    run = drain(forward(xp, net, theta, x, y))

    def E(**moved: Array) -> Array:
        return drain(forward(xp, net, {**theta, **moved}, x, y)).E

    return Objective(theta, E, drain(backward(xp, net, theta, run, y)), NUDGE)
