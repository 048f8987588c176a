"""A picture becomes the start state of a recurrent net (slides 28, 29; Vinyals et al. 2015 feed it as an input).

I    (P, B)  pixels, a column for each picture      phi(I) (N, B)  its features: the pixels themselves, h1 or p2
D    (H, N)  from features to units, bD (H, 1)      h_init (H, B)  the start state, tanh(D phi(I) + bD)
gh_init (H, B)  ∂E/∂h_init, from timestep 0         delta_init (H, B)  ∂E/∂(net input of the start state)
by_I (P, B)  ∂E/∂I: how E changes with each pixel

With a hidden layer phi(I) is h1 = tanh(W1 I + b1); with convolutions what `images.cnn` keeps after the last pooling.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

from engine.device import Array, HostArray, Rng
from engine.images import cnn
from engine.images.cnn import Cnn
from engine.maths.activations import ACTIVATIONS
from engine.maths.initial import he, xavier
from engine.walks.rules import Placing
from engine.walks.step import Path, Step, Walk

Theta = Mapping[str, Array]
"""Parameters by symbol: those of phi, D and bD."""
UNIT = ACTIVATIONS["tanh"]
"""The units of the hidden layer and of the start state."""


class Eye(NamedTuple):
    """What turns P pixels into a start state of H units: `hidden` units or the convolutions of `net` between them.

    With neither, the features are the pixels. Of `net` the dense layer is not used.
    """

    pixels: int
    H: int
    hidden: int = 0
    net: Cnn | None = None

    @property
    def features(self) -> str:
        """The symbol of phi(I)."""
        return cnn.below(self.net, self.net.depth) if self.net else "h1" if self.hidden else "I"


def shapes(eye: Eye) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter, in order; biases have one axis."""
    found: dict[str, tuple[int, ...]] = {}
    features = eye.hidden or eye.pixels
    if eye.net:
        found = {name: shape for name, shape in cnn.shapes(eye.net).items() if name != f"W{eye.net.depth}"}
        del found[f"b{eye.net.depth}"]
        features = prod(cnn.sizes(eye.net)[-1].kept)
    elif eye.hidden:
        found = {"W1": (eye.hidden, eye.pixels), "b1": (eye.hidden,)}
    return {**found, "D": (eye.H, features), "bD": (eye.H,)}


def drawn(eye: Eye, rng: Rng) -> dict[str, HostArray]:
    """First weights, on the host: He's before ReLU, Xavier's before tanh; biases 0, with one axis."""
    every = shapes(eye).items()
    first = {name: (he if name[0] == "K" else xavier)(rng, *shape) for name, shape in every if len(shape) == 2}
    return {name: first[name] if name in first else 0 * rng.normal(size=shape) for name, shape in every}


def rules(eye: Eye, carried: str) -> dict[str, str]:
    """The rule of every op of `look` and `look_back`; `carried` is how ∂E/∂h_k comes from timestep k + 1."""
    phi = eye.features
    by_op = {
        "netD": f"netD = D @ {phi} + bD",
        "h_init": "h_init = tanh(netD)",
        "gh_init": f"gh_init = {carried.replace('[k+1]', '[0]')}",
        "delta_init": "delta_init = gh_init * (1 - h_init**2)",
        "dD": f"dD = delta_init @ {phi}.T",
        "dbD": "dbD = batch(delta_init)",
        f"by_{phi}": f"by_{phi} = D.T @ delta_init",
    }
    if eye.net:
        of_net = {op: rule for op, rule in cnn.rules(eye.net).items() if str(eye.net.depth) not in op and op != "E"}
        by_op = {**of_net, **by_op, "X1": "X1 = windows1(I)", "by_I": "by_I = to_pixels(K1.T @ delta1)"}
    elif eye.hidden:
        by_op |= {
            "net1": "net1 = W1 @ I + b1",
            "h1": "h1 = tanh(net1)",
            "delta1": "delta1 = by_h1 * (1 - h1**2)",
            "dW1": "dW1 = delta1 @ I.T",
            "db1": "db1 = batch(delta1)",
            "by_I": "by_I = W1.T @ delta1",
        }
    return by_op


def functions(xp: Any, eye: Eye) -> dict[str, Placing]:
    """The functions that the rules name, by name."""
    if eye.net is None:
        return {}
    return {**cnn.functions(xp, eye.net), "to_pixels": Placing(lambda dX: to_pixels(xp, eye, dX))}


def to_pixels(xp: Any, eye: Eye, dX: Array) -> Array:
    """∂E/∂I from ∂E/∂X1: every pixel the sum over the windows that it was in."""
    assert eye.net is not None
    return xp.reshape(cnn.shifts(xp, eye.net)[0].spread(dX), (eye.pixels, -1))


def look(xp: Any, eye: Eye, theta: Theta, image: Array, at: Path = ()) -> Walk[dict[str, Array]]:
    """From the pixels to the start state. Returns all that is made on the way, and I."""
    made = {"I": image}
    if eye.net:
        made |= yield from cnn.convolved(xp, eye.net, theta, image, at)
    elif eye.hidden:
        here = (*at, ("layer", 1))
        z = theta["W1"] @ image + theta["b1"]
        yield Step(here, "net1", {"net1": z})
        h = UNIT.f(xp, z)
        yield Step(here, "h1", {"h1": h})
        made |= {"net1": z, "h1": h}
    here = (*at, ("start", -1))
    z = theta["D"] @ made[eye.features] + theta["bD"]
    yield Step(here, "netD", {"netD": z})
    h = UNIT.f(xp, z)
    yield Step(here, "h_init", {"h_init": h})
    return {**made, "netD": z, "h_init": h}


def look_back(
    xp: Any, eye: Eye, theta: Theta, made: Theta, gh: Array, at: Path = ()
) -> Walk[tuple[dict[str, Array], Array]]:
    """From ∂E/∂h_init back to the pixels. Returns (the gradient, ∂E/∂I)."""
    here = (*at, ("start", -1))
    delta = gh * UNIT.slope(xp, made["h_init"])
    yield Step(here, "delta_init", {"delta_init": delta})
    dD = delta @ made[eye.features].T
    yield Step(here, "dD", {"dD": dD})
    db = xp.sum(delta, axis=1, keepdims=True)
    yield Step(here, "dbD", {"dbD": db})
    grad = {"D": dD, "bD": db}
    error = theta["D"].T @ delta
    yield Step(here, f"by_{eye.features}", {f"by_{eye.features}": error})
    if eye.net:
        more, delta = yield from cnn.convolved_back(xp, eye.net, theta, made, error, at)
        error = to_pixels(xp, eye, theta["K1"].T @ delta)
        yield Step((*at, ("layer", 1)), "by_I", {"by_I": error})
        grad |= more
    elif eye.hidden:
        here = (*at, ("layer", 1))
        delta = error * UNIT.slope(xp, made["h1"])
        yield Step(here, "delta1", {"delta1": delta})
        dW = delta @ made["I"].T
        yield Step(here, "dW1", {"dW1": dW})
        db = xp.sum(delta, axis=1, keepdims=True)
        yield Step(here, "db1", {"db1": db})
        error = theta["W1"].T @ delta
        yield Step(here, "by_I", {"by_I": error})
        grad |= {"W1": dW, "b1": db}
    return {name: grad[name] for name in shapes(eye)}, error


def steps(eye: Eye) -> tuple[int, int]:
    """How many steps `look` and `look_back` take."""
    if eye.net:
        there, back = cnn.steps(eye.net)
        return there - 3 + 2, back - 4 + 4 + 1
    return (4, 8) if eye.hidden else (2, 4)
